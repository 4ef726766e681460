//! Tasks by their place in what was shown, and those that were spoken of last.

use std::cell::LazyCell;

use super::Meaning;
use crate::assistant::number::{number, place};
use crate::assistant::phrase::{after, before, is};
use crate::assistant::scene::Scene;

const ONE: [&str; 10] = [
    "it",
    "that",
    "this",
    "that one",
    "this one",
    "that task",
    "this task",
    "the task",
    "the same one",
    "the same task",
];
const SEVERAL: [&str; 12] = [
    "them",
    "those",
    "these",
    "they",
    "those tasks",
    "these tasks",
    "all of them",
    "all of those",
    "all of these",
    "all those",
    "all these",
    "them all",
];
const BOTH: [&str; 5] = ["both", "both of them", "both of those", "both tasks", "the both"];

const NOUNS: [&str; 15] = [
    "task",
    "tasks",
    "one",
    "ones",
    "item",
    "items",
    "todo",
    "todos",
    "in the list",
    "on the list",
    "of them",
    "in my list",
    "on my list",
    "of those",
    "of these",
];
const OTHER: [&str; 4] = ["the other one", "the other", "the other task", "other one"];

/// `it`, `them`, `both`, `the other one`.
pub(super) fn pronoun(text: &str, scene: &Scene<'_>) -> Option<Meaning> {
    if ![&ONE[..], &SEVERAL, &BOTH, &OTHER]
        .iter()
        .any(|words| is(text, words))
    {
        return None;
    }
    let (focus, shown) = (scene.focus(), scene.shown());
    let last = || {
        if focus.is_empty() {
            shown.clone()
        } else {
            focus.clone()
        }
    };
    if is(text, &ONE) {
        return Some(match (focus.as_slice(), shown.as_slice()) {
            ([only], _) | ([], [only]) => Meaning::Tasks(vec![*only]),
            ([], _) => Meaning::Unsaid,
            _ => Meaning::OneOf(focus),
        });
    }
    if is(text, &SEVERAL) {
        let last = last();
        return Some(if last.is_empty() {
            Meaning::Unsaid
        } else {
            Meaning::Tasks(last)
        });
    }
    if is(text, &BOTH) {
        let two = [focus.clone(), shown.clone()]
            .into_iter()
            .find(|list| list.len() == 2);
        return Some(two.map_or(Meaning::Unsaid, Meaning::Tasks));
    }
    let rest: Vec<u32> = shown
        .iter()
        .copied()
        .filter(|number| !focus.contains(number))
        .collect();
    Some(match rest.as_slice() {
        [] => Meaning::Unsaid,
        [only] => Meaning::Tasks(vec![*only]),
        _ => Meaning::OneOf(rest),
    })
}

/// `the first task`, `the last one`, `the first two`, `the second and the third`: of the list that was shown last, or else of
/// the open tasks. `the newest task`: of all. None if the text names no places; empty if there is nothing there.
pub(super) fn by_place(text: &str, scene: &Scene<'_>) -> Option<Vec<u32>> {
    let lower = text.to_lowercase();
    let mut text = after(&lower, &["the", "my"]).unwrap_or(&lower);
    let mut had_noun = false;
    while let Some(rest) = before(text, &NOUNS).filter(|rest| !rest.is_empty()) {
        text = rest;
        had_noun = true;
    }
    let newest = || scene.tasks().map(|task| task.number).max().into_iter().collect();
    let oldest = || scene.tasks().map(|task| task.number).min().into_iter().collect();
    let last_added = [
        "i added last",
        "i just added",
        "added last",
        "just added",
        "i made last",
        "i last added",
    ];
    if before(text, &last_added).is_some_and(|rest| is(rest, &["task", "one", "thing"])) {
        return Some(newest());
    }
    let added = before(text, &["i added", "i made", "i created", "added", "i've added"]).map(str::trim);
    let added = added.map(|rest| before(rest, &["task", "one", "thing"]).unwrap_or(rest));
    match (added.unwrap_or(text), added.is_some() || had_noun) {
        ("newest" | "latest" | "most recent", true) | ("last", true) if added.is_some() || text != "last" => {
            return Some(newest());
        }
        ("oldest", true) => return Some(oldest()),
        _ => {}
    }
    // Looked for only when a place is named: of many tasks it takes long.
    let list = LazyCell::new(|| {
        let shown = scene.shown();
        if shown.is_empty() { scene.open() } else { shown }
    });
    if let Some((end, count)) = text.split_once(' ')
        && let Some(count) = number(count.trim()).filter(|count| (1..=100).contains(count))
        && let Ok(count) = usize::try_from(count)
    {
        return match end {
            "first" | "top" | "next" => Some(list.iter().take(count).copied().collect()),
            "last" | "bottom" | "final" => {
                let skipped = list.len().saturating_sub(count);
                Some(list.iter().skip(skipped).copied().collect())
            }
            _ => None,
        };
    }
    let mut numbers = Vec::new();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let found = match word {
            "and" | "the" | "one" | "task" => continue,
            "last" | "final" | "bottom" => list.last(),
            "top" if had_noun => list.first(),
            word => {
                let place = place(word)?.checked_sub(1)?;
                list.get(place)
            }
        };
        match found {
            Some(number) if !numbers.contains(number) => numbers.push(*number),
            Some(_) => {}
            None => return Some(Vec::new()),
        }
    }
    (!numbers.is_empty()).then_some(numbers)
}
