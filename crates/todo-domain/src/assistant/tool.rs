//! The tools that an assistant calls, with their arguments as typed values and as JSON.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::argument::{ForeignUser, check_user_argument};
use super::catalogue::has_argument;
use crate::bulk::{BulkAction, BulkRequest};
use crate::task::Reminder;
use crate::validation::{FieldError, TaskDraft, TaskPatch};

mod list;
mod read;

pub use list::{ListFilter, ListSort, ListStatus};

/// The names of all tools.
pub const TOOLS: [&str; 13] = [
    "add_task",
    "list_tasks",
    "complete_task",
    "delete_task",
    "update_task",
    "search_tasks",
    "set_reminder",
    "get_stats",
    "get_task",
    "bulk_tasks",
    "undo",
    "skip_occurrence",
    "end_series",
];

/// A call of a tool. The user is never an argument: it is the token's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolCall {
    /// Make a task.
    AddTask(Box<TaskDraft>),
    /// List tasks.
    ListTasks(Box<ListFilter>),
    /// Complete a task.
    CompleteTask {
        /// Its number.
        task_id: u32,
    },
    /// Delete a task.
    DeleteTask {
        /// Its number.
        task_id: u32,
    },
    /// Change a task.
    UpdateTask {
        /// Its number.
        task_id: u32,
        /// What changes.
        patch: Box<TaskPatch>,
    },
    /// Find tasks by words.
    SearchTasks {
        /// The words.
        query: String,
    },
    /// Add a reminder to a task.
    SetReminder {
        /// Its number.
        task_id: u32,
        /// When.
        reminder: Reminder,
    },
    /// Count tasks.
    GetStats,
    /// Show all of a task.
    GetTask {
        /// Its number.
        task_id: u32,
    },
    /// Do the same to several tasks: to all of them, or to none.
    BulkTasks(Box<BulkRequest>),
    /// Take back what was changed last.
    Undo,
    /// Go on to the next occurrence of a recurring task, without doing this one.
    SkipOccurrence {
        /// Its number.
        task_id: u32,
        /// Whether to go over all that was missed.
        missed: bool,
    },
    /// A task does not come again.
    EndSeries {
        /// Its number.
        task_id: u32,
    },
}

/// Why a call cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ToolError {
    /// There is no such tool.
    #[error("there is no tool `{0}`")]
    UnknownTool(String),
    /// The call names another user.
    #[error(transparent)]
    ForeignUser(#[from] ForeignUser),
    /// The arguments have mistakes.
    #[error("the arguments are not valid: {}", list(.0))]
    Arguments(Vec<FieldError>),
}

impl ToolCall {
    /// Reads a call that came from outside: a model, or an MCP client.
    pub fn parse(name: &str, arguments: &Value, user_id: &str) -> Result<Self, ToolError> {
        check_user_argument(arguments, user_id)?;
        if TOOLS.contains(&name) {
            let names = arguments.as_object().into_iter().flat_map(Map::keys);
            let unknown: Vec<FieldError> = names
                .filter(|argument| !has_argument(name, argument))
                .map(|argument| {
                    let shown: String = argument.chars().take(60).collect();
                    FieldError::new(shown, format!("is not an argument of `{name}`"))
                })
                .collect();
            if !unknown.is_empty() {
                return Err(ToolError::Arguments(unknown));
            }
        }
        Self::read(name, arguments)
    }

