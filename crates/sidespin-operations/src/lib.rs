//! What people do to the topics, groups and dead letters of a running system.
//!
//! Everything starts with a [`Cluster`]. Nothing here prints or asks: a command line, or something else, does that with
//! what it is given. Nothing is created by being asked for, and only three things write: publishing, moving a group
//! ([`Replay`]) and settling dead letters ([`Settling`]).

mod cluster;
mod dead_letter;
mod dead_letters;
mod error;
mod lag;
mod position;
mod replay;
mod settle;
mod topics;

pub use cluster::Cluster;
pub use dead_letter::{DeadLetter, Filter, InvalidLetterId, LetterId, Settled};
pub use dead_letters::{DEAD_LETTER_SUFFIX, FoundLetter};
pub use error::OperationError;
pub use lag::{GroupLag, PartitionLag};
pub use position::{InvalidPosition, Position};
pub use replay::{Replay, ReplayPartition};
pub use settle::{Settling, SettlingResult};
pub use topics::{Tail, TopicSummary};
