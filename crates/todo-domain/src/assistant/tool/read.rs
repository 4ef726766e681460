//! Reading calls from their arguments as JSON.

use serde_json::{Map, Value, json};

use super::{ListFilter, ListSort, ListStatus, ToolCall, ToolError, mistake};
use crate::assistant::argument::zone_argument;
use crate::assistant::catalogue::QUERY_LIMIT;
use crate::bulk::BulkRequest;
use crate::due::Due;
use crate::query::{DueFilter, MAXIMUM_LIMIT};
use crate::task::{Priority, Reminder};
use crate::validation::{FieldError, TaskDraft, TaskPatch};

impl ToolCall {
    /// Reads the arguments of a tool; the user is not among what is kept of them.
    pub(super) fn read(name: &str, arguments: &Value) -> Result<Self, ToolError> {
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
            "get_task" => Ok(Self::GetTask {
                task_id: arguments.task_id()?,
            }),
            "bulk_tasks" => arguments.bulk_tasks(),
            "undo" => Ok(Self::Undo),
            "skip_occurrence" => Ok(Self::SkipOccurrence {
                task_id: arguments.task_id()?,
                missed: arguments.flag("missed")?,
            }),
            "end_series" => Ok(Self::EndSeries {
                task_id: arguments.task_id()?,
            }),
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

    fn flag(&self, name: &str) -> Result<bool, ToolError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(value) => value
                .as_bool()
                .ok_or_else(|| mistake(name, "must be true or false")),
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

    /// The same reading as of a request to `/tasks/bulk`, with numbers for ids.
    fn bulk_tasks(&self) -> Result<ToolCall, ToolError> {
        let mut body = self.without(&["user_id", "task_ids"]);
        if let Some(body) = body.as_object_mut() {
            let numbers = self.0.get("task_ids").cloned().unwrap_or_default();
            body.insert("ids".to_owned(), numbers);
        }
        let mut request = BulkRequest::parse(&body).map_err(|errors| {
            let renamed = errors.into_iter().map(|error| FieldError {
                field: match error.field.strip_prefix("ids") {
                    Some(place) => format!("task_ids{place}"),
                    None => error.field,
                },
                ..error
            });
            ToolError::Arguments(renamed.collect())
        })?;
        for id in &mut request.ids {
            let number = id.trim().trim_start_matches('#').parse::<u32>().ok();
            let number = number.filter(|number| *number > 0);
            *id = number
                .ok_or_else(|| mistake("task_ids", "must be numbers of tasks"))?
                .to_string();
        }
        Ok(ToolCall::BulkTasks(Box::new(request)))
    }

    fn list_tasks(&self) -> Result<ToolCall, ToolError> {
        let status = match self.text("status")? {
            None | Some("" | "all") => ListStatus::All,
            Some("pending") => ListStatus::Pending,
            Some("completed") => ListStatus::Completed,
            Some(_) => return Err(mistake("status", "must be `all`, `pending` or `completed`")),
        };
        let limit = match self.0.get("limit") {
            None | Some(Value::Null) => None,
            Some(value) => Some(
                value
                    .as_u64()
                    .and_then(|limit| usize::try_from(limit).ok())
                    .filter(|limit| (1..=MAXIMUM_LIMIT).contains(limit))
                    .ok_or_else(|| mistake("limit", format!("must be a number from 1 to {MAXIMUM_LIMIT}")))?,
            ),
        };
        let search = self
            .text("search")?
            .map(str::trim)
            .filter(|text| !text.is_empty());
        if search.is_some_and(|text| text.chars().count() > QUERY_LIMIT) {
            return Err(mistake("search", "must have at most 200 characters"));
        }
        Ok(ToolCall::ListTasks(Box::new(ListFilter {
            status,
            due: self.parsed("due", DueFilter::parse)?,
            due_after: self.parsed("due_after", Due::parse)?,
            due_before: self.parsed("due_before", Due::parse)?,
            completed_since: self.parsed("completed_since", Due::parse)?,
            priority: self.parsed("priority", str::parse::<Priority>)?,
            tag: self.text("tag")?.map(str::to_owned),
            search: search.map(str::to_owned),
            sort: self.parsed("sort", ListSort::parse)?,
            limit,
        })))
    }

    fn parsed<T, E: ToString>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ToolError> {
        let read = self.text(name)?.map(parse).transpose();
        read.map_err(|error| mistake(name, error.to_string()))
    }
}
