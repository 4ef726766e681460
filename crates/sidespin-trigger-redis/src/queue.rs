//! What waits for the component: bounded by number and by size. When it is full, the oldest message goes: with at most one
//! delivery it is the newest that tells the state of things, and a reader that did not read would be thrown out by Redis
//! together with everything that it has not read.

use std::collections::VecDeque;

/// Bytes of the messages that wait. One message that is larger may still wait alone.
const BYTES: usize = 32 << 20;

/// Messages in the order in which they came.
#[derive(Debug)]
pub(crate) struct Queue {
    messages: VecDeque<Vec<u8>>,
    bytes: usize,
    longest: usize,
}

impl Queue {
    pub(crate) fn new(longest: usize) -> Self {
        Self {
            messages: VecDeque::new(),
            bytes: 0,
            longest,
        }
    }

    /// Adds a message, and answers how many had to go for it.
    pub(crate) fn push(&mut self, message: Vec<u8>) -> u64 {
        self.bytes = self.bytes.saturating_add(message.len());
        self.messages.push_back(message);
        let mut dropped = 0;
        while self.messages.len() > 1 && (self.messages.len() > self.longest || self.bytes > BYTES) {
            self.pop();
            dropped += 1;
        }
        dropped
    }

    /// The oldest.
    pub(crate) fn pop(&mut self) -> Option<Vec<u8>> {
        let message = self.messages.pop_front()?;
        self.bytes = self.bytes.saturating_sub(message.len());
        Some(message)
    }

    /// Puts one back that could not be handled yet, unless newer ones have taken its place. Answers how many had to go.
    pub(crate) fn put_back(&mut self, message: Vec<u8>) -> u64 {
        if self.messages.len() >= self.longest || self.bytes.saturating_add(message.len()) > BYTES {
            return 1;
        }
        self.bytes = self.bytes.saturating_add(message.len());
        self.messages.push_front(message);
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_when_there_are_too_many_or_they_are_too_large() {
        let mut queue = Queue::new(2);
        assert_eq!(
            (queue.push(vec![1]), queue.push(vec![2]), queue.push(vec![3])),
            (0, 0, 1)
        );
        assert_eq!(
            (queue.pop(), queue.pop(), queue.pop()),
            (Some(vec![2]), Some(vec![3]), None)
        );
        let mut queue = Queue::new(100);
        for _ in 0..3 {
            queue.push(vec![0; BYTES / 4]);
        }
        assert_eq!(queue.push(vec![0; BYTES]), 3);
        assert_eq!(queue.push(vec![0; BYTES + 1]), 1);
        assert_eq!(queue.put_back(vec![]), 1);
        assert_eq!(queue.pop().map(|message| message.len()), Some(BYTES + 1));
        assert_eq!((queue.bytes, queue.put_back(vec![7])), (0, 0));
    }
}
