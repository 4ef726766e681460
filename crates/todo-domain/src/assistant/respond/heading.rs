//! What stands above a list: what was looked for, and how much of it there is.

use crate::assistant::{ListFilter, ListStatus, ToolCall};
use crate::due::Due;
use crate::query::DueFilter;

pub(super) fn heading(call: &ToolCall, count: usize) -> String {
    let filter = match call {
        ToolCall::SearchTasks { query } => {
            return match count {
                0 => format!("No task matches “{query}”."),
                1 => format!("One task matches “{query}”:"),
                _ => format!("{count} tasks match “{query}”:"),
            };
        }
        ToolCall::ListTasks(filter) => (**filter).clone(),
        _ => ListFilter::default(),
    };
    let mut kinds: Vec<String> = Vec::new();
    match (filter.due, filter.status) {
        (Some(DueFilter::Overdue), _) => kinds.push("overdue ".to_owned()),
        (_, ListStatus::Pending) => kinds.push("pending ".to_owned()),
        (_, ListStatus::Completed) => kinds.push("completed ".to_owned()),
        (_, ListStatus::All) => {}
    }
    if let Some(priority) = filter.priority {
        kinds.push(format!("{priority}-priority "));
    }
    let kinds = kinds.concat();
    let mut with = match filter.due {
        Some(DueFilter::Today) => " for today".to_owned(),
        Some(DueFilter::Week) => " for the next seven days".to_owned(),
        Some(DueFilter::None) => " without a due date".to_owned(),
        Some(DueFilter::Overdue) | None => String::new(),
    };
    with.push_str(&period(filter.due_after, filter.due_before));
    if let Some(since) = filter.completed_since {
        with.push_str(&format!(" since {since}"));
    }
    if let Some(tag) = &filter.tag {
        with.push_str(&format!(" tagged #{tag}"));
    }
    if let Some(words) = &filter.search {
        with.push_str(&format!(" about “{words}”"));
    }
    match (count, filter.limit) {
        (0, _) => format!("You have no {kinds}tasks{with}."),
        (_, Some(1)) => format!("Next of your {kinds}tasks{with}:"),
        (1, _) => format!("You have one {kinds}task{with}:"),
        _ => format!("You have {count} {kinds}tasks{with}:"),
    }
}

/// ` due on 2026-03-11`, ` due from … to before …`.
fn period(from: Option<Due>, to: Option<Due>) -> String {
    match (from, to) {
        (Some(Due::Day(day)), Some(Due::Day(end))) if day.succ_opt() == Some(end) => {
            format!(" due on {}", Due::Day(day))
        }
        (Some(Due::Day(day)), Some(Due::Day(end))) => {
            format!(
                " due from {} to {}",
                Due::Day(day),
                Due::Day(end.pred_opt().unwrap_or(end))
            )
        }
        (Some(from), Some(to)) => format!(" due from {from} to {to}"),
        (Some(from), None) => format!(" due from {from} on"),
        (None, Some(to)) => format!(" due before {to}"),
        (None, None) => String::new(),
    }
}
