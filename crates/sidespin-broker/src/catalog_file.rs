//! The list of topics on the disk: `topics.json` in the data directory, replaced as a whole at each change, so that it is
//! always either the old list or the new one.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::BrokerError;
use crate::log::segment::base_offset_of;
use crate::topic::TopicSettings;

const FILE_NAME: &str = "topics.json";
/// Goes up when an older version could not read the file.
const FORMAT: u32 = 1;

/// The file, and what it holds.
#[derive(Debug)]
pub(crate) struct CatalogFile {
    path: PathBuf,
    content: Content,
    is_new: bool,
}

/// One topic in the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TopicEntry {
    pub(crate) name: String,
    pub(crate) id: Uuid,
    pub(crate) partitions: u32,
    #[serde(default)]
    pub(crate) settings: TopicSettings,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    format: u32,
    cluster_id: String,
    next_producer_id: i64,
    topics: Vec<TopicEntry>,
}

impl CatalogFile {
    /// Opens the list in `data_dir`, beginning an empty one where there is nothing yet.
    pub(crate) fn open(data_dir: &Path) -> Result<Self, BrokerError> {
        let path = data_dir.join(FILE_NAME);
        let text = match std::fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Self::begin(data_dir, path),
            other => other.map_err(BrokerError::storage("read", &path))?,
        };
        let content: Content = serde_json::from_slice(&text).map_err(|error| BrokerError::Catalog {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        if content.format != FORMAT {
            let reason = format!("it has format {}, known is {FORMAT}", content.format);
            return Err(BrokerError::Catalog { path, reason });
        }
        if let Some(bad) = content
            .topics
            .iter()
            .find(|topic| crate::topic::check_name(&topic.name).is_err())
        {
            let reason = format!("`{}` is not a topic name", bad.name.escape_debug());
            return Err(BrokerError::Catalog { path, reason });
        }
        Ok(Self {
            path,
            content,
            is_new: false,
        })
    }

    fn begin(data_dir: &Path, path: PathBuf) -> Result<Self, BrokerError> {
        let partitions = partition_directories(data_dir).map_err(BrokerError::storage("read", data_dir))?;
        if let Some((directory, _topic)) = partitions.first() {
            let reason = format!(
                "it is missing, though there are messages in `{}`",
                directory.display()
            );
            return Err(BrokerError::Catalog { path, reason });
        }
        let content = Content {
            format: FORMAT,
            cluster_id: Uuid::now_v7().simple().to_string(),
            next_producer_id: 1,
            topics: Vec::new(),
        };
        Ok(Self {
            path,
            content,
            is_new: true,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the list is not on the disk yet.
    pub(crate) fn is_new(&self) -> bool {
        self.is_new
    }

    pub(crate) fn topics(&self) -> &[TopicEntry] {
        &self.content.topics
    }

    pub(crate) fn cluster_id(&self) -> &str {
        &self.content.cluster_id
    }

    /// Changes the list. When this fails, neither the file nor the memory has changed.
    pub(crate) fn change_topics(&mut self, change: impl FnOnce(&mut Vec<TopicEntry>)) -> io::Result<()> {
        let mut content = self.content.clone();
        change(&mut content.topics);
        self.write(&content)?;
        self.content = content;
        self.is_new = false;
        Ok(())
    }

    /// Takes `count` producer ids that will never be given out again, whatever happens to this process.
    pub(crate) fn reserve_producer_ids(&mut self, count: i64) -> io::Result<Range<i64>> {
        let first = self.content.next_producer_id;
        let mut content = self.content.clone();
        content.next_producer_id = first.saturating_add(count);
        self.write(&content)?;
        self.content = content;
        Ok(first..self.content.next_producer_id)
    }

    /// Removes the partitions of topics that are not in the list: what an interrupted deletion left.
    pub(crate) fn remove_strays(&self) -> Result<(), BrokerError> {
        let data_dir = self.path.parent().unwrap_or(Path::new("."));
        let directories = partition_directories(data_dir).map_err(BrokerError::storage("read", data_dir))?;
        for (directory, topic) in directories {
            if !self.content.topics.iter().any(|entry| entry.name == topic) {
                tracing::info!(directory = %directory.display(), "removing what is left of a deleted topic");
                std::fs::remove_dir_all(&directory).map_err(BrokerError::storage("remove", &directory))?;
            }
        }
        Ok(())
    }

    fn write(&self, content: &Content) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(content)?;
        replace_file(&self.path, &text)
    }
}

/// Makes `path` hold `content`, or what it held before, and nothing in between.
pub(crate) fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = File::create(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    path.parent()
        .map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}

/// The directories named `<topic>-<partition>` that hold nothing but segments, and their topics.
fn partition_directories(data_dir: &Path) -> io::Result<Vec<(PathBuf, String)>> {
    let mut directories = Vec::new();
    for entry in std::fs::read_dir(data_dir)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let Some((topic, index)) = name.and_then(|name| name.rsplit_once('-')) else {
            continue;
        };
        if index.parse::<u32>().is_err() || !path.is_dir() {
            continue;
        }
        let mut files = std::fs::read_dir(&path)?;
        if files.all(|file| file.is_ok_and(|file| base_offset_of(&file.path()).is_some())) {
            let topic = topic.to_owned();
            directories.push((path, topic));
        }
    }
    Ok(directories)
}
