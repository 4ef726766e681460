//! Putting results into words. Only results are read: what did not happen cannot be said.

use super::{ListStatus, Stats, TaskLine, TaskResult, ToolCall, ToolOutcome, ToolResult};
use crate::query::DueFilter;
use crate::task::{Priority, Status};

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
        ToolOutcome::Failed(reason) => format!("That did not work: {reason}."),
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
        (_, true) => format!("Updated task {task_id}: “{title}”."),
        (_, false) => format!("Task {task_id}, “{title}”, was already like that."),
    }
}

fn heading(call: &ToolCall, count: usize) -> String {
    let kind = match call {
        ToolCall::SearchTasks { query } => {
            return match count {
                0 => format!("No task matches “{query}”."),
                1 => format!("One task matches “{query}”:"),
                _ => format!("{count} tasks match “{query}”:"),
            };
        }
        ToolCall::ListTasks {
            due: Some(DueFilter::Overdue),
            ..
        } => "overdue ",
        ToolCall::ListTasks {
            status: ListStatus::Pending,
            ..
        } => "pending ",
        ToolCall::ListTasks {
            status: ListStatus::Completed,
            ..
        } => "completed ",
        _ => "",
    };
    let when = match call {
        ToolCall::ListTasks {
            due: Some(DueFilter::Today),
            ..
        } => " for today",
        ToolCall::ListTasks {
            due: Some(DueFilter::Week),
            ..
        } => " for the next seven days",
        ToolCall::ListTasks {
            due: Some(DueFilter::None),
            ..
        } => " without a due date",
        _ => "",
    };
    match count {
        0 => format!("You have no {kind}tasks{when}."),
        1 => format!("You have one {kind}task{when}:"),
        _ => format!("You have {count} {kind}tasks{when}:"),
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
