//! Looking for phrases at the ends of a message, without losing how the rest was written.

use std::ops::Range;

/// Most places at which a text is tried to be split: a sentence has fewer.
const SPLITS_LIMIT: usize = 12;

const OPENING_QUOTES: [char; 6] = ['\'', '"', '“', '‘', '«', '„'];
const CLOSING_QUOTES: [char; 6] = ['\'', '"', '”', '’', '»', '“'];

const COURTESIES_BEFORE: [&str; 44] = [
    "please",
    "hey there",
    "hey",
    "hi there",
    "hi",
    "hello there",
    "hello",
    "good morning",
    "good afternoon",
    "good evening",
    "ok",
    "okay",
    "alright",
    "all right",
    "great",
    "thanks",
    "thank you",
    "can you",
    "could you",
    "would you",
    "will you",
    "can we",
    "could we",
    "i want you to",
    "i would like you to",
    "i'd like you to",
    "i need you to",
    "would it be possible to",
    "is it possible to",
    "do me a favour and",
    "do me a favor and",
    "go ahead and",
    "let's",
    "lets",
    "let me",
    "kindly",
    "just",
    "also",
    "and",
    "then",
    "so",
    "well",
    "now",
    "assistant",
];
const COURTESIES_AFTER: [&str; 14] = [
    "please",
    "for me",
    "thanks",
    "thank you",
    "many thanks",
    "thx",
    "cheers",
    "right now",
    "now",
    "if you can",
    "if possible",
    "will you",
    "would you",
    "as well",
];

/// What follows the longest of the phrases at the start of the text. The phrase must end where a word ends.
pub(super) fn after<'a>(text: &'a str, phrases: &[&str]) -> Option<&'a str> {
    let found = phrases.iter().filter_map(|phrase| {
        let mut rest = text;
        for wanted in phrase.chars() {
            let letter = rest.chars().next()?;
            if plain(letter) != wanted {
                return None;
            }
            rest = rest.get(letter.len_utf8()..)?;
        }
        let ends = rest
            .chars()
            .next()
            .is_none_or(|next| !next.is_alphanumeric() && !"'’-_".contains(next));
        ends.then(|| rest.trim_start_matches([' ', '\t', '\n', ':', ',', '-']))
    });
    found.min_by_key(|rest| rest.len())
}

/// What stands before the longest of the phrases at the end of the text.
pub(super) fn before<'a>(text: &'a str, phrases: &[&str]) -> Option<&'a str> {
    let found = phrases.iter().filter_map(|phrase| {
        let mut rest = text;
        for wanted in phrase.chars().rev() {
            let letter = rest.chars().next_back()?;
            if plain(letter) != wanted {
                return None;
            }
            rest = rest.get(..rest.len() - letter.len_utf8())?;
        }
        let starts = rest
            .chars()
            .next_back()
            .is_none_or(|last| !last.is_alphanumeric());
        starts.then(|| rest.trim_end_matches([' ', '\t', '\n', ',']))
    });
    found.min_by_key(|rest| rest.len())
}

/// Whether the text is one of the phrases.
pub(super) fn is(text: &str, phrases: &[&str]) -> bool {
    after(text, phrases).is_some_and(str::is_empty)
}

/// The message without greetings, courtesies and the punctuation at its end.
pub(super) fn without_courtesies(message: &str) -> &str {
    let mut text = message.trim();
    loop {
        let shorter = after(text, &COURTESIES_BEFORE)
            .map(|rest| rest.trim_start_matches(['!', '.', ' ', ';']))
            .filter(|rest| !rest.is_empty())
            .unwrap_or(text);
        let shorter = shorter.trim_end_matches(['.', '!', '?', ' ', '\n', ';', ',']);
        let shorter = before(shorter, &COURTESIES_AFTER)
            .filter(|rest| !rest.is_empty())
            .unwrap_or(shorter);
        if shorter.len() == text.len() {
            return text;
        }
        text = shorter;
    }
}

/// The inside of a text that is quoted as a whole.
pub(super) fn unquoted(text: &str) -> Option<&str> {
    let inside = text
        .trim()
        .strip_prefix(OPENING_QUOTES)?
        .strip_suffix(CLOSING_QUOTES)?
        .trim();
    (!inside.is_empty()).then_some(inside)
}

/// The quoted start of a text, and what follows it.
pub(super) fn leading_quote(text: &str) -> Option<(&str, &str)> {
    let inside = text.trim().strip_prefix(OPENING_QUOTES)?;
    // The last closing quote, because an apostrophe looks like one.
    let end = inside.rfind(CLOSING_QUOTES)?;
    let (title, rest) = inside.split_at(end);
    let title = title.trim();
    (!title.is_empty()).then(|| (title, rest.trim_start_matches(CLOSING_QUOTES).trim()))
}

/// The text with its first letter in upper case, as a title.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// Every way to split a text at one of the words, outside of quotes; at most so many, from the front.
pub(super) fn splits<'a>(text: &'a str, words: &[&str]) -> Vec<(&'a str, &'a str)> {
    let mut places: Vec<(usize, usize)> = Vec::new();
    let lower = text.to_ascii_lowercase();
    for word in words {
        let separator = format!(" {word} ");
        let found = lower.match_indices(&separator).take(SPLITS_LIMIT);
        places.extend(found.map(|(start, found)| (start, found.len())));
    }
    places.sort_unstable();
    let split = |(start, length): (usize, usize)| {
        Some((text.get(..start)?.trim(), text.get(start + length..)?.trim()))
    };
    places
        .into_iter()
        .take(SPLITS_LIMIT)
        .filter_map(split)
        .filter(|(left, right)| !left.is_empty() && !right.is_empty())
        .collect()
}

/// Where the text is quoted, with the quotes. An apostrophe within a word is none.
pub(super) fn quoted_ranges(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut open: Option<(usize, char)> = None;
    let mut last = ' ';
    let mut letters = text.char_indices().peekable();
    while let Some((place, letter)) = letters.next() {
        let next = letters.peek().map_or(' ', |(_, next)| *next);
        match open {
            None if OPENING_QUOTES.contains(&letter) && !last.is_alphanumeric() => {
                open = closing(letter).map(|closing| (place, closing));
            }
            Some((start, closing)) if letter == closing && !next.is_alphanumeric() => {
                ranges.push(start..place + letter.len_utf8());
                open = None;
            }
            _ => {}
        }
        last = letter;
    }
    ranges
}

fn closing(opening: char) -> Option<char> {
    Some(match opening {
        '\'' | '"' => opening,
        '“' | '”' => '”',
        '‘' => '’',
        '«' => '»',
        '„' => '“',
        _ => return None,
    })
}

fn plain(letter: char) -> char {
    if letter == '’' {
        '\''
    } else {
        letter.to_ascii_lowercase()
    }
}
