//! What the application's other services ask for. The manifest gives these paths no public route.

use http::StatusCode;
use serde_json::Value;
use todo_domain::events::TaskData;
use todo_domain::problem::Code;
use todo_domain::recurrence::next_task as occurrence_after;
use todo_service::answer::{self, Answer};

use crate::access::Access;
use crate::app::{App, Caller};
use crate::constant_time::is_equal;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;

/// POST /internal/v1/tasks/next: `{event_id, user_id, task}`, the task as its `task.completed` event has it. Answers 201 with
/// the next occurrence, 200 if it was there before, and 204 if the series has ended or the
/// occurrence was removed for good.
pub(crate) async fn next_task<P: Platform>(app: &App<P>, call: &Call) -> Result<Answer, Failure> {
    let expected = app.settings.internal_token.as_bytes();
    let shown = call.header("x-internal-token").unwrap_or_default();
    if !expected.is_empty() && !is_equal(shown.as_bytes(), expected) {
        return Err(Failure::unauthorized(
            "`x-internal-token` is not the one of this application",
        ));
    }
    let mut body = call.json(None)?;
    let user_id = body
        .get("user_id")
        .and_then(Value::as_str)
        .filter(|id| !id.is_empty())
        .map(str::to_owned);
    let user_id = user_id.ok_or_else(|| Failure::field("user_id", "is required"))?;
    let task = body.get_mut("task").map(Value::take).unwrap_or_default();
    let data: TaskData = serde_json::from_value(task)
        .map_err(|error| Failure::field("task", format!("is not a task: {error}")))?;
    let Some(next) = occurrence_after(&data.task) else {
        return Ok(super::no_content());
    };
    let caller = Caller {
        user_id,
        expires_at: i64::MAX,
        access: Access::Session,
    };
    let result = app.write(call, &caller, async |unit| {
        let Some((task, is_new)) = unit.create_occurrence(next).await? else {
            return Ok(super::no_content());
        };
        Ok(answer::json(
            if is_new {
                StatusCode::CREATED
            } else {
                StatusCode::OK
            },
            &task,
        ))
    });
    // The account is gone: no token is missing here, there is nobody to make the task for.
    result.await.map_err(|failure| match failure.code() {
        Code::Unauthorized => Failure::not_found(),
        _ => failure,
    })
}
