//! Reading batches from a segment while others append to it: what lies before the end of the log never changes, so no
//! lock is held meanwhile.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use bytes::{Bytes, BytesMut};

use crate::log::batch::{BatchHeader, HEADER_SIZE};
use crate::log::index::INTERVAL;
use crate::log::records::{self, RecordTime};
use crate::log::segment::Source;

/// The part of a segment in which something is to be found.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    pub(crate) source: Source,
    pub(crate) start: u64,
    pub(crate) end: u64,
}

enum Selection {
    /// These bytes of what was read.
    Batches(std::ops::Range<usize>),
    /// One batch, larger than what was read.
    Large { position: usize, size: usize },
    /// Nothing yet; go on from here.
    Further(usize),
}

impl Window {
    /// Whole batches from the one that holds `offset` on: as many as fit in `max_bytes`, but always one.
    pub(crate) fn batches(&self, offset: i64, max_bytes: usize) -> io::Result<Bytes> {
        let file = self.source.file()?;
        let mut start = self.start;
        while start < self.end {
            let chunk = read(
                &file,
                start,
                self.clamped(start, (max_bytes as u64).saturating_add(INTERVAL)),
            )?;
            match select(&chunk, offset, max_bytes)? {
                Selection::Batches(range) => return Ok(chunk.slice(range)),
                Selection::Large { position, size } => return read(&file, start + position as u64, size),
                Selection::Further(position) => start += position as u64,
            }
        }
        Ok(Bytes::new())
    }

    /// The first record that is not older than `timestamp`.
    pub(crate) fn first_at_or_after(&self, timestamp: i64) -> io::Result<Option<RecordTime>> {
        let file = self.source.file()?;
        let mut position = self.start;
        while position < self.end {
            let header = read(&file, position, self.clamped(position, HEADER_SIZE as u64))?;
            let header = BatchHeader::parse(&header).ok_or_else(corrupt)?;
            if header.max_timestamp >= timestamp {
                let batch = read(&file, position, self.clamped(position, header.size as u64))?;
                if let Some(found) = records::first_at_or_after(&header, &batch, timestamp) {
                    return Ok(Some(found));
                }
            }
            position += header.size as u64;
        }
        Ok(None)
    }

    fn clamped(&self, start: u64, wanted: u64) -> usize {
        usize::try_from(wanted.min(self.end.saturating_sub(start))).unwrap_or(usize::MAX)
    }
}

/// The one copy that a fetch makes: from the page cache into the buffer that the socket is given.
fn read(file: &File, position: u64, length: usize) -> io::Result<Bytes> {
    let mut buffer = BytesMut::zeroed(length);
    file.read_exact_at(&mut buffer, position)?;
    Ok(buffer.freeze())
}

fn select(chunk: &Bytes, offset: i64, max_bytes: usize) -> io::Result<Selection> {
    let mut position = 0;
    let mut begin = None;
    while let Some(rest) = chunk.get(position..).filter(|rest| rest.len() >= HEADER_SIZE) {
        let header = BatchHeader::parse(rest).ok_or_else(corrupt)?;
        match begin {
            None if header.last_offset() < offset => {}
            None if header.size > rest.len() => {
                return Ok(Selection::Large {
                    position,
                    size: header.size,
                });
            }
            None => begin = Some(position),
            Some(begin) if header.size > rest.len() || position + header.size - begin > max_bytes => break,
            Some(_) => {}
        }
        position += header.size;
    }
    match begin {
        Some(begin) => Ok(Selection::Batches(begin..position)),
        None if position == 0 => Err(corrupt()),
        None => Ok(Selection::Further(position)),
    }
}

fn corrupt() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the segment holds something that is not a record batch",
    )
}
