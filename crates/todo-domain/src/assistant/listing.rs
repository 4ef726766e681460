//! Messages that ask to see something.

use super::clause::HEADS;
use super::kind::{COMPLETED, Kind, PENDING};
use super::phrase::{after, is};
use super::scene::Scene;
use super::spelling::guessed;
use super::{Intent, ListSort, ListStatus, Plan, ToolCall};
use crate::query::DueFilter;
use crate::text::{fold, words};

mod details;
mod search;
mod stats;

pub(super) use details::details;
pub(super) use search::search;
pub(super) use stats::stats;

const SHOW: [&str; 25] = [
    "show",
    "list",
    "display",
    "view",
    "see",
    "give",
    "get",
    "tell",
    "read",
    "print",
    "what",
    "what's",
    "whats",
    "which",
    "showing",
    "pull up",
    "bring up",
    "go through",
    "let me see",
    "look at",
    "check my",
    "check the",
    "open my",
    "open the",
    "can i see",
];
const QUESTIONS: [&str; 9] = ["do", "have", "is", "are", "any", "anything", "did", "when", "how"];
const NEXT: [&str; 16] = [
    "what's next",
    "what is next",
    "whats next",
    "what's up next",
    "what's my next task",
    "what is my next task",
    "what should i do next",
    "what do i do next",
    "what do i have to do next",
    "next task",
    "my next task",
    "show me my next task",
    "what's due next",
    "what is due next",
    "which task is next",
    "what should i do first",
];
const IMPORTANT: [&str; 10] = [
    "what should i work on",
    "what should i focus on",
    "what's most important",
    "what is most important",
    "what's the most important task",
    "what is my most important task",
    "what's most urgent",
    "what is most urgent",
    "what should i start with",
    "where should i start",
];

/// A list of tasks by kind, if the message asks for one.
pub(super) fn list(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    let text = text.trim_end_matches(['?', '!', '.']);
    if is(text, &NEXT) {
        return Some(first(ListSort::DueDate, 1));
    }
    if is(text, &IMPORTANT) {
        return Some(first(ListSort::Priority, 3));
    }
    let all = words(text);
    let has = |known: &[&str]| all.iter().any(|word| known.contains(&word.as_str()));
    let begins = |known: &[&str]| after(text, known);
    let shown = begins(&SHOW);
    let asked = begins(&QUESTIONS);
    let described = shown.or(asked).unwrap_or(text);
    let mut kind = Kind::read(described, scene);
    let has_noun = kind.has_noun || all.windows(2).any(|pair| pair == ["to", "do"]);
    let is_mine = has(&["i", "my", "me", "we", "our"]);
    let asks = if shown.is_some() {
        has_noun || (kind.is_said() && (kind.rest.is_empty() || is_mine))
    } else if asked.is_some() {
        (has_noun || kind.is_said()) && (is_mine || has(&["there", "any", "anything"]))
    } else {
        // "my tasks", "pending tasks", "overdue"
        all.len() <= 6 && is_heading(text, &kind, &all, scene)
    };
    if !asks {
        return None;
    }
    if !kind.rest.is_empty()
        && let Some((guessed, false)) = guessed(text, scene)
    {
        return list(&guessed, scene);
    }
    if kind.filter.status == ListStatus::Completed && kind.is_negated {
        kind.filter.status = ListStatus::Pending;
    }
    if has(&["finish", "finished", "accomplish", "complete", "completed"])
        && after(text, &["what did i", "did i"]).is_some()
    {
        kind.filter.status = ListStatus::Completed;
    }
    let is_dated =
        kind.filter.due.is_some() || kind.filter.due_after.is_some() || kind.filter.due_before.is_some();
    let is_all = has(&["all", "everything"]);
    let is_only_dated = kind.filter.due != Some(DueFilter::None) && is_dated;
    if kind.filter.status == ListStatus::All
        && ((!is_all && (kind.filter.due == Some(DueFilter::Overdue) || is_only_dated))
            || asks_what_to_do(&all))
    {
        kind.filter.status = ListStatus::Pending;
    }
    kind.look_back(scene);
    kind.settle(scene);
    if has(&["urgency", "importance"]) || text.to_ascii_lowercase().contains("by priority") {
        kind.filter.sort = Some(ListSort::Priority);
    } else if ["by due date", "by date", "by deadline"]
        .iter()
        .any(|order| text.to_ascii_lowercase().contains(order))
    {
        kind.filter.sort = Some(ListSort::DueDate);
    }
    Some(Plan::act(
        Intent::ListTasks,
        vec![ToolCall::ListTasks(Box::new(kind.filter))],
    ))
}

fn first(sort: ListSort, limit: usize) -> Plan {
    let filter = super::ListFilter {
        status: ListStatus::Pending,
        sort: Some(sort),
        limit: Some(limit),
        ..super::ListFilter::default()
    };
    Plan::act(Intent::ListTasks, vec![ToolCall::ListTasks(Box::new(filter))])
}

/// "What do I have to do?", "What should I do today?"
fn asks_what_to_do(words: &[String]) -> bool {
    words
        .first()
        .is_some_and(|word| word == "what" || word == "whats")
        && words.iter().skip(2).any(|word| word == "do")
}

/// Whether the text is made of the words of a list and nothing else, and does not begin like a command.
fn is_heading(text: &str, kind: &Kind, words: &[String], scene: &Scene<'_>) -> bool {
    let is_tag = |word: &String| {
        scene
            .tasks()
            .flat_map(|task| &task.tags)
            .any(|tag| fold(tag) == fold(word))
    };
    let are_tags = || kind.has_noun && after(text, &HEADS).is_none() && kind.rest.iter().all(is_tag);
    let first = words.first().map(String::as_str).unwrap_or_default();
    let is_state = matches!(first, "done" | "finished" | "open");
    let begins_a_command = matches!(first, "complete" | "finish" | "do" | "close" | "the")
        || (is_state && !(words.len() > 1 && kind.has_noun));
    // A word alone is enough if it is a list's own.
    let is_list = words.len() > 1
        || kind.is_said()
        || PENDING.contains(&first)
        || COMPLETED.contains(&first)
        || matches!(
            first,
            "tasks" | "todos" | "list" | "agenda" | "schedule" | "everything"
        );
    let is_of_a_kind = (kind.is_said() || kind.has_noun) && !begins_a_command && is_list;
    is_of_a_kind && (kind.rest.is_empty() || are_tags())
}
