//! The chat: what it says is what it did.

use serde_json::{Value, json};
use todo_service::database::Row;

use super::service::User;

mod claims;
mod conversations;
mod dialogue;
mod messages;
mod tenants;

/// The tasks as the database has them: number, title, status.
fn state(user: &User) -> Vec<(i64, String, String)> {
    let items = user
        .get("/api/v1/tasks?sort=created_at&limit=100")
        .expect(200)
        .body["items"]
        .clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let tasks = items.as_array().unwrap().iter();
    tasks
        .map(|task| {
            (
                task["number"].as_i64().unwrap(),
                text(&task["title"]),
                text(&task["status"]),
            )
        })
        .collect()
}

/// All that the database has of a user's tasks and their reminders.
fn everything(user: &User) -> [Vec<Row>; 2] {
    let tasks = "id, number, document, series_anchor, status, priority, title_key, due_at, due_day, updated_at, deleted_at";
    [("chat_tasks", tasks), ("chat_reminders", "*")].map(|(table, columns)| {
        let statement = format!("SELECT {columns} FROM {table} WHERE user_id = '{}'", user.id);
        user.service.rows(&statement)
    })
}

/// A task with something in it for every tool to find or to change.
fn secret() -> Value {
    json!({
        "title": "Secret plan",
        "description": "Secret plan",
        "tags": ["hidden"],
        "due_date": "2026-03-05T09:00:00Z",
        "reminders": [{"before": "1d"}],
    })
}
