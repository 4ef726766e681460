//! What a broker is started with, and the limits it keeps, each with its default and the reason for it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Partitions of a topic that is created without saying how many: enough for a few consumers side by side.
pub const DEFAULT_PARTITIONS: u32 = 3;
/// Size at which a new segment file is begun. On start the newest two of each partition are read and verified, so
/// this bounds how long a start takes.
pub const DEFAULT_SEGMENT_BYTES: u64 = 16 * 1024 * 1024;
/// How long messages are kept: Kafka's own default.
pub const DEFAULT_RETENTION: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How much one partition keeps: a development machine's disk is not a cluster's.
pub const DEFAULT_RETENTION_BYTES: u64 = 1024 * 1024 * 1024;
/// The largest record batch: Kafka's own default, so that what is too large in production is too large here.
pub const DEFAULT_MAX_BATCH_BYTES: usize = 1_048_588;
/// The largest request: Kafka's own default (`socket.request.max.bytes`).
pub const DEFAULT_MAX_FRAME_BYTES: usize = 100 * 1024 * 1024;
/// Connections at a time; one client process uses about three.
pub const DEFAULT_MAX_CONNECTIONS: usize = 1024;
/// How often what was written is forced to the disk.
pub const DEFAULT_SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// What a broker is started with.
#[derive(Debug, Clone)]
pub struct BrokerConfig {
    /// Where to listen. Port 0 takes any free port.
    pub listen: SocketAddr,
    /// Where everything is kept; created when missing. One process at a time may use it.
    pub data_dir: PathBuf,
    /// Topics that exist from the start. A topic that exists already keeps its messages and only ever grows in
    /// partitions.
    pub topics: Vec<TopicConfig>,
    /// Whether a client that asks for a topic that does not exist gets it created (if the client allows it too).
    pub auto_create_topics: bool,
    /// Partitions of topics that are created without a number.
    pub default_partitions: u32,
    /// Sizes and times.
    pub limits: Limits,
}

/// A topic that exists from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicConfig {
    /// Letters, digits, `.`, `_` and `-`; at most 249 of them.
    pub name: String,
    /// At least this many.
    pub partitions: u32,
}

/// Sizes and times that bound what a broker uses.
#[derive(Debug, Clone)]
pub struct Limits {
    /// See [`DEFAULT_SEGMENT_BYTES`].
    pub segment_bytes: u64,
    /// See [`DEFAULT_RETENTION`]; `None` keeps for ever.
    pub retention: Option<Duration>,
    /// See [`DEFAULT_RETENTION_BYTES`]; `None` keeps everything.
    pub retention_bytes: Option<u64>,
    /// See [`DEFAULT_MAX_BATCH_BYTES`].
    pub max_batch_bytes: usize,
    /// See [`DEFAULT_MAX_FRAME_BYTES`].
    pub max_frame_bytes: usize,
    /// See [`DEFAULT_MAX_CONNECTIONS`].
    pub max_connections: usize,
    /// See [`DEFAULT_SYNC_INTERVAL`].
    pub sync_interval: Duration,
}

impl BrokerConfig {
    /// A broker at `listen` that keeps its data in `data_dir`, everything else as the constants of this crate say.
    pub fn new(listen: SocketAddr, data_dir: impl Into<PathBuf>) -> Self {
        Self {
            listen,
            data_dir: data_dir.into(),
            topics: Vec::new(),
            auto_create_topics: true,
            default_partitions: DEFAULT_PARTITIONS,
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            segment_bytes: DEFAULT_SEGMENT_BYTES,
            retention: Some(DEFAULT_RETENTION),
            retention_bytes: Some(DEFAULT_RETENTION_BYTES),
            max_batch_bytes: DEFAULT_MAX_BATCH_BYTES,
            max_frame_bytes: DEFAULT_MAX_FRAME_BYTES,
            max_connections: DEFAULT_MAX_CONNECTIONS,
            sync_interval: DEFAULT_SYNC_INTERVAL,
        }
    }
}
