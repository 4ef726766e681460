//! The question whether to run what a model wants, with a line for each task.

use todo_domain::assistant::{Decision, Pending, ToolCall};
use todo_domain::bulk::{BulkAction, BulkRequest};
use todo_domain::task::Task;
use todo_domain::time::Timestamp;

/// How many lines a question has; of more, it says how many.
const MOST_LINES: usize = 50;

/// The question whether to run these calls.
pub(super) fn question(calls: Vec<ToolCall>, tasks: &[Task], now: Timestamp) -> Pending {
    let mut all: Vec<String> = Vec::new();
    for line in calls.iter().flat_map(|call| lines(call, tasks)) {
        if !all.contains(&line) {
            all.push(line);
        }
    }
    let question = if let [line] = all.as_slice() {
        format!("This will {line}. Shall I? (yes or no)")
    } else if calls.iter().all(|call| call.deletions() > 0) {
        let named = all.iter().map(|line| line.trim_start_matches("delete "));
        format!(
            "This will delete {} tasks. Shall I? (yes or no)\n{}",
            all.len(),
            shown(named)
        )
    } else {
        format!(
            "This will make {} changes. Shall I? (yes or no)\n{}",
            all.len(),
            shown(all.iter().map(String::as_str))
        )
    };
    Pending::new(question, Decision::Confirm { calls }, now)
}

/// The numbers of the tasks that the calls are about.
pub(super) fn numbers(calls: &[ToolCall]) -> Vec<u32> {
    let of = |call: &ToolCall| match call {
        ToolCall::BulkTasks(request) => bulk_numbers(request).collect(),
        call => call.task_id().into_iter().collect::<Vec<_>>(),
    };
    calls.iter().flat_map(of).collect()
}

/// A call's tasks have numbers for ids.
fn bulk_numbers(request: &BulkRequest) -> impl Iterator<Item = u32> {
    request.ids.iter().filter_map(|id| id.parse().ok())
}

fn shown<'l>(lines: impl ExactSizeIterator<Item = &'l str>) -> String {
    let more = lines.len().saturating_sub(MOST_LINES);
    let mut text = lines.take(MOST_LINES).collect::<Vec<_>>().join("\n");
    if more > 0 {
        text.push_str(&format!("\n… and {more} more."));
    }
    text
}

/// What the call would do, a line for each task.
fn lines(call: &ToolCall, tasks: &[Task]) -> Vec<String> {
    let verb = match call {
        ToolCall::AddTask(draft) => return vec![format!("add “{}”", draft.title)],
        ToolCall::Undo => return vec!["take back the last change".to_owned()],
        ToolCall::BulkTasks(request) => return bulk_lines(request, tasks),
        ToolCall::CompleteTask { .. } => "complete",
        ToolCall::DeleteTask { .. } => "delete",
        ToolCall::SetReminder { .. } => "set a reminder for",
        ToolCall::SkipOccurrence { .. } => "skip an occurrence of",
        ToolCall::EndSeries { .. } => "end the series of",
        _ => "change",
    };
    vec![line(verb, call.task_id().unwrap_or_default(), tasks)]
}

fn bulk_lines(request: &BulkRequest, tasks: &[Task]) -> Vec<String> {
    let verb = match &request.action {
        BulkAction::Complete => "complete",
        BulkAction::Reopen => "reopen",
        BulkAction::Delete => "delete",
        BulkAction::Restore => "restore",
        BulkAction::Tag(_) | BulkAction::Untag(_) => "change the tags of",
        BulkAction::Move(_) => "move",
    };
    bulk_numbers(request)
        .map(|number| line(verb, number, tasks))
        .collect()
}

fn line(verb: &str, number: u32, tasks: &[Task]) -> String {
    match tasks.iter().find(|task| task.number == number) {
        Some(task) => format!("{verb} #{number} {}", task.title),
        None => format!("{verb} #{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delete(task_id: u32) -> ToolCall {
        ToolCall::DeleteTask { task_id }
    }

    fn bulk(action: BulkAction, numbers: &[u32]) -> ToolCall {
        let ids = numbers.iter().map(u32::to_string).collect();
        ToolCall::BulkTasks(Box::new(BulkRequest { action, ids }))
    }

    #[test]
    fn the_question_says_what_would_happen() {
        let now = Timestamp::EPOCH;
        assert_eq!(
            question(vec![delete(3)], &[], now).question,
            "This will delete #3. Shall I? (yes or no)"
        );
        assert_eq!(
            question(vec![delete(3), delete(4)], &[], now).question,
            "This will delete 2 tasks. Shall I? (yes or no)\n#3\n#4"
        );
        let mixed = vec![delete(3), ToolCall::CompleteTask { task_id: 4 }];
        assert_eq!(
            question(mixed, &[], now).question,
            "This will make 2 changes. Shall I? (yes or no)\ndelete #3\ncomplete #4"
        );
        assert_eq!(
            question(vec![bulk(BulkAction::Delete, &[3, 4]), delete(4)], &[], now).question,
            "This will delete 2 tasks. Shall I? (yes or no)\n#3\n#4"
        );
        assert_eq!(
            question(vec![ToolCall::Undo], &[], now).question,
            "This will take back the last change. Shall I? (yes or no)"
        );
        let many: Vec<u32> = (1..=60).collect();
        let question = question(vec![bulk(BulkAction::Complete, &many)], &[], now).question;
        assert!(question.starts_with("This will make 60 changes."), "{question}");
        assert!(question.ends_with("\ncomplete #50\n… and 10 more."), "{question}");
    }
}
