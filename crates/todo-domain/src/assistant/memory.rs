//! What the assistant remembers between two turns of a conversation. It is stored with it, as JSON.

use serde::{Deserialize, Serialize};

use super::{Context, Pending, ToolOutcome, ToolResult, View};
use crate::time::Timestamp;
use crate::zone::Zone;

/// Most tasks that are remembered of a list.
const REMEMBERED: usize = 100;

/// What is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The question that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// The numbers of the tasks that were shown last.
    #[serde(default)]
    pub last_list: Vec<u32>,
    /// The numbers of the tasks that were spoken of last.
    #[serde(default)]
    pub focus: Vec<u32>,
}

impl Memory {
    /// From what a conversation keeps; of what cannot be read nothing is remembered.
    pub fn read(state: &str) -> Self {
        serde_json::from_str(state).unwrap_or_default()
    }

    /// What a message is read with.
    pub fn context<'a>(&'a self, tasks: &'a View, now: Timestamp, zone: Zone) -> Context<'a> {
        Context {
            tasks,
            now,
            zone,
            pending: self.pending.as_ref(),
            last_list: &self.last_list,
            focus: &self.focus,
        }
    }

    /// Remembers of which tasks a turn was.
    pub fn learn(&mut self, results: &[ToolResult]) {
        let mut focus: Vec<u32> = Vec::new();
        for result in results {
            let numbers: Vec<u32> = match &result.outcome {
                ToolOutcome::Task(task) => vec![task.task_id],
                ToolOutcome::Details(task) => vec![task.number],
                ToolOutcome::Changes(changes) => changes.tasks.iter().map(|task| task.task_id).collect(),
                ToolOutcome::Tasks(tasks) => {
                    let shown = tasks.iter().map(|task| task.task_id).take(REMEMBERED);
                    self.last_list = shown.collect();
                    self.last_list.clone()
                }
                ToolOutcome::Stats(_) | ToolOutcome::Failed(_) => continue,
            };
            focus.extend(numbers);
        }
        if !focus.is_empty() {
            focus.truncate(REMEMBERED);
            self.focus = focus;
        }
    }
}
