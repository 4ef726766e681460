//! Reading the words of one phrase from left to right.

use crate::token::{Close, Word};

/// A place in the words of a text. It is a copy, so that a reader which fails leaves its caller's where it was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    words: &'a [Word],
    start: usize,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(words: &'a [Word], start: usize) -> Self {
        Self {
            words,
            start,
            at: start,
        }
    }

    /// The index of the next word.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The next word of the phrase. A phrase ends at punctuation.
    pub(crate) fn peek(&self) -> Option<&'a str> {
        #[cfg(test)]
        tests::PEEKS.with(|peeks| peeks.set(peeks.get() + 1));
        let word = self.words.get(self.at)?;
        let is_joined = self
            .close()
            .is_none_or(|close| close == Close::Open && !word.is_opened);
        (is_joined && !word.lower.is_empty()).then_some(word.lower.as_str())
    }

    /// The next word and the cursor behind it.
    pub(crate) fn next(&mut self) -> Option<&'a str> {
        let word = self.peek()?;
        self.at += 1;
        Some(word)
    }

    /// Takes the next word if it is one of these.
    pub(crate) fn take(&mut self, wanted: &[&str]) -> bool {
        let is_wanted = self.peek().is_some_and(|word| wanted.contains(&word));
        self.at += usize::from(is_wanted);
        is_wanted
    }

    /// Takes these words in a row, or none.
    pub(crate) fn take_all(&mut self, wanted: &[&str]) -> bool {
        let mut ahead = *self;
        let is_wanted = wanted.iter().all(|word| ahead.take(&[word]));
        if is_wanted {
            *self = ahead;
        }
        is_wanted
    }

    /// Reads the next word, and takes it if the reader knows it.
    pub(crate) fn read<T>(&mut self, reader: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let value = reader(self.peek()?)?;
        self.at += 1;
        Some(value)
    }

    /// Tries a reader on what follows, and moves on only if it succeeds.
    pub(crate) fn attempt<T>(&mut self, reader: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let mut ahead = *self;
        let value = reader(&mut ahead)?;
        *self = ahead;
        Some(value)
    }

    /// Takes `and`, a comma, or both, before another item of a list.
    pub(crate) fn joint(&mut self) -> bool {
        let comma = self.over_comma();
        self.take(&["and", "&"]) || comma
    }

    /// Lets the phrase go on behind a comma, if there is one.
    pub(crate) fn over_comma(&mut self) -> bool {
        self.over(Close::Comma)
    }

    /// Lets the phrase go on behind an exclamation mark, if there is one.
    pub(crate) fn over_bang(&mut self) -> bool {
        self.over(Close::Bang)
    }

    fn over(&mut self, close: Close) -> bool {
        let is_there = self.close() == Some(close) && self.words.get(self.at).is_some();
        if is_there {
            self.start = self.at;
        }
        is_there
    }

    fn close(&self) -> Option<Close> {
        let last = self.at.checked_sub(1).filter(|last| *last >= self.start)?;
        self.words.get(last).map(|word| word.close)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use crate::{TEXT_LIMIT, parse};

    thread_local! {
        /// How often a word was looked at.
        pub(super) static PEEKS: Cell<usize> = const { Cell::new(0) };
    }

    /// Most looks per word. A reader that has no end of its own comes to hundreds of thousands here.
    const LOOKS_LIMIT: usize = 2_500;

    #[test]
    fn each_word_is_looked_at_a_bounded_number_of_times() {
        let now = chrono::DateTime::from_timestamp(1_773_144_000, 0)
            .unwrap()
            .with_timezone(&chrono_tz::Tz::UTC);
        for piece in [
            "every ",
            "1st, ",
            "1st and ",
            "on 1st, 2nd, ",
            "mon, ",
            "and ",
            "every mon/tue, ",
            "1 day and ",
            "1h ",
            "1 day before and ",
            "remind 1h before and ",
            "next ",
            "the last day of ",
            "until ",
            "in a ",
            "by due on the ",
            "with a ",
            "9 ",
        ] {
            let text: String = piece.chars().cycle().take(TEXT_LIMIT).collect();
            PEEKS.set(0);
            parse(&text, now);
            let each = PEEKS.get() / text.split_whitespace().count();
            assert!(each < LOOKS_LIMIT, "{piece:?}: {each} looks per word");
        }
    }
}
