//! Messages that make tasks.

use std::borrow::Cow;

use super::change::add_to_a_task;
use super::interpret::command;
use super::phrase::{after, before, capitalised, is, leading_quote, splits, unquoted};
use super::scene::Scene;
use super::when::read;
use super::{Fallback, Intent, Plan, ToolCall};
use crate::task::{Lead, Priority, Reminder};
use crate::validation::{TITLE_LIMIT, TaskDraft};

mod many;
mod subtask;

use many::add_many;
use subtask::subtask;

const ADD: [&str; 52] = [
    "add a new task to",
    "add a new task called",
    "add a new task named",
    "add a new task for",
    "add a new task",
    "add a task to",
    "add a task called",
    "add a task named",
    "add a task titled",
    "add a task for",
    "add a task that says",
    "add a task",
    "add another task to",
    "add another task",
    "add new task",
    "add the task to",
    "add the task",
    "add task to",
    "add task",
    "adding a task to",
    "add a todo to",
    "add a todo",
    "add a to-do to",
    "add a to-do",
    "add todo",
    "create a new task to",
    "create a new task called",
    "create a new task",
    "create a task to",
    "create a task called",
    "create a task named",
    "create a task for",
    "create a task",
    "create new task",
    "create task",
    "create a todo to",
    "create a todo",
    "make a new task to",
    "make a task to",
    "make a task called",
    "make a task",
    "new task to",
    "new task",
    "new todo",
    "i need to remember to",
    "i have to remember to",
    "i must remember to",
    "remember to",
    "don't forget to",
    "do not forget to",
    "don't let me forget to",
    "note to self",
];
const ADD_SHORT: [&str; 8] = [
    "todo",
    "to do",
    "jot down",
    "write down",
    "note down",
    "put down",
    "create",
    "note",
];
const LIST: [&str; 14] = [
    "to my list",
    "to my todo list",
    "to my to-do list",
    "to my to do list",
    "to my tasks",
    "to the list",
    "to my task list",
    "to the todo list",
    "on my list",
    "on my todo list",
    "on my to-do list",
    "on the list",
    "as a task",
    "as a todo",
];
const NEED: [&str; 13] = [
    "i need to",
    "i have to",
    "i must",
    "i should",
    "i've got to",
    "i gotta",
    "i ought to",
    "we need to",
    "we have to",
    "i want to",
    "i'd like to",
    "i would like to",
    "i wanna",
];

pub(super) fn add(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    if is(
        text,
        &[
            "add",
            "create",
            "new",
            "add something",
            "create something",
            "make a new one",
        ],
    ) {
        return Some(without_title());
    }
    if let Some(plan) = subtask(text, scene)
        .or_else(|| add_to_a_task(text, scene))
        .or_else(|| add_many(text, scene))
    {
        return Some(plan);
    }
    if let Some(rest) = after(text, &ADD) {
        let title = before(rest, &LIST).unwrap_or(rest);
        let is_list = is(
            title,
            &[
                "my list",
                "the list",
                "my tasks",
                "my todo list",
                "my to-do list",
                "to my list",
            ],
        );
        return Some(new_task(if is_list { "" } else { title }, false, scene));
    }
    if let Some((rest, level)) = graded(text) {
        return Some(match draft(before(rest, &LIST).unwrap_or(rest), scene) {
            Err(plan) => *plan,
            Ok(draft) => {
                let draft = TaskDraft {
                    priority: level,
                    ..draft
                };
                Plan::act(Intent::AddTask, vec![ToolCall::AddTask(Box::new(draft))])
            }
        });
    }
    if let Some(rest) = after(text, &ADD_SHORT).filter(|rest| !rest.is_empty()) {
        return Some(new_task(before(rest, &LIST).unwrap_or(rest), false, scene));
    }
    if let Some(rest) = after(text, &["schedule", "plan"]).filter(|rest| !rest.is_empty()) {
        let rest = after(rest, &["a", "an"]).unwrap_or(rest);
        return Some(new_task(rest, false, scene));
    }
    let rest = after(text, &["add", "put", "adding"])?;
    let named = before(rest, &LIST);
    if let Some(title) = unquoted(named.unwrap_or(rest)).or(named) {
        return Some(new_task(title, false, scene));
    }
    (after(text, &["add", "adding"]).is_some() && !rest.is_empty()).then(|| new_task(rest, false, scene))
}

