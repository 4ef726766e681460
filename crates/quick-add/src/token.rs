//! The words of a text: where each stands, what punctuation surrounds it, and whether it is escaped.
//!
//! It makes one pass and looks at each character a bounded number of times.

use std::ops::Range;

use crate::words::{month, weekday};

/// Longer words say nothing that the grammar knows, so their lower-case form is not even made.
const LONGEST_WORD: usize = 40;

/// What follows a word without a space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Close {
    /// Nothing: a phrase may go on.
    #[default]
    Open,
    /// A comma, over which lists and dates go on.
    Comma,
    /// An exclamation mark, which means something after `every`.
    Bang,
    /// Any other punctuation.
    Other,
}

/// What kind of word it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One that may be a part of a phrase.
    Plain,
    /// Escaped by the backslash at this place: title text.
    Escaped(usize),
    /// Text in double quotes, which belong to its range: title text.
    Quoted,
    /// A tag, whose name stands here.
    Tag(Range<usize>),
    /// Punctuation alone.
    Separator,
}

/// A word without the punctuation around it.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) range: Range<usize>,
    pub(crate) kind: Kind,
    /// In lower case; empty where the word cannot be a part of a phrase.
    pub(crate) lower: String,
    /// Whether punctuation stands right before it.
    pub(crate) is_opened: bool,
    pub(crate) close: Close,
}

/// The words of a text, in order.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut scanner = Scanner {
        text,
        at: 0,
        has_closers: true,
    };
    let mut words = Vec::new();
    while let Some(word) = scanner.word() {
        words.push(word);
    }
    words
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// False once a search for a closing quote has failed, so that the rest is not searched again and again.
    has_closers: bool,
}

impl Scanner<'_> {
    fn word(&mut self) -> Option<Word> {
        let rest = self.text.get(self.at..)?;
        let start = self.at + (rest.len() - rest.trim_start().len());
        let rest = self.text.get(start..).filter(|rest| !rest.is_empty())?;
        let opening = rest.find(|letter| !is_opening(letter)).unwrap_or(0);
        if let Some(word) = self.quoted(start + opening, opening > 0) {
            return Some(word);
        }
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        self.at = start + length;
        Some(plain(self.text, start..start + length))
    }

    /// `"…"`, or `#"…"`, if one begins here.
    fn quoted(&mut self, start: usize, is_opened: bool) -> Option<Word> {
        if !self.has_closers {
            return None;
        }
        let rest = self.text.get(start..)?;
        let is_tag = rest.starts_with('#');
        let inside = rest.trim_start_matches('#');
        if rest.len() - inside.len() > 1 {
            return None;
        }
        let quote = inside.chars().next().filter(|letter| is_quote(*letter))?;
        let from = start + usize::from(is_tag) + quote.len_utf8();
        let Some((to, end)) = closing_quote(self.text, from) else {
            self.has_closers = false;
            return None;
        };
        let name = self.text.get(from..to)?;
        let kind = if is_tag {
            let trimmed = name.trim();
            let name_start = from + (name.len() - name.trim_start().len());
            Kind::Tag(name_start..name_start + trimmed.len())
        } else {
            Kind::Quoted
        };
        let rest = self.text.get(end..)?;
        let after = rest.find(char::is_whitespace).unwrap_or(rest.len());
        self.at = end + after;
        Some(Word {
            range: start..end,
            kind,
            lower: String::new(),
            is_opened,
            close: close(rest.get(..after)?),
        })
    }
}

/// Where the quoted text ends, and where the quote after it ends: the first quote that ends a word.
fn closing_quote(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    let mut quotes = rest.char_indices().filter(|(_, letter)| is_quote(*letter));
    let (place, quote) = quotes.find(|(place, quote)| {
        let after = rest.get(place + quote.len_utf8()..).unwrap_or_default();
        let ends = after
            .chars()
            .next()
            .is_none_or(|next| next.is_whitespace() || is_closing(next));
        ends && *place > 0
    })?;
    Some((from + place, from + place + quote.len_utf8()))
}

fn plain(text: &str, range: Range<usize>) -> Word {
    let raw = text.get(range.clone()).unwrap_or_default();
    let word = |range: Range<usize>, kind, lower: String, after: &str, is_opened| Word {
        range,
        kind,
        lower,
        is_opened,
        close: close(after),
    };
    if let Some(escaped) = raw.strip_prefix('\\')
        && escaped
            .chars()
            .next()
            .is_some_and(|first| first.is_alphanumeric() || matches!(first, '#' | '!' | '"' | '@' | '“'))
    {
        let kind = Kind::Escaped(range.start);
        let core = escaped.trim_end_matches(is_closing);
        let after = escaped.get(core.len()..).unwrap_or_default();
        return word(range, kind, String::new(), after, false);
    }
    if matches!(raw, "!!" | "!!!") {
        return word(range, Kind::Plain, raw.to_owned(), "", false);
    }
    if !raw
        .chars()
        .any(|letter| letter.is_alphanumeric() || !is_separator(letter))
    {
        let and = if raw == "&" { raw } else { "" };
        return word(range, Kind::Separator, and.to_owned(), "", false);
    }
    let opened = raw.trim_start_matches(is_opening);
    let mut core = opened.trim_end_matches(is_closing);
    // The full stop of an abbreviation belongs to it.
    let dotted = opened
        .get(..core.len() + 1)
        .filter(|_| opened.get(core.len()..) == Some("."));
    if let Some(dotted) = dotted
        && is_abbreviation(&core.to_ascii_lowercase())
    {
        core = dotted;
    }
    let start = range.start + (raw.len() - opened.len());
    let after = opened.get(core.len()..).unwrap_or_default();
    let range = start..start + core.len();
    let is_opened = opened.len() < raw.len();
    if let Some(name) = core.strip_prefix('#')
        && is_tag_name(name)
    {
        let kind = Kind::Tag(start + 1..range.end);
        return word(range, kind, String::new(), after, is_opened);
    }
    let lower = if core.len() <= LONGEST_WORD {
        core.replace('’', "'").to_lowercase()
    } else {
        String::new()
    };
    word(range, Kind::Plain, lower, after, is_opened)
}

fn close(after: &str) -> Close {
    match after {
        "" => Close::Open,
        "," => Close::Comma,
        "!" => Close::Bang,
        _ => Close::Other,
    }
}

/// A number alone is not a tag, so that `issue #42` stays what it is.
fn is_tag_name(name: &str) -> bool {
    name.chars().any(char::is_alphabetic)
        && !name
            .chars()
            .any(|letter| letter.is_control() || matches!(letter, '#' | ',' | '"' | '\\'))
}

fn is_abbreviation(word: &str) -> bool {
    matches!(word, "a.m" | "p.m") || (word.len() <= 5 && (month(word).is_some() || weekday(word).is_some()))
}

fn is_quote(letter: char) -> bool {
    matches!(letter, '"' | '“' | '”' | '„')
}

fn is_opening(letter: char) -> bool {
    matches!(letter, '(' | '[' | '{')
}

fn is_closing(letter: char) -> bool {
    matches!(letter, ',' | '.' | ';' | ':' | '!' | '?' | ')' | ']' | '}' | '…')
}

fn is_separator(letter: char) -> bool {
    is_opening(letter)
        || is_closing(letter)
        || matches!(letter, '-' | '–' | '—' | '|' | '·' | '•' | '/' | '&')
}
