//! What groups have committed: in memory, and in `groups.log`, a file of lines that each carry a checksum.
//!
//! A commit is a line appended, in the operating system's hands before it is acknowledged. When most of the file is out
//! of date it is written anew, and the new file takes the old one's place in one step.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::append_file::AppendFile;
use crate::catalog_file::replace_file;
use crate::error::BrokerError;

const FILE_NAME: &str = "groups.log";
/// Below this, rewriting is not worth the while.
const MIN_REWRITE_BYTES: u64 = 1024 * 1024;
/// Rewrite when the file is so many times as long as it was after the last rewriting.
const REWRITE_FACTOR: u64 = 4;
/// `checksum `, in hexadecimal.
const CHECKSUM_SIZE: usize = 9;

/// The stored part of all groups.
#[derive(Debug)]
pub(crate) struct OffsetsStore {
    path: PathBuf,
    file: AppendFile,
    groups: BTreeMap<String, StoredGroup>,
    rewritten_length: u64,
    unsynced: bool,
}

/// The stored part of one group.
#[derive(Debug, Clone, Default)]
pub(crate) struct StoredGroup {
    pub(crate) generation: i32,
    pub(crate) protocol_type: String,
    /// By topic and partition.
    pub(crate) offsets: BTreeMap<(String, i32), Committed>,
}

/// A committed offset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Committed {
    pub(crate) offset: i64,
    pub(crate) leader_epoch: i32,
    pub(crate) metadata: String,
}

/// One line of the file: something that happened to a group.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    Commit {
        group: String,
        topic: String,
        partition: i32,
        committed: Committed,
    },
    Forget {
        group: String,
        topic: String,
        partition: i32,
    },
    Generation {
        group: String,
        generation: i32,
        protocol_type: String,
    },
    Delete {
        group: String,
    },
}

impl OffsetsStore {
    /// Opens the file, dropping what a crash left incomplete at its end.
    pub(crate) fn open(data_dir: &Path) -> Result<Self, BrokerError> {
        let path = data_dir.join(FILE_NAME);
        let text = match std::fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            other => other.map_err(BrokerError::storage("read", &path))?,
        };
        let mut groups = BTreeMap::new();
        let mut damaged = 0_usize;
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            match decode(line) {
                Some(change) => apply(&mut groups, change),
                None => damaged += 1,
            }
        }
        let length = text.len() as u64;
        let file = AppendFile::open(&path, length).map_err(BrokerError::storage("open", &path))?;
        let mut store = Self {
            path,
            file,
            groups,
            rewritten_length: 0,
            unsynced: false,
        };
        if damaged > 0 {
            tracing::warn!(path = %store.path.display(), lines = damaged, "dropped committed offsets that a crash left incomplete");
        }
        if damaged > 0 || store.is_mostly_out_of_date() {
            store
                .rewrite()
                .map_err(BrokerError::storage("write", &store.path))?;
        }
        Ok(store)
    }

    pub(crate) fn group(&self, group: &str) -> Option<&StoredGroup> {
        self.groups.get(group)
    }

    pub(crate) fn groups(&self) -> impl Iterator<Item = (&String, &StoredGroup)> {
        self.groups.iter()
    }

    /// Stores changes, all of them or none.
    pub(crate) fn write(&mut self, changes: Vec<Change>) -> io::Result<()> {
        let mut lines = Vec::new();
        for change in &changes {
            encode(change, &mut lines)?;
        }
        self.file.append(&lines, &[])?;
        self.unsynced = true;
        for change in changes {
            apply(&mut self.groups, change);
        }
        if self.is_mostly_out_of_date() {
            self.rewrite()?;
        }
        Ok(())
    }

    /// The file to force to the disk, if anything was written since the last time.
    pub(crate) fn take_unsynced(&mut self) -> Option<Arc<std::fs::File>> {
        std::mem::take(&mut self.unsynced).then(|| Arc::clone(self.file.file()))
    }

    /// Takes back [`Self::take_unsynced`] when that failed.
    pub(crate) fn mark_unsynced(&mut self) {
        self.unsynced = true;
    }

    fn is_mostly_out_of_date(&self) -> bool {
        self.file.length() > MIN_REWRITE_BYTES.max(self.rewritten_length * REWRITE_FACTOR)
    }

    fn rewrite(&mut self) -> io::Result<()> {
        let mut lines = Vec::new();
        for (name, stored) in &self.groups {
            let group = name.clone();
            let (generation, protocol_type) = (stored.generation, stored.protocol_type.clone());
            encode(
                &Change::Generation {
                    group,
                    generation,
                    protocol_type,
                },
                &mut lines,
            )?;
            for ((topic, partition), committed) in &stored.offsets {
                let change = Change::Commit {
                    group: name.clone(),
                    topic: topic.clone(),
                    partition: *partition,
                    committed: committed.clone(),
                };
                encode(&change, &mut lines)?;
            }
        }
        replace_file(&self.path, &lines)?;
        self.rewritten_length = lines.len() as u64;
        self.file = AppendFile::open(&self.path, self.rewritten_length)?;
        Ok(())
    }
}

