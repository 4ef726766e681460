//! The segments of one partition, in order: opened, searched, rolled and deleted.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kafka_protocol::error::ResponseError;

use crate::log::batch::BatchHeader;
use crate::log::read::Window;
use crate::log::recovery;
use crate::log::segment::{Segment, base_offset_of};
use crate::refusal::Refusal;

/// Segments that are verified on start. Only these can hold what is not on the disk yet: [`Segments::roll`] sees to it.
const VERIFIED_SEGMENTS: usize = 2;

/// The segments of a partition.
#[derive(Debug)]
pub(crate) struct Segments {
    pub(super) sealed: VecDeque<Segment>,
    /// The one that is appended to.
    pub(super) active: Segment,
}

/// The offsets that a partition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// The first one.
    pub(crate) start: i64,
    /// The one after the last.
    pub(crate) end: i64,
}

impl Segments {
    /// Opens what is in `directory`, which need not exist, and shows the batches that are verified to `on_batch`.
    pub(super) fn open(directory: &Path, mut on_batch: impl FnMut(&BatchHeader)) -> io::Result<Self> {
        let mut files = segment_files(directory)?;
        files.sort_unstable();
        let first_verified = files.len().saturating_sub(VERIFIED_SEGMENTS);
        let next_bases: Vec<i64> = files
            .iter()
            .skip(1)
            .map(|(base_offset, _path)| *base_offset)
            .collect();
        let mut sealed = VecDeque::with_capacity(files.len());
        for (position, (base_offset, path)) in files.into_iter().enumerate() {
            sealed.push_back(match next_bases.get(position) {
                Some(next_offset) if position < first_verified => {
                    let length = std::fs::metadata(&path)?.len();
                    Segment::old(path, base_offset, *next_offset, length)
                }
                _ => {
                    let scan = recovery::recover(&path, base_offset, &mut on_batch)?;
                    Segment::recovered(path, base_offset, scan)?
                }
            });
        }
        let active = sealed.pop_back().unwrap_or_else(|| Segment::new(directory, 0));
        Ok(Self { sealed, active })
    }

    pub(super) fn bounds(&self) -> Bounds {
        let first = self.sealed.front().unwrap_or(&self.active);
        Bounds {
            start: first.base_offset,
            end: self.active.next_offset,
        }
    }

    pub(super) fn check_offset(&self, offset: i64) -> Result<Bounds, Refusal> {
        let bounds = self.bounds();
        if offset < bounds.start || offset > bounds.end {
            return Err(Refusal::new(
                ResponseError::OffsetOutOfRange,
                format!("offset {offset} is not in {} to {}", bounds.start, bounds.end),
            ));
        }
        Ok(bounds)
    }

    /// Where `offset` is, or the next batch after it; nothing at the end of the log.
    pub(super) fn window_of(&mut self, offset: i64) -> io::Result<Option<Window>> {
        let segments = self.all();
        for segment in segments {
            if offset < segment.next_offset {
                let start = segment.index()?.position_of_offset(offset);
                return Ok(Some(Window {
                    source: segment.source(),
                    start,
                    end: segment.length,
                }));
            }
        }
        Ok(None)
    }

    /// The first segment, of those that begin at `from` or later, with a record not older than `timestamp`; and the
    /// offset at which the search would go on.
    pub(super) fn window_of_time(&mut self, timestamp: i64, from: i64) -> io::Result<Option<(Window, i64)>> {
        let segments = self.all();
        for segment in segments.filter(|segment| segment.base_offset >= from) {
            let index = segment.index()?;
            if index.max_timestamp().is_some_and(|newest| newest >= timestamp) {
                let start = index.position_of_timestamp(timestamp);
                let window = Window {
                    source: segment.source(),
                    start,
                    end: segment.length,
                };
                return Ok(Some((window, segment.next_offset)));
            }
        }
        Ok(None)
    }

    pub(super) fn max_timestamp(&mut self) -> io::Result<Option<i64>> {
        let mut newest = None;
        for segment in self.all() {
            newest = newest.max(segment.index()?.max_timestamp());
        }
        Ok(newest)
    }

    /// Begins a new segment. The one before the last must be on the disk by then, because only the last two are verified
    /// on start.
    pub(super) fn roll(&mut self, directory: &Path) -> io::Result<()> {
        if let Some(previous) = self.sealed.back_mut()
            && let Some(file) = &previous.file
        {
            file.file().sync_data()?;
            previous.file = None;
        }
        let next = Segment::new(directory, self.active.next_offset);
        self.sealed.push_back(std::mem::replace(&mut self.active, next));
        Ok(())
    }

    /// The files that may hold what is not on the disk yet: of sealed segments, and of the active one.
    pub(super) fn open_files(&self) -> (Vec<Arc<File>>, Option<Arc<File>>) {
        let file = |segment: &Segment| segment.file.as_ref().map(|file| Arc::clone(file.file()));
        (self.sealed.iter().filter_map(file).collect(), file(&self.active))
    }

    /// Closes sealed segments whose `files` are on the disk.
    pub(super) fn close_sealed(&mut self, files: &[Arc<File>]) {
        for segment in &mut self.sealed {
            let is_among = |file: &Arc<File>| files.iter().any(|synced| Arc::ptr_eq(synced, file));
            segment.file.take_if(|file| is_among(file.file()));
        }
    }

    /// Deletes the oldest segment for as long as `applies` to it and to the bytes of all. Gives back how many went.
    pub(super) fn delete_while(&mut self, applies: impl Fn(&Segment, u64) -> bool) -> io::Result<usize> {
        let mut deleted = 0;
        while let Some(oldest) = self
            .sealed
            .front()
            .filter(|oldest| applies(oldest, self.total_bytes()))
        {
            std::fs::remove_file(&oldest.path)?;
            self.sealed.pop_front();
            deleted += 1;
        }
        Ok(deleted)
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Segment> {
        self.sealed.iter_mut().chain(std::iter::once(&mut self.active))
    }

    fn total_bytes(&self) -> u64 {
        self.active.length + self.sealed.iter().map(|segment| segment.length).sum::<u64>()
    }
}

fn segment_files(directory: &Path) -> io::Result<Vec<(i64, PathBuf)>> {
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        files.extend(base_offset_of(&path).map(|base_offset| (base_offset, path)));
    }
    Ok(files)
}
