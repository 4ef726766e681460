//! The one node: what every request handler needs.

use std::net::SocketAddr;
use std::sync::Arc;

use kafka_protocol::messages::BrokerId;
use kafka_protocol::protocol::StrBytes;

use crate::catalog::Catalog;
use crate::config::BrokerConfig;
use crate::error::BrokerError;
use crate::group::coordinator::Coordinator;

/// The only broker there is.
pub(crate) const NODE_ID: BrokerId = BrokerId(0);
/// A value that means "not asked for" wherever authorized operations are listed.
pub(crate) const OPERATIONS_NOT_ASKED_FOR: i32 = i32::MIN;

/// Everything that lives as long as the broker.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) catalog: Catalog,
    pub(crate) coordinator: Coordinator,
    pub(crate) auto_create_topics: bool,
    pub(crate) default_partitions: u32,
}

/// Who is asking.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The address at which the client reached this broker; it is told to come back there, so that any interface and
    /// `0.0.0.0` work.
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    pub(crate) client_id: String,
}

impl Node {
    /// Opens the data directory.
    pub(crate) fn open(config: &BrokerConfig) -> Result<Arc<Self>, BrokerError> {
        Ok(Arc::new(Self {
            catalog: Catalog::open(config)?,
            coordinator: Coordinator::open(&config.data_dir)?,
            auto_create_topics: config.auto_create_topics,
            default_partitions: config.default_partitions.max(1),
        }))
    }
}

impl Caller {
    /// The host that the client is told.
    pub(crate) fn advertised_host(&self) -> StrBytes {
        StrBytes::from_string(self.local.ip().to_canonical().to_string())
    }

    /// The port that the client is told.
    pub(crate) fn advertised_port(&self) -> i32 {
        i32::from(self.local.port())
    }
}
