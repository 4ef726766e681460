//! Looking at a cluster from outside: which topics there are, how far they reach, and how far groups have got.
//!
//! For tools that people use, not for work: it answers one question after the other, each with what is true now.

mod assignment;
mod context;
mod groups;
mod patience;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::{Offset, TopicPartitionList};

pub use groups::GroupDescription;

use self::context::LastWords;
use self::patience::patiently;
use crate::admin::blocking;
use crate::closing::take_apart;
use crate::{ClientError, Connection, ConnectionSettings, client};

/// How long a person who waits for the first answer is kept waiting.
const REACH_TIMEOUT: Duration = Duration::from_secs(4);
/// A broker that has answered once and then takes longer than this is not well.
const TIMEOUT: Duration = Duration::from_secs(10);

type NativeConsumer = BaseConsumer<LastWords>;

/// One partition of one topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
}

/// Which offsets a partition has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// The first that is still there.
    pub start: i64,
    /// The one that the next message gets.
    pub end: i64,
}

/// A connection for asking.
pub struct Inspector {
    consumer: Option<Arc<NativeConsumer>>,
    settings: ConnectionSettings,
}

impl std::fmt::Debug for Inspector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Inspector")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl TopicPartition {
    /// A partition of `topic`.
    pub fn new(topic: impl Into<String>, partition: i32) -> Self {
        Self {
            topic: topic.into(),
            partition,
        }
    }
}

impl Extent {
    /// How many offsets lie in it. Where a topic is compacted there are fewer messages.
    #[must_use]
    pub fn len(self) -> i64 {
        (self.end - self.start).max(0)
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl Inspector {
    /// Connects, and waits for a first answer.
    ///
    /// # Errors
    /// No broker answers within a few seconds, or it does not let this client in.
    pub async fn connect(connection: &Connection) -> Result<Self, ClientError> {
        let settings = connection.settings().await?;
        let config = config(&settings, &format!("{}-inspector", settings.client_id));
        let servers = settings.bootstrap_servers.clone();
        let connecting = move || {
            let consumer: NativeConsumer = config
                .create_with_context(LastWords::default())
                .map_err(|error| ClientError::new("setting up the Kafka client", error))?;
            match consumer.fetch_metadata(None, REACH_TIMEOUT) {
                Ok(_topics) => Ok(consumer),
                Err(error) => {
                    let mut what = format!("no Kafka broker answers at `{servers}`");
                    if let Some(reason) = context::last_words(&consumer) {
                        what = format!("{what}: {reason}");
                    }
                    Err(ClientError::new(what, error))
                }
            }
        };
        let consumer = blocking(connecting).await??;
        Ok(Self {
            consumer: Some(Arc::new(consumer)),
            settings,
        })
    }

    /// All topics with their partitions, internal ones too.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub async fn topics(&self) -> Result<BTreeMap<String, Vec<i32>>, ClientError> {
        let asking = |consumer: &NativeConsumer| {
            let metadata = consumer.fetch_metadata(None, TIMEOUT)?;
            let topics = metadata.topics().iter().filter(|topic| topic.error().is_none());
            let topics = topics.map(|topic| {
                let mut partitions: Vec<_> = topic
                    .partitions()
                    .iter()
                    .map(|partition| partition.id())
                    .collect();
                partitions.sort_unstable();
                (topic.name().to_owned(), partitions)
            });
            Ok(topics.collect())
        };
        self.ask("asking Kafka for its topics", asking).await
    }

    /// How far each of `partitions` reaches.
    ///
    /// # Errors
    /// The cluster does not answer, or one of them does not exist.
    pub async fn extents(
        &self,
        partitions: &[TopicPartition],
    ) -> Result<BTreeMap<TopicPartition, Extent>, ClientError> {
        let starts = self.offsets(partitions, Offset::Beginning).await?;
        let mut ends = self.offsets(partitions, Offset::End).await?;
        let extents = starts.into_iter().filter_map(|(partition, start)| {
            let end = ends.remove(&partition)?;
            Some((partition, Extent { start, end }))
        });
        Ok(extents.collect())
    }

    /// The first offset of each of `partitions` whose message is not older than `milliseconds` since the epoch; nothing where
    /// there is no such message.
    ///
    /// # Errors
    /// The cluster does not answer, or one of them does not exist.
    pub async fn offsets_at(
        &self,
        partitions: &[TopicPartition],
        milliseconds: i64,
    ) -> Result<BTreeMap<TopicPartition, i64>, ClientError> {
        // Negative times mean something else to the brokers.
        self.offsets(partitions, Offset::Offset(milliseconds.max(0)))
            .await
    }

    async fn offsets(
        &self,
        partitions: &[TopicPartition],
        wanted: Offset,
    ) -> Result<BTreeMap<TopicPartition, i64>, ClientError> {
        if partitions.is_empty() {
            return Ok(BTreeMap::new());
        }
        let partitions = partitions.to_vec();
        let asking = move |consumer: &NativeConsumer| {
            let asked = list(partitions.iter().map(|partition| (partition, wanted)))?;
            offsets_of(&consumer.offsets_for_times(asked, TIMEOUT)?)
        };
        self.ask("asking Kafka for offsets", asking).await
    }

    async fn ask<R: Send + 'static>(
        &self,
        what: &'static str,
        question: impl Fn(&NativeConsumer) -> KafkaResult<R> + Send + 'static,
    ) -> Result<R, ClientError> {
        let Some(consumer) = self.consumer.clone() else {
            return Err(ClientError::Unavailable {
                what: what.to_owned(),
                source: None,
            });
        };
        blocking(move || patiently(TIMEOUT, || question(&consumer)))
            .await?
            .map_err(|error| ClientError::new(what, error))
    }
}

impl Drop for Inspector {
    fn drop(&mut self) {
        if let Some(consumer) = self.consumer.take() {
            take_apart(consumer);
        }
    }
}

/// The library wants a group's name even of those who never join one.
fn config(settings: &ConnectionSettings, group: &str) -> ClientConfig {
    let mut config = client::consumer(settings);
    config.set("group.id", group);
    config
}

fn list<'a>(
    partitions: impl IntoIterator<Item = (&'a TopicPartition, Offset)>,
) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in partitions {
        list.add_partition_offset(&partition.topic, partition.partition, offset)?;
    }
    Ok(list)
}

/// The offsets in an answer; partitions without one are left out.
fn offsets_of(answer: &TopicPartitionList) -> KafkaResult<BTreeMap<TopicPartition, i64>> {
    let mut offsets = BTreeMap::new();
    for element in answer.elements() {
        element.error()?;
        if let Offset::Offset(offset) = element.offset() {
            offsets.insert(TopicPartition::new(element.topic(), element.partition()), offset);
        }
    }
    Ok(offsets)
}
