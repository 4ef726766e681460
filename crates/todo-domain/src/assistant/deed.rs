//! What shall be done to the tasks that a message names: the calls, or the question that comes first.

use super::reference::{Meaning, Preference, resolve};
use super::scene::Scene;
use super::{Decision, Fallback, Intent, Plan, ToolCall};
use crate::bulk::{BulkAction, BulkRequest, IDS_LIMIT};
use crate::task::{Status, Task};
use crate::validation::{Change, TaskPatch};

/// Most tasks that are changed one by one.
const SINGLY_LIMIT: usize = 100;

/// Something to do to a task.
pub(super) struct Deed<'d> {
    pub(super) intent: Intent,
    /// Which tasks come first into question.
    pub(super) preference: Preference,
    /// What a question calls it: `delete`, `complete`, `move`.
    pub(super) verb: &'d str,
    /// The call for one task.
    pub(super) call: &'d dyn Fn(&Task) -> ToolCall,
}

impl Deed<'_> {
    /// Does it to what the text names, or asks, or says that there is nothing.
    pub(super) fn to(&self, reference: &str, scene: &Scene<'_>) -> Plan {
        match resolve(reference, scene, self.preference) {
            Meaning::Tasks(numbers) => self.to_these(&numbers, false, scene),
            Meaning::All(numbers) => self.to_these(&numbers, true, scene),
            Meaning::Perhaps(number) if self.deletes() => {
                let question = format!(
                    "Do you mean this one? I will {} it if you say yes.{}",
                    self.verb,
                    scene.lines(&[number])
                );
                let calls = self.calls(&[number], scene);
                Plan::ask(
                    self.intent,
                    question,
                    Decision::Confirm { calls },
                    scene.context.now,
                )
            }
            Meaning::Perhaps(number) => self.to_these(&[number], false, scene),
            Meaning::OneOf(candidates) => {
                let question = format!(
                    "Which one do you mean? Say its number, or “both” or “all”.{}",
                    scene.lines(&candidates)
                );
                let calls = candidates
                    .iter()
                    .filter_map(|number| scene.find(*number))
                    .map(|task| (self.call)(task));
                let decision = Decision::Choose {
                    calls: calls.collect(),
                    candidates,
                };
                Plan::ask(self.intent, question, decision, scene.context.now)
            }
            Meaning::Nothing { named, nearest } => {
                let hint = if nearest.is_empty() {
                    String::new()
                } else {
                    format!(" Did you mean{}", scene.lines(&nearest))
                };
                let text = format!("I found no task for {named}, so I changed nothing.{hint}");
                Plan::fallback(self.intent, Fallback::NoSuchTask, text)
            }
            Meaning::Unsaid => Plan::fallback(
                self.intent,
                Fallback::Incomplete,
                "Which task do you mean? Say its number or a part of its title.",
            ),
        }
    }

    fn to_these(&self, numbers: &[u32], is_kind: bool, scene: &Scene<'_>) -> Plan {
        if numbers.is_empty() {
            let text = "There are no such tasks, so nothing was changed.";
            return Plan::fallback(self.intent, Fallback::NoSuchTask, text);
        }
        let calls = self.calls(numbers, scene);
        if calls.len() > SINGLY_LIMIT {
            let text = format!(
                "These are {} tasks, and I can {} at most {SINGLY_LIMIT} at once, so I changed nothing.",
                numbers.len(),
                self.verb
            );
            return Plan::fallback(self.intent, Fallback::Invalid, text);
        }
        let must_ask = if self.deletes() {
            numbers.len() > 1 || scene.is_guess
        } else {
            is_kind && numbers.len() > 1 && calls.iter().any(|call| !call.only_reads())
        };
        if must_ask {
            let question = format!(
                "This will {} {}. Shall I? (yes or no){}",
                self.verb,
                super::respond::counted(numbers.len()),
                scene.lines(numbers)
            );
            return Plan::ask(
                self.intent,
                question,
                Decision::Confirm { calls },
                scene.context.now,
            );
        }
        Plan::act(self.intent, calls)
    }

    fn calls(&self, numbers: &[u32], scene: &Scene<'_>) -> Vec<ToolCall> {
        let tasks = numbers.iter().filter_map(|number| scene.find(*number));
        together(tasks.map(|task| (self.call)(task)).collect())
    }

    fn deletes(&self) -> bool {
        self.intent == Intent::DeleteTask
    }
}

/// The same calls, made as one where one call can do it all.
pub(super) fn together(calls: Vec<ToolCall>) -> Vec<ToolCall> {
    let mut found = calls.iter().map(action);
    let Some(Some(first)) = found.next() else {
        return calls;
    };
    if calls.len() < 2 || !found.all(|action| action.as_ref() == Some(&first)) {
        return calls;
    }
    let ids: Vec<String> = calls
        .iter()
        .filter_map(ToolCall::task_id)
        .map(|number| number.to_string())
        .collect();
    let requests = ids.chunks(IDS_LIMIT).map(|ids| BulkRequest {
        action: first.clone(),
        ids: ids.to_vec(),
    });
    requests
        .map(|request| ToolCall::BulkTasks(Box::new(request)))
        .collect()
}

/// What the call is among the actions on many tasks.
fn action(call: &ToolCall) -> Option<BulkAction> {
    match call {
        ToolCall::CompleteTask { .. } => Some(BulkAction::Complete),
        ToolCall::DeleteTask { .. } => Some(BulkAction::Delete),
        ToolCall::UpdateTask { patch, .. } => {
            let only_due = TaskPatch {
                due_date: patch.due_date.clone(),
                timezone: patch.timezone.clone(),
                ..TaskPatch::default()
            };
            let reopened = TaskPatch {
                status: Change::Set(Status::Pending),
                ..TaskPatch::default()
            };
            match &patch.due_date {
                _ if **patch == reopened => Some(BulkAction::Reopen),
                Change::Set(due) if **patch == only_due => Some(BulkAction::Move(Some(*due))),
                Change::Clear if **patch == only_due => Some(BulkAction::Move(None)),
                _ => None,
            }
        }
        _ => None,
    }
}
