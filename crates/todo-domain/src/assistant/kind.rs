//! Kinds of tasks: "all overdue tasks", "high priority work tasks for tomorrow", "my morning meetings".
//!
//! Lists are asked for in these words, and so is what shall be done to many tasks.

use super::phrase::{after, before, is};
use super::reference::{Meaning, Preference, resolve};
use super::scene::Scene;
use super::{ListFilter, ListStatus};
use crate::due::Due;
use crate::query::DueFilter;
use crate::task::{Priority, Task};
use crate::text::fold;

mod period;
mod words;

use words::Words;

/// Longest description of a kind, in words.
const WORDS_LIMIT: usize = 30;

pub(super) const NOUNS: [&str; 17] = [
    "task",
    "tasks",
    "todo",
    "todos",
    "to-do",
    "to-dos",
    "list",
    "everything",
    "things",
    "items",
    "agenda",
    "dos",
    "stuff",
    "plate",
    "anything",
    "ones",
    "schedule",
];
pub(super) const PENDING: [&str; 12] = [
    "pending",
    "open",
    "left",
    "remaining",
    "incomplete",
    "unfinished",
    "outstanding",
    "undone",
    "uncompleted",
    "remains",
    "unstarted",
    "active",
];
pub(super) const COMPLETED: [&str; 8] = [
    "completed",
    "complete",
    "done",
    "finished",
    "accomplished",
    "achieved",
    "finish",
    "closed",
];

/// What was said of which tasks are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) filter: ListFilter,
    /// Whether a word for tasks was said.
    pub(super) has_noun: bool,
    /// Whether they shall not be done.
    pub(super) is_negated: bool,
    /// From which hour to which.
    pub(super) hours: Option<(u32, u32)>,
    /// What is left: words of titles, or tags.
    pub(super) rest: Vec<String>,
}

impl Kind {
    /// Takes a description apart.
    pub(super) fn read(text: &str, scene: &Scene<'_>) -> Self {
        let mut kind = Self::default();
        let mut words = Words::of(text, WORDS_LIMIT);
        while let Some(word) = words.next() {
            kind.read_word(&word, &mut words, scene);
        }
        kind
    }

    /// Whether something was said besides that they are tasks.
    pub(super) fn is_said(&self) -> bool {
        let filter = &self.filter;
        filter.status != ListStatus::All
            || filter.due.is_some()
            || filter.due_after.is_some()
            || filter.due_before.is_some()
            || filter.completed_since.is_some()
            || filter.priority.is_some()
            || filter.tag.is_some()
            || self.hours.is_some()
    }

    /// Makes what is left a tag, if the user has it, or else words that titles must have.
    pub(super) fn settle(&mut self, scene: &Scene<'_>) {
        if self.filter.tag.is_none() {
            let is_tag = |word: &String| {
                scene
                    .tasks()
                    .flat_map(|task| &task.tags)
                    .any(|tag| fold(tag) == fold(word))
            };
            if let Some(place) = self.rest.iter().position(is_tag) {
                self.filter.tag = Some(self.rest.remove(place));
            }
        }
        if !self.rest.is_empty() && self.filter.search.is_none() {
            let singular: Vec<&str> = self.rest.iter().map(|word| singular(word)).collect();
            let search: String = singular.join(" ").chars().take(200).collect();
            self.filter.search = Some(search);
            self.rest.clear();
        }
    }

    /// Whether a task is of this kind.
    fn includes(&self, task: &Task, scene: &Scene<'_>) -> bool {
        let zone = scene.context.zone;
        let is_in_hours = |(from, to): (u32, u32)| match task.due_date {
            Some(Due::Time(time)) => {
                let hour = chrono::Timelike::hour(&zone.local(time));
                (from..to).contains(&hour)
            }
            _ => false,
        };
        self.filter.query(zone).matches(task, scene.context.now, zone)
            && self.filter.keeps(task, zone)
            && self.hours.is_none_or(is_in_hours)
    }

    fn read_word(&mut self, word: &str, words: &mut Words, scene: &Scene<'_>) {
        if let Some(tag) = word.strip_prefix('#').filter(|tag| !tag.is_empty()) {
            self.filter.tag = Some(tag.to_owned());
        } else if matches!(word, "tagged" | "labelled" | "labeled")
            || (word == "tag" && words.peek().is_some())
        {
            words.skip_if(&["with", "as", "the", "tag"]);
            self.filter.tag = words.next().map(|tag| tag.trim_start_matches('#').to_owned());
        } else if self.read_priority(word, words) || period::read(self, word, words, scene) {
        } else if NOUNS.contains(&word) {
            self.has_noun = true;
        } else if PENDING.contains(&word) {
            self.filter.status = ListStatus::Pending;
        } else if COMPLETED.contains(&word) {
            if self.filter.status == ListStatus::All {
                self.filter.status = ListStatus::Completed;
            }
        } else if word == "not" || word.ends_with("n't") || word.ends_with("n’t") {
            self.is_negated = true;
        } else if !words::is_filler(word) {
            self.rest.push(word.to_owned());
        }
    }

