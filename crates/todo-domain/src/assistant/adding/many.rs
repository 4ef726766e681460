//! Messages that make several tasks.

use super::{draft, without_title};
use crate::assistant::phrase::after;
use crate::assistant::scene::Scene;
use crate::assistant::{Fallback, Intent, Plan, ToolCall};

/// Most tasks of one message.
const TASKS_LIMIT: usize = 20;

const ADD_MANY: [&str; 12] = [
    "add the following tasks",
    "add these tasks",
    "add two tasks",
    "add three tasks",
    "add some tasks",
    "add my tasks",
    "add tasks to",
    "add tasks",
    "create the following tasks",
    "create tasks to",
    "create tasks",
    "new tasks",
];
/// Several tasks, if the message asks for them.
pub(super) fn add_many(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    after(text, &ADD_MANY).map(|rest| new_tasks(rest, scene))
}

/// Several tasks: lines, or what stands between commas.
fn new_tasks(text: &str, scene: &Scene<'_>) -> Plan {
    let separators: &[&str] = if text.trim().contains('\n') {
        &["\n"]
    } else if text.contains(';') {
        &[";"]
    } else {
        &[", and to ", ", and ", " and to ", " and ", ", "]
    };
    let mut parts = vec![text];
    for separator in separators {
        parts = parts.into_iter().flat_map(|part| part.split(separator)).collect();
    }
    let bullet = |part: &str| {
        part.trim_start_matches(|letter: char| letter.is_ascii_digit() || ".)-*• ".contains(letter))
            .len()
    };
    let mut calls = Vec::new();
    for part in parts {
        let part = part.trim();
        let title = part.get(part.len() - bullet(part)..).unwrap_or(part);
        let title = after(title, &["to"]).unwrap_or(title);
        if title.is_empty() {
            continue;
        }
        match draft(title, scene) {
            Ok(draft) => calls.push(ToolCall::AddTask(Box::new(draft))),
            Err(plan) => return *plan,
        }
    }
    if calls.is_empty() {
        return without_title();
    }
    if calls.len() > TASKS_LIMIT {
        let text = format!(
            "I add at most {TASKS_LIMIT} tasks at once, so I added none of these {}.",
            calls.len()
        );
        return Plan::fallback(Intent::AddTask, Fallback::Invalid, text);
    }
    Plan::act(Intent::AddTask, calls)
}
