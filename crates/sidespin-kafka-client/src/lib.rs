//! Producing to and consuming from Kafka.
//!
//! This is the only crate that knows which client library is underneath; nothing of it shows in what is public here.
//! Four things are offered: a [`Producer`] for the whole process, a [`GroupConsumer`] for work that must not be lost, a
//! [`TopicReader`] for looking at a topic from now on, and the
//! administration of topics ([`ensure_topics`], [`existing_topics`]). For tools there are an [`Inspector`], which looks at topics and
//! groups, and a [`Scan`], which reads stretches of a topic. Whatever the client library does by
//! blocking happens on threads of its own, never on a worker of the async runtime.

mod admin;
mod client;
mod closing;
mod connection;
mod error;
mod group;
mod inspect;
mod producer;
mod reader;
mod record;
mod scan;
mod security;
mod wake;

pub use admin::{NewTopic, ensure_topics, existing_topics};
pub use closing::wait_until_closed;
pub use connection::{Connection, ConnectionSetter, ConnectionSettings};
pub use error::{Cause, ClientError, TopicNameError};
pub use group::{Assignment, Delivered, GroupConfig, GroupConsumer, GroupEvent, Lag, Position, Start};
pub use inspect::{Extent, GroupDescription, Inspector, TopicPartition};
pub use producer::{Placed, Producer, Written};
pub use reader::TopicReader;
pub use record::{Header, Outgoing, Record, validate_topic};
pub use scan::{Scan, Stretch};
pub use security::{Sasl, SaslMechanism, Security, SecurityMistake, SecurityOptions, Tls, TlsIdentity};
