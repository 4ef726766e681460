//! Which task a message means: by number, by place in the list that was shown, or by a part of its title.

use super::phrase::{after, before, is, unquoted};
use super::{Context, ListStatus, TaskLine};
use crate::task::Task;
use crate::text::{fold, words};

/// Most tasks that are named as near misses.
const NEAREST_LIMIT: usize = 3;

const ARTICLES: [&str; 7] = ["the", "my", "a", "an", "this", "that", "our"];
const NOUNS: [&str; 10] = [
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
];
const NUMBER_WORDS: [&str; 10] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
];
const PLACES: [&str; 10] = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
];
/// Words that say nothing of which task is meant.
const FILLERS: [&str; 18] = [
    "the", "a", "an", "my", "to", "about", "for", "of", "with", "task", "todo", "item", "one", "called",
    "named", "and", "on", "in",
];

/// What a reference turned out to mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Exactly these, one or several that were each named.
    Tasks(Vec<u32>),
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

pub(super) fn resolve(text: &str, context: &Context<'_>, preference: Preference) -> Meaning {
    let text = text.trim();
    if let Some(title) = unquoted(text) {
        return by_title(title, context, preference);
    }
    if let Some(all) = all_of_a_kind(text, context) {
        return all;
    }
    let named = without_articles_and_nouns(text);
    if let Some(numbers) = numbers(text) {
        let unknown: Vec<u32> = numbers
            .iter()
            .copied()
            .filter(|number| find(context, *number).is_none())
            .collect();
        // A bare number may also be a title, like "2027".
        match (by_title(named, context, preference), unknown.first()) {
            (_, None) => return Meaning::Tasks(numbers),
            (Meaning::Nothing { .. } | Meaning::Unsaid, Some(number)) => {
                return Meaning::Nothing {
                    named: format!("task {number}"),
                    nearest: Vec::new(),
                };
            }
            (by_title, Some(_)) => return by_title,
        }
    }
    if let Some(number) = by_place(text, context) {
        return Meaning::Tasks(vec![number]);
    }
    match by_title(named, context, preference) {
        Meaning::Nothing { .. } | Meaning::Unsaid if named != text => by_title(text, context, preference),
        found => found,
    }
}

pub(super) fn find<'a>(context: &Context<'a>, number: u32) -> Option<&'a Task> {
    context.tasks.iter().find(|task| task.number == number)
}

/// The tasks as the assistant names them, one per line.
pub(super) fn lines(numbers: &[u32], context: &Context<'_>) -> String {
    let tasks = numbers.iter().filter_map(|number| find(context, *number));
    tasks
        .map(|task| format!("\n{}", super::respond::line(&TaskLine::from(task))))
        .collect()
}

fn without_articles_and_nouns(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(rest) = after(text, &ARTICLES).filter(|rest| !rest.is_empty()) {
        text = rest;
    }
    if let Some(rest) = before(text, &NOUNS) {
        text = rest;
    }
    after(
        text,
        &[
            "task called",
            "task named",
            "task to",
            "task about",
            "task",
            "todo",
            "one about",
        ],
    )
    .unwrap_or(text)
}

/// `3`, `#3`, `task 3`, `task number three`, `tasks 1, 2 and 3`.
fn numbers(text: &str) -> Option<Vec<u32>> {
    let lower = text.to_ascii_lowercase();
    let tokens: Vec<&str> = lower
        .split([' ', ',', '&', ':'])
        .filter(|token| !token.is_empty())
        .collect();
    let named = |token: &str| {
        matches!(
            token,
            "task" | "tasks" | "todo" | "todos" | "item" | "items" | "number" | "no" | "no."
        )
    };
    let introduced = tokens.iter().any(|token| named(token)) || lower.starts_with('#');
    let mut numbers: Vec<u32> = Vec::new();
    for token in tokens {
        let digits = token.trim_start_matches('#');
        let word = NUMBER_WORDS
            .iter()
            .zip(1..)
            .find(|(word, _)| **word == digits && introduced);
        match digits.parse::<u32>().ok().or(word.map(|(_, number)| number)) {
            Some(number) if !numbers.contains(&number) => numbers.push(number),
            Some(_) => {}
            None if named(token) || matches!(token, "and" | "the" | "my" | "#") => {}
            // "task 3 buy milk" is task 3; "3 eggs" is a title.
            None if introduced && !numbers.is_empty() => break,
            None => return None,
        }
    }
    (!numbers.is_empty()).then_some(numbers)
}

