//! Putting results into words. Only results are read: what did not happen cannot be said.

use super::{ChangesResult, Stats, TaskLine, TaskResult, ToolCall, ToolOutcome, ToolResult};
use crate::task::{Priority, Status, Task};

mod details;
mod heading;

use details::details;
use heading::heading;

/// Longest list that is spelled out; the rest is counted.
const LINES_LIMIT: usize = 50;

/// What the assistant says after its calls.
pub fn respond(results: &[ToolResult]) -> String {
    let answers: Vec<String> = results.iter().map(answer).collect();
    if answers.is_empty() {
        "Nothing was changed.".to_owned()
    } else {
        answers.join("\n")
    }
}

fn answer(result: &ToolResult) -> String {
    match &result.outcome {
        ToolOutcome::Task(task) => changed(task),
        ToolOutcome::Tasks(tasks) => format!("{}{}", heading(&result.call, tasks.len()), lines(tasks)),
        ToolOutcome::Stats(stats) => numbers(stats),
        ToolOutcome::Details(task) => match &result.call {
            ToolCall::SkipOccurrence { .. } => skipped(task),
            _ => details(task),
        },
        ToolOutcome::Changes(changes) => changed_together(changes),
        ToolOutcome::Failed(reason) => format!("That did not work: {}.", reason.trim_end_matches('.')),
    }
}

fn changed(task: &TaskResult) -> String {
    let TaskResult {
        task_id,
        status,
        title,
        changed,
    } = task;
    match (*status, changed) {
        ("created", _) => format!("Added task {task_id}: “{title}”."),
        ("completed", true) => format!("Completed task {task_id}: “{title}”. Well done!"),
        ("completed", false) => format!("Task {task_id}, “{title}”, was already completed."),
        ("deleted", _) => format!("Deleted task {task_id}: “{title}”."),
        ("reminder_set", true) => format!("I will remind you of task {task_id}: “{title}”."),
        ("reminder_set", false) => format!("Task {task_id}, “{title}”, already has that reminder."),
        ("series_ended", _) => format!("Task {task_id}, “{title}”, does not come again."),
        ("reopened", true) => format!("Reopened task {task_id}: “{title}”."),
        ("restored", _) => format!("Task {task_id}, “{title}”, is back."),
        ("removed", _) => format!("Task {task_id}, “{title}”, is gone again."),
        ("reverted", _) => format!("Task {task_id}, “{title}”, is as it was before."),
        (_, true) => format!("Updated task {task_id}: “{title}”."),
        (_, false) => format!("Task {task_id}, “{title}”, was already like that."),
    }
}

fn skipped(task: &Task) -> String {
    let due = task
        .due_date
        .map_or_else(String::new, |due| format!(" It is due {due} now."));
    format!(
        "Skipped an occurrence of task {}, “{}”.{due}",
        task.number, task.title
    )
}

fn changed_together(changes: &ChangesResult) -> String {
    if let [only] = changes.tasks.as_slice() {
        return changed(only);
    }
    let verb = match changes.status {
        "completed" => "Completed",
        "reopened" => "Reopened",
        "deleted" => "Deleted",
        "restored" => "Brought back",
        "undone" => "Took back the change of",
        _ => "Updated",
    };
    let same = changes.tasks.len() - changes.count;
    let mut text = match changes.count {
        0 => "Nothing was changed: they were all like that.".to_owned(),
        count => format!("{verb} {}.", counted(count)),
    };
    if same > 0 && changes.count > 0 {
        text.push_str(&format!(
            " {} like that already.",
            if same == 1 {
                "One was".to_owned()
            } else {
                format!("{same} were")
            }
        ));
    }
    let named = changes.tasks.iter().filter(|task| task.changed);
    for task in named.clone().take(LINES_LIMIT) {
        text.push_str(&format!("\n#{} {}", task.task_id, task.title));
    }
    if named.count() > LINES_LIMIT {
        text.push_str("\n…");
    }
    text
}

/// `one task`, `3 tasks`.
pub(super) fn counted(count: usize) -> String {
    match count {
        1 => "one task".to_owned(),
        count => format!("{count} tasks"),
    }
}

fn lines(tasks: &[TaskLine]) -> String {
    let mut text: String = tasks
        .iter()
        .take(LINES_LIMIT)
        .map(|task| format!("\n{}", line(task)))
        .collect();
    if tasks.len() > LINES_LIMIT {
        text.push_str(&format!("\n… and {} more.", tasks.len() - LINES_LIMIT));
    }
    text
}

/// One task as the assistant names it: `#3 Pay rent (high, due 2026-03-01)`.
pub(super) fn line(task: &TaskLine) -> String {
    let mut notes: Vec<String> = Vec::new();
    match task.status {
        Status::Pending => {}
        Status::InProgress => notes.push("in progress".to_owned()),
        Status::Completed => notes.push("completed".to_owned()),
        Status::Cancelled => notes.push("cancelled".to_owned()),
    }
    if task.priority != Priority::Medium {
        notes.push(task.priority.to_string());
    }
    if let Some(due) = task.due_date {
        notes.push(format!("due {due}"));
    }
    let notes = if notes.is_empty() {
        String::new()
    } else {
        format!(" ({})", notes.join(", "))
    };
    format!("#{} {}{notes}", task.task_id, task.title)
}

fn numbers(stats: &Stats) -> String {
    let open = stats.pending + stats.in_progress;
    format!(
        "You have {} tasks: {open} open, {} completed, {} cancelled. {} overdue, {} due today.",
        stats.total, stats.completed, stats.cancelled, stats.overdue, stats.due_today
    )
}
