//! Where in a segment file an offset or a time is, within a few kilobytes. Kept in memory only.

use crate::log::batch::BatchHeader;

/// Bytes of log per entry: small enough that a fetch at the end of the log reads little that it does not want.
pub(crate) const INTERVAL: u64 = 4 * 1024;

/// The index of one segment.
#[derive(Debug, Default)]
pub(crate) struct SegmentIndex {
    entries: Vec<Entry>,
    max_timestamp: Option<i64>,
    indexed_to: u64,
}

#[derive(Debug)]
struct Entry {
    offset: i64,
    position: u64,
    /// The latest record before this entry: grows from entry to entry, whatever the order of the records' times.
    max_timestamp_before: i64,
}

impl SegmentIndex {
    /// Takes in the batch that was appended at `position`.
    pub(crate) fn add(&mut self, header: &BatchHeader, position: u64) {
        if self.entries.is_empty() || position - self.indexed_to >= INTERVAL {
            self.entries.push(Entry {
                offset: header.base_offset,
                position,
                max_timestamp_before: self.max_timestamp.unwrap_or(i64::MIN),
            });
            self.indexed_to = position;
        }
        self.max_timestamp = self.max_timestamp.max(Some(header.max_timestamp));
    }

    /// The latest time of any record; nothing when there is none.
    pub(crate) fn max_timestamp(&self) -> Option<i64> {
        self.max_timestamp
    }

    /// A position at or before the batch that holds `offset`.
    pub(crate) fn position_of_offset(&self, offset: i64) -> u64 {
        self.last_position(|entry| entry.offset <= offset)
    }

    /// A position at or before the first batch with a record not older than `timestamp`.
    pub(crate) fn position_of_timestamp(&self, timestamp: i64) -> u64 {
        self.last_position(|entry| entry.max_timestamp_before < timestamp)
    }

    fn last_position(&self, applies: impl Fn(&Entry) -> bool) -> u64 {
        let count = self.entries.partition_point(applies);
        count
            .checked_sub(1)
            .and_then(|last| self.entries.get(last))
            .map_or(0, |entry| entry.position)
    }
}
