//! What the application's other services ask for. The manifest gives these paths no public route.

use http::StatusCode;
use serde_json::{Value, json};
use todo_domain::events::TaskData;
use todo_domain::problem::Code;
use todo_domain::query::{DueFilter, SortField, SortKey, TaskQuery};
use todo_domain::task::Status;
use todo_domain::zone::Zone;
use todo_service::answer::{self, Answer};
use todo_service::database::Database as _;

use crate::access::Access;
use crate::app::{App, Caller};
use crate::constant_time::is_equal;
use crate::failure::Failure;
use crate::metrics;
use crate::platform::Platform;
use crate::request::Call;
use crate::store::tasks::{self, Reference};
use crate::store::{counters, task_list, users};

/// How many tasks of a kind an agenda has at most.
const AGENDA_LIMIT: usize = 100;

/// What another service sends, and the user whom it is about.
fn admit<P: Platform>(app: &App<P>, call: &Call) -> Result<(Value, String), Failure> {
    show_token(app, call)?;
    let body = call.json(None)?;
    let user_id = body
        .get("user_id")
        .and_then(Value::as_str)
        .filter(|id| !id.is_empty())
        .map(str::to_owned);
    let user_id = user_id.ok_or_else(|| Failure::field("user_id", "is required"))?;
    Ok((body, user_id))
}

/// Refuses what is none of our own services.
pub(super) fn show_token<P: Platform>(app: &App<P>, call: &Call) -> Result<(), Failure> {
    let expected = app.settings.internal_token.as_bytes();
    let shown = call.header("x-internal-token").unwrap_or_default();
    if !expected.is_empty() && !is_equal(shown.as_bytes(), expected) {
        return Err(Failure::unauthorized(
            "`x-internal-token` is not the one of this application",
        ));
    }
    Ok(())
}

/// POST /internal/v1/agenda: `{user_id, timezone?, task_id?}`. Answers the user's address, the open tasks that are overdue and
/// the others of today, and whether the task that was asked for is open.
pub(crate) async fn agenda<P: Platform>(app: &App<P>, call: &Call) -> Result<Answer, Failure> {
    let (body, user_id) = admit(app, call)?;
    let zone = match body.get("timezone").and_then(Value::as_str) {
        Some(name) => Zone::parse(name).map_err(|error| Failure::field("timezone", error.to_string()))?,
        None => Zone::UTC,
    };
    let now = app.now()?;
    let connection = app.platform.database().connect().await?;
    let user = users::by_id(&connection, &user_id).await?;
    let user = user.ok_or_else(Failure::not_found)?;
    let mut lists = Vec::new();
    for due in [DueFilter::Overdue, DueFilter::Today] {
        let query = TaskQuery {
            status: vec![Status::Pending, Status::InProgress],
            due: Some(due),
            sort: vec![SortKey {
                field: SortField::DueDate,
                descending: false,
            }],
            limit: AGENDA_LIMIT,
            timezone: Some(zone),
            ..TaskQuery::default()
        };
        let found = task_list::page(&connection, &user_id, &query, now, None).await?;
        lists.push(found.map(|found| found.tasks).unwrap_or_default());
    }
    let mut today = lists.pop().unwrap_or_default();
    let overdue = lists.pop().unwrap_or_default();
    // What was due this morning is both.
    today.retain(|task| overdue.iter().all(|other| other.id != task.id));
    let is_open = match body.get("task_id").and_then(Value::as_str) {
        Some(id) => {
            let task = tasks::find(&connection, &user_id, &Reference::Id(id.to_owned())).await?;
            Some(task.is_some_and(|stored| !stored.is_deleted && stored.task.status.is_open()))
        }
        None => None,
    };
    let body = json!({ "email": user.email, "overdue": overdue, "today": today, "is_open": is_open });
    Ok(answer::json(StatusCode::OK, &body))
}

/// GET /internal/metrics, for scrapers inside: the manifest gives this address no public route.
pub(crate) async fn metrics<P: Platform>(app: &App<P>, call: &Call) -> Result<Answer, Failure> {
    show_token(app, call)?;
    app.flush_counters().await;
    let connection = app.platform.database().connect().await?;
    let counters = counters::all(&connection).await?;
    let mut text = metrics::render(&counters);
    text.push_str(&app.knowledge_metrics(&connection, &counters).await?);
    Ok(answer::with_body(
        StatusCode::OK,
        metrics::CONTENT_TYPE,
        text.into(),
    ))
}

/// POST /internal/v1/tasks/next: `{event_id, user_id, task}`, the task as its `task.completed` event has it. Answers 201 with
/// the next occurrence, 200 with a later one that was there before, and 204 if none is to come: the series has ended, the task
/// was reopened meanwhile, what came after it was removed for good, or the account was deleted.
pub(crate) async fn next_task<P: Platform>(app: &App<P>, call: &Call) -> Result<Answer, Failure> {
    let (mut body, user_id) = admit(app, call)?;
    let task = body.get_mut("task").map(Value::take).unwrap_or_default();
    let data: TaskData = serde_json::from_value(task)
        .map_err(|error| Failure::field("task", format!("is not a task: {error}")))?;
    let caller = Caller {
        user_id,
        expires_at: i64::MAX,
        access: Access::Session,
        session: None,
        subject: None,
    };
    let result = app.write(call, &caller, async |unit| {
        let Some((task, is_new)) = unit.create_next(&data.task).await? else {
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
    result.await.or_else(|failure| match failure.code() {
        Code::Unauthorized => Ok(super::no_content()),
        _ => Err(failure),
    })
}
