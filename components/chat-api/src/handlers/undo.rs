//! Undoing over HTTP.

use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use todo_domain::task::Task;
use todo_domain::time::Timestamp;
use todo_domain::validation::FieldError;
use todo_service::answer::{self, Answer};

use crate::app::{App, Caller};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;
use crate::series::next_occurrence;
use crate::store::changes::Kept;

/// What undoing answers.
#[derive(Serialize)]
struct Undone {
    undone: Vec<Change>,
    items: Vec<Task>,
    /// Next occurrences of what is not completed any more that stay, because somebody has touched them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    next_tasks: Vec<Task>,
}

/// A change that was undone, by its event as the audit has it.
#[derive(Serialize)]
struct Change {
    event_id: String,
    #[serde(rename = "type")]
    event_type: String,
    task_id: String,
    time: Option<Timestamp>,
}

impl From<Kept> for Change {
    fn from(kept: Kept) -> Self {
        Self {
            event_id: kept.event_id,
            event_type: kept.kind,
            task_id: kept.task_id,
            time: Timestamp::from_millis(kept.at),
        }
    }
}

/// POST /undo, with the change that is meant, `{event_id}`, or no body
pub(crate) async fn undo<P: Platform>(app: &App<P>, call: &Call, caller: &Caller) -> Result<Answer, Failure> {
    let event_id = meant(call)?;
    app.write(call, caller, async |unit| {
        let (undone, items) = unit.undo(event_id.as_deref()).await?;
        let undone = undone.into_iter().map(Change::from).collect();
        let mut next_tasks = Vec::new();
        for task in items.iter().filter(|task| task.status.is_open()) {
            next_tasks.extend(next_occurrence(unit.connection, unit.user_id, task).await?);
        }
        let answer = Undone {
            undone,
            items,
            next_tasks,
        };
        Ok(answer::json(StatusCode::OK, &answer))
    })
    .await
}

fn meant(call: &Call) -> Result<Option<String>, Failure> {
    let (fields, mut errors) = call.fields(&["event_id"])?;
    let event_id = match fields.get("event_id") {
        None | Some(Value::Null) => None,
        Some(Value::String(id)) if id.len() <= 64 => Some(id.clone()),
        Some(_) => {
            errors.push(FieldError::new("event_id", "must be the id of an event"));
            None
        }
    };
    if errors.is_empty() {
        Ok(event_id)
    } else {
        Err(errors.into())
    }
}
