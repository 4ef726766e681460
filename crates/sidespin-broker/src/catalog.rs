//! The topics: which there are, made, grown and deleted. The list itself is kept by `catalog_file`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use crate::catalog_file::{CatalogFile, TopicEntry};
use crate::config::{BrokerConfig, Limits, TopicConfig};
use crate::error::BrokerError;
use crate::log::partition::Partition;
use crate::refusal::Refusal;
use crate::topic::{Topic, TopicSettings, check_name, open_topics, partition_directory};

/// Partitions of all topics together: each with messages holds a file open.
const MAX_PARTITIONS: usize = 2000;
/// Producer ids are taken from the file in blocks, so that a new producer does not cost a write to the disk.
const PRODUCER_ID_BLOCK: i64 = 1000;

/// All topics.
#[derive(Debug)]
pub(crate) struct Catalog {
    directory: PathBuf,
    limits: Limits,
    cluster_id: String,
    topics: RwLock<BTreeMap<String, Arc<Topic>>>,
    /// Held while topics change, so that the file and the memory agree.
    file: Mutex<CatalogFile>,
    producer_ids: Mutex<std::ops::Range<i64>>,
}

impl Catalog {
    /// Opens everything in the data directory and creates the configured topics that are missing.
    pub(crate) fn open(config: &BrokerConfig) -> Result<Self, BrokerError> {
        let mut file = CatalogFile::open(&config.data_dir)?;
        file.remove_strays()?;
        let mut wanted = file.topics().to_vec();
        if add_configured(&mut wanted, &config.topics)? || file.is_new() {
            file.change_topics(|topics| *topics = wanted)
                .map_err(BrokerError::storage("write", file.path()))?;
        }
        let topics = open_topics(&config.data_dir, &config.limits, file.topics())?;
        Ok(Self {
            directory: config.data_dir.clone(),
            limits: config.limits.clone(),
            cluster_id: file.cluster_id().to_owned(),
            topics: RwLock::new(topics),
            file: Mutex::new(file),
            producer_ids: Mutex::new(0..0),
        })
    }

    pub(crate) fn cluster_id(&self) -> &str {
        &self.cluster_id
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// All topics, by name.
    pub(crate) fn all(&self) -> Vec<Arc<Topic>> {
        self.read().values().cloned().collect()
    }

    pub(crate) fn topic(&self, name: &str) -> Option<Arc<Topic>> {
        self.read().get(name).cloned()
    }

    pub(crate) fn topic_by_id(&self, id: Uuid) -> Option<Arc<Topic>> {
        self.read().values().find(|topic| topic.id == id).cloned()
    }

    pub(crate) fn partition(&self, topic: &str, partition: i32) -> Result<Arc<Partition>, Refusal> {
        self.topic(topic)
            .and_then(|topic| topic.partition(partition))
            .ok_or_else(|| Refusal::unknown_partition(topic, partition))
    }

    /// Checks whether a topic could be created.
    pub(crate) fn check(&self, name: &str, partitions: u32) -> Result<(), Refusal> {
        check_name(name)?;
        if self.topic(name).is_some() {
            let reason = format!("there is a topic `{name}` already");
            return Err(Refusal::new(ResponseError::TopicAlreadyExists, reason));
        }
        self.check_partitions(0, partitions)
    }

    /// Creates a topic. When this returns, it is on the disk.
    pub(crate) fn create(
        &self,
        name: &str,
        partitions: u32,
        settings: TopicSettings,
    ) -> Result<Arc<Topic>, Refusal> {
        let mut file = self.lock_file();
        self.check(name, partitions)?;
        // What an interrupted deletion left must not come back to life.
        for index in 0..partitions {
            remove_directory(&partition_directory(&self.directory, name, index))
                .map_err(|error| Refusal::storage("clear a partition", &error))?;
        }
        let entry = TopicEntry {
            name: name.to_owned(),
            id: Uuid::now_v7(),
            partitions,
            settings,
        };
        self.change(&mut file, |topics| {
            topics.retain(|topic| topic.name != name);
            topics.push(entry.clone());
        })?;
        self.publish(&entry, Vec::new())
    }

    /// Gives a topic more partitions.
    pub(crate) fn grow(&self, name: &str, partitions: u32) -> Result<Arc<Topic>, Refusal> {
        let mut file = self.lock_file();
        let topic = self
            .topic(name)
            .ok_or_else(|| Refusal::unknown_partition(name, 0))?;
        self.check_growth(&topic, partitions)?;
        let mut entry = topic.entry();
        entry.partitions = partitions;
        self.change(&mut file, |topics| {
            topics
                .iter_mut()
                .filter(|topic| topic.name == name)
                .for_each(|topic| *topic = entry.clone());
        })?;
        self.publish(&entry, topic.partitions.clone())
    }

    /// Checks whether a topic could have this many partitions.
    pub(crate) fn check_growth(&self, topic: &Topic, partitions: u32) -> Result<(), Refusal> {
        let present = topic.partitions.len();
        if partitions as usize <= present {
            let reason = format!("the topic has {present} partitions already; it can only get more");
            return Err(Refusal::new(ResponseError::InvalidPartitions, reason));
        }
        self.check_partitions(present, partitions)
    }

    /// Deletes a topic with its messages.
    pub(crate) fn delete(&self, name: &str) -> Result<(), Refusal> {
        let mut file = self.lock_file();
        let topic = self.topic(name).ok_or_else(|| {
            Refusal::new(
                ResponseError::UnknownTopicOrPartition,
                format!("there is no topic `{name}`"),
            )
        })?;
        self.change(&mut file, |topics| topics.retain(|topic| topic.name != name))?;
        self.topics
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name);
        for partition in &topic.partitions {
            partition
                .delete()
                .map_err(|error| Refusal::storage("delete a partition", &error))?;
        }
        Ok(())
    }

