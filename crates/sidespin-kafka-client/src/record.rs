//! Messages as this crate hands them out and takes them.

use std::sync::Arc;

use rdkafka::message::{BorrowedMessage, Headers, Message};

use crate::TopicNameError;

/// The longest name that the brokers' file names have room for.
const MAX_TOPIC_LENGTH: usize = 249;

/// One header. Kafka keeps their order and allows a name twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its bytes; absent for a null value.
    pub value: Option<Vec<u8>>,
}

/// A message that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// Its place in the partition.
    pub offset: i64,
    /// Milliseconds since the Unix epoch; -1 where the broker has none.
    pub timestamp: i64,
    /// Absent for a message without a key.
    pub key: Option<Vec<u8>>,
    /// Absent for a tombstone.
    pub value: Option<Vec<u8>>,
    /// In their order.
    pub headers: Vec<Header>,
}

/// A message to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The topic.
    pub topic: String,
    /// What decides on the partition.
    pub key: Option<Vec<u8>>,
    /// Absent for a tombstone.
    pub value: Option<Vec<u8>>,
    /// In their order.
    pub headers: Vec<Header>,
}

impl Record {
    pub(crate) fn new(topic: Arc<str>, message: &BorrowedMessage<'_>) -> Self {
        let headers = message.headers().map_or_else(Vec::new, |headers| {
            headers
                .iter()
                .map(|header| Header {
                    name: header.key.to_owned(),
                    value: header.value.map(<[u8]>::to_vec),
                })
                .collect()
        });
        Self {
            topic,
            partition: message.partition(),
            offset: message.offset(),
            timestamp: message.timestamp().to_millis().unwrap_or(-1),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers,
        }
    }

    /// About how much memory it takes.
    #[must_use]
    pub fn size(&self) -> usize {
        size(self.key.as_deref(), self.value.as_deref(), &self.headers)
    }
}

impl Outgoing {
    /// About how much memory it takes.
    pub(crate) fn size(&self) -> usize {
        size(self.key.as_deref(), self.value.as_deref(), &self.headers)
    }
}

fn size(key: Option<&[u8]>, value: Option<&[u8]>, headers: &[Header]) -> usize {
    let length = |bytes: Option<&[u8]>| bytes.map_or(0, <[u8]>::len);
    let headers = headers
        .iter()
        .map(|header| header.name.len() + length(header.value.as_deref()));
    length(key) + length(value) + headers.sum::<usize>()
}

/// Whether `name` can be the name of a topic.
///
/// # Errors
/// The rule that it breaks.
pub fn validate_topic(name: &str) -> Result<(), TopicNameError> {
    let is_allowed = |character: &char| character.is_ascii_alphanumeric() || "._-".contains(*character);
    if name.is_empty() {
        Err(TopicNameError::Empty)
    } else if name == "." || name == ".." {
        Err(TopicNameError::Dots)
    } else if let Some(character) = name.chars().find(|character| !is_allowed(character)) {
        Err(TopicNameError::Character(character))
    } else if name.len() > MAX_TOPIC_LENGTH {
        Err(TopicNameError::TooLong)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_topics_are_what_kafka_allows() {
        assert_eq!(validate_topic("task-events.v1_x"), Ok(()));
        assert_eq!(validate_topic(""), Err(TopicNameError::Empty));
        assert_eq!(validate_topic(".."), Err(TopicNameError::Dots));
        assert_eq!(validate_topic("a b"), Err(TopicNameError::Character(' ')));
        assert_eq!(validate_topic(&"a".repeat(249)), Ok(()));
        assert_eq!(validate_topic(&"a".repeat(250)), Err(TopicNameError::TooLong));
    }
}
