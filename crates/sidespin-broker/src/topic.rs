//! One topic: its partitions, its settings, its name, and how it is opened.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use crate::catalog_file::TopicEntry;
use crate::config::Limits;
use crate::error::BrokerError;
use crate::log::partition::{Keeping, Partition};
use crate::refusal::Refusal;

/// Kafka's limit, so that `<topic>-<partition>` fits in a file name.
const MAX_NAME_LENGTH: usize = 249;
/// More would only wait for the same disk.
const MAX_OPENING_THREADS: usize = 4;

/// A topic. Replaced as a whole when it grows.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) id: Uuid,
    pub(crate) settings: TopicSettings,
    pub(crate) partitions: Vec<Arc<Partition>>,
}

/// What was asked for when the topic was created; nothing where the broker's limits apply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TopicSettings {
    /// Milliseconds; -1 for ever.
    pub(crate) retention_ms: Option<i64>,
    /// Bytes per partition; -1 without bound.
    pub(crate) retention_bytes: Option<i64>,
    pub(crate) segment_bytes: Option<u32>,
}

impl Topic {
    pub(crate) fn partition(&self, index: i32) -> Option<Arc<Partition>> {
        self.partitions.get(usize::try_from(index).ok()?).cloned()
    }

    /// How it stands in the list of topics.
    pub(crate) fn entry(&self) -> TopicEntry {
        TopicEntry {
            name: self.name.clone(),
            id: self.id,
            partitions: u32::try_from(self.partitions.len()).unwrap_or(u32::MAX),
            settings: self.settings,
        }
    }
}

impl TopicSettings {
    pub(crate) fn keeping(&self, limits: &Limits) -> Keeping {
        let retention = self.retention_ms.map_or(limits.retention, |milliseconds| {
            u64::try_from(milliseconds).ok().map(Duration::from_millis)
        });
        let retention_bytes = self
            .retention_bytes
            .map_or(limits.retention_bytes, |bytes| u64::try_from(bytes).ok());
        let segment_bytes = self.segment_bytes.map_or(limits.segment_bytes, u64::from);
        Keeping {
            segment_bytes,
            retention,
            retention_bytes,
        }
    }
}

/// Kafka's rule for names, which also makes them safe as parts of a path.
pub(crate) fn check_name(name: &str) -> Result<(), Refusal> {
    let legal = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-');
    if name.is_empty()
        || name.len() > MAX_NAME_LENGTH
        || !name.chars().all(legal)
        || matches!(name, "." | "..")
    {
        return Err(Refusal::new(
            ResponseError::InvalidTopicException,
            format!(
                "topic names have 1 to {MAX_NAME_LENGTH} letters, digits, `.`, `_` and `-`; `{}` has not",
                name.chars()
                    .take(MAX_NAME_LENGTH)
                    .collect::<String>()
                    .escape_debug()
            ),
        ));
    }
    Ok(())
}

/// Where a partition's segments are.
pub(crate) fn partition_directory(data_dir: &Path, topic: &str, index: u32) -> PathBuf {
    data_dir.join(format!("{topic}-{index}"))
}

/// Opens all topics, on several threads: where a crash has left much to verify, that is most of a start.
pub(crate) fn open_topics(
    data_dir: &Path,
    limits: &Limits,
    entries: &[TopicEntry],
) -> Result<BTreeMap<String, Arc<Topic>>, BrokerError> {
    let threads = std::thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(MAX_OPENING_THREADS);
    let share = entries.len().div_ceil(threads).max(1);
    let opened: Vec<Result<Topic, BrokerError>> = std::thread::scope(|scope| {
        let open = |entry| open_topic(data_dir, limits, entry);
        let mut shares = entries.chunks(share);
        let own = shares.next().unwrap_or_default();
        let others: Vec<_> = shares
            .map(|entries| scope.spawn(move || entries.iter().map(open).collect::<Vec<_>>()))
            .collect();
        let mut opened: Vec<_> = own.iter().map(open).collect();
        for other in others {
            let panicked = |_panic| {
                vec![Err(BrokerError::Thread {
                    source: std::io::Error::other("it panicked"),
                })]
            };
            opened.extend(other.join().unwrap_or_else(panicked));
        }
        opened
    });
    opened
        .into_iter()
        .map(|topic| topic.map(|topic| (topic.name.clone(), Arc::new(topic))))
        .collect()
}

fn open_topic(data_dir: &Path, limits: &Limits, entry: &TopicEntry) -> Result<Topic, BrokerError> {
    let keeping = entry.settings.keeping(limits);
    let partitions = (0..entry.partitions).map(|index| {
        let directory = partition_directory(data_dir, &entry.name, index);
        let partition = Partition::open(directory.clone(), keeping);
        partition
            .map(Arc::new)
            .map_err(BrokerError::storage("open the partition", directory))
    });
    Ok(Topic {
        name: entry.name.clone(),
        id: entry.id,
        settings: entry.settings,
        partitions: partitions.collect::<Result<_, _>>()?,
    })
}
