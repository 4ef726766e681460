//! The header of a record batch, and the checks that a batch passes before it is kept.
//!
//! A batch is never decoded: apart from its base offset and leader epoch, which its checksum leaves out, it is stored
//! and served byte for byte as its producer sent it, compressed or not.

use bytes::{Buf, Bytes};
use kafka_protocol::error::ResponseError;

use crate::log::records;
use crate::refusal::Refusal;

/// Bytes before the first record.
pub(crate) const HEADER_SIZE: usize = 61;
/// Bytes that a batch's own length leaves out: base offset and the length itself.
const UNCOUNTED: usize = 12;
/// The bytes that this broker writes itself: base offset, length, leader epoch.
pub(crate) const REWRITTEN: usize = 16;
/// What the checksum covers begins here.
const CHECKED_FROM: usize = 21;
/// The only format that Kafka still takes.
const MAGIC: i8 = 2;
/// There is one node, so leadership never moves.
pub(crate) const LEADER_EPOCH: i32 = 0;

const COMPRESSION: i16 = 0b111;
const TRANSACTIONAL: i16 = 1 << 4;
const CONTROL: i16 = 1 << 5;

/// What stands before the records of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct BatchHeader {
    pub(crate) base_offset: i64,
    /// The whole batch, header included.
    pub(crate) size: usize,
    pub(crate) magic: i8,
    pub(crate) checksum: u32,
    pub(crate) attributes: i16,
    pub(crate) last_offset_delta: i32,
    pub(crate) first_timestamp: i64,
    pub(crate) max_timestamp: i64,
    pub(crate) producer_id: i64,
    pub(crate) producer_epoch: i16,
    pub(crate) base_sequence: i32,
    pub(crate) record_count: i32,
}

/// A batch from a client that has passed every check.
#[derive(Debug, Clone)]
pub(crate) struct ProducedBatch {
    pub(crate) header: BatchHeader,
    pub(crate) bytes: Bytes,
}

impl BatchHeader {
    /// Reads a header from the beginning of `bytes`; nothing when they are too few or cannot be a batch.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut bytes = bytes.get(..HEADER_SIZE)?;
        let base_offset = bytes.get_i64();
        let size = usize::try_from(bytes.get_i32()).ok()? + UNCOUNTED;
        let _leader_epoch = bytes.get_i32();
        let header = Self {
            base_offset,
            size,
            magic: bytes.get_i8(),
            checksum: bytes.get_u32(),
            attributes: bytes.get_i16(),
            last_offset_delta: bytes.get_i32(),
            first_timestamp: bytes.get_i64(),
            max_timestamp: bytes.get_i64(),
            producer_id: bytes.get_i64(),
            producer_epoch: bytes.get_i16(),
            base_sequence: bytes.get_i32(),
            record_count: bytes.get_i32(),
        };
        (header.size >= HEADER_SIZE && header.last_offset_delta >= 0).then_some(header)
    }

    pub(crate) fn last_offset(&self) -> i64 {
        self.base_offset.saturating_add(i64::from(self.last_offset_delta))
    }

    pub(crate) fn is_compressed(&self) -> bool {
        self.attributes & COMPRESSION != 0
    }

    /// Whether `batch`, all of it, is what its checksum says.
    pub(crate) fn is_intact(&self, batch: &[u8]) -> bool {
        self.magic == MAGIC
            && batch.len() == self.size
            && batch
                .get(CHECKED_FROM..)
                .is_some_and(|checked| crc32c::crc32c(checked) == self.checksum)
    }
}

impl ProducedBatch {
    /// Checks what a client wants to append: exactly one whole batch, as Kafka asks for.
    pub(crate) fn check(bytes: Bytes, max_bytes: usize) -> Result<Self, Refusal> {
        let refuse = |error, reason: &str| Err(Refusal::new(error, reason));
        if bytes.len() > max_bytes {
            let reason = format!(
                "the batch has {} bytes, at most {max_bytes} are taken",
                bytes.len()
            );
            return Err(Refusal::new(ResponseError::MessageTooLarge, reason));
        }
        if bytes
            .get(REWRITTEN)
            .is_some_and(|magic| i8::from_be_bytes([*magic]) != MAGIC)
        {
            return refuse(
                ResponseError::UnsupportedForMessageFormat,
                "only record batches of format 2 are taken",
            );
        }
        let Some(header) = BatchHeader::parse(&bytes) else {
            return refuse(
                ResponseError::CorruptMessage,
                "the records are not a record batch",
            );
        };
        if header.size < bytes.len() {
            return refuse(
                ResponseError::InvalidRecord,
                "there must be exactly one record batch per partition",
            );
        }
        if !header.is_intact(&bytes) {
            return refuse(
                ResponseError::CorruptMessage,
                "the record batch does not match its checksum",
            );
        }
        if header.attributes & CONTROL != 0 {
            return refuse(
                ResponseError::InvalidRecord,
                "clients cannot write control batches",
            );
        }
        if header.attributes & TRANSACTIONAL != 0 {
            return refuse(
                ResponseError::InvalidTxnState,
                "the embedded broker has no transactions",
            );
        }
        if header.record_count < 1 || header.last_offset_delta != header.record_count - 1 {
            return refuse(
                ResponseError::InvalidRecord,
                "the record count does not match the offsets",
            );
        }
        if header.producer_id >= 0 && (header.producer_epoch < 0 || header.base_sequence < 0) {
            return refuse(
                ResponseError::InvalidRecord,
                "an idempotent batch needs an epoch and a sequence",
            );
        }
        if !header.is_compressed() && !records::are_well_formed(&header, &bytes) {
            return refuse(
                ResponseError::InvalidRecord,
                "the records inside the batch are malformed",
            );
        }
        Ok(Self { header, bytes })
    }

