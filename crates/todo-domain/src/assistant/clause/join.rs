//! The calls of several commands together.

use super::COMING;
use crate::assistant::scene::Scene;
use crate::assistant::{Fallback, Intent, Plan, ToolCall};
use crate::task::{Reminder, Status};
use crate::validation::{NewTask, TaskDraft, apply};

/// Adds the calls of a command. What it says of a task that is still to be made belongs to the making of it.
pub(super) fn join(done: &mut Vec<ToolCall>, calls: Vec<ToolCall>, scene: &mut Scene<'_>) -> Option<Plan> {
    let mut focus = Vec::new();
    for call in calls {
        let numbers = match &call {
            ToolCall::BulkTasks(request) => request.ids.iter().filter_map(|id| id.parse().ok()).collect(),
            call => call.task_id().into_iter().collect::<Vec<u32>>(),
        };
        if numbers.contains(&COMING) {
            let made = done.iter_mut().rev().find_map(|call| match call {
                ToolCall::AddTask(draft) => Some(draft),
                _ => None,
            });
            if made.is_none_or(|draft| !merge(draft, &call, scene)) {
                let text =
                    "I cannot do that to a task that is not there yet, so I did nothing of your message.";
                return Some(Plan::fallback(Intent::Unclear, Fallback::Invalid, text));
            }
            continue;
        }
        if let ToolCall::AddTask(draft) = &call {
            scene.expect((**draft).clone().into_task(NewTask {
                id: String::new(),
                number: COMING,
                now: scene.context.now,
            }));
        }
        focus.extend(numbers);
        done.push(call);
    }
    if !focus.is_empty() {
        scene.look_at(focus);
    }
    None
}

fn merge(draft: &mut TaskDraft, call: &ToolCall, scene: &Scene<'_>) -> bool {
    let reminder = |draft: &mut TaskDraft, reminder: &Reminder| {
        let has_base = draft.due_date.is_some() || matches!(reminder, Reminder::At(_));
        draft.reminders.push(reminder.clone());
        draft.timezone = draft.timezone.or(Some(scene.context.zone));
        has_base
    };
    match call {
        ToolCall::UpdateTask { patch, .. } => {
            let task = draft.clone().into_task(NewTask {
                id: String::new(),
                number: COMING,
                now: scene.context.now,
            });
            let Ok(applied) = apply(&task, (**patch).clone(), scene.context.now) else {
                return false;
            };
            let task = applied.task;
            draft.title = task.title;
            draft.description = task.description;
            draft.priority = task.priority;
            draft.tags = task.tags;
            draft.due_date = task.due_date;
            draft.timezone = task.timezone;
            draft.recurrence_rule = task.recurrence_rule;
            if task.status != Status::Pending {
                draft.status = Some(task.status);
            }
            true
        }
        ToolCall::SetReminder { reminder: at, .. } => reminder(draft, at),
        ToolCall::CompleteTask { .. } => {
            draft.status = Some(Status::Completed);
            true
        }
        _ => false,
    }
}
