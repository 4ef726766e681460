//! Tasks as resources: `task://7` is the user's task 7, as the REST API shows it.

use serde_json::{Value, json};
use todo_domain::api_token::Scope;
use todo_domain::problem::Code;
use todo_domain::query::TaskQuery;
use todo_domain::query::cursor::{open, seal};
use todo_domain::task::{Priority, Task};
use todo_service::database::Database;

use super::message::RpcError;
use super::{Refusal, only_page, text};
use crate::app::{App, Caller};
use crate::platform::Platform;
use crate::store::task_list::{self, Position};
use crate::tasks::find;

const SCHEME: &str = "task://";

/// How many resources a page has.
const PAGE: usize = 50;

const JSON: &str = "application/json";

pub(super) fn templates(params: &Value) -> Result<Value, RpcError> {
    only_page(params)?;
    Ok(json!({
        "resourceTemplates": [{
            "uriTemplate": "task://{number}",
            "name": "task",
            "title": "A task by its number",
            "description": "The task with all of its fields",
            "mimeType": JSON,
        }],
    }))
}

/// A page of the user's tasks, the newest first.
pub(super) async fn list<P: Platform>(
    app: &App<P>,
    caller: &Caller,
    params: &Value,
) -> Result<Value, Refusal> {
    caller.require(Scope::Read)?;
    let query = TaskQuery {
        limit: PAGE,
        ..TaskQuery::default()
    };
    let (now, key) = (app.now()?, app.cursor_key.as_bytes());
    let scope = format!("mcp resources\n{}", caller.user_id);
    let foreign =
        || RpcError::invalid_params("the cursor does not belong to this list; begin again without one");
    let after = match params.get("cursor") {
        None | Some(Value::Null) => None,
        Some(Value::String(cursor)) => {
            Some(open::<Position>(cursor, key, &scope).map_err(|_error| foreign())?)
        }
        Some(_) => return Err(foreign().into()),
    };
    let connection = app.platform.database().connect().await?;
    let found = task_list::page(&connection, &caller.user_id, &query, now, after.as_ref()).await?;
    let found = found.ok_or_else(foreign)?;
    let mut result = json!({ "resources": found.tasks.iter().map(resource).collect::<Vec<_>>() });
    if let (Some(next), Some(result)) = (&found.next, result.as_object_mut()) {
        result.insert("nextCursor".to_owned(), seal(next, key, &scope).into());
    }
    Ok(result)
}

pub(super) async fn read<P: Platform>(
    app: &App<P>,
    caller: &Caller,
    params: &Value,
) -> Result<Value, Refusal> {
    caller.require(Scope::Read)?;
    let uri = text(params, "/uri")?;
    let task = named(app, caller, uri)
        .await?
        .ok_or_else(|| RpcError::no_resource(uri))?;
    Ok(json!({ "contents": [contents(&task)] }))
}

/// The task of a resource; nothing if there is none, or none of the user's.
async fn named<P: Platform>(app: &App<P>, caller: &Caller, uri: &str) -> Result<Option<Task>, Refusal> {
    let number = uri.strip_prefix(SCHEME).filter(|number| {
        (1..=10).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    match number {
        Some(number) => by_number(app, caller, number).await,
        None => Ok(None),
    }
}

/// The user's task with this number, if there is one.
pub(super) async fn by_number<P: Platform>(
    app: &App<P>,
    caller: &Caller,
    number: &str,
) -> Result<Option<Task>, Refusal> {
    let connection = app.platform.database().connect().await?;
    match find(&connection, &caller.user_id, number).await {
        Ok(task) => Ok(Some(task)),
        Err(failure) if failure.code() == Code::NotFound => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

/// What reading the task's resource gives.
pub(super) fn contents(task: &Task) -> Value {
    let text = serde_json::to_string(task).unwrap_or_default();
    json!({ "uri": uri(task), "mimeType": JSON, "text": text })
}

fn resource(task: &Task) -> Value {
    let importance = match task.priority {
        Priority::Low => 0.25,
        Priority::Medium => 0.5,
        Priority::High => 0.75,
        Priority::Urgent => 1.0,
    };
    json!({
        "uri": uri(task),
        "name": format!("task-{}", task.number),
        "title": task.title,
        "mimeType": JSON,
        "annotations": { "priority": importance, "lastModified": task.updated_at },
    })
}

fn uri(task: &Task) -> String {
    format!("{SCHEME}{}", task.number)
}
