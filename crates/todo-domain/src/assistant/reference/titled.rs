//! Tasks by a part of their titles.

use super::{Meaning, Preference, Width};
use crate::assistant::scene::{Scene, Title};
use crate::assistant::spelling::distance;
use crate::text::{fold, words};

/// Most tasks that are named as near misses.
const NEAREST_LIMIT: usize = 3;
/// Words of a reference for which near misses are looked for.
const NEAREST_WORDS: usize = 8;
/// Most words of a reference that are looked for.
const WORDS_LIMIT: usize = 40;

/// Words that say nothing of which task is meant.
const FILLERS: [&str; 18] = [
    "the", "a", "an", "my", "to", "about", "for", "of", "with", "task", "todo", "item", "one", "called",
    "named", "and", "on", "in",
];

pub(super) fn by_title(named: &str, scene: &Scene<'_>, preference: Preference, width: Width) -> Meaning {
    let wanted = fold(named.trim());
    let mut parts = words(named);
    parts.truncate(WORDS_LIMIT);
    if parts.iter().any(|part| !FILLERS.contains(&part.as_str())) {
        parts.retain(|part| !FILLERS.contains(&part.as_str()));
    }
    if parts.iter().all(|part| FILLERS.contains(&part.as_str())) {
        // Titles can do without letters: "???", "🎉".
        return match choose(scene.titles(), preference, |title| title.folded == wanted).as_slice() {
            [] => Meaning::Unsaid,
            [only] => Meaning::Tasks(vec![*only]),
            several => Meaning::OneOf(several.to_vec()),
        };
    }
    let has_all = |title: &Title<'_>, fits: fn(&str, &str) -> bool| {
        parts
            .iter()
            .all(|part| title.words.iter().any(|word| fits(part, word)))
    };
    let titles = scene.titled(&parts);
    let mut found = choose(titles, preference, |title| title.folded == wanted);
    if found.is_empty() {
        found = choose(titles, preference, |title| has_all(title, begins));
    }
    let is_misspelt = found.is_empty() && width == Width::Full;
    if is_misspelt {
        found = choose(scene.titles(), preference, |title| has_all(title, alike));
    }
    match found.as_slice() {
        [] => Meaning::Nothing {
            named: format!("“{}”", named.trim()),
            nearest: match width {
                Width::Full => nearest(&parts, scene),
                Width::Exact => Vec::new(),
            },
        },
        [only] if is_misspelt => Meaning::Perhaps(*only),
        [only] => Meaning::Tasks(vec![*only]),
        _ => Meaning::OneOf(found),
    }
}

fn choose(titles: &[Title<'_>], preference: Preference, fits: impl Fn(&Title<'_>) -> bool) -> Vec<u32> {
    let fitting: Vec<&Title<'_>> = titles.iter().filter(|title| fits(title)).collect();
    let is_preferred = |title: &&&Title<'_>| match preference {
        Preference::Open => title.task.status.is_open(),
        Preference::Closed => !title.task.status.is_open(),
        Preference::Any => true,
    };
    let mut numbers: Vec<u32> = fitting
        .iter()
        .filter(is_preferred)
        .map(|title| title.task.number)
        .collect();
    if numbers.is_empty() {
        numbers = fitting.iter().map(|title| title.task.number).collect();
    }
    numbers.sort_unstable();
    numbers
}

fn nearest(parts: &[String], scene: &Scene<'_>) -> Vec<u32> {
    let mut scored: Vec<(usize, u32)> = Vec::new();
    for title in scene.titles().iter().filter(|title| title.task.status.is_open()) {
        let is_near = |part: &str, word: &str| {
            let length = part.chars().count();
            alike(part, word)
                || (word.chars().count() >= 3
                    && word.chars().count().abs_diff(length) * 3 <= length
                    && distance(part, word) * 3 <= length)
        };
        let score = parts
            .iter()
            .take(NEAREST_WORDS)
            .filter(|part| title.words.iter().any(|word| is_near(part, word)))
            .count();
        scored.push((score, title.task.number));
    }
    scored.retain(|(score, _)| *score > 0);
    scored.sort_unstable_by_key(|(score, number)| (std::cmp::Reverse(*score), *number));
    scored
        .into_iter()
        .take(NEAREST_LIMIT)
        .map(|(_, number)| number)
        .collect()
}

/// Whether a word that was named is this word of a title, its beginning, or its plural.
fn begins(named: &str, word: &str) -> bool {
    let singular = named.strip_suffix('s').filter(|singular| singular.len() >= 3);
    named == word || (named.chars().count() >= 3 && word.starts_with(named)) || singular == Some(word)
}

/// Whether it is, or is one slip of the finger away.
fn alike(named: &str, word: &str) -> bool {
    let length = named.chars().count();
    begins(named, word)
        || (length >= 5 && word.chars().count().abs_diff(length) <= 1 && distance(named, word) <= 1)
}