/// "Add a high priority task to fix the roof" as the title and the priority.
fn graded(text: &str) -> Option<(&str, Priority)> {
    let rest = after(text, &["add", "create", "make", "new"])?;
    let rest = after(rest, &["a new", "an", "a"]).unwrap_or(rest);
    let (level, rest) = ["low", "medium", "high", "urgent", "critical", "important"]
        .into_iter()
        .find_map(|level| Some((level, after(rest, &[level])?)))?;
    let rest = after(rest, &["priority"]).unwrap_or(rest);
    let rest = after(
        rest,
        &[
            "task to",
            "task called",
            "task named",
            "task for",
            "task",
            "todo to",
            "todo",
        ],
    )?;
    let level = if level == "important" { "high" } else { level };
    Some((rest, level.parse().ok()?))
}

/// "I need to pay bills" is a task, "I need to see my tasks" and "I want to delete task 3" are not.
pub(super) fn need(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    let rest = after(text, &NEED)?;
    let wish = after(text, &["i want to", "i'd like to", "i would like to", "i wanna"]).is_some();
    let names_a_task = rest.split_whitespace().any(|word| {
        matches!(
            word.to_ascii_lowercase().trim_end_matches([',', '.', '?', '!']),
            "task" | "tasks" | "todo" | "todos" | "it" | "them"
        ) || word.starts_with('#')
    });
    match command(rest, scene) {
        Some(plan) if names_a_task || (wish && plan.fallback.is_none()) => Some(plan),
        _ => Some(new_task(rest, false, scene)),
    }
}

fn without_title() -> Plan {
    Plan::fallback(
        Intent::AddTask,
        Fallback::Incomplete,
        "What shall the task be called? For example: add a task to buy groceries.",
    )
}

/// One task; with a reminder when it is due, if that is what was asked for.
pub(super) fn new_task(text: &str, reminds: bool, scene: &Scene<'_>) -> Plan {
    match draft(text, scene) {
        Err(plan) => *plan,
        Ok(mut draft) => {
            if reminds
                && draft.due_date.is_some()
                && draft.reminders.is_empty()
                && let Some(lead) = Lead::parse("0m")
            {
                draft.reminders.push(Reminder::Before(lead));
            }
            Plan::act(Intent::AddTask, vec![ToolCall::AddTask(Box::new(draft))])
        }
    }
}

pub(super) fn draft(text: &str, scene: &Scene<'_>) -> Result<TaskDraft, Box<Plan>> {
    let joined = without_joint(text);
    let text = joined.as_ref();
    let quoted = leading_quote(text).and_then(|(title, rest)| {
        let details = read(rest, &scene.context)
            .ok()
            .filter(|rest| rest.title.is_empty())?;
        let title = title.to_owned();
        Some(TaskDraft { title, ..details })
    });
    let draft = match quoted.map_or_else(|| read(text, &scene.context), Ok) {
        Ok(draft) => draft,
        Err(reason) => {
            let text = format!("I added nothing, because {reason}.");
            return Err(Box::new(Plan::fallback(Intent::AddTask, Fallback::Invalid, text)));
        }
    };
    let title = capitalised(draft.title.trim_matches([' ', ',', ':', '-']));
    if title.is_empty() {
        return Err(Box::new(without_title()));
    }
    if title.chars().count() > TITLE_LIMIT || title.chars().any(char::is_control) {
        let limit = format!(
            "The title of a task is one line of at most {TITLE_LIMIT} characters, so I added nothing."
        );
        return Err(Box::new(Plan::fallback(
            Intent::AddTask,
            Fallback::Invalid,
            limit,
        )));
    }
    Ok(TaskDraft { title, ..draft })
}

/// The text without the "and" between a task and its reminder.
fn without_joint(text: &str) -> Cow<'_, str> {
    match splits(text, &["and remind me", "and set a reminder"])
        .into_iter()
        .next_back()
    {
        Some((task, when)) if unquoted(text).is_none() && !when.is_empty() => {
            Cow::Owned(format!("{} remind me {when}", task.trim_end_matches(',')))
        }
        _ => Cow::Borrowed(text),
    }
}
