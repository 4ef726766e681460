//! One partition: its segments, its producers and the fetches that wait for it, behind one mutex.
//!
//! An append is a write to the file under that mutex: what is acknowledged is in the operating system's hands and
//! survives the death of this process. The disk follows within the sync interval, see [`Partition::sync`].

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use tokio::sync::Notify;

use crate::log::batch::ProducedBatch;
use crate::log::records::RecordTime;
use crate::log::segments::{Bounds, Segments};
use crate::producer_state::{ProducerStates, Verdict};
use crate::refusal::Refusal;

/// How a partition keeps its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keeping {
    pub(crate) segment_bytes: u64,
    pub(crate) retention: Option<Duration>,
    pub(crate) retention_bytes: Option<u64>,
}

/// One partition of a topic.
#[derive(Debug)]
pub(crate) struct Partition {
    directory: PathBuf,
    keeping: Keeping,
    log: Mutex<Log>,
}

#[derive(Debug)]
struct Log {
    segments: Segments,
    producers: ProducerStates,
    /// Fetches to wake at the next append.
    waiting: Vec<Arc<Notify>>,
    /// There is something that [`Partition::sync`] has not seen.
    unsynced: bool,
    deleted: bool,
}

impl Partition {
    /// Opens the partition that is kept in `directory`, which need not exist before the first append.
    pub(crate) fn open(directory: PathBuf, keeping: Keeping) -> io::Result<Self> {
        let mut producers = ProducerStates::default();
        let segments = Segments::open(&directory, |batch| producers.record(batch, batch.base_offset))?;
        // What a killed process left may not be on the disk yet.
        let unsynced = segments.active.file.is_some();
        let log = Log {
            segments,
            producers,
            waiting: Vec::new(),
            unsynced,
            deleted: false,
        };
        Ok(Self {
            directory,
            keeping,
            log: Mutex::new(log),
        })
    }

    /// Appends a batch and wakes whoever waits for it. Gives back its offset: the first one it got, when it comes again.
    pub(crate) fn append(&self, batch: &ProducedBatch) -> Result<i64, Refusal> {
        let mut log = self.lock()?;
        if let Verdict::Duplicate(base_offset) = log.producers.check(&batch.header)? {
            return Ok(base_offset);
        }
        let active = &log.segments.active;
        let is_full = active.length + batch.bytes.len() as u64 > self.keeping.segment_bytes;
        if is_full && !active.is_empty() {
            log.segments
                .roll(&self.directory)
                .map_err(|error| Refusal::storage("begin a segment", &error))?;
        }
        let base_offset = log
            .segments
            .active
            .append(batch)
            .map_err(|error| Refusal::storage("append to a partition", &error))?;
        log.producers.record(&batch.header, base_offset);
        log.unsynced = true;
        let waiting = std::mem::take(&mut log.waiting);
        drop(log);
        waiting.iter().for_each(|fetch| fetch.notify_one());
        Ok(base_offset)
    }

    /// The offsets it holds.
    pub(crate) fn bounds(&self) -> Result<Bounds, Refusal> {
        self.lock().map(|log| log.segments.bounds())
    }

    /// About how many bytes a fetch from `offset` would find; exact in whether there are any.
    pub(crate) fn available(&self, offset: i64) -> Result<u64, Refusal> {
        let mut log = self.lock()?;
        let bounds = log.segments.check_offset(offset)?;
        if offset == bounds.end {
            return Ok(0);
        }
        if offset < log.segments.active.base_offset {
            return Ok(self.keeping.segment_bytes);
        }
        let active = &mut log.segments.active;
        let start = active.index().map_or(0, |index| index.position_of_offset(offset));
        Ok(active.length.saturating_sub(start).max(1))
    }

    /// Whole batches from the one that holds `offset` on, and the bounds at that moment.
    pub(crate) fn read(&self, offset: i64, max_bytes: usize) -> Result<(Bytes, Bounds), Refusal> {
        let storage = |error: io::Error| Refusal::storage("read a partition", &error);
        let (window, bounds) = {
            let mut log = self.lock()?;
            let bounds = log.segments.check_offset(offset)?;
            (log.segments.window_of(offset).map_err(storage)?, bounds)
        };
        let Some(window) = window else {
            return Ok((Bytes::new(), bounds));
        };
        Ok((window.batches(offset, max_bytes).map_err(storage)?, bounds))
    }