    /// A producer id that no producer ever had.
    pub(crate) fn next_producer_id(&self) -> Result<i64, Refusal> {
        let mut ids = self.producer_ids.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.is_empty() {
            let reserved = self.lock_file().reserve_producer_ids(PRODUCER_ID_BLOCK);
            *ids = reserved.map_err(|error| Refusal::storage("reserve producer ids", &error))?;
        }
        ids.next().ok_or_else(|| {
            Refusal::new(
                ResponseError::UnknownServerError,
                "there are no producer ids left",
            )
        })
    }

    fn check_partitions(&self, present: usize, wanted: u32) -> Result<(), Refusal> {
        let all: usize = self.read().values().map(|topic| topic.partitions.len()).sum();
        check_partitions(all - present, wanted)
    }

    fn change(
        &self,
        file: &mut CatalogFile,
        change: impl FnOnce(&mut Vec<TopicEntry>),
    ) -> Result<(), Refusal> {
        file.change_topics(change)
            .map_err(|error| Refusal::storage("write the list of topics", &error))
    }

    fn publish(
        &self,
        entry: &TopicEntry,
        mut partitions: Vec<Arc<Partition>>,
    ) -> Result<Arc<Topic>, Refusal> {
        let present = u32::try_from(partitions.len()).unwrap_or(u32::MAX);
        let keeping = entry.settings.keeping(&self.limits);
        for index in present..entry.partitions {
            let directory = partition_directory(&self.directory, &entry.name, index);
            let partition = Partition::open(directory, keeping)
                .map_err(|error| Refusal::storage("open a partition", &error))?;
            partitions.push(Arc::new(partition));
        }
        let topic = Topic {
            name: entry.name.clone(),
            id: entry.id,
            settings: entry.settings,
            partitions,
        };
        let topic = Arc::new(topic);
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        topics.insert(entry.name.clone(), Arc::clone(&topic));
        Ok(topic)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<String, Arc<Topic>>> {
        self.topics.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_file(&self) -> MutexGuard<'_, CatalogFile> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The configured topics, where they are missing or smaller; says whether there was any.
fn add_configured(topics: &mut Vec<TopicEntry>, configured: &[TopicConfig]) -> Result<bool, BrokerError> {
    let mut changed = false;
    for TopicConfig { name, partitions } in configured {
        let others = topics.iter().filter(|topic| topic.name != *name);
        let others = others.map(|topic| topic.partitions as usize).sum();
        check_name(name)
            .and_then(|()| check_partitions(others, *partitions))
            .map_err(|refusal| BrokerError::Topic {
                name: name.clone(),
                reason: refusal.reason,
            })?;
        match topics.iter_mut().find(|topic| topic.name == *name) {
            Some(topic) if topic.partitions >= *partitions => continue,
            Some(topic) => topic.partitions = *partitions,
            None => topics.push(TopicEntry {
                name: name.clone(),
                id: Uuid::now_v7(),
                partitions: *partitions,
                settings: TopicSettings::default(),
            }),
        }
        changed = true;
    }
    Ok(changed)
}

/// Whether a topic can have so many partitions beside those of the others.
fn check_partitions(others: usize, wanted: u32) -> Result<(), Refusal> {
    if wanted == 0 {
        return Err(Refusal::new(
            ResponseError::InvalidPartitions,
            "a topic needs at least one partition",
        ));
    }
    if others + wanted as usize > MAX_PARTITIONS {
        let reason = format!("the embedded broker holds at most {MAX_PARTITIONS} partitions in all");
        return Err(Refusal::new(ResponseError::InvalidPartitions, reason));
    }
    Ok(())
}

fn remove_directory(directory: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