/// `everything`, `all my tasks`, `all completed tasks`.
fn all_of_a_kind(text: &str, context: &Context<'_>) -> Option<Meaning> {
    let kind = if is(text, &["everything", "all", "them all", "all of them"]) {
        ListStatus::All
    } else {
        let rest = after(
            text,
            &[
                "all of my",
                "all of the",
                "all my",
                "all the",
                "all",
                "every",
                "my",
                "the",
            ],
        )?;
        let rest = before(rest, &["tasks", "task", "todos", "items", "ones"])?;
        match rest.to_ascii_lowercase().as_str() {
            "" if after(text, &["my", "the"]).is_some() && before(text, &["task"]).is_some() => return None,
            "" => ListStatus::All,
            "completed" | "done" | "finished" => ListStatus::Completed,
            "pending" | "open" | "incomplete" | "unfinished" | "remaining" => ListStatus::Pending,
            _ => return None,
        }
    };
    let mut numbers: Vec<u32> = context
        .tasks
        .iter()
        .filter(|task| kind.includes(task.status))
        .map(|task| task.number)
        .collect();
    numbers.sort_unstable();
    Some(Meaning::All(numbers))
}

/// `the first task`, `the last one`, `it`: within the list that was shown last, or else the open tasks.
fn by_place(text: &str, context: &Context<'_>) -> Option<u32> {
    let shown: Vec<u32> = context
        .last_list
        .iter()
        .copied()
        .filter(|number| find(context, *number).is_some())
        .collect();
    if is(
        text,
        &[
            "it",
            "that",
            "this",
            "that one",
            "this one",
            "that task",
            "this task",
        ],
    ) {
        return if shown.len() == 1 {
            shown.first().copied()
        } else {
            None
        };
    }
    let list = if shown.is_empty() {
        let mut open: Vec<u32> = context
            .tasks
            .iter()
            .filter(|task| task.status.is_open())
            .map(|task| task.number)
            .collect();
        open.sort_unstable();
        open
    } else {
        shown
    };
    let place = after(text, &["the", "my"]).unwrap_or(text);
    let place = before(
        place,
        &["task", "one", "item", "todo", "in the list", "on the list"],
    )
    .unwrap_or(place);
    let place = place.to_ascii_lowercase();
    if place == "last" {
        return list.last().copied();
    }
    let index = PLACES.iter().position(|word| *word == place)?;
    list.get(index).copied()
}

fn by_title(named: &str, context: &Context<'_>, preference: Preference) -> Meaning {
    let wanted = fold(named.trim());
    let mut parts = words(named);
    if parts.iter().any(|part| !FILLERS.contains(&part.as_str())) {
        parts.retain(|part| !FILLERS.contains(&part.as_str()));
    }
    if parts.is_empty() {
        return Meaning::Unsaid;
    }
    let exact = choose(context, preference, |task| fold(&task.title) == wanted);
    let found = if exact.is_empty() {
        choose(context, preference, |task| {
            let title = words(&task.title);
            parts
                .iter()
                .all(|part| title.iter().any(|word| alike(part, word)))
        })
    } else {
        exact
    };
    match found.as_slice() {
        [] => Meaning::Nothing {
            named: format!("“{}”", named.trim()),
            nearest: nearest(&parts, context),
        },
        [only] => Meaning::Tasks(vec![*only]),
        _ => Meaning::OneOf(found),
    }
}

fn choose(context: &Context<'_>, preference: Preference, fits: impl Fn(&Task) -> bool) -> Vec<u32> {
    let fitting: Vec<&Task> = context.tasks.iter().filter(|task| fits(task)).collect();
    let preferred: Vec<&Task> = fitting
        .iter()
        .copied()
        .filter(|task| match preference {
            Preference::Open => task.status.is_open(),
            Preference::Closed => !task.status.is_open(),
            Preference::Any => true,
        })
        .collect();
    let mut numbers: Vec<u32> = if preferred.is_empty() { fitting } else { preferred }
        .into_iter()
        .map(|task| task.number)
        .collect();
    numbers.sort_unstable();
    numbers
}

fn nearest(parts: &[String], context: &Context<'_>) -> Vec<u32> {
    let mut scored: Vec<(usize, u32)> = Vec::new();
    for task in context.tasks.iter().filter(|task| task.status.is_open()) {
        let title = words(&task.title);
        let score = parts
            .iter()
            .filter(|part| {
                title
                    .iter()
                    .any(|word| alike(part, word) || distance(part, word) * 3 <= part.chars().count())
            })
            .count();
        scored.push((score, task.number));
    }
    scored.retain(|(score, _)| *score > 0);
    scored.sort_unstable_by_key(|(score, number)| (std::cmp::Reverse(*score), *number));
    scored
        .into_iter()
        .take(NEAREST_LIMIT)
        .map(|(_, number)| number)
        .collect()
}

/// Whether a word that was named is this word of a title: the same, its beginning, or one slip of the finger away.
fn alike(named: &str, word: &str) -> bool {
    let length = named.chars().count();
    named == word || (length >= 3 && word.starts_with(named)) || (length >= 5 && distance(named, word) <= 1)
}

/// How many letters must be changed, added or left out to make one word the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.chars().take(64).enumerate() {
        let mut next = vec![index + 1];
        for ((other, above), diagonal) in right.iter().zip(row.iter().skip(1)).zip(&row) {
            let before = next.last().copied().unwrap_or(0);
            next.push(
                (diagonal + usize::from(letter != *other))
                    .min(above + 1)
                    .min(before + 1),
            );
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
