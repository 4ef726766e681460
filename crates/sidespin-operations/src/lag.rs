//! How far groups are behind.

use std::collections::BTreeSet;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use sidespin_diagnostic::nearest;
use sidespin_kafka_client::{GroupDescription, TopicPartition};

use crate::topics::{GROUPS_AT_ONCE, all_partitions};
use crate::{Cluster, OperationError};

/// One group and what it has not handled yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupLag {
    /// Its name.
    pub group: String,
    /// The brokers' word for what it is doing.
    pub state: String,
    /// How many consumers are in it.
    pub members: usize,
    /// Every partition of every topic in which it has committed something or works.
    pub partitions: Vec<PartitionLag>,
}

/// One partition, as a group sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionLag {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// Where the group goes on, if it has ever said so.
    pub committed: Option<i64>,
    /// The offset that the next message gets.
    pub end: i64,
    /// How many offsets are between the two; all that are there, if nothing was committed.
    pub lag: i64,
}

impl GroupLag {
    /// Over all partitions.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.partitions.iter().map(|partition| partition.lag).sum()
    }
}

impl Cluster {
    /// How far all groups are behind, or one of them.
    ///
    /// # Errors
    /// There is no such group, or the cluster does not answer.
    pub async fn lag(&self, group: Option<&str>) -> Result<Vec<GroupLag>, OperationError> {
        let mut groups = self.inspector.groups().await?;
        if let Some(wanted) = group {
            let names = groups.iter().map(|group| group.name.as_str());
            let nearest = nearest(wanted, names).map(str::to_owned);
            groups.retain(|group| group.name == wanted);
            if groups.is_empty() {
                return Err(OperationError::NoSuchGroup {
                    group: wanted.to_owned(),
                    nearest,
                });
            }
        }
        let topics = self.inspector.topics().await?;
        let partitions = all_partitions(&topics);
        let lags = groups.into_iter().map(|group| self.lag_of(group, &partitions));
        stream::iter(lags).buffered(GROUPS_AT_ONCE).try_collect().await
    }

    async fn lag_of(
        &self,
        group: GroupDescription,
        partitions: &[TopicPartition],
    ) -> Result<GroupLag, OperationError> {
        let committed = self.inspector.committed(&group.name, partitions).await?;
        let topics: BTreeSet<&str> = committed
            .keys()
            .chain(&group.assigned)
            .map(|partition| partition.topic.as_str())
            .collect();
        let concerned: Vec<_> = partitions
            .iter()
            .filter(|partition| topics.contains(partition.topic.as_str()))
            .cloned()
            .collect();
        let extents = self.extents(&concerned).await?;
        let partitions = extents.into_iter().map(|(partition, extent)| {
            let committed = committed.get(&partition).copied();
            // What was committed may be older than what is still there.
            let handled = committed.unwrap_or(extent.start).max(extent.start);
            PartitionLag {
                topic: partition.topic,
                partition: partition.partition,
                committed,
                end: extent.end,
                lag: (extent.end - handled).max(0),
            }
        });
        Ok(GroupLag {
            partitions: partitions.collect(),
            group: group.name,
            state: group.state,
            members: group.members,
        })
    }
}
