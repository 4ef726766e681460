//! Messages that ask to see something.

use super::phrase::{after, before, is};
use super::reference::{Meaning, Preference, find, resolve};
use super::{Context, Intent, ListStatus, Plan, ToolCall};
use crate::query::DueFilter;
use crate::task::Priority;
use crate::text::words;

const SHOW: [&str; 14] = [
    "show", "list", "display", "view", "see", "give", "get", "tell", "read", "print", "what", "what's",
    "whats", "which",
];
const QUESTIONS: [&str; 5] = ["do", "have", "is", "are", "any"];
const NOUNS: [&str; 13] = [
    "task",
    "tasks",
    "todo",
    "todos",
    "list",
    "everything",
    "things",
    "items",
    "agenda",
    "dos",
    "stuff",
    "plate",
    "work",
];
const PENDING: [&str; 10] = [
    "pending",
    "open",
    "left",
    "remaining",
    "incomplete",
    "unfinished",
    "outstanding",
    "undone",
    "todo",
    "uncompleted",
];
const COMPLETED: [&str; 7] = [
    "completed",
    "complete",
    "done",
    "finished",
    "accomplished",
    "achieved",
    "finish",
];
const STATS: [&str; 12] = [
    "stats",
    "statistics",
    "my stats",
    "my statistics",
    "show stats",
    "show me my stats",
    "show my stats",
    "show statistics",
    "how am i doing",
    "summary",
    "give me a summary",
    "show me my statistics",
];

/// A list of tasks by kind, if the message asks for one.
pub(super) fn list(text: &str) -> Option<Plan> {
    let all = words(text);
    let has = |known: &[&str]| all.iter().any(|word| known.contains(&word.as_str()));
    let tag = text
        .split_whitespace()
        .find_map(|word| word.strip_prefix('#'))
        .or_else(|| word_after(text, "tagged"));
    let priority = ["low", "medium", "high", "urgent"]
        .into_iter()
        .find(|level| has(&[level]));
    let priority: Option<Priority> = priority.and_then(|level| level.parse().ok());
    let due = due(&all);
    let nouns = has(&NOUNS) || (all.windows(2).any(|pair| pair == ["to", "do"]));
    let kind = has(&PENDING) || has(&COMPLETED) || due.is_some();
    let begins = |known: &[&str]| after(text, known).is_some();
    let asks = if begins(&SHOW) {
        nouns || kind
    } else if begins(&QUESTIONS) || begins(&["how"]) {
        (nouns || kind) && has(&["i", "my", "there", "me"])
    } else {
        // "my tasks", "pending tasks", "overdue"
        all.len() <= 4 && (kind || has(&["tasks", "todos", "list", "agenda"])) && only_list_words(&all)
    };
    if !asks {
        return None;
    }
    let not_done = text.to_ascii_lowercase().contains("not ") || text.contains("n't") || text.contains("n’t");
    let status = if has(&PENDING) || (has(&COMPLETED) && not_done) {
        ListStatus::Pending
    } else if has(&COMPLETED) {
        ListStatus::Completed
    } else if !has(&["all", "everything"])
        && (due == Some(DueFilter::Overdue) || asks_what_to_do(&all) || due.is_some())
    {
        ListStatus::Pending
    } else {
        ListStatus::All
    };
    let call = ToolCall::ListTasks {
        status,
        due,
        priority,
        tag: tag.map(str::to_owned),
    };
    Some(Plan::act(Intent::ListTasks, vec![call]))
}

/// Numbers, if the message asks for them.
pub(super) fn stats(text: &str) -> Option<Plan> {
    let counts = after(text, &["how many"])
        .is_some_and(|rest| words(rest).iter().any(|word| NOUNS.contains(&word.as_str())));
    (counts || is(text, &STATS)).then(|| Plan::act(Intent::GetStats, vec![ToolCall::GetStats]))
}

/// A search by words, or one task by its number.
pub(super) fn search(text: &str, context: &Context<'_>) -> Option<Plan> {
    if let Some(rest) = after(text, &["show me", "show", "view", "open", "display"])
        && let Some(number) = after(rest, &["task number", "task", "task no."])
        && let Meaning::Tasks(numbers) = resolve(&format!("task {number}"), context, Preference::Any)
        && let [number] = numbers.as_slice()
        && let Some(task) = find(context, *number)
    {
        let call = ToolCall::SearchTasks {
            query: task.title.chars().take(200).collect(),
        };
        return Some(Plan::act(Intent::SearchTasks, vec![call]));
    }
    let rest = after(
        text,
        &[
            "search my tasks for",
            "search tasks for",
            "search for",
            "search",
            "find me",
            "find",
            "look for",
            "look up",
        ],
    )?;
    let rest = after(
        rest,
        &[
            "all my tasks",
            "all tasks",
            "my tasks",
            "the tasks",
            "tasks",
            "task",
            "the task",
            "anything",
        ],
    )
    .unwrap_or(rest);
    let rest = after(
        rest,
        &[
            "about",
            "with",
            "containing",
            "named",
            "called",
            "that mention",
            "for",
            "the",
            "my",
        ],
    )
    .unwrap_or(rest);
    let query = before(rest, &["tasks", "task"]).unwrap_or(rest);
    let query = super::phrase::unquoted(query).unwrap_or(query).trim();
    if query.is_empty() {
        return Some(Plan::say(
            Intent::SearchTasks,
            "What shall I look for? For example: find tasks about rent.",
        ));
    }
    let call = ToolCall::SearchTasks {
        query: query.chars().take(200).collect(),
    };
    Some(Plan::act(Intent::SearchTasks, vec![call]))
}

fn due(words: &[String]) -> Option<DueFilter> {
    let has = |word: &str| words.iter().any(|known| known == word);
    if has("overdue") || has("late") {
        Some(DueFilter::Overdue)
    } else if has("today") {
        Some(DueFilter::Today)
    } else if has("week") {
        Some(DueFilter::Week)
    } else {
        None
    }
}

/// "What do I have to do?", "What should I do today?"
fn asks_what_to_do(words: &[String]) -> bool {
    words.first().is_some_and(|word| word == "what") && words.iter().skip(2).any(|word| word == "do")
}

fn only_list_words(words: &[String]) -> bool {
    let others = [
        "my", "all", "the", "today", "this", "week", "overdue", "late", "due", "to", "do",
    ];
    let known = |word: &str| {
        NOUNS.contains(&word)
            || PENDING.contains(&word)
            || COMPLETED.contains(&word)
            || others.contains(&word)
    };
    words.iter().all(|word| known(word))
        && !words
            .first()
            .is_some_and(|word| word == "complete" || word == "finish" || word == "do")
}

fn word_after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    text.split_whitespace()
        .skip_while(|known| !known.eq_ignore_ascii_case(word))
        .nth(1)
}
