//! The tools that an assistant calls, with their arguments as typed values and as JSON.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::argument::{ForeignUser, check_user_argument, zone_argument};
use super::catalogue::{QUERY_LIMIT, has_argument};
use crate::query::DueFilter;
use crate::task::{Priority, Reminder, Status};
use crate::validation::{FieldError, TaskDraft, TaskPatch};

/// The names of all tools.
pub const TOOLS: [&str; 8] = [
    "add_task",
    "list_tasks",
    "complete_task",
    "delete_task",
    "update_task",
    "search_tasks",
    "set_reminder",
    "get_stats",
];

/// A call of a tool. The user is never an argument: it is the token's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolCall {
    /// Make a task.
    AddTask(Box<TaskDraft>),
    /// List tasks.
    ListTasks {
        /// Which, by status.
        status: ListStatus,
        /// Which, by due date.
        due: Option<DueFilter>,
        /// Which, by priority.
        priority: Option<Priority>,
        /// Which, by tag.
        tag: Option<String>,
    },
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
}

/// Which tasks a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ListStatus {
    /// Every task.
    #[default]
    All,
    /// What is still to do: pending and in progress.
    Pending,
    /// What is done.
    Completed,
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

impl ListStatus {
    /// The name among the arguments.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Pending => "pending",
            Self::Completed => "completed",
        }
    }

    /// Whether a task of this status is listed.
    pub fn includes(self, status: Status) -> bool {
        match self {
            Self::All => true,
            Self::Pending => status.is_open(),
            Self::Completed => status == Status::Completed,
        }
    }
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
            Self::ListTasks { .. } => "list_tasks",
            Self::CompleteTask { .. } => "complete_task",
            Self::DeleteTask { .. } => "delete_task",
            Self::UpdateTask { .. } => "update_task",
            Self::SearchTasks { .. } => "search_tasks",
            Self::SetReminder { .. } => "set_reminder",
            Self::GetStats => "get_stats",
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
            | Self::SetReminder { task_id, .. } => Some(*task_id),
            Self::AddTask(_) | Self::ListTasks { .. } | Self::SearchTasks { .. } | Self::GetStats => None,
        }
    }

    /// The same call about another task.
    #[must_use]
    pub(super) fn about(mut self, number: u32) -> Self {
        match &mut self {
            Self::CompleteTask { task_id }
            | Self::DeleteTask { task_id }
            | Self::UpdateTask { task_id, .. }
            | Self::SetReminder { task_id, .. } => *task_id = number,
            Self::AddTask(_) | Self::ListTasks { .. } | Self::SearchTasks { .. } | Self::GetStats => {}
        }
        self
    }

    fn own_arguments(&self) -> Map<String, Value> {
        let value = match self {
            Self::AddTask(draft) => return draft.to_json(),
            Self::UpdateTask { task_id, patch } => {
                let mut arguments = patch.to_json();
                arguments.insert("task_id".to_owned(), (*task_id).into());
                return arguments;
            }
            Self::ListTasks {
                status,
                due,
                priority,
                tag,
            } => {
                let mut arguments = Map::new();
                arguments.insert("status".to_owned(), status.as_str().into());
                let optional = [
                    ("due", due.map(|due| Value::from(due.as_str()))),
                    (
                        "priority",
                        priority.map(|priority| Value::from(priority.as_str())),
                    ),
                    ("tag", tag.as_deref().map(Value::from)),
                ];
                arguments.extend(
                    optional
                        .into_iter()
                        .filter_map(|(name, value)| Some((name.to_owned(), value?))),
                );
                return arguments;
            }
            Self::CompleteTask { task_id } | Self::DeleteTask { task_id } => json!({ "task_id": task_id }),
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
            Self::GetStats => json!({}),
        };
        match value {
            Value::Object(arguments) => arguments,
            _ => Map::new(),
        }
    }

    fn read(name: &str, arguments: &Value) -> Result<Self, ToolError> {
        let empty = Map::new();
        let object = match arguments {
            Value::Object(object) => object,
            Value::Null => &empty,
            _ => {
                return Err(ToolError::Arguments(vec![FieldError::new(
                    "",
                    "must be a JSON object",
                )]));
            }
        };
        let arguments = Arguments(object);
        match name {
            "add_task" => {
                let draft =
                    TaskDraft::parse(&arguments.without(&["user_id"])).map_err(ToolError::Arguments)?;
                Ok(Self::AddTask(Box::new(draft)))
            }
            "update_task" => {
                let task_id = arguments.task_id()?;
                let body = arguments.without(&["user_id", "task_id"]);
                let patch = TaskPatch::parse(&body).map_err(ToolError::Arguments)?;
                Ok(Self::UpdateTask {
                    task_id,
                    patch: Box::new(patch),
                })
            }
            "list_tasks" => {
                zone_argument(&Value::Object(object.clone()))?;
                arguments.list_tasks()
            }
            "complete_task" => Ok(Self::CompleteTask {
                task_id: arguments.task_id()?,
            }),
            "delete_task" => Ok(Self::DeleteTask {
                task_id: arguments.task_id()?,
            }),
            "search_tasks" => {
                let query = arguments.text("query")?.unwrap_or_default().trim();
                if query.is_empty() || query.chars().count() > QUERY_LIMIT {
                    return Err(mistake("query", "must have 1 to 200 characters"));
                }
                Ok(Self::SearchTasks {
                    query: query.to_owned(),
                })
            }
            "set_reminder" => {
                let value = match (object.get("remind_at"), object.get("before")) {
                    (Some(at), None) => json!({ "at": at }),
                    (None, Some(before)) => json!({ "before": before }),
                    _ => return Err(mistake("remind_at", "give either `remind_at` or `before`")),
                };
                let reminder = Reminder::parse(&value).map_err(|error| mistake("remind_at", error))?;
                Ok(Self::SetReminder {
                    task_id: arguments.task_id()?,
                    reminder,
                })
            }
            "get_stats" => zone_argument(&Value::Object(object.clone())).map(|_zone| Self::GetStats),
            other => Err(ToolError::UnknownTool(other.chars().take(60).collect())),
        }
    }
}

