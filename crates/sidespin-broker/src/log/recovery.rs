//! Reading a segment file from its beginning: on start to verify it and to cut off what a crash left half-written, later
//! to index an old one.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::Path;

use crate::log::batch::{BatchHeader, HEADER_SIZE};
use crate::log::index::SegmentIndex;

const READ_BUFFER: usize = 128 * 1024;

/// How much of each batch is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// The header: for segments that are known to be whole.
    Headers,
    /// Everything, against the checksum.
    Checksums,
}

/// What a segment file holds.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// The bytes that are whole, good batches.
    pub(crate) length: u64,
    /// The bytes after them.
    pub(crate) torn: u64,
    pub(crate) next_offset: i64,
    pub(crate) index: SegmentIndex,
}

/// Reads the segment at `path`, up to its end or to the first batch that is not whole.
pub(crate) fn scan(
    path: &Path,
    base_offset: i64,
    depth: Depth,
    mut on_batch: impl FnMut(&BatchHeader),
) -> io::Result<Scan> {
    let file = File::open(path)?;
    let file_length = file.metadata()?.len();
    let mut reader = BufReader::with_capacity(READ_BUFFER, file);
    let mut scan = Scan {
        next_offset: base_offset,
        ..Scan::default()
    };
    let mut batch = Vec::new();
    while let Some(header) = next_batch(&mut reader, file_length - scan.length, depth, &mut batch)? {
        if header.base_offset < scan.next_offset {
            break;
        }
        on_batch(&header);
        scan.index.add(&header, scan.length);
        scan.length += header.size as u64;
        scan.next_offset = header.last_offset() + 1;
    }
    scan.torn = file_length - scan.length;
    Ok(scan)
}

/// Verifies the segment at `path` and cuts off what follows its last good batch: it was never acknowledged, or the disk
/// has lost it.
pub(crate) fn recover(path: &Path, base_offset: i64, on_batch: impl FnMut(&BatchHeader)) -> io::Result<Scan> {
    let scan = scan(path, base_offset, Depth::Checksums, on_batch)?;
    if scan.torn > 0 {
        tracing::warn!(
            path = %path.display(),
            bytes = scan.torn,
            next_offset = scan.next_offset,
            "cut off the end of a Kafka log that a crash left incomplete",
        );
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(scan.length)?;
        file.sync_all()?;
    }
    Ok(scan)
}

/// The next batch, or nothing where no whole batch follows.
fn next_batch(
    reader: &mut BufReader<File>,
    remaining: u64,
    depth: Depth,
    batch: &mut Vec<u8>,
) -> io::Result<Option<BatchHeader>> {
    batch.resize(HEADER_SIZE, 0);
    match reader.read_exact(batch) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let Some(header) = BatchHeader::parse(batch) else {
        return Ok(None);
    };
    if header.size as u64 > remaining {
        return Ok(None);
    }
    if depth == Depth::Headers {
        reader.seek_relative((header.size - HEADER_SIZE).cast_signed() as i64)?;
        return Ok(Some(header));
    }
    batch.resize(header.size, 0);
    reader.read_exact(batch.get_mut(HEADER_SIZE..).unwrap_or_default())?;
    Ok(header.is_intact(batch).then_some(header))
}
