//! Why a client's request, or a part of it, is refused: Kafka's error code and a sentence for the human behind it.

use kafka_protocol::error::ResponseError;
use kafka_protocol::protocol::StrBytes;

/// Kafka's code for "no error".
pub(crate) const NONE: i16 = 0;

/// A refusal as clients expect it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What client libraries act on.
    pub(crate) error: ResponseError,
    /// What they print, where the protocol has room for it.
    pub(crate) reason: String,
}

impl Refusal {
    pub(crate) fn new(error: ResponseError, reason: impl Into<String>) -> Self {
        Self {
            error,
            reason: reason.into(),
        }
    }

    pub(crate) fn code(&self) -> i16 {
        self.error.code()
    }

    pub(crate) fn message(&self) -> Option<StrBytes> {
        Some(StrBytes::from_string(self.reason.clone()))
    }

    pub(crate) fn unknown_partition(topic: &str, partition: i32) -> Self {
        Self::new(
            ResponseError::UnknownTopicOrPartition,
            format!("there is no partition {partition} of topic `{topic}`"),
        )
    }

    /// A disk error. Details go to the log of the process; clients retry.
    pub(crate) fn storage(doing: &str, error: &std::io::Error) -> Self {
        tracing::error!(%error, "the embedded Kafka broker failed to {doing}");
        Self::new(
            ResponseError::KafkaStorageError,
            format!("the broker failed to {doing}: {error}"),
        )
    }
}
