//! Up to where a partition is handled. Messages are done in any order; what is committed is the part without gaps.

use std::collections::VecDeque;

/// The offsets of one partition that were received and not yet committed.
#[derive(Debug, Default)]
pub(crate) struct OffsetTracker {
    /// In their order, with whether each is done. Offsets may be missing in the log, so this counts what was received.
    received: VecDeque<(i64, bool)>,
    /// The first offset that is not done, once one is.
    position: Option<i64>,
    committed: Option<i64>,
}

impl OffsetTracker {
    /// A message has come; later ones have higher offsets.
    pub(crate) fn receive(&mut self, offset: i64) {
        self.received.push_back((offset, false));
    }

    /// A message is handled or put aside.
    pub(crate) fn finish(&mut self, offset: i64) {
        if let Ok(index) = self
            .received
            .binary_search_by_key(&offset, |(received, _)| *received)
            && let Some((_, is_done)) = self.received.get_mut(index)
        {
            *is_done = true;
        }
        while let Some((offset, true)) = self.received.front() {
            self.position = Some(offset + 1);
            self.received.pop_front();
        }
    }

    /// Where the next reader must begin, if anything is done.
    pub(crate) fn position(&self) -> Option<i64> {
        self.position
    }

    /// Whether there is something to commit.
    pub(crate) fn is_dirty(&self) -> bool {
        self.position != self.committed
    }

    /// What to commit now, if it was not taken before. It counts as committed from here on.
    pub(crate) fn take_commit(&mut self) -> Option<i64> {
        if !self.is_dirty() {
            return None;
        }
        self.committed = self.position;
        self.position
    }

    /// The last commit has not worked.
    pub(crate) fn forget_commit(&mut self) {
        self.committed = None;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn gaps_in_the_log_are_stepped_over_and_gaps_in_the_work_are_not() {
        let mut tracker = OffsetTracker::default();
        [5, 8, 9].into_iter().for_each(|offset| tracker.receive(offset));
        tracker.finish(8);
        assert_eq!(tracker.take_commit(), None);
        tracker.finish(5);
        assert_eq!(tracker.take_commit(), Some(9));
        assert_eq!(tracker.take_commit(), None);
        tracker.forget_commit();
        assert_eq!(tracker.take_commit(), Some(9));
        tracker.finish(9);
        tracker.finish(9);
        assert_eq!(tracker.position(), Some(10));
    }

    proptest! {
        #[test]
        fn never_beyond_what_is_not_done_and_never_behind_what_is(
            offsets in proptest::collection::btree_set(0i64..500, 1..60),
            order in any::<u64>(),
            received_first in 1usize..60,
        ) {
            let offsets: Vec<_> = offsets.into_iter().collect();
            let mut tracker = OffsetTracker::default();
            let mut pending: BTreeSet<i64> = BTreeSet::new();
            let mut arriving = offsets.iter().copied();
            for offset in arriving.by_ref().take(received_first) {
                tracker.receive(offset);
                pending.insert(offset);
            }
            let mut random = order | 1;
            let mut done: Vec<i64> = Vec::new();
            loop {
                // A cheap generator: what counts is that the order is arbitrary and repeatable.
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                if let Some(offset) = (random & 1 << 40 == 0).then(|| arriving.next()).flatten() {
                    tracker.receive(offset);
                    pending.insert(offset);
                    continue;
                }
                let index = (random >> 33) as usize % pending.len().max(1);
                let Some(offset) = pending.iter().nth(index).copied() else { break };
                pending.remove(&offset);
                done.push(offset);
                tracker.finish(offset);
                let first_pending = pending.first().copied();
                let expected = done.iter().filter(|done| first_pending.is_none_or(|first| **done < first)).max();
                // What has not come yet lies beyond, so it changes nothing.
                prop_assert_eq!(tracker.position(), expected.map(|offset| offset + 1));
            }
            if done.len() == offsets.len() {
                prop_assert_eq!(tracker.position(), offsets.last().map(|offset| offset + 1));
            }
        }
    }
}
