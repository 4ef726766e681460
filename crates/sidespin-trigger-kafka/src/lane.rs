//! Messages that wait for their turn. A lane has one call at a time; all messages with one key are in one lane.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use sidespin_kafka_client::{Assignment, Delivered, Record};
use tokio::time::Instant;

/// What keeps messages in order: their key, or for those without one their partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum OrderKey<'a> {
    Key(&'a [u8]),
    Partition(&'a Arc<str>, i32),
}

impl<'a> OrderKey<'a> {
    fn of(record: &'a Record) -> Self {
        match &record.key {
            Some(key) => Self::Key(key),
            None => Self::Partition(&record.topic, record.partition),
        }
    }

    /// Which of so many lanes it is in.
    fn lane(&self, lanes: usize) -> usize {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        usize::try_from(hasher.finish() % lanes.max(1) as u64).unwrap_or_default()
    }
}

/// A message and how far its component has got with it.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) delivered: Delivered,
    /// 1 for the first.
    pub(crate) attempt: u32,
    /// How often no instance could be had for it.
    pub(crate) refusals: u32,
    /// Not before this, nor anything that must stay behind it.
    pub(crate) ready_at: Option<Instant>,
    /// It was in a batch that trapped: it comes alone, so that the others do not suffer for one.
    pub(crate) is_alone: bool,
}

impl Item {
    pub(crate) fn new(delivered: Delivered) -> Self {
        Self {
            delivered,
            attempt: 1,
            refusals: 0,
            ready_at: None,
            is_alone: false,
        }
    }

    pub(crate) fn record(&self) -> &Record {
        &self.delivered.record
    }

    pub(crate) fn assignment(&self) -> &Assignment {
        &self.delivered.assignment
    }

    pub(crate) fn order_key(&self) -> OrderKey<'_> {
        OrderKey::of(self.record())
    }

    /// Which of so many lanes it goes to.
    pub(crate) fn lane(&self, lanes: usize) -> usize {
        self.order_key().lane(lanes)
    }
}

/// One lane.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    queue: VecDeque<Item>,
    is_busy: bool,
}

impl Lane {
    pub(crate) fn push(&mut self, item: Item) {
        self.queue.push_back(item);
    }

    /// The next batch: up to `limit` messages that may go now, in their order. Nothing while a call is out. The lane is busy
    /// until [`Lane::finish`].
    pub(crate) fn take(&mut self, now: Instant, limit: usize) -> Option<Vec<Item>> {
        if self.is_busy {
            return None;
        }
        let chosen = self.choose(now, limit);
        let first = chosen.first().copied()?;
        let batch = if chosen.len() == chosen.last().map_or(0, |last| last - first + 1) && first == 0 {
            self.queue.drain(..chosen.len()).collect()
        } else {
            // From the back, so that the places of those before stay what they are.
            let mut batch: Vec<_> = chosen
                .iter()
                .rev()
                .filter_map(|index| self.queue.remove(*index))
                .collect();
            batch.reverse();
            batch
        };
        self.is_busy = true;
        Some(batch)
    }

    /// The places of the messages that may go together now.
    fn choose(&self, now: Instant, limit: usize) -> Vec<usize> {
        let mut held = HashSet::new();
        let mut chosen = Vec::new();
        for (index, item) in self.queue.iter().enumerate() {
            if item.ready_at.is_some_and(|ready_at| ready_at > now) {
                held.insert(item.order_key());
                continue;
            }
            if held.contains(&item.order_key()) {
                continue;
            }
            if item.is_alone && !chosen.is_empty() {
                break;
            }
            chosen.push(index);
            if item.is_alone || chosen.len() >= limit {
                break;
            }
        }
        chosen
    }

    /// The call is over; these messages come again, before those that have come meanwhile.
    pub(crate) fn finish(&mut self, again: Vec<Item>) {
        self.is_busy = false;
        for item in again.into_iter().rev() {
            self.queue.push_front(item);
        }
    }

    /// When it can go on, if all that it has must wait.
    pub(crate) fn next_ready(&self, now: Instant) -> Option<Instant> {
        if self.is_busy {
            return None;
        }
        self.queue
            .iter()
            .filter_map(|item| item.ready_at)
            .filter(|ready_at| *ready_at > now)
            .min()
    }

    /// Forgets the messages of partitions that are no longer this member's.
    pub(crate) fn retain(&mut self, is_ours: impl Fn(&Assignment) -> bool) {
        self.queue.retain(|item| is_ours(item.assignment()));
    }

