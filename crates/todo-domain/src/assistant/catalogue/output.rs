//! The JSON Schemas of what tools answer.

use serde_json::{Map, Value, json};

use crate::query::MAXIMUM_LIMIT;
use crate::task::{Priority, Status};

/// The result of a tool.
pub(super) fn schema(tool: &str) -> Value {
    match tool {
        "list_tasks" | "search_tasks" => found_tasks(),
        "get_stats" => counts(),
        "get_task" | "skip_occurrence" => whole_task(),
        "bulk_tasks" => changed_tasks(&["completed", "reopened", "deleted", "restored", "updated"]),
        "undo" => changed_tasks(&["undone", "removed", "restored", "reverted"]),
        _ => changed_task(tool),
    }
}

/// One task that was made, changed, completed or deleted.
fn changed_task(tool: &str) -> Value {
    let status = match tool {
        "add_task" => "created",
        "complete_task" => "completed",
        "delete_task" => "deleted",
        "set_reminder" => "reminder_set",
        "end_series" => "series_ended",
        _ => "updated",
    };
    let properties = json!({
        "task_id": { "type": "integer" },
        "status": { "const": status },
        "title": { "type": "string" },
        "changed": { "type": "boolean", "description": "false if it was so before" },
    });
    closed(properties, &["task_id", "status", "title", "changed"])
}

fn found_tasks() -> Value {
    let line = closed(
        json!({
            "task_id": { "type": "integer" },
            "title": { "type": "string" },
            "status": { "enum": Status::ALL.map(Status::as_str) },
            "completed": { "type": "boolean" },
            "priority": { "enum": Priority::ALL.map(Priority::as_str) },
            "due_date": { "type": ["string", "null"] },
            "tags": { "type": "array", "items": { "type": "string" } },
        }),
        &[
            "task_id",
            "title",
            "status",
            "completed",
            "priority",
            "due_date",
            "tags",
        ],
    );
    closed(
        json!({ "tasks": { "type": "array", "items": line, "maxItems": MAXIMUM_LIMIT }, "count": { "type": "integer" } }),
        &["tasks", "count"],
    )
}

/// Several tasks that were changed together.
fn changed_tasks(statuses: &[&str]) -> Value {
    let one = closed(
        json!({
            "task_id": { "type": "integer" },
            "status": { "enum": statuses },
            "title": { "type": "string" },
            "changed": { "type": "boolean", "description": "false if it was so before" },
        }),
        &["task_id", "status", "title", "changed"],
    );
    let properties = json!({
        "status": { "enum": statuses },
        "count": { "type": "integer", "description": "how many were changed" },
        "tasks": { "type": "array", "items": one },
    });
    closed(properties, &["status", "count", "tasks"])
}

/// A task as the REST API shows it; which members it has depends on the task.
fn whole_task() -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": { "type": "string" },
            "number": { "type": "integer" },
            "title": { "type": "string" },
            "description": { "type": ["string", "null"] },
            "status": { "enum": Status::ALL.map(Status::as_str) },
            "priority": { "enum": Priority::ALL.map(Priority::as_str) },
            "tags": { "type": "array", "items": { "type": "string" } },
            "due_date": { "type": ["string", "null"] },
            "reminders": { "type": "array", "items": { "type": "object" } },
            "recurrence_rule": { "type": ["string", "null"] },
        },
        "required": ["id", "number", "title", "status", "priority", "tags"],
    })
}

fn counts() -> Value {
    let names = [
        "total",
        "pending",
        "in_progress",
        "completed",
        "cancelled",
        "overdue",
        "due_today",
    ];
    let properties: Map<String, Value> = names
        .into_iter()
        .map(|name| (name.to_owned(), json!({ "type": "integer", "minimum": 0 })))
        .collect();
    closed(Value::Object(properties), &names)
}

fn closed(properties: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}
