//! What was decided and is still to be told to the platform: events, and jobs between them.
//!
//! A service writes entries in the transaction of the change that they tell of ([`Outbox::append`]), so there is none
//! for a change that was undone. Whoever has committed tells them ([`Relay::run`]), as do a repeating job and any other
//! instance that is at it: each claims what the others have not claimed, for a while, and never what shares a key with
//! something that another one holds. So an entry is told at least once, by one instance at a time, in the order of its
//! key; twice only if an instance dies or dawdles between telling and forgetting.

mod relay;
mod table;
#[cfg(test)]
mod tests;

pub use relay::{Receiver, Relay, RelayError};
pub use table::Outbox;

/// An event on its way to a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Where to.
    pub topic: String,
    /// Messages of one key stay in their order.
    pub key: String,
    /// A CloudEvent in structured mode.
    pub body: String,
}

/// One thing to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// An event.
    Publish(Message),
    /// A job at a time.
    Schedule {
        /// The job.
        name: String,
        /// Milliseconds since the Unix epoch.
        due: i64,
    },
    /// No job of this name any more.
    Cancel {
        /// The job.
        name: String,
    },
}

impl Entry {
    /// What it keeps its order with.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Publish(message) => &message.key,
            Self::Schedule { name, .. } | Self::Cancel { name } => name,
        }
    }
}

/// Why the platform did not take something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlatformError {
    /// Asking again may work.
    #[error("{0}")]
    Unavailable(String),
    /// Asking again will not help.
    #[error("{0}")]
    Rejected(String),
}