    pub(crate) fn clear(&mut self) {
        self.queue.clear();
    }
}

#[cfg(test)]
pub(crate) fn item(key: Option<&str>, offset: i64) -> Item {
    let record = Record {
        topic: Arc::from("events"),
        partition: 0,
        offset,
        timestamp: 0,
        key: key.map(Into::into),
        value: None,
        headers: Vec::new(),
    };
    Item::new(Delivered::for_test(record, Assignment::for_test("events", 0, 1)))
}

#[cfg(test)]
pub(crate) fn offsets(items: &[Item]) -> Vec<i64> {
    items.iter().map(|item| item.record().offset).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn lane(keys: &[&str]) -> Lane {
        let mut lane = Lane::default();
        (0..)
            .zip(keys)
            .for_each(|(offset, key)| lane.push(item(Some(key), offset)));
        lane
    }

    #[test]
    fn one_call_at_a_time_takes_what_is_there() {
        let now = Instant::now();
        let mut lane = lane(&["a", "b", "c"]);
        assert_eq!(offsets(&lane.take(now, 2).unwrap()), [0, 1]);
        assert!(lane.take(now, 2).is_none());
        lane.finish(Vec::new());
        assert_eq!(offsets(&lane.take(now, 2).unwrap()), [2]);
        lane.finish(Vec::new());
        assert!(lane.take(now, 2).is_none());
    }

    #[test]
    fn a_message_that_waits_holds_back_its_key_and_nothing_else() {
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        let mut lane = lane(&["a", "b", "a", "c"]);
        let mut batch = lane.take(now, 1).unwrap();
        batch[0].ready_at = Some(later);
        lane.finish(batch);
        assert_eq!(offsets(&lane.take(now, 10).unwrap()), [1, 3]);
        lane.finish(Vec::new());
        assert!(lane.take(now, 10).is_none());
        assert_eq!(lane.next_ready(now), Some(later));
        assert_eq!(offsets(&lane.take(later, 10).unwrap()), [0, 2]);
    }

    #[test]
    fn a_suspect_comes_alone() {
        let now = Instant::now();
        let mut lane = lane(&["a", "b", "c"]);
        let mut batch = lane.take(now, 2).unwrap();
        batch.iter_mut().for_each(|item| item.is_alone = true);
        lane.finish(batch);
        for expected in [[0], [1], [2]] {
            assert_eq!(offsets(&lane.take(now, 10).unwrap()), expected);
            lane.finish(Vec::new());
        }
    }

    #[test]
    fn messages_without_a_key_keep_the_order_of_their_partition() {
        assert_eq!(item(None, 1).order_key(), item(None, 2).order_key());
        assert_ne!(item(None, 1).order_key(), item(Some(""), 1).order_key());
        assert_eq!(item(Some("a"), 1).lane(8), item(Some("a"), 2).lane(8));
    }

    proptest! {
        /// Whatever fails and however often: each key's messages are finished in their order, and all of them are.
        #[test]
        fn keys_keep_their_order(
            keys in proptest::collection::vec(0u8..4, 1..40),
            limit in 1usize..8,
            failures in proptest::collection::vec(any::<bool>(), 0..60),
        ) {
            let mut lane = Lane::default();
            let keys: Vec<_> = keys.iter().map(u8::to_string).collect();
            (0..).zip(&keys).for_each(|(offset, key)| lane.push(item(Some(key), offset)));
            let mut failures = failures.into_iter();
            let mut now = Instant::now();
            let mut finished: HashMap<Vec<u8>, Vec<i64>> = HashMap::new();
            let mut count = 0;
            while count < keys.len() {
                let Some(batch) = lane.take(now, limit) else {
                    now = lane.next_ready(now).expect("what is not ready says when it will be");
                    continue;
                };
                let mut again: Vec<Item> = Vec::new();
                for mut item in batch {
                    let is_held = again.iter().any(|other| other.order_key() == item.order_key());
                    if is_held {
                        again.push(item);
                    } else if failures.next().unwrap_or_default() {
                        item.ready_at = Some(now + Duration::from_millis(10));
                        again.push(item);
                    } else {
                        let key = item.record().key.clone().unwrap();
                        finished.entry(key).or_default().push(item.record().offset);
                        count += 1;
                    }
                }
                lane.finish(again);
            }
            for offsets in finished.values() {
                prop_assert!(offsets.is_sorted());
            }
        }
    }
}
