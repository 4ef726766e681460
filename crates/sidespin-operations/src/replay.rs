//! Letting a group read a topic again: its committed offsets are set back, and nothing else changes anywhere.

use std::time::SystemTime;

use sidespin_kafka_client::TopicPartition;

use crate::{Cluster, OperationError, Position};

/// What a replay would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The group that reads again.
    pub group: String,
    /// The topic that it reads.
    pub topic: String,
    /// Whether the group exists already.
    pub group_exists: bool,
    /// How many consumers are in it. A replay is possible only if there are none.
    pub members: usize,
    /// Where the group will go on.
    pub partitions: Vec<ReplayPartition>,
}

/// One partition of a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayPartition {
    /// The partition.
    pub partition: i32,
    /// Where the group would go on without the replay, if it has ever committed anything.
    pub committed: Option<i64>,
    /// Where it will go on.
    pub start: i64,
    /// The offset that the next message gets.
    pub end: i64,
}

impl ReplayPartition {
    /// How many offsets the group will read before it has caught up.
    #[must_use]
    pub fn messages(&self) -> i64 {
        (self.end - self.start).max(0)
    }
}

impl Replay {
    /// How many offsets the group will read before it has caught up.
    #[must_use]
    pub fn messages(&self) -> i64 {
        self.partitions.iter().map(ReplayPartition::messages).sum()
    }
}

impl Cluster {
    /// Finds out what letting `group` read `topic`, or one partition of it, from `position` on would mean. Changes nothing.
    ///
    /// # Errors
    /// There is no such topic or partition, or the cluster does not answer.
    pub async fn plan_replay(
        &self,
        group: &str,
        topic: &str,
        partition: Option<i32>,
        position: Position,
    ) -> Result<Replay, OperationError> {
        let partitions = self.partitions(topic, partition).await?;
        let groups = self.inspector.groups().await?;
        let known = groups.iter().find(|known| known.name == group);
        let committed = self.inspector.committed(group, &partitions).await?;
        let extents = self.extents(&partitions).await?;
        let starts = self.offsets_of(position, &extents, SystemTime::now()).await?;
        let partitions = extents.iter().map(|(partition, extent)| ReplayPartition {
            partition: partition.partition,
            committed: committed.get(partition).copied(),
            start: starts.get(partition).copied().unwrap_or(extent.end),
            end: extent.end,
        });
        Ok(Replay {
            partitions: partitions.collect(),
            group: group.to_owned(),
            topic: topic.to_owned(),
            group_exists: known.is_some(),
            members: known.map_or(0, |known| known.members),
        })
    }

    /// Sets the group's offsets. A group that does not exist begins to.
    ///
    /// # Errors
    /// The group has consumers at work, or the cluster does not answer.
    pub async fn replay(&self, replay: &Replay) -> Result<(), OperationError> {
        let offsets = replay.partitions.iter().map(|partition| {
            let place = TopicPartition::new(replay.topic.as_str(), partition.partition);
            (place, partition.start)
        });
        let offsets = offsets.collect();
        // Whether there are members is for the brokers to say: they know it at the moment of the commit.
        Ok(self.inspector.commit(&replay.group, &offsets).await?)
    }
}
