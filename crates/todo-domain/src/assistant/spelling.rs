//! Misspelt words of commands. Titles are never touched: quoted text, and words that stand in a title, stay as they are.

use std::borrow::Cow;

use super::phrase::quoted_ranges;
use super::scene::{Scene, Title};
use crate::text::fold;

/// Slips that can be nothing else.
const SLIPS: [(&str, &str); 24] = [
    ("taks", "task"),
    ("tsak", "task"),
    ("atsk", "task"),
    ("taskk", "task"),
    ("tassk", "task"),
    ("takss", "tasks"),
    ("taksk", "tasks"),
    ("tsaks", "tasks"),
    ("taskss", "tasks"),
    ("tommorow", "tomorrow"),
    ("tommorrow", "tomorrow"),
    ("tomorow", "tomorrow"),
    ("tomorrrow", "tomorrow"),
    ("tmorrow", "tomorrow"),
    ("remaind", "remind"),
    ("remindme", "remind me"),
    ("remimd", "remind"),
    ("rember", "remember"),
    ("remeber", "remember"),
    ("shwo", "show"),
    ("lsit", "list"),
    ("pls", "please"),
    ("plz", "please"),
    ("wnat", "want"),
];

/// Words that begin commands. The first ones take something away.
const VERBS: [&str; 34] = [
    "delete",
    "remove",
    "erase",
    "discard",
    "trash",
    "scrap",
    "add",
    "create",
    "show",
    "list",
    "display",
    "complete",
    "finish",
    "mark",
    "check",
    "update",
    "change",
    "rename",
    "modify",
    "reschedule",
    "postpone",
    "move",
    "delay",
    "remind",
    "search",
    "find",
    "undo",
    "reopen",
    "restore",
    "start",
    "cancel",
    "snooze",
    "untag",
    "what",
];
const DESTRUCTIVE: usize = 6;

/// Words that follow.
const WORDS: [&str; 22] = [
    "task",
    "tasks",
    "pending",
    "complete",
    "completed",
    "finished",
    "done",
    "overdue",
    "today",
    "tomorrow",
    "priority",
    "urgent",
    "reminder",
    "everything",
    "statistics",
    "high",
    "week",
    "friday",
    "monday",
    "remaining",
    "number",
    "what's",
];

/// Words that are none of these, however much they look like them.
const OTHERS: [&str; 34] = [
    "shop", "shot", "shoe", "slow", "snow", "lost", "last", "lift", "lost", "fine", "fund", "more", "mode",
    "mask", "mart", "maker", "aid", "ads", "and", "chess", "cheek", "compete", "charge", "chance", "smart",
    "stare", "stars", "state", "tusk", "talk", "tank", "dome", "dove", "weak",
];

/// Words of a message that are looked at.
const LOOKED_AT: usize = 12;

/// The text with the slips put right that can be nothing else.
pub(super) fn spelled(text: &str) -> Cow<'_, str> {
    let slip = |word: &str| {
        let lower = word.to_ascii_lowercase();
        let found = SLIPS.iter().find(|(wrong, _)| *wrong == lower);
        found.map(|(_, right)| (*right).to_owned())
    };
    replaced(text, usize::MAX, |_place, word| slip(word))
}

/// The text with its words put right as far as they resemble those of commands, and whether it so became one that takes
/// something away. Nothing if there is nothing to put right.
pub(super) fn guessed(text: &str, scene: &Scene<'_>) -> Option<(String, bool)> {
    let mut is_destructive = false;
    let found = replaced(text, LOOKED_AT, |place, word| {
        let lower = word.to_ascii_lowercase();
        let known: &[&str] = if place == 0 { &VERBS } else { &WORDS };
        if [&VERBS[..], &WORDS, &OTHERS]
            .iter()
            .any(|words| words.contains(&lower.as_str()))
        {
            return None;
        }
        let is_in_a_title = || {
            let is_tag = |title: &Title<'_>| title.task.tags.iter().any(|tag| fold(tag) == lower);
            scene
                .titles()
                .iter()
                .any(|title| title.words.contains(&lower) || is_tag(title))
        };
        let right = known.iter().position(|right| resembles(&lower, right))?;
        if place > 0 && is_in_a_title() {
            return None;
        }
        is_destructive |= place == 0 && right < DESTRUCTIVE;
        known.get(right).map(|right| (*right).to_owned())
    });
    match found {
        Cow::Borrowed(_) => None,
        Cow::Owned(text) => Some((text, is_destructive)),
    }
}

/// One slip of the finger away, two in long words; the first letter is seldom wrong.
fn resembles(word: &str, right: &str) -> bool {
    let length = right.chars().count();
    if word.chars().count() < 2 || !(3..=24).contains(&length) {
        return false;
    }
    let mut letters = word.chars();
    let swapped = letters.next().zip(letters.next()) == right.chars().nth(1).zip(right.chars().next());
    let begins_alike = word.chars().next() == right.chars().next() || swapped;
    let allowed = if length >= 7 { 2 } else { 1 };
    begins_alike && distance(word, right) <= allowed
}

/// How many letters must be changed, added, left out or swapped with the next to make one word the other.
pub(super) fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().take(64).collect();
    let right: Vec<char> = right.chars().take(64).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.iter().enumerate() {
        let mut next = vec![index + 1];
        for (place, other) in right.iter().enumerate() {
            let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX - 1);
            let mut best = (at(&row, place) + usize::from(letter != other))
                .min(at(&row, place + 1) + 1)
                .min(at(&next, place) + 1);
            let is_swapped = index > 0
                && place > 0
                && left.get(index - 1) == Some(other)
                && right.get(place - 1) == Some(letter);
            if is_swapped {
                best = best.min(at(&before, place - 1) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(0)
}

/// The text with some of its first words replaced, outside of quotes.
fn replaced(
    text: &str,
    looked_at: usize,
    mut right: impl FnMut(usize, &str) -> Option<String>,
) -> Cow<'_, str> {
    let quoted = quoted_ranges(text);
    let (mut result, mut copied) = (String::new(), 0);
    let mut position = 0;
    for (place, word) in text.split_whitespace().enumerate().take(looked_at) {
        let Some(start) = text.get(position..).and_then(|rest| rest.find(word)) else {
            break;
        };
        let start = position + start;
        position = start + word.len();
        let bare = word.trim_end_matches([',', '.', '!', '?', ':', ';']);
        if quoted.iter().any(|range| range.contains(&start)) {
            continue;
        }
        if let Some(right) = right(place, bare) {
            result.push_str(text.get(copied..start).unwrap_or_default());
            result.push_str(&right);
            copied = start + bare.len();
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    result.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted_and_quotes_left_alone() {
        for (left, right, expected) in [
            ("delte", "delete", 1),
            ("compelte", "complete", 1),
            ("mkae", "make", 1),
            ("", "abc", 3),
            ("abc", "", 3),
            ("same", "same", 0),
            ("move", "love", 1),
        ] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
        assert_eq!(
            spelled("add a taks: buy 'taks' tommorow."),
            "add a task: buy 'taks' tomorrow."
        );
        assert!(matches!(spelled("add a task"), Cow::Borrowed(_)));
        assert!(!resembles("love", "move") && resembles("dlete", "delete") && !resembles("park", "mark"));
    }
}
