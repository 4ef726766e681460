//! What can go wrong with a cluster, sorted by what the caller can do about it.

use std::fmt;

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use thiserror::Error;

/// Why something was not written, read or created.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The cluster has no such topic and does not create it by itself.
    #[error("the broker has no topic `{topic}`")]
    NoSuchTopic {
        /// The topic.
        topic: String,
    },
    /// No broker takes a message of this size.
    #[error("the message for `{topic}` is larger than the broker takes")]
    TooLarge {
        /// The topic.
        topic: String,
    },
    /// Only the members of a group say where it goes on, as long as there are any.
    #[error("the group `{group}` has members that are at work")]
    GroupIsActive {
        /// The group.
        group: String,
    },
    /// It may work later.
    #[error("{what}")]
    Unavailable {
        /// What was being done, or what is missing.
        what: String,
        /// The client library's reason.
        #[source]
        source: Option<Cause>,
    },
    /// It will not work by trying again.
    #[error("{what}")]
    Refused {
        /// What was being done.
        what: String,
        /// The client library's reason.
        #[source]
        source: Cause,
    },
}

/// What the client library said.
pub struct Cause(pub(crate) KafkaError);

impl fmt::Debug for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl std::error::Error for Cause {}

/// Why a text cannot be the name of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TopicNameError {
    /// It is empty.
    #[error("a topic's name must not be empty")]
    Empty,
    /// It is too long for the brokers' file names.
    #[error("a topic's name has at most 249 characters")]
    TooLong,
    /// It is `.` or `..`.
    #[error("a topic must not be called `.` or `..`")]
    Dots,
    /// It has a character that Kafka does not allow.
    #[error("a topic's name consists of letters, digits, `.`, `_` and `-`, not {0:?}")]
    Character(char),
}

impl ClientError {
    /// Whether trying again may work without anybody changing anything.
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// Sorts an error of the client library that concerns one topic.
    pub(crate) fn about_topic(topic: &str, what: &str, error: KafkaError) -> Self {
        match error.rdkafka_error_code() {
            Some(Code::UnknownTopic | Code::UnknownTopicOrPartition | Code::UnknownPartition) => {
                Self::NoSuchTopic {
                    topic: topic.to_owned(),
                }
            }
            Some(Code::MessageSizeTooLarge | Code::InvalidMessageSize | Code::MessageBatchTooLarge) => {
                Self::TooLarge {
                    topic: topic.to_owned(),
                }
            }
            _ => Self::new(format!("{what} `{topic}`"), error),
        }
    }

    /// Sorts an error of the client library.
    pub(crate) fn new(what: impl Into<String>, error: KafkaError) -> Self {
        let what = what.into();
        let source = Cause(error);
        if code(&source.0).is_some_and(is_retriable) {
            Self::Unavailable {
                what,
                source: Some(source),
            }
        } else {
            Self::Refused { what, source }
        }
    }

    /// The whole story in one line, for logs and guests.
    #[must_use]
    pub fn full(&self) -> String {
        match std::error::Error::source(self) {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
        }
    }
}

/// The library's code, which its own function does not tell of administration.
pub(crate) fn code(error: &KafkaError) -> Option<Code> {
    match error {
        KafkaError::AdminOp(code) => Some(*code),
        other => other.rdkafka_error_code(),
    }
}

/// What passes by itself. A fatal state of the producer counts: the next message gets a new one.
fn is_retriable(code: Code) -> bool {
    matches!(
        code,
        Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::OperationTimedOut
            | Code::MessageTimedOut
            | Code::TimedOutQueue
            | Code::WaitingForCoordinator
            | Code::QueueFull
            | Code::Resolve
            | Code::BrokerDestroy
            | Code::DestroyBroker
            | Code::Fatal
            | Code::PurgeQueue
            | Code::PurgeInflight
            | Code::BrokerNotAvailable
            | Code::LeaderNotAvailable
            | Code::NotLeaderForPartition
            | Code::RequestTimedOut
            | Code::ReplicaNotAvailable
            | Code::NetworkException
            | Code::CoordinatorLoadInProgress
            | Code::CoordinatorNotAvailable
            | Code::NotCoordinator
            | Code::NotEnoughReplicas
            | Code::NotEnoughReplicasAfterAppend
            | Code::NotController
            | Code::KafkaStorageError
            | Code::PreferredLeaderNotAvailable
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(code: Code) -> ClientError {
        ClientError::about_topic("events", "writing to", KafkaError::MessageProduction(code))
    }

    #[test]
    fn errors_are_sorted_by_what_one_can_do() {
        assert!(
            matches!(sorted(Code::UnknownTopicOrPartition), ClientError::NoSuchTopic { topic } if topic == "events")
        );
        assert!(matches!(
            sorted(Code::MessageSizeTooLarge),
            ClientError::TooLarge { .. }
        ));
        assert!(sorted(Code::AllBrokersDown).is_retriable());
        assert!(!sorted(Code::TopicAuthorizationFailed).is_retriable());
        assert!(
            sorted(Code::AllBrokersDown)
                .full()
                .starts_with("writing to `events`: ")
        );
    }
}
