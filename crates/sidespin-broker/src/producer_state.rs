//! What one partition remembers of idempotent producers, so that a batch sent twice is kept once and a gap is noticed.
//!
//! Nothing here is stored: it is rebuilt from the batches themselves when the log is opened.

use std::collections::{HashMap, VecDeque};

use kafka_protocol::error::ResponseError;

use crate::log::batch::BatchHeader;
use crate::refusal::Refusal;

/// A client has at most five batches in flight, so a repetition is one of the last five.
const REMEMBERED_BATCHES: usize = 5;
/// Producers remembered per partition; the one that was silent longest makes room.
const REMEMBERED_PRODUCERS: usize = 1000;

/// The idempotent producers of one partition.
#[derive(Debug, Default)]
pub(crate) struct ProducerStates {
    producers: HashMap<i64, Producer>,
}

/// What to do with a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the next one: append it.
    Append,
    /// It was appended before, at this offset: answer the same again.
    Duplicate(i64),
}

#[derive(Debug)]
struct Producer {
    epoch: i16,
    last_offset: i64,
    batches: VecDeque<Sequences>,
}

#[derive(Debug, Clone, Copy)]
struct Sequences {
    first: i32,
    last: i32,
    base_offset: i64,
}

impl ProducerStates {
    /// Judges a batch before it is appended. A producer that is not known may begin anywhere, as in Kafka: what it
    /// wrote may have been deleted since.
    pub(crate) fn check(&self, header: &BatchHeader) -> Result<Verdict, Refusal> {
        if header.producer_id < 0 {
            return Ok(Verdict::Append);
        }
        let Some(producer) = self.producers.get(&header.producer_id) else {
            return Ok(Verdict::Append);
        };
        if header.producer_epoch < producer.epoch {
            return Err(Refusal::new(
                ResponseError::InvalidProducerEpoch,
                format!(
                    "producer {} has epoch {}, the batch has {}",
                    header.producer_id, producer.epoch, header.producer_epoch
                ),
            ));
        }
        let (first, last) = sequences(header);
        let expected = if header.producer_epoch > producer.epoch {
            0
        } else {
            let repeated = producer
                .batches
                .iter()
                .find(|batch| batch.first == first && batch.last == last);
            if let Some(batch) = repeated {
                return Ok(Verdict::Duplicate(batch.base_offset));
            }
            producer
                .batches
                .back()
                .map_or(first, |batch| following(batch.last))
        };
        if first == expected {
            return Ok(Verdict::Append);
        }
        Err(Refusal::new(
            ResponseError::OutOfOrderSequenceNumber,
            format!(
                "producer {} sent sequence {first}, expected {expected}",
                header.producer_id
            ),
        ))
    }

    /// Remembers a batch that is in the log, at `base_offset`.
    pub(crate) fn record(&mut self, header: &BatchHeader, base_offset: i64) {
        if header.producer_id < 0 {
            return;
        }
        if self.producers.len() >= REMEMBERED_PRODUCERS && !self.producers.contains_key(&header.producer_id) {
            self.forget_oldest();
        }
        let (first, last) = sequences(header);
        let producer = self
            .producers
            .entry(header.producer_id)
            .or_insert_with(|| Producer {
                epoch: header.producer_epoch,
                last_offset: base_offset,
                batches: VecDeque::with_capacity(REMEMBERED_BATCHES),
            });
        if header.producer_epoch != producer.epoch {
            producer.epoch = header.producer_epoch;
            producer.batches.clear();
        }
        if producer.batches.len() == REMEMBERED_BATCHES {
            producer.batches.pop_front();
        }
        producer.last_offset = base_offset;
        producer.batches.push_back(Sequences {
            first,
            last,
            base_offset,
        });
    }

    fn forget_oldest(&mut self) {
        let oldest = self
            .producers
            .iter()
            .min_by_key(|(_id, producer)| producer.last_offset);
        if let Some(id) = oldest.map(|(id, _producer)| *id) {
            self.producers.remove(&id);
        }
    }
}

fn sequences(header: &BatchHeader) -> (i32, i32) {
    let first = header.base_sequence;
    let count = i64::from(header.last_offset_delta);
    // Sequence numbers go from the largest back to 0.
    let last = (i64::from(first) + count) % (i64::from(i32::MAX) + 1);
    (first, i32::try_from(last).unwrap_or(first))
}

fn following(sequence: i32) -> i32 {
    sequence.checked_add(1).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(producer_id: i64, producer_epoch: i16, base_sequence: i32, count: i32) -> BatchHeader {
        BatchHeader {
            producer_id,
            producer_epoch,
            base_sequence,
            last_offset_delta: count - 1,
            ..BatchHeader::default()
        }
    }

    #[test]
    fn a_repeated_batch_gets_its_first_offset() {
        let mut states = ProducerStates::default();
        for index in 0..7 {
            let header = batch(1, 0, index * 2, 2);
            assert_eq!(states.check(&header), Ok(Verdict::Append));
            states.record(&header, i64::from(index) * 2);
        }
        assert_eq!(states.check(&batch(1, 0, 12, 2)), Ok(Verdict::Duplicate(12)));
        assert_eq!(states.check(&batch(1, 0, 4, 2)), Ok(Verdict::Duplicate(4)));
        let forgotten = states.check(&batch(1, 0, 2, 2)).unwrap_err();
        assert_eq!(forgotten.error, ResponseError::OutOfOrderSequenceNumber);
    }

    #[test]
    fn gaps_and_old_epochs_are_refused() {
        let mut states = ProducerStates::default();
        states.record(&batch(1, 3, 0, 1), 0);
        let gap = states.check(&batch(1, 3, 2, 1)).unwrap_err();
        assert_eq!(gap.error, ResponseError::OutOfOrderSequenceNumber);
        let old = states.check(&batch(1, 2, 1, 1)).unwrap_err();
        assert_eq!(old.error, ResponseError::InvalidProducerEpoch);
        let new_epoch = states.check(&batch(1, 4, 1, 1)).unwrap_err();
        assert_eq!(new_epoch.error, ResponseError::OutOfOrderSequenceNumber);
        assert_eq!(states.check(&batch(1, 4, 0, 1)), Ok(Verdict::Append));
    }

    #[test]
    fn sequences_wrap_to_zero() {
        let mut states = ProducerStates::default();
        states.record(&batch(1, 0, i32::MAX - 1, 3), 0);
        assert_eq!(states.check(&batch(1, 0, 1, 1)), Ok(Verdict::Append));
    }

    #[test]
    fn the_number_of_producers_is_bounded() {
        let mut states = ProducerStates::default();
        for id in 0..2000 {
            states.record(&batch(id, 0, 0, 1), id);
        }
        assert_eq!(states.producers.len(), REMEMBERED_PRODUCERS);
        assert!(states.producers.contains_key(&1999));
    }
}