struct Arguments<'a>(&'a Map<String, Value>);

impl Arguments<'_> {
    fn without(&self, names: &[&str]) -> Value {
        let others = self.0.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        Value::Object(
            others
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    }

    fn text(&self, name: &str) -> Result<Option<&str>, ToolError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value
                .as_str()
                .map(Some)
                .ok_or_else(|| mistake(name, "must be a string")),
        }
    }

    /// Models write a number as `3`, `"3"` or `"#3"`.
    fn task_id(&self) -> Result<u32, ToolError> {
        let number = match self.0.get("task_id") {
            Some(Value::Number(number)) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
            Some(Value::String(text)) => text.trim().trim_start_matches('#').parse().ok(),
            _ => None,
        };
        number
            .filter(|number| *number > 0)
            .ok_or_else(|| mistake("task_id", "must be the number of a task"))
    }

    fn list_tasks(&self) -> Result<ToolCall, ToolError> {
        let status = match self.text("status")? {
            None | Some("" | "all") => ListStatus::All,
            Some("pending") => ListStatus::Pending,
            Some("completed") => ListStatus::Completed,
            Some(_) => return Err(mistake("status", "must be `all`, `pending` or `completed`")),
        };
        let due = self
            .text("due")?
            .map(|text| DueFilter::parse(text).map_err(|error| mistake("due", error)));
        let priority = self.text("priority")?.map(|text| {
            text.parse()
                .map_err(|error: crate::task::UnknownPriority| mistake("priority", error))
        });
        Ok(ToolCall::ListTasks {
            status,
            due: due.transpose()?,
            priority: priority.transpose()?,
            tag: self.text("tag")?.map(str::to_owned),
        })
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
