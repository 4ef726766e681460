//! One task in words.

use crate::assistant::TaskLine;
use crate::due::Due;
use crate::task::{Reminder, Task};
use crate::zone::Zone;

use super::line;

/// One task with all that is known of it.
pub(super) fn details(task: &Task) -> String {
    let mut text = line(&TaskLine::from(task));
    match task.due_date {
        Some(due) => text.push_str(&format!("\nDue: {}", shown(due, task.zone()))),
        None => text.push_str("\nIt has no due date."),
    }
    if let Some(rule) = &task.recurrence_rule {
        text.push_str(&format!("\nRepeats: {rule}"));
    }
    if !task.reminders.is_empty() {
        let times = task.reminders.iter().map(|reminder| match reminder {
            Reminder::At(time) => shown(Due::Time(*time), task.zone()),
            Reminder::Before(lead) => format!("{} before", lead.as_str()),
        });
        text.push_str(&format!("\nReminders: {}", times.collect::<Vec<_>>().join(", ")));
    }
    if !task.tags.is_empty() {
        text.push_str(&format!("\nTags: {}", task.tags.join(", ")));
    }
    if !task.subtasks.is_empty() {
        let (completed, total) = (task.subtasks.completed, task.subtasks.total);
        text.push_str(&format!("\nSubtasks: {completed} of {total} completed"));
    }
    if let Some(description) = &task.description {
        text.push_str(&format!("\n{description}"));
    }
    text
}

/// A date as people read it, where the task is.
fn shown(due: Due, zone: Zone) -> String {
    match due {
        Due::Day(day) => day.format("%A, %-d %B %Y").to_string(),
        Due::Time(time) => {
            let local = zone.local(time).format("%A, %-d %B %Y at %H:%M");
            format!("{local} ({zone})")
        }
    }
}
