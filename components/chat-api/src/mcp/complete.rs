//! Completion of the one argument that can be completed: the number of a task.

use serde_json::{Value, json};
use todo_domain::api_token::Scope;
use todo_service::database::Database;

use super::message::RpcError;
use super::prompts::ABOUT_A_TASK;
use super::{Refusal, text};
use crate::app::{App, Caller};
use crate::platform::Platform;
use crate::store::tasks;

/// How many of the user's tasks are looked at, the newest.
const TASKS_IN_VIEW: i64 = 2_000;
/// How many values an answer may have.
const MOST_VALUES: usize = 100;

/// Answers the numbers of open tasks that begin with what is typed so far, the newest first.
pub(super) async fn complete<P: Platform>(
    app: &App<P>,
    caller: &Caller,
    params: &Value,
) -> Result<Value, Refusal> {
    let kind = text(params, "/ref/type")?;
    let argument = text(params, "/argument/name")?;
    let typed = text(params, "/argument/value")?;
    let is_number = match kind {
        "ref/prompt" => (text(params, "/ref/name")?, argument) == (ABOUT_A_TASK, "task_id"),
        "ref/resource" => (text(params, "/ref/uri")?, argument) == ("task://{number}", "number"),
        _ => {
            return Err(
                RpcError::invalid_params("`params.ref.type` must be `ref/prompt` or `ref/resource`").into(),
            );
        }
    };
    let mut numbers: Vec<String> = Vec::new();
    if is_number {
        caller.require(Scope::Read)?;
        let connection = app.platform.database().connect().await?;
        let all = tasks::newest(&connection, &caller.user_id, TASKS_IN_VIEW).await?;
        let open = all.iter().rev().filter(|task| task.status.is_open());
        numbers = open
            .map(|task| task.number.to_string())
            .filter(|number| number.starts_with(typed))
            .collect();
    }
    let total = numbers.len();
    numbers.truncate(MOST_VALUES);
    Ok(json!({ "completion": { "values": numbers, "total": total, "hasMore": total > MOST_VALUES } }))
}
