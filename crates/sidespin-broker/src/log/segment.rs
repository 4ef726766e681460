//! One segment: an append-only file of record batches and its index.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::append_file::AppendFile;
use crate::log::batch::{BatchHeader, ProducedBatch, REWRITTEN};
use crate::log::index::SegmentIndex;
use crate::log::recovery;

/// A segment. Its file is held open while it is appended to or not yet safely on the disk, and opened anew for each
/// read afterwards, so that a long log does not use up the process's file descriptors.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) base_offset: i64,
    /// The offset after the last record.
    pub(crate) next_offset: i64,
    pub(crate) path: PathBuf,
    /// The bytes that are whole batches.
    pub(crate) length: u64,
    /// Nothing for an old segment that nobody has read since the start.
    index: Option<SegmentIndex>,
    pub(crate) file: Option<AppendFile>,
}

/// Where to find the bytes of a segment without holding up its partition.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Open(Arc<File>),
    Closed(PathBuf),
}

impl Segment {
    /// A segment that has no file yet; it gets one with the first batch.
    pub(crate) fn new(directory: &Path, base_offset: i64) -> Self {
        Self {
            base_offset,
            next_offset: base_offset,
            path: directory.join(file_name(base_offset)),
            length: 0,
            index: Some(SegmentIndex::default()),
            file: None,
        }
    }

    /// A segment that was verified, and may hold what is not on the disk yet.
    pub(crate) fn recovered(path: PathBuf, base_offset: i64, scan: recovery::Scan) -> io::Result<Self> {
        let (next_offset, length) = (scan.next_offset, scan.length);
        let mut segment = Self {
            base_offset,
            next_offset,
            path,
            length,
            index: Some(scan.index),
            file: None,
        };
        segment.open()?;
        Ok(segment)
    }

    /// An old segment, known to be on the disk: looked into when somebody reads it.
    pub(crate) fn old(path: PathBuf, base_offset: i64, next_offset: i64, length: u64) -> Self {
        Self {
            base_offset,
            next_offset,
            path,
            length,
            index: None,
            file: None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether it was last appended to longer ago than `age`. The file's own time is taken and not the records', which
    /// clients set as they like.
    pub(crate) fn is_older(&self, now: SystemTime, age: Duration) -> bool {
        let modified = std::fs::metadata(&self.path).and_then(|metadata| metadata.modified());
        modified.is_ok_and(|modified| now.duration_since(modified).is_ok_and(|actual| actual > age))
    }

    /// Opens the file for appending, making it and its directory where needed.
    pub(crate) fn open(&mut self) -> io::Result<&mut AppendFile> {
        if self.file.is_none() {
            if let Some(directory) = self.path.parent() {
                std::fs::create_dir_all(directory)?;
            }
            self.file = Some(AppendFile::open(&self.path, self.length)?);
        }
        self.file
            .as_mut()
            .ok_or_else(|| io::Error::other("the segment is not open"))
    }

    /// Appends a batch, all of it or nothing, and gives back its offset.
    pub(crate) fn append(&mut self, batch: &ProducedBatch) -> io::Result<i64> {
        let base_offset = self.next_offset;
        let rest = batch.bytes.get(REWRITTEN..).unwrap_or_default();
        self.open()?.append(&batch.rewritten(base_offset), rest)?;
        let header = BatchHeader {
            base_offset,
            ..batch.header
        };
        if let Some(index) = &mut self.index {
            index.add(&header, self.length);
        }
        self.length += batch.bytes.len() as u64;
        self.next_offset = header.last_offset() + 1;
        Ok(base_offset)
    }

    /// The index, made by reading through the file where it is not there yet.
    pub(crate) fn index(&mut self) -> io::Result<&SegmentIndex> {
        if self.index.is_none() {
            let scan = recovery::scan(
                &self.path,
                self.base_offset,
                recovery::Depth::Headers,
                |_batch| {},
            )?;
            self.index = Some(scan.index);
        }
        self.index
            .as_ref()
            .ok_or_else(|| io::Error::other("the segment has no index"))
    }

    pub(crate) fn source(&self) -> Source {
        match &self.file {
            Some(file) => Source::Open(Arc::clone(file.file())),
            None => Source::Closed(self.path.clone()),
        }
    }
}

impl Source {
    pub(crate) fn file(&self) -> io::Result<Arc<File>> {
        match self {
            Self::Open(file) => Ok(Arc::clone(file)),
            Self::Closed(path) => File::open(path).map(Arc::new),
        }
    }
}

/// The name of the segment that begins at `base_offset`: sorts by offset.
pub(crate) fn file_name(base_offset: i64) -> String {
    format!("{base_offset:020}.log")
}

/// The offset in a segment's file name; nothing for other files.
pub(crate) fn base_offset_of(path: &Path) -> Option<i64> {
    let digits = path.file_name()?.to_str()?.strip_suffix(".log")?;
    let all_digits = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| digits.parse().ok())?
}
