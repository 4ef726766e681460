//! Messages that ask for tasks by words.

use super::list;
use crate::assistant::kind::Kind;
use crate::assistant::phrase::{after, before, unquoted};
use crate::assistant::scene::Scene;
use crate::assistant::{Fallback, Intent, Plan, ToolCall};

const SEARCH: [&str; 25] = [
    "search my tasks for",
    "search tasks for",
    "search my list for",
    "search for",
    "search",
    "find me",
    "find",
    "look for",
    "look up",
    "where is",
    "where's",
    "do i have a task about",
    "do i have a task for",
    "do i have a task to",
    "do i have any tasks about",
    "is there a task about",
    "is there a task for",
    "are there any tasks about",
    "are there tasks about",
    "show tasks about",
    "show me tasks about",
    "show me all tasks about",
    "show me everything about",
    "list tasks about",
    "which tasks mention",
];
const NOUNS: [&str; 15] = [
    "all my tasks",
    "all tasks",
    "all the tasks",
    "all of my tasks",
    "my tasks",
    "my task",
    "our task",
    "the tasks",
    "any tasks",
    "tasks",
    "task",
    "the task",
    "a task",
    "anything",
    "everything",
];
const JOINS: [&str; 16] = [
    "that mention",
    "that contain",
    "that have",
    "with the word",
    "with the words",
    "related to",
    "about",
    "with",
    "containing",
    "mentioning",
    "named",
    "called",
    "for",
    "the",
    "my",
    "on",
];

/// A search by words.
pub(in crate::assistant) fn search(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    let rest = after(text, &SEARCH)?;
    let kind = Kind::read(rest, scene);
    if kind.is_said() && kind.rest.is_empty() && unquoted(rest).is_none() {
        return list(&format!("show tasks {rest}"), scene);
    }
    let rest = after(rest, &NOUNS).unwrap_or(rest);
    let rest = after(rest, &JOINS).unwrap_or(rest);
    let rest = after(rest, &["the", "my"]).unwrap_or(rest);
    let query = before(rest, &["tasks", "task", "in my tasks", "in my list"]).unwrap_or(rest);
    let query = unquoted(query).unwrap_or(query).trim();
    if query.is_empty() {
        let text = "What shall I look for? For example: find tasks about rent.";
        return Some(Plan::fallback(Intent::SearchTasks, Fallback::Incomplete, text));
    }
    let call = ToolCall::SearchTasks {
        query: query.chars().take(200).collect(),
    };
    Some(Plan::act(Intent::SearchTasks, vec![call]))
}
