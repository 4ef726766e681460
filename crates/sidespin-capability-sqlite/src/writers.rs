//! The queue of those who want to write. SQLite lets one connection write at a time and leaves it to the others to look
//! again; whoever begins its next transaction at once then always finds the file free, and a single write waits behind
//! hundreds of others. Here everyone is served in the order in which they came.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The writers of one database file in this process.
#[derive(Debug, Default)]
pub(crate) struct Writers {
    queue: Mutex<Queue>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    /// The number that the next one to come draws.
    next: u64,
    /// Whose turn it is.
    serving: u64,
    /// Those who have gone away without being served.
    gone: BTreeSet<u64>,
}

impl Queue {
    /// Calls the next number that somebody still waits with.
    fn move_on(&mut self) {
        self.serving += 1;
        while self.gone.remove(&self.serving) {
            self.serving += 1;
        }
    }
}

/// The right to write. Dropping it calls the next one.
#[derive(Debug)]
pub(crate) struct Turn {
    writers: Arc<Writers>,
}

impl Writers {
    /// Waits for a turn; nothing if it has not come by then. Blocks.
    pub(crate) fn wait(self: &Arc<Self>, patience: Duration) -> Option<Turn> {
        let deadline = Instant::now() + patience;
        let mut queue = self.queue();
        let number = queue.next;
        queue.next += 1;
        while queue.serving != number {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                queue.gone.insert(number);
                return None;
            }
            let waited = self.moved.wait_timeout(queue, left);
            (queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        Some(Turn {
            writers: Arc::clone(self),
        })
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // The numbers are right after every statement, so a panic elsewhere leaves nothing half done.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.writers.queue().move_on();
        self.writers.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn whoever_comes_again_at_once_stands_behind_those_who_wait() {
        let writers = Arc::new(Writers::default());
        let order = Mutex::new(Vec::new());
        let note = |who: &'static str| order.lock().unwrap().push(who);
        let first = writers.wait(LONG).unwrap();
        std::thread::scope(|scope| {
            for (number, who) in [(1, "second"), (2, "third")] {
                scope.spawn(|| {
                    let _turn = writers.wait(LONG).unwrap();
                    note(who);
                });
                while writers.queue().next == number {
                    std::thread::yield_now();
                }
            }
            drop(first);
            let _turn = writers.wait(LONG).unwrap();
            note("first again");
        });
        assert_eq!(*order.lock().unwrap(), ["second", "third", "first again"]);
    }

    #[test]
    fn who_has_gone_away_holds_nobody_up() {
        let writers = Arc::new(Writers::default());
        let first = writers.wait(LONG).unwrap();
        for _ in 0..3 {
            assert!(writers.wait(Duration::from_millis(1)).is_none());
        }
        drop(first);
        assert!(writers.wait(Duration::ZERO).is_some());
        assert!(writers.queue().gone.is_empty());
    }
}
