//! Messages that make a part of a task.

use super::draft;
use crate::assistant::phrase::{after, splits};
use crate::assistant::reference::{Meaning, Preference, resolve};
use crate::assistant::scene::Scene;
use crate::assistant::{Fallback, Intent, Plan, ToolCall};
use crate::validation::TaskDraft;

/// "Add a subtask to task 3: buy nails", "add buy nails as a subtask of task 3".
pub(super) fn subtask(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    let begins = [
        "add a subtask",
        "add a sub-task",
        "add subtask",
        "add a new subtask",
        "create a subtask",
        "new subtask",
    ];
    let (title, parent) = if let Some(rest) = after(text, &begins) {
        match after(rest, &["to", "for", "of", "under"]) {
            Some(rest) => {
                let (parent, title) = rest
                    .split_once(':')
                    .or_else(|| splits(rest, &["called", "named", "to"]).into_iter().next())?;
                (title.trim(), parent.trim())
            }
            None => splits(rest, &["to", "for", "of", "under"])
                .into_iter()
                .next_back()?,
        }
    } else {
        let rest = after(text, &["add", "put"])?;
        let joined = [
            "as a subtask of",
            "as a subtask to",
            "as a subtask for",
            "as subtask of",
            "under task",
        ];
        let (title, parent) = splits(rest, &joined).into_iter().next_back()?;
        (title, parent)
    };
    let parent = match resolve(parent, scene, Preference::Open) {
        Meaning::Tasks(numbers) if numbers.len() == 1 => numbers.first().copied()?,
        Meaning::Perhaps(number) => number,
        _ => {
            let text = "Which task shall it be a part of? For example: add a subtask to task 3: buy nails.";
            return Some(Plan::fallback(Intent::AddTask, Fallback::NoSuchTask, text));
        }
    };
    Some(match draft(title, scene) {
        Err(plan) => *plan,
        Ok(draft) => {
            let parent_id = Some(parent.to_string());
            let draft = TaskDraft { parent_id, ..draft };
            Plan::act(Intent::AddTask, vec![ToolCall::AddTask(Box::new(draft))])
        }
    })
}
