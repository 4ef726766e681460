//! What one reader has not taken yet: bounded, because a browser may be slow or gone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sidespin_kafka_client::Record;
use tokio::sync::Notify;

/// Messages that may wait for one reader.
const MAX_MESSAGES: usize = 1000;
/// Their size. Readers of the same message share it, but each is counted in full.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Why a subscription gives no more messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// Its reader fell behind by more than is kept.
    TooSlow,
    /// The topic cannot be read any more.
    Unavailable(String),
}

/// The messages that wait for one reader.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    records: Vec<Arc<Record>>,
    bytes: usize,
    end: Option<End>,
}

impl Queue {
    /// Adds a message; answers whether the reader still takes any.
    pub(crate) fn push(&self, record: &Arc<Record>) -> bool {
        let mut state = self.state();
        if state.end.is_some() {
            return false;
        }
        state.bytes += record.size();
        if state.records.len() >= MAX_MESSAGES || state.bytes > MAX_BYTES && !state.records.is_empty() {
            drop(state);
            self.end(End::TooSlow);
            return false;
        }
        state.records.push(Arc::clone(record));
        drop(state);
        self.changed.notify_one();
        true
    }

    /// No more messages. The reader is told so at once: what it has not taken has no end, and is of no use.
    pub(crate) fn end(&self, end: End) {
        let mut state = self.state();
        state.records = Vec::new();
        state.end.get_or_insert(end);
        drop(state);
        self.changed.notify_one();
    }

    /// Everything since the last call, at least one message: waits until there is one.
    pub(crate) async fn next(&self) -> Result<Vec<Arc<Record>>, End> {
        loop {
            if let Some(taken) = self.take() {
                return taken;
            }
            self.changed.notified().await;
        }
    }

    fn take(&self) -> Option<Result<Vec<Arc<Record>>, End>> {
        let mut state = self.state();
        if let Some(end) = &state.end {
            return Some(Err(end.clone()));
        }
        if state.records.is_empty() {
            return None;
        }
        state.bytes = 0;
        Some(Ok(std::mem::take(&mut state.records)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock can leave the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(crate) fn record(key: Option<&str>, offset: i64, size: usize) -> Arc<Record> {
    Arc::new(Record {
        topic: Arc::from("updates"),
        partition: 0,
        offset,
        timestamp: 0,
        key: key.map(Into::into),
        value: Some(vec![0; size]),
        headers: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_gets_everything_since_it_last_asked() {
        let queue = Arc::new(Queue::default());
        assert!(queue.push(&record(None, 1, 1)));
        assert!(queue.push(&record(None, 2, 1)));
        let offsets =
            |records: Vec<Arc<Record>>| records.iter().map(|record| record.offset).collect::<Vec<_>>();
        assert_eq!(offsets(queue.next().await.unwrap()), [1, 2]);

        let reader = Arc::clone(&queue);
        let waiting = tokio::spawn(async move { reader.next().await });
        tokio::task::yield_now().await;
        queue.push(&record(None, 3, 1));
        assert_eq!(offsets(waiting.await.unwrap().unwrap()), [3]);
    }

    #[tokio::test]
    async fn a_slow_reader_is_cut_off_by_number_and_by_size() {
        let queue = Queue::default();
        assert!((0..1000).all(|offset| queue.push(&record(None, offset, 1))));
        assert!(!queue.push(&record(None, 1000, 1)));
        assert_eq!(queue.next().await.unwrap_err(), End::TooSlow);
        assert!(!queue.push(&record(None, 1001, 1)));

        let queue = Queue::default();
        assert!(queue.push(&record(None, 0, MAX_BYTES + 1)));
        assert!(!queue.push(&record(None, 1, 1)));
        assert_eq!(queue.next().await.unwrap_err(), End::TooSlow);
    }

    #[tokio::test]
    async fn a_reader_that_waits_hears_of_the_end() {
        let queue = Queue::default();
        let (next, ()) = tokio::join!(queue.next(), async {
            queue.end(End::Unavailable("gone".to_owned()))
        });
        assert_eq!(next.unwrap_err(), End::Unavailable("gone".to_owned()));
    }
}
