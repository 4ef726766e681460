//! The words of a description, one after the other.

use std::collections::VecDeque;

/// Words that say nothing of which tasks are meant.
const FILLERS: [&str; 101] = [
    "i",
    "i've",
    "i'm",
    "i’ve",
    "me",
    "my",
    "mine",
    "our",
    "we",
    "the",
    "a",
    "an",
    "all",
    "any",
    "of",
    "on",
    "in",
    "for",
    "to",
    "do",
    "does",
    "did",
    "have",
    "has",
    "had",
    "got",
    "is",
    "are",
    "was",
    "were",
    "be",
    "been",
    "there",
    "that",
    "which",
    "what",
    "what's",
    "whats",
    "what’s",
    "need",
    "should",
    "must",
    "can",
    "could",
    "still",
    "yet",
    "so",
    "far",
    "please",
    "with",
    "by",
    "at",
    "and",
    "or",
    "it",
    "now",
    "right",
    "currently",
    "you",
    "show",
    "due",
    "get",
    "up",
    "look",
    "like",
    "want",
    "see",
    "set",
    "scheduled",
    "planned",
    "marked",
    "next",
    "entire",
    "whole",
    "full",
    "just",
    "only",
    "am",
    "going",
    "else",
    "out",
    "about",
    "supposed",
    "already",
    "every",
    "each",
    "coming",
    "today's",
    "from",
    "priority",
    "whose",
    "these",
    "sorted",
    "sort",
    "ordered",
    "order",
    "date",
    "deadline",
    "urgency",
    "importance",
    "grouped",
];

/// Whether a word says nothing of which tasks are meant.
pub(super) fn is_filler(word: &str) -> bool {
    FILLERS.contains(&word) || !word.chars().any(char::is_alphanumeric)
}

/// Words in lower case, without the punctuation around them.
pub(super) struct Words(VecDeque<String>);

impl Words {
    pub(super) fn of(text: &str, limit: usize) -> Self {
        let bare = |word: &str| {
            let word = word.trim_matches([',', '.', '!', '?', ':', ';', '(', ')', '"', '“', '”', '\'']);
            word.to_lowercase().replace('’', "'")
        };
        let words = text.split_whitespace().take(limit).map(bare);
        Self(words.filter(|word| !word.is_empty()).collect())
    }

    pub(super) fn next(&mut self) -> Option<String> {
        self.0.pop_front()
    }

    pub(super) fn peek(&self) -> Option<&str> {
        self.0.front().map(String::as_str)
    }

    /// The word after the next one.
    pub(super) fn peek_further(&self) -> Option<&str> {
        self.0.get(1).map(String::as_str)
    }

    /// Passes over these words, if they come next.
    pub(super) fn skip_if(&mut self, words: &[&str]) {
        while self.peek().is_some_and(|word| words.contains(&word)) {
            self.next();
        }
    }
}
