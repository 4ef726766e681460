//! The embedded broker: speaks Kafka's protocol to any Kafka client, keeps its data in a directory, and needs no server.
//!
//! It is one node for development and tests: nothing is replicated, there are no transactions, no compaction and no
//! security. In production use Kafka or Redpanda.
//!
//! # What is kept, and when
//! Messages are kept as the batches they came in, in append-only files per partition:
//! `<data_dir>/<topic>-<partition>/<first offset>.log`. A message is acknowledged once it is written to its file, in the
//! hands of the operating system: it survives `kill -9` of this process. It is forced to the disk within a second, and at
//! shutdown; a power failure can cost that second. A batch that was being written when the process died is cut off at the
//! next start. Committed offsets are kept the same way, in `groups.log`; the list of topics in `topics.json`.
//!
//! By default messages are kept for seven days and up to 1 GiB per partition, whole segments at a time, by the time they
//! were written. Offsets are kept until their group or topic is deleted.

mod api;
mod append_file;
mod catalog;
mod catalog_file;
mod config;
mod connection;
mod dispatch;
mod error;
mod group;
mod log;
mod node;
mod producer_state;
mod refusal;
mod server;
mod topic;
mod wire;

pub use config::{
    BrokerConfig, DEFAULT_MAX_BATCH_BYTES, DEFAULT_MAX_CONNECTIONS, DEFAULT_MAX_FRAME_BYTES,
    DEFAULT_PARTITIONS, DEFAULT_RETENTION, DEFAULT_RETENTION_BYTES, DEFAULT_SEGMENT_BYTES,
    DEFAULT_SYNC_INTERVAL, Limits, TopicConfig,
};
pub use error::BrokerError;
pub use server::Broker;
