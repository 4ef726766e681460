//! Topics: which there are, reading them, writing to them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use sidespin_kafka_client::{Outgoing, Record, Scan, Stretch, TopicPartition, Written};

use crate::{Cluster, OperationError, Position};

/// Each group takes a connection of its own while it is asked about.
pub(crate) const GROUPS_AT_ONCE: usize = 8;

/// What a list says of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSummary {
    /// Its name.
    pub name: String,
    /// How many partitions it has.
    pub partitions: usize,
    /// How many offsets are between its beginnings and ends. Where it is compacted there are fewer messages.
    pub messages: i64,
    /// The groups that have committed an offset in it, or whose members work on it.
    pub groups: BTreeSet<String>,
}

/// Messages of a topic as they come.
#[derive(Debug)]
pub struct Tail {
    scan: Scan,
}

impl Cluster {
    /// The topics by name; those that the cluster keeps for itself only if `with_internal`.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub async fn topics(&self, with_internal: bool) -> Result<Vec<TopicSummary>, OperationError> {
        let mut topics = self.inspector.topics().await?;
        topics.retain(|name, _partitions| with_internal || !is_internal(name));
        let partitions = all_partitions(&topics);
        let extents = self.extents(&partitions).await?;
        let mut groups = self.groups_by_topic(&partitions).await?;
        let summaries = topics.into_iter().map(|(name, partitions)| {
            let lengths = partitions
                .iter()
                .filter_map(|partition| extents.get(&TopicPartition::new(name.as_str(), *partition)));
            TopicSummary {
                messages: lengths.map(|extent| extent.len()).sum(),
                partitions: partitions.len(),
                groups: groups.remove(&name).unwrap_or_default(),
                name,
            }
        });
        Ok(summaries.collect())
    }

    async fn groups_by_topic(
        &self,
        partitions: &[TopicPartition],
    ) -> Result<BTreeMap<String, BTreeSet<String>>, OperationError> {
        let mut by_topic: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let groups = self.inspector.groups().await?;
        let asking = groups.into_iter().map(async |group| {
            let committed = self.inspector.committed(&group.name, partitions).await;
            committed.map(|committed| (group, committed))
        });
        let mut answers = stream::iter(asking).buffered(GROUPS_AT_ONCE);
        while let Some((group, committed)) = answers.try_next().await? {
            for partition in committed.into_keys().chain(group.assigned) {
                by_topic
                    .entry(partition.topic)
                    .or_default()
                    .insert(group.name.clone());
            }
        }
        Ok(by_topic)
    }

    /// Reads a topic, or one partition of it, from `position` on. Without `follow` it ends where the topic ends now.
    ///
    /// # Errors
    /// There is no such topic or partition, or the cluster does not answer.
    pub async fn tail(
        &self,
        topic: &str,
        partition: Option<i32>,
        position: Position,
        follow: bool,
    ) -> Result<Tail, OperationError> {
        let partitions = self.partitions(topic, partition).await?;
        let extents = self.extents(&partitions).await?;
        let starts = self.offsets_of(position, &extents, SystemTime::now()).await?;
        let stretches: Vec<_> = extents
            .iter()
            .map(|(partition, extent)| Stretch {
                partition: partition.partition,
                start: starts.get(partition).copied().unwrap_or(extent.end),
                end: (!follow).then_some(extent.end),
            })
            .collect();
        Ok(Tail {
            scan: self.scan(topic, &stretches).await?,
        })
    }

    /// Writes messages to topics that exist, in this order, and waits until all replicas have them.
    ///
    /// # Errors
    /// There is no such topic, and none is made; or not all could be written.
    pub async fn publish(&self, messages: Vec<Outgoing>) -> Result<Vec<Written>, OperationError> {
        let topics = self.inspector.topics().await?;
        if let Some(message) = messages
            .iter()
            .find(|message| !topics.contains_key(&message.topic))
        {
            return Err(crate::cluster::no_such_topic(&message.topic, &topics));
        }
        Ok(self.producer.send_all(messages).await?)
    }
}

impl Tail {
    /// The next messages, each partition's in their order; nothing at the end.
    ///
    /// # Errors
    /// The reading cannot go on.
    pub async fn next(&mut self) -> Result<Option<Vec<Record>>, OperationError> {
        Ok(self.scan.next().await.transpose()?)
    }
}

/// Kafka's own topics, and those that other tools hide in the same way, begin with two underscores.
fn is_internal(topic: &str) -> bool {
    topic.starts_with("__")
}

pub(crate) fn all_partitions(topics: &BTreeMap<String, Vec<i32>>) -> Vec<TopicPartition> {
    let partitions = topics.iter().flat_map(|(topic, partitions)| {
        partitions
            .iter()
            .map(|partition| TopicPartition::new(topic.as_str(), *partition))
    });
    partitions.collect()
}