    /// The tool's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::AddTask(_) => "add_task",
            Self::ListTasks(_) => "list_tasks",
            Self::CompleteTask { .. } => "complete_task",
            Self::DeleteTask { .. } => "delete_task",
            Self::UpdateTask { .. } => "update_task",
            Self::SearchTasks { .. } => "search_tasks",
            Self::SetReminder { .. } => "set_reminder",
            Self::GetStats => "get_stats",
            Self::GetTask { .. } => "get_task",
            Self::BulkTasks(_) => "bulk_tasks",
            Self::Undo => "undo",
            Self::SkipOccurrence { .. } => "skip_occurrence",
            Self::EndSeries { .. } => "end_series",
        }
    }

    /// The arguments as the API shows them, with the token's user among them.
    pub fn arguments(&self, user_id: &str) -> Value {
        let mut arguments = self.own_arguments();
        arguments.insert("user_id".to_owned(), user_id.into());
        Value::Object(arguments)
    }

    /// The number of the task it is about.
    pub fn task_id(&self) -> Option<u32> {
        match self {
            Self::CompleteTask { task_id }
            | Self::DeleteTask { task_id }
            | Self::UpdateTask { task_id, .. }
            | Self::GetTask { task_id }
            | Self::SkipOccurrence { task_id, .. }
            | Self::EndSeries { task_id }
            | Self::SetReminder { task_id, .. } => Some(*task_id),
            Self::AddTask(_)
            | Self::ListTasks(_)
            | Self::SearchTasks { .. }
            | Self::GetStats
            | Self::BulkTasks(_)
            | Self::Undo => None,
        }
    }

    /// How many tasks the call deletes.
    pub fn deletions(&self) -> usize {
        match self {
            Self::DeleteTask { .. } => 1,
            Self::BulkTasks(request) if request.action == BulkAction::Delete => request.ids.len(),
            _ => 0,
        }
    }

    /// Whether the call leaves everything as it is.
    pub fn only_reads(&self) -> bool {
        matches!(
            self,
            Self::ListTasks(_) | Self::SearchTasks { .. } | Self::GetStats | Self::GetTask { .. }
        )
    }

    fn own_arguments(&self) -> Map<String, Value> {
        let value = match self {
            Self::AddTask(draft) => return draft.to_json(),
            Self::UpdateTask { task_id, patch } => {
                let mut arguments = patch.to_json();
                arguments.insert("task_id".to_owned(), (*task_id).into());
                return arguments;
            }
            Self::ListTasks(filter) => return filter.arguments(),
            Self::BulkTasks(request) => {
                let numbers: Vec<u32> = request.ids.iter().filter_map(|id| id.parse().ok()).collect();
                let mut arguments = Map::new();
                arguments.insert("action".to_owned(), request.action.as_str().into());
                arguments.insert("task_ids".to_owned(), numbers.into());
                match &request.action {
                    BulkAction::Tag(tags) | BulkAction::Untag(tags) => {
                        arguments.insert("tags".to_owned(), json!(tags));
                    }
                    BulkAction::Move(due) => {
                        arguments.insert("due_date".to_owned(), json!(due));
                    }
                    BulkAction::Complete | BulkAction::Reopen | BulkAction::Delete | BulkAction::Restore => {}
                }
                return arguments;
            }
            Self::CompleteTask { task_id }
            | Self::DeleteTask { task_id }
            | Self::GetTask { task_id }
            | Self::EndSeries { task_id } => json!({ "task_id": task_id }),
            Self::SkipOccurrence { task_id, missed } => json!({ "task_id": task_id, "missed": missed }),
            Self::SearchTasks { query } => json!({ "query": query }),
            Self::SetReminder {
                task_id,
                reminder: Reminder::At(time),
            } => {
                json!({ "task_id": task_id, "remind_at": time.to_short_string() })
            }
            Self::SetReminder {
                task_id,
                reminder: Reminder::Before(lead),
            } => {
                json!({ "task_id": task_id, "before": lead.as_str() })
            }
            Self::GetStats | Self::Undo => json!({}),
        };
        match value {
            Value::Object(arguments) => arguments,
            _ => Map::new(),
        }
    }
}

pub(super) fn mistake(field: &str, message: impl ToString) -> ToolError {
    ToolError::Arguments(vec![FieldError::new(field, message.to_string())])
}

fn list(errors: &[FieldError]) -> String {
    let errors: Vec<String> = errors
        .iter()
        .map(|error| format!("`{}` {}", error.field, error.message))
        .collect();
    errors.join("; ")
}

impl Serialize for ToolCall {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({ "tool": self.name(), "arguments": self.own_arguments() }).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ToolCall {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Raw {
            tool: String,
            arguments: Value,
        }
        let raw = Raw::deserialize(deserializer)?;
        Self::read(&raw.tool, &raw.arguments).map_err(D::Error::custom)
    }
}
