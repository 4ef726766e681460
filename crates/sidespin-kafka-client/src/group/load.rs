//! How much of a partition is being worked on. Above the limit its fetching pauses; it goes on when half of it is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

use super::{Assignment, Command};
use crate::wake::Commands;

/// What a message takes beside its contents: the record, its place in a lane and in the tracker of offsets.
const OVERHEAD: usize = 256;
/// The memory for messages of one partition that are on their way through the process, for a consumer of few partitions. Not less:
/// what the library has fetched ahead is thrown away when a partition is paused, and fetched again.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// What a consumer of many partitions divides among them.
const TOTAL_BYTES: usize = 64 * 1024 * 1024;
/// Less would be some hundred messages, and a fetch for each time that those are done.
const MIN_BYTES: usize = 256 * 1024;

/// How many bytes each partition of a consumer may have in this process. Changes with the number of its partitions.
#[derive(Debug, Clone)]
pub(super) struct Share {
    bytes: Arc<AtomicUsize>,
}

impl Default for Share {
    fn default() -> Self {
        Self {
            bytes: Arc::new(AtomicUsize::new(MAX_BYTES)),
        }
    }
}

impl Share {
    /// Divides what there is among so many partitions.
    pub(super) fn divide(&self, partitions: usize) {
        let share = (TOTAL_BYTES / partitions.max(1)).clamp(MIN_BYTES, MAX_BYTES);
        self.bytes.store(share, Ordering::SeqCst);
    }

    fn bytes(&self) -> usize {
        self.bytes.load(Ordering::SeqCst)
    }
}

/// One partition's messages in this process.
#[derive(Debug)]
pub(super) struct Load {
    pub(super) assignment: Assignment,
    bytes: AtomicUsize,
    is_paused: AtomicBool,
    /// The offset after the last message that was taken.
    next: AtomicI64,
    share: Share,
    commands: Commands<Command>,
}

/// The place of one message.
#[derive(Debug)]
pub(crate) struct Guard {
    load: Arc<Load>,
    bytes: usize,
}

impl Load {
    pub(super) fn new(assignment: Assignment, share: Share, commands: Commands<Command>) -> Arc<Self> {
        Arc::new(Self {
            assignment,
            bytes: AtomicUsize::new(0),
            is_paused: AtomicBool::new(false),
            next: AtomicI64::new(0),
            share,
            commands,
        })
    }

    /// Takes a place for a message of this size, beyond the limit too: the message is here already.
    pub(super) fn take(self: &Arc<Self>, offset: i64, size: usize) -> Guard {
        self.next.store(offset.saturating_add(1), Ordering::SeqCst);
        let bytes = size + OVERHEAD;
        self.bytes.fetch_add(bytes, Ordering::SeqCst);
        Guard {
            load: Arc::clone(self),
            bytes,
        }
    }

    /// Where the partition goes on.
    pub(super) fn next(&self) -> i64 {
        self.next.load(Ordering::SeqCst)
    }

    /// Whether the partition must be paused now; it counts as paused then.
    pub(super) fn must_pause(&self) -> bool {
        let is_full = self.bytes.load(Ordering::SeqCst) >= self.share.bytes();
        if !is_full || self.is_paused.swap(true, Ordering::SeqCst) {
            return false;
        }
        // All places may have become free just before it counted as paused; then nobody would wake it up.
        self.resume_if_free();
        true
    }

    fn resume_if_free(&self) {
        let is_free = self.bytes.load(Ordering::SeqCst) <= self.share.bytes() / 2;
        if is_free && self.is_paused.swap(false, Ordering::SeqCst) {
            let _is_running: bool = self.commands.send(Command::Resume(self.assignment.clone()));
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.load.bytes.fetch_sub(self.bytes, Ordering::SeqCst);
        self.load.resume_if_free();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wake::{Woken, inbox};

    #[test]
    fn a_full_partition_pauses_once_and_resumes_once_when_half_is_done() {
        let (commands, inbox) = inbox();
        let load = Load::new(Assignment::for_test("t", 0, 1), Share::default(), commands);
        // Small messages take memory too.
        let most = MAX_BYTES / (2 * OVERHEAD);
        let mut guards: Vec<_> = (1..most).map(|_| load.take(0, OVERHEAD)).collect();
        assert!(!load.must_pause());
        guards.push(load.take(0, OVERHEAD));
        assert!(load.must_pause());
        assert!(!load.must_pause());
        guards.truncate(most / 2 + 1);
        guards.truncate(most / 2);
        assert!(matches!(inbox.sleep(), Woken::Command(Command::Resume(_))));
        guards.clear();
        assert!(!load.must_pause());
    }

    #[test]
    fn a_few_large_messages_fill_a_partition_too() {
        let (commands, _inbox) = inbox();
        let load = Load::new(Assignment::for_test("t", 0, 1), Share::default(), commands);
        let _guards: Vec<_> = (0..8).map(|_| load.take(0, 1024 * 1024)).collect();
        assert!(load.must_pause());
    }

    #[test]
    fn many_partitions_hold_no_more_than_a_few() {
        let share = Share::default();
        let held = |partitions: usize| {
            share.divide(partitions);
            let (commands, _inbox) = inbox();
            let load = Load::new(Assignment::for_test("t", 0, 1), share.clone(), commands);
            let mut guards = Vec::new();
            while !load.must_pause() {
                guards.push(load.take(0, 100_000));
            }
            partitions * guards.len() * 100_000
        };
        for partitions in [1, 8, 20, 100, 200] {
            assert!(
                held(partitions) <= TOTAL_BYTES + partitions * 100_000,
                "{partitions}"
            );
        }
        assert!(held(1) >= MAX_BYTES);
    }
}
