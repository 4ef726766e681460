//! Who wants which messages of one topic: found by key, so that a message costs its readers and not all of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use sidespin_kafka_client::Record;

use crate::queue::{End, Queue};

/// The readers of one topic.
#[derive(Debug, Default)]
pub(crate) struct FanOut {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    by_key: HashMap<Vec<u8>, Vec<Weak<Queue>>>,
    of_all: Vec<Weak<Queue>>,
    end: Option<End>,
}

/// A reader's place. Dropping it gives the place up.
#[derive(Debug)]
pub(crate) struct Subscription {
    queue: Arc<Queue>,
    key: Option<Vec<u8>>,
    fan_out: Arc<FanOut>,
}

impl Subscription {
    pub(crate) async fn next(&self) -> Result<Vec<Arc<Record>>, End> {
        self.queue.next().await
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut state = self.fan_out.state();
        let leave = |readers: &mut Vec<Weak<Queue>>| {
            readers.retain(|reader| !std::ptr::eq(reader.as_ptr(), Arc::as_ptr(&self.queue)));
            readers.is_empty()
        };
        match &self.key {
            None => {
                leave(&mut state.of_all);
            }
            Some(key) => {
                if state.by_key.get_mut(key).is_some_and(leave) {
                    state.by_key.remove(key);
                }
            }
        }
    }
}

impl FanOut {
    /// A reader of the messages with this key, or of all. Nothing, if the topic has ended already.
    pub(crate) fn subscribe(self: &Arc<Self>, key: Option<Vec<u8>>) -> Option<Subscription> {
        let queue = Arc::new(Queue::default());
        let mut state = self.state();
        if state.end.is_some() {
            return None;
        }
        let readers = match &key {
            None => &mut state.of_all,
            Some(key) => state.by_key.entry(key.clone()).or_default(),
        };
        readers.push(Arc::downgrade(&queue));
        drop(state);
        Some(Subscription {
            queue,
            key,
            fan_out: Arc::clone(self),
        })
    }

    /// Hands a message to everyone who wants it.
    pub(crate) fn publish(&self, record: Record) {
        let record = Arc::new(record);
        let mut state = self.state();
        let takes = |reader: &Weak<Queue>| reader.upgrade().is_some_and(|queue| queue.push(&record));
        state.of_all.retain(takes);
        if let Some(readers) = record.key.as_ref().and_then(|key| state.by_key.get_mut(key)) {
            readers.retain(takes);
        }
    }

    /// Tells everyone that the topic cannot be read any more.
    pub(crate) fn end(&self, end: &End) {
        let mut state = self.state();
        state.end = Some(end.clone());
        let readers = std::mem::take(&mut state.by_key)
            .into_values()
            .flatten()
            .chain(std::mem::take(&mut state.of_all));
        readers
            .filter_map(|reader| reader.upgrade())
            .for_each(|queue| queue.end(end.clone()));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock can leave the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::record;

    fn publish(fan_out: &FanOut, key: Option<&str>, offset: i64) {
        fan_out.publish(Record::clone(&record(key, offset, 1)));
    }

    async fn offsets(subscription: &Subscription) -> Vec<i64> {
        subscription
            .next()
            .await
            .unwrap()
            .iter()
            .map(|record| record.offset)
            .collect()
    }

    #[tokio::test]
    async fn each_reader_sees_its_key_and_the_others_see_all() {
        let fan_out = Arc::new(FanOut::default());
        let anna = fan_out.subscribe(Some(b"anna".to_vec())).unwrap();
        let bert = fan_out.subscribe(Some(b"bert".to_vec())).unwrap();
        let all = fan_out.subscribe(None).unwrap();
        publish(&fan_out, Some("anna"), 1);
        publish(&fan_out, None, 2);
        publish(&fan_out, Some("bert"), 3);
        assert_eq!(offsets(&anna).await, [1]);
        assert_eq!(offsets(&bert).await, [3]);
        assert_eq!(offsets(&all).await, [1, 2, 3]);
    }

    #[tokio::test]
    async fn a_reader_that_is_dropped_leaves_nothing_behind() {
        let fan_out = Arc::new(FanOut::default());
        let first = fan_out.subscribe(Some(b"anna".to_vec())).unwrap();
        let second = fan_out.subscribe(Some(b"anna".to_vec())).unwrap();
        drop(first);
        publish(&fan_out, Some("anna"), 1);
        assert_eq!(offsets(&second).await, [1]);
        drop(second);
        drop(fan_out.subscribe(None).unwrap());
        let state = fan_out.state();
        assert!(state.by_key.is_empty() && state.of_all.is_empty());
    }

    #[tokio::test]
    async fn the_end_reaches_everyone_and_nobody_joins_after_it() {
        let fan_out = Arc::new(FanOut::default());
        let reader = fan_out.subscribe(None).unwrap();
        fan_out.end(&End::Unavailable("gone".to_owned()));
        assert_eq!(
            reader.next().await.unwrap_err(),
            End::Unavailable("gone".to_owned())
        );
        assert!(fan_out.subscribe(None).is_none());
    }
}