    fn read_priority(&mut self, word: &str, words: &mut Words) -> bool {
        let level = word.strip_suffix("-priority").unwrap_or(word);
        let is_level = level != word
            || matches!(level, "urgent" | "critical" | "p1" | "p2" | "p3" | "p4")
            || (words.peek() == Some("priority")
                && matches!(level, "low" | "medium" | "normal" | "high" | "top"));
        if !is_level {
            return word == "priority" && {
                let level: Option<Priority> = words.peek().and_then(|level| level.parse().ok());
                self.filter.priority = self.filter.priority.or(level);
                level.is_some() && words.next().is_some()
            };
        }
        words.skip_if(&["priority"]);
        let level = if level == "top" { "urgent" } else { level };
        self.filter.priority = level.parse().ok();
        true
    }
}

/// `everything`, `all tasks`: there are no words to compare with a title.
pub(super) fn is_plain(text: &str) -> bool {
    let text = after(
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
    )
    .unwrap_or(text);
    text.is_empty() || is(text, &NOUNS)
}

/// The tasks of the kind that the text names; none if it names no kind.
pub(super) fn tasks_of(text: &str, scene: &Scene<'_>, preference: Preference) -> Option<Vec<u32>> {
    let (text, except) = excepted(text, scene, preference)?;
    let mut kind = named(text, scene)?;
    let has_words = !kind.rest.is_empty();
    kind.settle(scene);
    let fits = |task: &&Task| match preference {
        _ if kind.filter.status != ListStatus::All => true,
        Preference::Open => task.status.is_open(),
        Preference::Closed => !task.status.is_open(),
        Preference::Any => true,
    };
    let mut numbers: Vec<u32> = scene
        .tasks()
        .filter(|task| kind.includes(task, scene))
        .filter(fits)
        .map(|task| task.number)
        .filter(|number| !except.contains(number))
        .collect();
    numbers.sort_unstable();
    // "All hands meeting" is a title and no kind.
    (!has_words || !numbers.is_empty()).then_some(numbers)
}

/// Whether the text names a kind, whatever tasks there are.
pub(super) fn is_only_kind(text: &str, scene: &Scene<'_>) -> bool {
    named(text, scene).is_some_and(|kind| kind.rest.is_empty())
}

/// The kind that the text names. If there are words left, only tasks tell whether it is one.
fn named(text: &str, scene: &Scene<'_>) -> Option<Kind> {
    let every = [
        "all of my",
        "all of the",
        "all my",
        "all the",
        "all",
        "every single",
        "every",
        "each",
        "any",
    ];
    let all = after(text, &every);
    let described = all.or_else(|| after(text, &["my", "the", "our"])).unwrap_or(text);
    let is_singular = before(text, &["task", "todo", "item", "one"]).is_some();
    let mut kind = Kind::read(described, scene);
    if kind.is_negated {
        kind.filter.status = ListStatus::Pending;
    }
    let is_plural = kind.rest.last().is_some_and(|word| singular(word) != word);
    let is_kind = if all.is_some() {
        kind.has_noun || kind.is_said() || described.is_empty() || is_plural
    } else if is_singular {
        false
    } else if kind.rest.is_empty() {
        kind.has_noun || kind.filter.due == Some(DueFilter::Overdue) && described.is_empty()
    } else {
        kind.has_noun || (kind.is_said() && is_plural)
    };
    is_kind.then_some(kind)
}

/// The text before "except …", and what is excepted; none if that is not clear.
fn excepted<'a>(text: &'a str, scene: &Scene<'_>, preference: Preference) -> Option<(&'a str, Vec<u32>)> {
    let words = [
        "except for",
        "except",
        "but not",
        "apart from",
        "other than",
        "besides",
        "without",
        "but",
    ];
    let split = super::phrase::splits(text, &words).into_iter().next();
    match split.filter(|(_, exception)| !Kind::read(exception, scene).has_only_date(exception)) {
        None => Some((text, Vec::new())),
        Some((kind, exception)) => match resolve(exception, scene, preference) {
            Meaning::Tasks(numbers) | Meaning::All(numbers) => Some((kind, numbers)),
            _ => None,
        },
    }
}

impl Kind {
    /// `without a due date` excepts nothing.
    fn has_only_date(&self, text: &str) -> bool {
        self.rest.is_empty() && fold(text).contains("date")
    }
}

/// A word without the ending of its plural.
pub(super) fn singular(word: &str) -> &str {
    let is_plural = word.chars().count() >= 4 && !word.ends_with("ss") && !word.ends_with("us");
    word.strip_suffix('s').filter(|_| is_plural).unwrap_or(word)
}
