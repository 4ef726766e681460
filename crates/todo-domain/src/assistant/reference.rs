//! Which tasks a message means: by number, by place in the list that was shown, as a kind, or by a part of the title.
//!
//! What has no words to compare with a title, like `it` or `task 3`, is never compared with one: a task that is called
//! "everything" does not change what everything is.

use super::kind;
use super::phrase::{after, before, unquoted};
use super::scene::Scene;

mod numbered;
mod placed;
mod titled;

use titled::by_title;

/// Longest text that can name a task, in characters: a title has fewer.
const REFERENCE_LIMIT: usize = 400;
/// Most tasks that are named one by one.
const NAMED_LIMIT: usize = 20;

const ARTICLES: [&str; 7] = ["the", "my", "a", "an", "this", "that", "our"];
const NOUNS: [&str; 14] = [
    "tasks",
    "task",
    "todos",
    "todo",
    "to-do",
    "items",
    "item",
    "one",
    "from my list",
    "from the list",
    "off my list",
    "off the list",
    "from my tasks",
    "in my list",
];

/// What a reference turned out to mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Exactly these, one or several that were each named.
    Tasks(Vec<u32>),
    /// This one, if its title was misspelt.
    Perhaps(u32),
    /// All tasks of a kind.
    All(Vec<u32>),
    /// One of these, but which?
    OneOf(Vec<u32>),
    /// No task; perhaps one of these was meant.
    Nothing { named: String, nearest: Vec<u32> },
    /// Nothing was named.
    Unsaid,
}

/// Which tasks come first into question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Preference {
    /// Those still to do.
    Open,
    /// Those that are done or given up.
    Closed,
    /// Any.
    Any,
}

/// How far is looked for what a text may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    /// Whatever it can mean.
    Full,
    /// Only tasks that are called so: neither those of a kind, nor those whose titles are nearly so. That takes few tasks.
    Exact,
}

pub(super) fn resolve(text: &str, scene: &Scene<'_>, preference: Preference) -> Meaning {
    find(text, scene, preference, Width::Full)
}

/// The one task that the text names and that is called so.
pub(super) fn resolve_one(text: &str, scene: &Scene<'_>) -> Option<u32> {
    match find(text, scene, Preference::Any, Width::Exact) {
        Meaning::Tasks(numbers) => <[u32; 1]>::try_from(numbers).ok().map(|[only]| only),
        _ => None,
    }
}

fn find(text: &str, scene: &Scene<'_>, preference: Preference, width: Width) -> Meaning {
    let text = text.trim();
    if text.chars().count() > REFERENCE_LIMIT {
        let named: String = text.chars().take(40).collect();
        return Meaning::Nothing {
            named: format!("“{named}…”"),
            nearest: Vec::new(),
        };
    }
    if let Some(title) = unquoted(text) {
        return by_title(title, scene, preference, width);
    }
    let text = before(
        text,
        &[
            "from my list",
            "from the list",
            "off my list",
            "off the list",
            "from my tasks",
            "on my list",
        ],
    )
    .unwrap_or(text);
    if let Some(meaning) = placed::pronoun(text, scene) {
        return meaning;
    }
    let named = without_articles_and_nouns(text);
    if let Some(numbers) = numbered::numbers(text) {
        return by_number(numbers, named, scene, preference, width);
    }
    if let Some(numbers) = placed::by_place(text, scene) {
        return if numbers.is_empty() {
            Meaning::Nothing {
                named: format!("“{text}”"),
                nearest: Vec::new(),
            }
        } else {
            Meaning::Tasks(numbers)
        };
    }
    if !kind::is_plain(text) && scene.is_title(text) {
        return by_title(text, scene, preference, width);
    }
    if width == Width::Exact && kind::is_only_kind(text, scene) {
        return Meaning::Unsaid;
    }
    if let Some(numbers) = kind::tasks_of(text, scene, preference) {
        return Meaning::All(numbers);
    }
    let found = match by_title(named, scene, preference, width) {
        nothing @ (Meaning::Nothing { .. } | Meaning::Unsaid) if named != text => {
            match by_title(text, scene, preference, width) {
                Meaning::Nothing { .. } | Meaning::Unsaid => nothing,
                found => found,
            }
        }
        found => found,
    };
    match found {
        Meaning::Nothing { .. } if width == Width::Full => several(text, scene, preference).unwrap_or(found),
        found => found,
    }
}

fn without_articles_and_nouns(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(rest) = after(text, &ARTICLES).filter(|rest| !rest.is_empty()) {
        text = rest;
    }
    if let Some(rest) = before(text, &NOUNS) {
        text = rest;
    }
    let lead_ins = [
        "task called",
        "task named",
        "task to",
        "task about",
        "task with",
        "task",
        "todo",
        "one about",
        "one called",
    ];
    let text = after(text, &lead_ins).unwrap_or(text);
    unquoted(text).unwrap_or(text)
}

fn by_number(
    numbers: Vec<u32>,
    named: &str,
    scene: &Scene<'_>,
    preference: Preference,
    width: Width,
) -> Meaning {
    let unknown = numbers.iter().find(|number| scene.find(**number).is_none());
    let Some(unknown) = unknown else {
        return Meaning::Tasks(numbers);
    };
    // A bare number may also be a title, like "2027".
    match by_title(named, scene, preference, width) {
        Meaning::Nothing { .. } | Meaning::Unsaid | Meaning::Perhaps(_) => Meaning::Nothing {
            named: format!("task {unknown}"),
            nearest: Vec::new(),
        },
        found => found,
    }
}

/// `the milk and the rent`: each part names a task.
fn several(text: &str, scene: &Scene<'_>, preference: Preference) -> Option<Meaning> {
    let lower = text.to_ascii_lowercase();
    let mut parts: Vec<&str> = Vec::new();
    let mut start = 0;
    let separators = lower
        .match_indices(" and ")
        .chain(lower.match_indices(", "))
        .chain(lower.match_indices(" & "));
    let mut places: Vec<(usize, usize)> = separators.map(|(place, found)| (place, found.len())).collect();
    places.sort_unstable();
    for (place, length) in places {
        if place < start {
            continue;
        }
        parts.push(text.get(start..place)?);
        start = place + length;
    }
    parts.push(text.get(start..)?);
    parts.retain(|part| !part.trim().is_empty());
    if !(2..=NAMED_LIMIT).contains(&parts.len()) {
        return None;
    }
    let mut numbers: Vec<u32> = Vec::new();
    for part in parts {
        let part = after(part.trim(), &["and"]).unwrap_or(part.trim());
        let found = match (numbered::numbers(part), placed::by_place(part, scene)) {
            (Some(found), _) | (None, Some(found)) => found,
            (None, None) => {
                let title = unquoted(part).unwrap_or_else(|| without_articles_and_nouns(part));
                match by_title(title, scene, preference, Width::Full) {
                    Meaning::Tasks(found) => found,
                    Meaning::OneOf(candidates) => return Some(Meaning::OneOf(candidates)),
                    nothing @ Meaning::Nothing { .. } => return Some(nothing),
                    _ => return None,
                }
            }
        };
        for number in found {
            scene.find(number)?;
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
    }
    (!numbers.is_empty()).then_some(Meaning::Tasks(numbers))
}