    /// The beginning of the batch as it is kept, with its offset assigned.
    pub(crate) fn rewritten(&self, base_offset: i64) -> [u8; REWRITTEN] {
        let length = i32::try_from(self.bytes.len() - UNCOUNTED).unwrap_or(i32::MAX);
        let mut start = [0; REWRITTEN];
        let (offset, rest) = start.split_at_mut(8);
        let (size, epoch) = rest.split_at_mut(4);
        offset.copy_from_slice(&base_offset.to_be_bytes());
        size.copy_from_slice(&length.to_be_bytes());
        epoch.copy_from_slice(&LEADER_EPOCH.to_be_bytes());
        start
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use kafka_protocol::indexmap::IndexMap;
    use kafka_protocol::records::{
        Compression, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, NO_SEQUENCE, Record, RecordBatchEncoder,
        RecordEncodeOptions, TimestampType,
    };

    use super::*;

    /// A batch of one record per `(timestamp, value)`, as a producer encodes it.
    pub(crate) fn encoded(records: &[(i64, &str)]) -> Bytes {
        let records: Vec<Record> = (0..)
            .zip(records)
            .map(|(offset, (timestamp, value))| Record {
                transactional: false,
                control: false,
                delete_horizon: false,
                partition_leader_epoch: -1,
                producer_id: NO_PRODUCER_ID,
                producer_epoch: NO_PRODUCER_EPOCH,
                timestamp_type: TimestampType::Creation,
                offset,
                sequence: NO_SEQUENCE.wrapping_add(i32::try_from(offset).unwrap()),
                timestamp: *timestamp,
                key: None,
                value: Some(Bytes::copy_from_slice(value.as_bytes())),
                headers: IndexMap::new(),
            })
            .collect();
        let mut bytes = bytes::BytesMut::new();
        let options = RecordEncodeOptions {
            version: 2,
            compression: Compression::None,
        };
        RecordBatchEncoder::encode(&mut bytes, &records, &options).unwrap();
        bytes.freeze()
    }

    pub(crate) fn produced(records: &[(i64, &str)]) -> ProducedBatch {
        ProducedBatch::check(encoded(records), 1 << 20).unwrap()
    }

    fn refused(bytes: Vec<u8>) -> ResponseError {
        ProducedBatch::check(bytes.into(), 1 << 20).unwrap_err().error
    }

    #[test]
    fn a_good_batch_passes_and_keeps_its_checksum_when_its_offset_is_assigned() {
        let batch = produced(&[(1000, "a"), (1001, "b")]);
        assert_eq!((batch.header.record_count, batch.header.max_timestamp), (2, 1001));
        let mut kept = batch.rewritten(41).to_vec();
        kept.extend_from_slice(&batch.bytes[REWRITTEN..]);
        let header = BatchHeader::parse(&kept).unwrap();
        assert_eq!((header.base_offset, header.last_offset()), (41, 42));
        assert!(header.is_intact(&kept));
    }

    #[test]
    fn bad_batches_are_refused_with_the_code_that_clients_know() {
        let good = encoded(&[(1000, "a")]).to_vec();
        assert_eq!(refused(Vec::new()), ResponseError::CorruptMessage);
        assert_eq!(
            refused(good[..good.len() - 1].to_vec()),
            ResponseError::CorruptMessage
        );
        let mut flipped = good.clone();
        *flipped.last_mut().unwrap() ^= 1;
        assert_eq!(refused(flipped), ResponseError::CorruptMessage);
        assert_eq!(
            refused([good.clone(), good.clone()].concat()),
            ResponseError::InvalidRecord
        );
        let mut old = good.clone();
        old[16] = 1;
        assert_eq!(refused(old), ResponseError::UnsupportedForMessageFormat);
        let too_large = ProducedBatch::check(good.into(), 10).unwrap_err();
        assert_eq!(too_large.error, ResponseError::MessageTooLarge);
    }

    #[test]
    fn a_batch_whose_records_are_nonsense_is_refused_though_its_checksum_is_right() {
        let mut bytes = encoded(&[(1000, "value")]).to_vec();
        bytes[HEADER_SIZE] = 0x7f;
        let checksum = crc32c::crc32c(&bytes[CHECKED_FROM..]);
        bytes[17..21].copy_from_slice(&checksum.to_be_bytes());
        assert_eq!(refused(bytes), ResponseError::InvalidRecord);
    }
}
