//! What can go wrong, and what to do about it.

use sidespin_kafka_client::ClientError;
use thiserror::Error;

use crate::LetterId;

/// Why something was not done.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OperationError {
    /// Nobody answers.
    #[error("{source}")]
    Unreachable {
        /// What was tried.
        source: ClientError,
    },
    /// There is no such topic.
    #[error("there is no topic `{topic}`")]
    NoSuchTopic {
        /// Its name.
        topic: String,
        /// One that is called nearly so.
        nearest: Option<String>,
    },
    /// The topic has fewer partitions.
    #[error("the topic `{topic}` has no partition {partition}")]
    NoSuchPartition {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
    },
    /// There is no such group.
    #[error("there is no group `{group}`")]
    NoSuchGroup {
        /// Its name.
        group: String,
        /// One that is called nearly so.
        nearest: Option<String>,
    },
    /// A group's own members decide where it goes on.
    #[error("the group `{group}` has consumers at work, which would go on where they are")]
    GroupIsActive {
        /// The group.
        group: String,
    },
    /// There is no dead letter with this id, or it has been settled.
    #[error("the topic `{topic}` has no open dead letter `{id}`")]
    NoSuchLetter {
        /// The topic of dead letters.
        topic: String,
        /// The id that was given.
        id: LetterId,
    },
    /// A message that was put aside by something else.
    #[error("the dead letter `{id}` in `{topic}` does not say which topic it came from")]
    NoOrigin {
        /// The topic of dead letters.
        topic: String,
        /// The dead letter.
        id: LetterId,
    },
    /// Where a dead letter came from is gone.
    #[error("the dead letter `{id}` came from the topic `{origin}`, which does not exist any more")]
    OriginMissing {
        /// The dead letter.
        id: LetterId,
        /// Its topic.
        origin: String,
    },
    /// The cluster did not do what it was asked to.
    #[error("{0}")]
    Client(ClientError),
}

impl OperationError {
    /// What a person can do about it, if there is anything.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unreachable { .. } => Some(
                "start the application with `sidespin up`, whose broker listens at 127.0.0.1:9092, or give the cluster's address \
                 with `--bootstrap-servers`"
                    .to_owned(),
            ),
            Self::NoSuchTopic {
                nearest: Some(nearest), ..
            } => Some(format!("did you mean `{nearest}`? `sidespin topics list` shows all")),
            Self::NoSuchTopic { nearest: None, .. } => Some(
                "a topic begins to exist when an application that uses it is started with `sidespin up`, or by the tools of the \
                 cluster; `sidespin topics list` shows those that do"
                    .to_owned(),
            ),
            Self::NoSuchPartition { .. } => {
                Some("`sidespin topics list` shows how many there are; the first is 0".to_owned())
            }
            Self::NoSuchGroup {
                nearest: Some(nearest), ..
            } => {
                // Unlike a topic's, a group's name may have any characters.
                let nearest = nearest.escape_debug();
                Some(format!("did you mean `{nearest}`? `sidespin topics lag` shows all"))
            }
            Self::NoSuchGroup { nearest: None, .. } => Some("`sidespin topics lag` shows all".to_owned()),
            Self::GroupIsActive { .. } => Some(
                "stop its consumers first, for instance with `sidespin up --component-id <each other component>`, or name a group that \
                 does not exist yet and give it to the trigger as `group`"
                    .to_owned(),
            ),
            Self::NoSuchLetter { topic, .. } => {
                Some(format!("`sidespin dlq list {topic}` shows those that are open"))
            }
            Self::NoOrigin { .. } => Some("`sidespin dlq drop` settles it without writing it anywhere".to_owned()),
            Self::OriginMissing { .. } => {
                Some("create the topic again, or settle the dead letter with `sidespin dlq drop`".to_owned())
            }
            Self::Client(ClientError::TooLarge { .. }) => {
                Some("raise the topic's `max.message.bytes`, or send less in one message".to_owned())
            }
            Self::Client(error) if error.is_retriable() => Some("try again; it may pass by itself".to_owned()),
            Self::Client(_) => None,
        }
    }
}

impl From<ClientError> for OperationError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::NoSuchTopic { topic } => Self::NoSuchTopic { topic, nearest: None },
            ClientError::GroupIsActive { group } => Self::GroupIsActive { group },
            other => Self::Client(other),
        }
    }
}
