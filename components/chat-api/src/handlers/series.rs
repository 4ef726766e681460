//! Recurring tasks over HTTP: skipping an occurrence, ending a series, and what a rule would name.

use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use todo_domain::recurrence::{Missed, PreviewQuery};
use todo_domain::task::Task;
use todo_domain::validation::FieldError;
use todo_service::answer::{self, Answer};

use super::tasks::{expected, tagged};
use crate::app::{App, Caller};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;

/// What skipping answers.
#[derive(Serialize)]
struct Skipped {
    task: Task,
    /// How many occurrences it went over.
    skipped: u32,
}

/// What ending a series answers.
#[derive(Serialize)]
struct Ended {
    task: Task,
    /// The last occurrence, where it is another one: it stays, and does not come again either.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_task: Option<Task>,
}

/// POST /tasks/{id}/skip, with `{missed: true}` for all that was missed, or no body
pub(crate) async fn skip<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    id: &str,
) -> Result<Answer, Failure> {
    let missed = missed(call)?;
    app.write(call, caller, async |unit| {
        let before = expected(unit, call, id).await?;
        let task = unit.skip(&before, missed).await?.task;
        let (from, to) = (before.occurrence.unwrap_or(1), task.occurrence.unwrap_or(1));
        let skipped = Skipped {
            task,
            skipped: to.saturating_sub(from),
        };
        Ok(tagged(StatusCode::OK, &skipped.task, &skipped))
    })
    .await
}

/// POST /tasks/{id}/end-series
pub(crate) async fn end<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    id: &str,
) -> Result<Answer, Failure> {
    app.write(call, caller, async |unit| {
        let before = expected(unit, call, id).await?;
        let (task, next_task) = unit.end_series(&before).await?;
        let ended = Ended { task, next_task };
        Ok(tagged(StatusCode::OK, &ended.task, &ended))
    })
    .await
}

/// GET /recurrence/preview
pub(crate) fn preview<P: Platform>(app: &App<P>, call: &Call) -> Result<Answer, Failure> {
    let parameters = call.parameters();
    let pairs = parameters
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let query = PreviewQuery::parse(pairs)?;
    Ok(answer::json(StatusCode::OK, &query.read(app.now()?)))
}

fn missed(call: &Call) -> Result<Missed, Failure> {
    let (fields, mut errors) = call.fields(&["missed"])?;
    let missed = match fields.get("missed") {
        None | Some(Value::Null | Value::Bool(false)) => Missed::Come,
        Some(Value::Bool(true)) => Missed::AreSkipped,
        Some(_) => {
            errors.push(FieldError::new("missed", "must be true or false"));
            Missed::Come
        }
    };
    if errors.is_empty() {
        Ok(missed)
    } else {
        Err(errors.into())
    }
}
