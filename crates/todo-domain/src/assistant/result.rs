//! What tools answer.

use serde::Serialize;
use serde_json::{Value, json};

use super::ToolCall;
use crate::bulk::BulkAction;
use crate::due::Due;
use crate::events::TaskEventType;
use crate::query::DueFilter;
use crate::task::{Priority, Status, Task};
use crate::time::Timestamp;
use crate::zone::Zone;

/// A call that was made, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolResult {
    /// The call.
    pub call: ToolCall,
    /// What came of it.
    pub outcome: ToolOutcome,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolOutcome {
    /// One task was made, changed, completed or deleted, or was already so.
    Task(TaskResult),
    /// These tasks were found.
    Tasks(Vec<TaskLine>),
    /// These are the numbers.
    Stats(Stats),
    /// This is the task.
    Details(Box<Task>),
    /// These were changed together, or are again as they were.
    Changes(ChangesResult),
    /// Nothing was done, for this reason; a whole sentence without its full stop.
    Failed(String),
}

/// The result that the hackathon's specification gives for tools that change a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskResult {
    /// The task's number.
    pub task_id: u32,
    /// `created`, `completed`, `updated`, `deleted`, `reminder_set`, `series_ended`.
    pub status: &'static str,
    /// The title after the change.
    pub title: String,
    /// False when it was so before, for example when a completed task is completed.
    pub changed: bool,
}

/// What was done with several tasks together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangesResult {
    /// `completed`, `reopened`, `deleted`, `restored`, `updated`, or `undone`.
    pub status: &'static str,
    /// How many are different from before.
    pub count: usize,
    /// All of them, also those that were so before.
    pub tasks: Vec<TaskResult>,
}

/// One task in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskLine {
    /// The task's number.
    pub task_id: u32,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub status: Status,
    /// Whether it is completed.
    pub completed: bool,
    /// How urgent it is.
    pub priority: Priority,
    /// When it is due.
    pub due_date: Option<Due>,
    /// Its tags.
    pub tags: Vec<String>,
}

/// Counts of a user's tasks; also what `GET /stats` answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// All tasks.
    pub total: usize,
    /// Not begun.
    pub pending: usize,
    /// Begun.
    pub in_progress: usize,
    /// Done.
    pub completed: usize,
    /// Given up.
    pub cancelled: usize,
    /// Open, and the deadline has passed.
    pub overdue: usize,
    /// Open, and due today.
    pub due_today: usize,
}

impl ToolOutcome {
    /// The result as an object, as the tool's output schema describes it; nothing where the call failed.
    pub fn structured(&self) -> Option<Value> {
        match self {
            Self::Task(result) => Some(json!(result)),
            Self::Tasks(tasks) => Some(json!({ "tasks": tasks, "count": tasks.len() })),
            Self::Stats(stats) => Some(json!(stats)),
            Self::Details(task) => Some(json!(task)),
            Self::Changes(changes) => Some(json!(changes)),
            Self::Failed(_reason) => None,
        }
    }
}

impl ToolResult {
    /// The call as the chat API shows it: `{tool, arguments, result, status}`, status `success` or `error`.
    pub fn to_json(&self, user_id: &str) -> Value {
        let (status, result) = match &self.outcome {
            ToolOutcome::Task(result) => ("success", json!(result)),
            ToolOutcome::Tasks(tasks) => ("success", json!(tasks)),
            ToolOutcome::Stats(stats) => ("success", json!(stats)),
            ToolOutcome::Details(task) => ("success", json!(task)),
            ToolOutcome::Changes(changes) => ("success", json!(changes)),
            ToolOutcome::Failed(reason) => ("error", json!({ "error": reason })),
        };
        json!({
            "tool": self.call.name(),
            "arguments": self.call.arguments(user_id),
            "result": result,
            "status": status,
        })
    }
}

impl TaskResult {
    /// The result of a call about this task. `changed` is whether the call made a difference.
    pub fn new(call: &ToolCall, task: &Task, changed: bool) -> Self {
        let status = match call {
            ToolCall::AddTask(_) => "created",
            ToolCall::CompleteTask { .. } => "completed",
            ToolCall::DeleteTask { .. } => "deleted",
            ToolCall::SetReminder { .. } => "reminder_set",
            ToolCall::EndSeries { .. } => "series_ended",
            ToolCall::BulkTasks(request) => after(&request.action),
            ToolCall::UpdateTask { .. }
            | ToolCall::ListTasks(_)
            | ToolCall::SearchTasks { .. }
            | ToolCall::GetStats
            | ToolCall::GetTask { .. }
            | ToolCall::SkipOccurrence { .. }
            | ToolCall::Undo => "updated",
        };
        Self {
            task_id: task.number,
            status,
            title: task.title.clone(),
            changed,
        }
    }
}

impl ChangesResult {
    /// The result of a change of several tasks, of each of which is told whether it made a difference.
    pub fn of_bulk(call: &ToolCall, action: &BulkAction, tasks: &[(Task, bool)]) -> Self {
        let results = tasks
            .iter()
            .map(|(task, changed)| TaskResult::new(call, task, *changed));
        Self::of(after(action), results.collect())
    }

    /// What was undone: each task with what undoing has done to it.
    pub fn of_undo(undone: impl IntoIterator<Item = (TaskEventType, Task)>) -> Self {
        let result = |(kind, task): (TaskEventType, Task)| TaskResult {
            task_id: task.number,
            status: match kind {
                TaskEventType::Created => "removed",
                TaskEventType::Deleted => "restored",
                TaskEventType::Updated | TaskEventType::Completed | TaskEventType::Reopened => "reverted",
            },
            title: task.title,
            changed: true,
        };
        Self::of("undone", undone.into_iter().map(result).collect())
    }

    fn of(status: &'static str, tasks: Vec<TaskResult>) -> Self {
        Self {
            status,
            count: tasks.iter().filter(|task| task.changed).count(),
            tasks,
        }
    }
}

/// What has become of a task.
fn after(action: &BulkAction) -> &'static str {
    match action {
        BulkAction::Complete => "completed",
        BulkAction::Reopen => "reopened",
        BulkAction::Delete => "deleted",
        BulkAction::Restore => "restored",
        BulkAction::Tag(_) | BulkAction::Untag(_) | BulkAction::Move(_) => "updated",
    }
}

impl From<&Task> for TaskLine {
    fn from(task: &Task) -> Self {
        Self {
            task_id: task.number,
            title: task.title.clone(),
            status: task.status,
            completed: task.status == Status::Completed,
            priority: task.priority,
            due_date: task.due_date,
            tags: task.tags.clone(),
        }
    }
}

impl Stats {
    /// Counts tasks as they are `now`, where the user is.
    pub fn of<'a>(tasks: impl IntoIterator<Item = &'a Task>, now: Timestamp, zone: Zone) -> Self {
        let mut stats = Self::default();
        for task in tasks {
            stats.total += 1;
            match task.status {
                Status::Pending => stats.pending += 1,
                Status::InProgress => stats.in_progress += 1,
                Status::Completed => stats.completed += 1,
                Status::Cancelled => stats.cancelled += 1,
            }
            stats.overdue += usize::from(DueFilter::Overdue.includes(task, now, zone));
            stats.due_today +=
                usize::from(task.status.is_open() && DueFilter::Today.includes(task, now, zone));
        }
        stats
    }
}