    /// The first record that is not older than `timestamp`.
    pub(crate) fn first_at_or_after(&self, timestamp: i64) -> Result<Option<RecordTime>, Refusal> {
        let storage = |error: io::Error| Refusal::storage("search a partition by time", &error);
        let mut from = 0;
        loop {
            let window = self
                .lock()?
                .segments
                .window_of_time(timestamp, from)
                .map_err(storage)?;
            let Some((window, next_offset)) = window else {
                return Ok(None);
            };
            if let Some(found) = window.first_at_or_after(timestamp).map_err(storage)? {
                return Ok(Some(found));
            }
            // The headers promised what the records do not keep.
            from = next_offset;
        }
    }

    /// The first of the newest records, by their own time.
    pub(crate) fn newest(&self) -> Result<Option<RecordTime>, Refusal> {
        let storage = |error: io::Error| Refusal::storage("search a partition by time", &error);
        let newest = self.lock()?.segments.max_timestamp().map_err(storage)?;
        newest.map_or(Ok(None), |timestamp| self.first_at_or_after(timestamp))
    }

    /// Has `fetch` woken by the next append, or by the end of the partition.
    pub(crate) fn watch(&self, fetch: &Arc<Notify>) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if !log.waiting.iter().any(|waiting| Arc::ptr_eq(waiting, fetch)) {
            log.waiting.push(Arc::clone(fetch));
        }
    }

    /// Takes back [`Self::watch`].
    pub(crate) fn unwatch(&self, fetch: &Arc<Notify>) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.waiting.retain(|waiting| !Arc::ptr_eq(waiting, fetch));
    }

    /// Forces to the disk what was appended since the last time, without holding up appends.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let (sealed, active) = {
            let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            if !std::mem::take(&mut log.unsynced) || log.deleted {
                return Ok(());
            }
            log.segments.open_files()
        };
        let mut files = sealed.iter().chain(&active);
        let synced = files.try_for_each(|file| file.sync_data());
        let synced = synced.and_then(|()| std::fs::File::open(&self.directory)?.sync_all());
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        match synced {
            Ok(()) => log.segments.close_sealed(&sealed),
            Err(_) if log.deleted => {}
            Err(error) => {
                log.unsynced = true;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Deletes whole segments that are older than the retention or beyond its size. Gives back how many.
    pub(crate) fn enforce_retention(&self, now: SystemTime) -> io::Result<usize> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.deleted {
            return Ok(0);
        }
        let mut deleted = 0;
        if let Some(retention) = self.keeping.retention {
            let segments = &mut log.segments;
            if !segments.active.is_empty() && segments.active.is_older(now, retention) {
                segments.roll(&self.directory)?;
                // The empty file keeps the offset at which the partition goes on.
                segments.active.open()?;
                log.unsynced = true;
            }
            deleted += log
                .segments
                .delete_while(|oldest, _bytes| oldest.is_older(now, retention))?;
        }
        if let Some(limit) = self.keeping.retention_bytes {
            deleted += log
                .segments
                .delete_while(|oldest, bytes| bytes - oldest.length >= limit)?;
        }
        Ok(deleted)
    }

    /// Ends the partition: its files are gone, and whoever waits for it hears so.
    pub(crate) fn delete(&self) -> io::Result<()> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.deleted = true;
        std::mem::take(&mut log.waiting)
            .iter()
            .for_each(|fetch| fetch.notify_one());
        match std::fs::remove_dir_all(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn lock(&self) -> Result<MutexGuard<'_, Log>, Refusal> {
        // Each change to a log is complete or undone before anything in it can panic.
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.deleted {
            return Err(Refusal::new(
                ResponseError::UnknownTopicOrPartition,
                "the topic was deleted",
            ));
        }
        Ok(log)
    }
}

#[cfg(test)]
mod tests;
