//! The records inside a batch that is not compressed: whether they are well formed, and when each was made.

use bytes::Buf;

use crate::log::batch::{BatchHeader, HEADER_SIZE};

/// Where and when one record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RecordTime {
    pub(crate) offset: i64,
    pub(crate) timestamp: i64,
}

/// Whether the records of `batch` fill it exactly and count up from its base offset. A consumer would stop at one that
/// does not parse, for good, so it must not get into the log.
pub(crate) fn are_well_formed(header: &BatchHeader, batch: &[u8]) -> bool {
    let mut rest = batch.get(HEADER_SIZE..).unwrap_or_default();
    let in_order = (0..header.record_count).all(|expected| {
        next_record(&mut rest).is_some_and(|record| record.offset_delta == i64::from(expected))
    });
    in_order && rest.is_empty()
}

/// The first record of `batch` that is not older than `timestamp`. Of a compressed batch, which is not looked into, it
/// is the first one, at or before the record looked for.
pub(crate) fn first_at_or_after(header: &BatchHeader, batch: &[u8], timestamp: i64) -> Option<RecordTime> {
    if header.is_compressed() {
        return Some(RecordTime {
            offset: header.base_offset,
            timestamp: header.first_timestamp,
        });
    }
    let mut rest = batch.get(HEADER_SIZE..)?;
    for _ in 0..header.record_count {
        let record = next_record(&mut rest)?;
        let made = header.first_timestamp.saturating_add(record.timestamp_delta);
        if made >= timestamp {
            return Some(RecordTime {
                offset: header.base_offset + record.offset_delta,
                timestamp: made,
            });
        }
    }
    None
}

struct RawRecord {
    timestamp_delta: i64,
    offset_delta: i64,
}

/// Takes one record off `bytes`; nothing when it is malformed.
fn next_record(bytes: &mut &[u8]) -> Option<RawRecord> {
    let length = usize::try_from(variable(bytes)?).ok()?;
    let mut record = bytes.get(..length)?;
    bytes.advance(length);
    let _attributes = record.try_get_i8().ok()?;
    let timestamp_delta = variable(&mut record)?;
    let offset_delta = variable(&mut record)?;
    skip_field(&mut record, true)?;
    skip_field(&mut record, true)?;
    let headers = variable(&mut record)?;
    if headers < 0 {
        return None;
    }
    for _ in 0..headers {
        skip_field(&mut record, false)?;
        skip_field(&mut record, true)?;
    }
    record.is_empty().then_some(RawRecord {
        timestamp_delta,
        offset_delta,
    })
}

fn skip_field(bytes: &mut &[u8], may_be_null: bool) -> Option<()> {
    let length = variable(bytes)?;
    if length == -1 && may_be_null {
        return Some(());
    }
    let length = usize::try_from(length).ok()?;
    *bytes = bytes.get(length..)?;
    Some(())
}

/// A zigzag-encoded number of seven bits per byte.
fn variable(bytes: &mut &[u8]) -> Option<i64> {
    let mut value: u64 = 0;
    for shift in (0..64).step_by(7) {
        let byte = bytes.try_get_u8().ok()?;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::batch::tests::encoded;

    #[test]
    fn finds_the_record_of_a_time() {
        let batch = encoded(&[(1000, "a"), (1500, "b"), (1200, "c")]);
        let header = BatchHeader::parse(&batch).unwrap();
        let find = |timestamp| {
            first_at_or_after(&header, &batch, timestamp).map(|found| (found.offset, found.timestamp))
        };
        assert_eq!(find(0), Some((0, 1000)));
        assert_eq!(find(1001), Some((1, 1500)));
        assert_eq!(find(1501), None);
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let batch = encoded(&[(1000, "some value"), (1001, "another")]);
        let header = BatchHeader::parse(&batch).unwrap();
        assert!(are_well_formed(&header, &batch));
        for position in HEADER_SIZE..batch.len() {
            for value in 0..=u8::MAX {
                let mut changed = batch.to_vec();
                changed[position] = value;
                let _either = are_well_formed(&header, &changed);
                let _found = first_at_or_after(&header, &changed, 1001);
            }
        }
    }
}
