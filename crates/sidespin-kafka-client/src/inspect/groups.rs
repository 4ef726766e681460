//! Groups: who is in them, how far they have got, and setting where they go on.

use std::collections::{BTreeMap, BTreeSet};

use rdkafka::Offset;
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::groups::GroupInfo;

use super::assignment::assigned;
use super::context::LastWords;
use super::patience::patiently;
use super::{Inspector, NativeConsumer, TIMEOUT, TopicPartition, config, list, offsets_of};
use crate::ClientError;
use crate::admin::blocking;
use crate::closing::take_apart;

/// A group, as its brokers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupDescription {
    /// Its name.
    pub name: String,
    /// The brokers' word for what it is doing: `Stable`, `Empty`, `PreparingRebalance` …
    pub state: String,
    /// How many consumers are in it.
    pub members: usize,
    /// What they have been given to work on.
    pub assigned: BTreeSet<TopicPartition>,
}

impl Inspector {
    /// All groups of consumers, by name.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub async fn groups(&self) -> Result<Vec<GroupDescription>, ClientError> {
        let asking = |consumer: &NativeConsumer| {
            let list = consumer.fetch_group_list(None, TIMEOUT)?;
            let mut groups: Vec<_> = list
                .groups()
                .iter()
                .filter(|group| consumes(group))
                .map(describe)
                .collect();
            groups.sort_by(|left, right| left.name.cmp(&right.name));
            Ok(groups)
        };
        self.ask("asking Kafka for its groups", asking).await
    }

    /// What a group has committed in those of `partitions` where it has committed anything.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub async fn committed(
        &self,
        group: &str,
        partitions: &[TopicPartition],
    ) -> Result<BTreeMap<TopicPartition, i64>, ClientError> {
        if partitions.is_empty() {
            return Ok(BTreeMap::new());
        }
        let partitions = partitions.to_vec();
        let asking = move |consumer: &NativeConsumer| {
            let asked = list(partitions.iter().map(|partition| (partition, Offset::Invalid)))?;
            offsets_of(&consumer.committed_offsets(asked, TIMEOUT)?)
        };
        self.ask_as(group, "asking Kafka for committed offsets", asking)
            .await
    }

    /// Sets where a group without members goes on. A group that does not exist begins to.
    ///
    /// # Errors
    /// The cluster does not answer, or the group has members: [`ClientError::GroupIsActive`].
    pub async fn commit(
        &self,
        group: &str,
        offsets: &BTreeMap<TopicPartition, i64>,
    ) -> Result<(), ClientError> {
        let wanted = offsets.clone();
        let committing = move |consumer: &NativeConsumer| {
            let offsets = wanted
                .iter()
                .map(|(partition, offset)| (partition, Offset::Offset(*offset)));
            consumer.commit(&list(offsets)?, CommitMode::Sync)
        };
        let what = "committing offsets";
        let result = self.ask_as(group, what, committing).await;
        match result {
            Err(
                ClientError::Refused { source, .. }
                | ClientError::Unavailable {
                    source: Some(source), ..
                },
            ) if is_of_members(&source.0) => {
                return Err(ClientError::GroupIsActive {
                    group: group.to_owned(),
                });
            }
            other => other?,
        }
        // The library reports a failure only if it concerns all partitions.
        let partitions: Vec<_> = offsets.keys().cloned().collect();
        if self.committed(group, &partitions).await? == *offsets {
            return Ok(());
        }
        Err(ClientError::Unavailable {
            what: format!("{what}: the broker has not kept all of them"),
            source: None,
        })
    }

    /// Asks in the name of a group, which takes a client of its own.
    async fn ask_as<R: Send + 'static>(
        &self,
        group: &str,
        what: &str,
        question: impl Fn(&NativeConsumer) -> rdkafka::error::KafkaResult<R> + Send + 'static,
    ) -> Result<R, ClientError> {
        let config = config(&self.settings, group);
        let asking = move || {
            let consumer: NativeConsumer = config.create_with_context(LastWords::default())?;
            let answer = patiently(TIMEOUT, || question(&consumer));
            take_apart(consumer);
            answer
        };
        blocking(asking)
            .await?
            .map_err(|error| ClientError::new(format!("{what} of group `{group}`"), error))
    }
}

/// Other programs use the brokers' groups, too: Kafka Connect, for instance. One that has only offsets has no type.
fn consumes(group: &GroupInfo) -> bool {
    matches!(group.protocol_type(), "consumer" | "")
}

fn describe(group: &GroupInfo) -> GroupDescription {
    let members = group.members();
    GroupDescription {
        name: group.name().to_owned(),
        state: group.state().to_owned(),
        members: members.len(),
        assigned: members
            .iter()
            .filter_map(|member| assigned(member.assignment()?))
            .flatten()
            .collect(),
    }
}

/// What a broker answers to a stranger that commits for a group whose members are at work.
fn is_of_members(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::UnknownMemberId
                | RDKafkaErrorCode::IllegalGeneration
                | RDKafkaErrorCode::RebalanceInProgress
        )
    )
}