fn apply(groups: &mut BTreeMap<String, StoredGroup>, change: Change) {
    match change {
        Change::Commit {
            group,
            topic,
            partition,
            committed,
        } => {
            groups
                .entry(group)
                .or_default()
                .offsets
                .insert((topic, partition), committed);
        }
        Change::Forget {
            group,
            topic,
            partition,
        } => {
            if let Some(stored) = groups.get_mut(&group) {
                stored.offsets.remove(&(topic, partition));
            }
        }
        Change::Generation {
            group,
            generation,
            protocol_type,
        } => {
            let stored = groups.entry(group).or_default();
            stored.generation = generation;
            stored.protocol_type = protocol_type;
        }
        Change::Delete { group } => {
            groups.remove(&group);
        }
    }
}

fn encode(change: &Change, lines: &mut Vec<u8>) -> io::Result<()> {
    let text = serde_json::to_vec(change)?;
    lines.extend_from_slice(format!("{:08x} ", crc32c::crc32c(&text)).as_bytes());
    lines.extend_from_slice(&text);
    lines.push(b'\n');
    Ok(())
}

fn decode(line: &[u8]) -> Option<Change> {
    let (checksum, text) = line.strip_suffix(b"\n")?.split_at_checked(CHECKSUM_SIZE)?;
    let checksum = u32::from_str_radix(std::str::from_utf8(checksum).ok()?.trim_end(), 16).ok()?;
    if crc32c::crc32c(text) != checksum {
        return None;
    }
    serde_json::from_slice(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(offset: i64) -> Change {
        let committed = Committed {
            offset,
            leader_epoch: 0,
            metadata: "a note".to_owned(),
        };
        Change::Commit {
            group: "group".to_owned(),
            topic: "topic".to_owned(),
            partition: 1,
            committed,
        }
    }

    fn stored_offset(store: &OffsetsStore) -> Option<i64> {
        store
            .group("group")?
            .offsets
            .get(&("topic".to_owned(), 1))
            .map(|committed| committed.offset)
    }

    #[test]
    fn what_was_written_is_there_when_opened_again() {
        let directory = tempfile::tempdir().unwrap();
        let mut store = OffsetsStore::open(directory.path()).unwrap();
        store.write(vec![commit(1), commit(2)]).unwrap();
        let mut store = OffsetsStore::open(directory.path()).unwrap();
        assert_eq!(stored_offset(&store), Some(2));
        store
            .write(vec![Change::Delete {
                group: "group".to_owned(),
            }])
            .unwrap();
        assert_eq!(
            stored_offset(&OffsetsStore::open(directory.path()).unwrap()),
            None
        );
    }

    #[test]
    fn a_torn_line_at_the_end_and_a_damaged_one_in_between_cost_only_themselves() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE_NAME);
        let mut lines = Vec::new();
        for offset in [7, 8, 9] {
            encode(&commit(offset), &mut lines).unwrap();
        }
        let length = lines.len() / 3;
        lines[length + 20] ^= 1;
        lines.truncate(lines.len() - 4);
        std::fs::write(&path, &lines).unwrap();
        let mut store = OffsetsStore::open(directory.path()).unwrap();
        assert_eq!(stored_offset(&store), Some(7));
        store.write(vec![commit(10)]).unwrap();
        assert_eq!(
            stored_offset(&OffsetsStore::open(directory.path()).unwrap()),
            Some(10)
        );
    }

    #[test]
    fn the_file_does_not_grow_without_bound() {
        let directory = tempfile::tempdir().unwrap();
        let mut store = OffsetsStore::open(directory.path()).unwrap();
        for offset in 0..20_000 {
            store.write(vec![commit(offset)]).unwrap();
        }
        assert!(store.file.length() <= MIN_REWRITE_BYTES);
        assert_eq!(
            stored_offset(&OffsetsStore::open(directory.path()).unwrap()),
            Some(19_999)
        );
    }
}
