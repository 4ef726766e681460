//! Writing to a partition that the caller chooses, with an answer for each message.

use super::{Producer, Written};
use crate::{ClientError, Outgoing};

/// A message and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The message.
    pub message: Outgoing,
    /// Its partition; the one that its key says, without it.
    pub partition: Option<i32>,
}

impl From<Outgoing> for Placed {
    fn from(message: Outgoing) -> Self {
        Self {
            message,
            partition: None,
        }
    }
}

impl Producer {
    /// Writes messages in this order and tells of each what became of it.
    ///
    /// # Errors
    /// Nothing could be written at all.
    pub async fn send_each(
        &self,
        messages: Vec<Placed>,
    ) -> Result<Vec<Result<Written, ClientError>>, ClientError> {
        let native = self.native().await?;
        let mut waiting = Vec::with_capacity(messages.len());
        for placed in &messages {
            waiting.push(self.enqueue(&native, &placed.message, placed.partition).await);
        }
        let mut results = Vec::with_capacity(messages.len());
        for (placed, waiting) in messages.iter().zip(waiting) {
            results.push(match waiting {
                Ok(waiting) => self.written(&native, &placed.message.topic, waiting).await,
                Err(error) => Err(error),
            });
        }
        Ok(results)
    }
}
