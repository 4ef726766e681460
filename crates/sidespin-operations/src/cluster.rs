//! The cluster that is operated on.

use std::collections::BTreeMap;

use sidespin_diagnostic::nearest;
use sidespin_kafka_client::{
    Connection, ConnectionSettings, Extent, Inspector, Producer, Scan, Stretch, TopicPartition,
};

use crate::OperationError;

/// A cluster that has answered.
#[derive(Debug)]
pub struct Cluster {
    pub(crate) inspector: Inspector,
    pub(crate) producer: Producer,
    connection: Connection,
}

impl Cluster {
    /// Connects.
    ///
    /// # Errors
    /// Nobody answers within a few seconds.
    pub async fn connect(settings: ConnectionSettings) -> Result<Self, OperationError> {
        let connection = Connection::to(settings);
        let inspector = Inspector::connect(&connection)
            .await
            .map_err(|source| OperationError::Unreachable { source })?;
        Ok(Self {
            inspector,
            producer: Producer::new(connection.clone()),
            connection,
        })
    }

    /// The partitions of `topic`, or the one of them that is wanted.
    pub(crate) async fn partitions(
        &self,
        topic: &str,
        wanted: Option<i32>,
    ) -> Result<Vec<TopicPartition>, OperationError> {
        let topics = self.inspector.topics().await?;
        let Some(partitions) = topics.get(topic) else {
            return Err(no_such_topic(topic, &topics));
        };
        let partitions: Vec<_> = partitions
            .iter()
            .filter(|partition| wanted.is_none_or(|wanted| wanted == **partition))
            .map(|partition| TopicPartition::new(topic, *partition))
            .collect();
        match wanted {
            Some(partition) if partitions.is_empty() => Err(OperationError::NoSuchPartition {
                topic: topic.to_owned(),
                partition,
            }),
            _ => Ok(partitions),
        }
    }

    pub(crate) async fn extents(
        &self,
        partitions: &[TopicPartition],
    ) -> Result<BTreeMap<TopicPartition, Extent>, OperationError> {
        Ok(self.inspector.extents(partitions).await?)
    }

    pub(crate) async fn scan(&self, topic: &str, stretches: &[Stretch]) -> Result<Scan, OperationError> {
        Ok(Scan::start(&self.connection, topic, stretches).await?)
    }
}

pub(crate) fn no_such_topic(topic: &str, topics: &BTreeMap<String, Vec<i32>>) -> OperationError {
    OperationError::NoSuchTopic {
        topic: topic.to_owned(),
        nearest: nearest(topic, topics.keys().map(String::as_str)).map(str::to_owned),
    }
}
