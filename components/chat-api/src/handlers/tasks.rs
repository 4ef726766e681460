//! Tasks over HTTP: bodies, preconditions, entity tags and pages. What a change means is decided in [`crate::tasks`].

use http::header::{ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Serialize;
use serde_json::json;
use todo_domain::problem::Code;
use todo_domain::query::cursor::{open, seal};
use todo_domain::query::{Page, ParentFilter, TaskQuery};
use todo_domain::quick::{HintView, QuickRequest, SpanView};
use todo_domain::task::Task;
use todo_domain::validation::{TaskDraft, TaskPatch};
use todo_service::answer::{self, Answer, json_unless_known};
use todo_service::database::{Connection, Database};

use crate::app::{App, Caller};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;
use crate::router::Route;
use crate::series::next_occurrence;
use crate::store::task_list::{self, Position};
use crate::store::tasks::{self, Reference};
use crate::tasks::{Change, find, find_any};
use crate::unit::Unit;

const MERGE_PATCH: &str = "application/merge-patch+json";

/// What completing and reopening answer.
#[derive(Serialize)]
struct Done {
    task: Task,
    /// The next occurrence, once it is there; after reopening only where somebody has touched it, for then it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_task: Option<Task>,
    /// The next occurrence that reopening took back.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed_task_id: Option<String>,
}

/// What a quick addition answers.
#[derive(Serialize)]
struct QuickMade {
    task: Task,
    spans: Vec<SpanView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hints: Vec<HintView>,
}

/// GET /tasks
pub(crate) async fn list<P: Platform>(app: &App<P>, call: &Call, caller: &Caller) -> Result<Answer, Failure> {
    let parameters = call.parameters();
    let pairs = parameters
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let mut query = TaskQuery::parse(pairs)?;
    let connection = app.platform.database().connect().await?;
    if let Some(ParentFilter::Of(parent)) = &mut query.parent {
        // A task that is not there has no subtasks.
        let found = Reference::parse(parent);
        if let Some(Reference::Id(id)) = &found {
            id.clone_into(parent);
        } else if let Some(number) = &found
            && let Some(stored) = tasks::find(&connection, &caller.user_id, number).await?
        {
            *parent = stored.task.id;
        }
    }
    let (now, key) = (app.now()?, app.cursor_key.as_bytes());
    let scope = format!("tasks\n{}\n{}", caller.user_id, query.canonical());
    let foreign = || {
        Failure::new(
            Code::InvalidCursor,
            "the cursor does not belong to this list; begin again without one",
        )
    };
    let after = match &query.cursor {
        Some(cursor) => Some(open::<Position>(cursor, key, &scope).map_err(|_error| foreign())?),
        None => None,
    };
    let found = task_list::page(&connection, &caller.user_id, &query, now, after.as_ref()).await?;
    let found = found.ok_or_else(foreign)?;
    let total = match query.count {
        true => Some(task_list::count(&connection, &caller.user_id, &query, now).await?),
        false => None,
    };
    let page = Page {
        items: found.tasks,
        next_cursor: found.next.as_ref().map(|position| seal(position, key, &scope)),
        has_more: found.next.is_some(),
        total: total.and_then(|total| usize::try_from(total).ok()),
    };
    Ok(json_unless_known(&call.parts.headers, &page))
}

/// POST /tasks
pub(crate) async fn create<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
) -> Result<Answer, Failure> {
    let draft = TaskDraft::parse(&call.json(None)?)?;
    app.write(call, caller, async |unit| {
        let task = unit.create(draft).await?;
        Ok(created(&task, &task))
    })
    .await
}

/// POST /tasks/quick
pub(crate) async fn create_quick<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
) -> Result<Answer, Failure> {
    let request = QuickRequest::parse(&call.json(None)?)?;
    app.write(call, caller, async |unit| {
        // Here, and not before: a text that is sent again is answered as it was the first time, whatever the time is now.
        let quick = request.read(unit.now)?;
        let task = unit.create(quick.draft).await?;
        let made = QuickMade {
            task,
            spans: quick.spans,
            hints: quick.hints,
        };
        Ok(created(&made.task, &made))
    })
    .await
}

/// GET /tasks/{id}
pub(crate) async fn get<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    id: &str,
) -> Result<Answer, Failure> {
    let connection = app.platform.database().connect().await?;
    let task = find(&connection, &caller.user_id, id).await?;
    let mut answer = tagged(StatusCode::OK, &task, &task);
    if names(&call.parts.headers, IF_NONE_MATCH, &task.etag(), Comparison::Weak) == Some(true) {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        *answer.body_mut() = bytes::Bytes::new();
        answer.headers_mut().remove(http::header::CONTENT_TYPE);
    }
    Ok(answer)
}

/// PUT and PATCH /tasks/{id}
pub(crate) async fn change<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    id: &str,
) -> Result<Answer, Failure> {
    let change = if call.parts.method == Method::PUT {
        Change::Replace(TaskDraft::parse(&call.json(None)?)?)
    } else {
        Change::Patch(TaskPatch::parse(&call.json(Some(MERGE_PATCH))?)?)
    };
    app.write(call, caller, async |unit| {
        let before = expected(unit, call, id).await?;
        let task = unit.change(&before, change).await?.task;
        Ok(tagged(StatusCode::OK, &task, &task))
    })
    .await
}

/// DELETE /tasks/{id}, and with `permanent=true` from the bin
pub(crate) async fn delete<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    id: &str,
) -> Result<Answer, Failure> {
    let is_permanent = is_permanent(call)?;
    app.write(call, caller, async |unit| {
        if is_permanent {
            let deleted = find_any(unit.connection, unit.user_id, id).await?.task;
            require_match(call, &deleted)?;
            unit.remove(&deleted).await?;
        } else {
            let before = expected(unit, call, id).await?;
            unit.delete(&before).await?;
        }
        Ok(super::no_content())
    })
    .await
}

/// POST /tasks/{id}/restore
pub(crate) async fn restore<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    id: &str,
) -> Result<Answer, Failure> {
    app.write(call, caller, async |unit| {
        // It is the deleted task that the precondition is about.
        let reference = Reference::parse(id).ok_or_else(Failure::not_found)?;
        let before = tasks::find(unit.connection, unit.user_id, &reference).await?;
        require_match(call, &before.ok_or_else(Failure::not_found)?.task)?;
        let task = unit.restore(id).await?;
        Ok(tagged(StatusCode::OK, &task, &task))
    })
    .await
}

/// POST /tasks/{id}/complete and /reopen, and PATCH …/complete, which toggles
pub(crate) async fn set_done<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    id: &str,
    route: &Route,
) -> Result<Answer, Failure> {
    app.write(call, caller, async |unit| {
        let change = match route {
            Route::Reopen(_) => Change::Reopen,
            _ if call.parts.method == Method::PATCH => Change::Toggle,
            _ => Change::Complete,
        };
        let before = expected(unit, call, id).await?;
        let known = next_occurrence(unit.connection, unit.user_id, &before).await?;
        let task = unit.change(&before, change).await?.task;
        // The next one is made by another service when it hears of this; here it is only shown once it is there.
        let next_task = next_occurrence(unit.connection, unit.user_id, &task).await?;
        let removed = known.filter(|_| next_task.is_none());
        let done = Done {
            task,
            next_task,
            removed_task_id: removed.map(|removed| removed.id),
        };
        Ok(tagged(StatusCode::OK, &done.task, &done))
    })
    .await
}

fn is_permanent(call: &Call) -> Result<bool, Failure> {
    let parameters = call.parameters();
    let permanent = parameters.iter().find(|(name, _value)| name == "permanent");
    match permanent.map(|(_name, value)| value.as_str()) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Failure::field("permanent", "must be `true` or `false`")),
    }
}

fn created(task: &Task, body: &impl Serialize) -> Answer {
    let mut answer = tagged(StatusCode::CREATED, task, body);
    if let Ok(location) = HeaderValue::from_str(&format!("/api/v1/tasks/{}", task.id)) {
        answer.headers_mut().insert(LOCATION, location);
    }
    answer
}

/// An answer about a task, with its entity tag.
pub(super) fn tagged(status: StatusCode, task: &Task, body: &impl Serialize) -> Answer {
    let mut answer = answer::json(status, body);
    if let Ok(tag) = HeaderValue::from_str(&task.etag()) {
        answer.headers_mut().insert(ETAG, tag);
    }
    answer
}

/// The task as it is, if it is still the one that the client wants to change.
pub(super) async fn expected<C: Connection>(
    unit: &Unit<'_, C>,
    call: &Call,
    id: &str,
) -> Result<Task, Failure> {
    let task = find(unit.connection, unit.user_id, id).await?;
    require_match(call, &task)?;
    Ok(task)
}

fn require_match(call: &Call, task: &Task) -> Result<(), Failure> {
    match names(&call.parts.headers, IF_MATCH, &task.etag(), Comparison::Strong) {
        Some(false) => {
            let detail = json!({ "your": call.header("if-match"), "present": task.etag() });
            let detail = format!("the task has changed since it was read; read it again ({detail})");
            Err(Failure::new(Code::PreconditionFailed, detail))
        }
        Some(true) | None => Ok(()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    /// What differs in its bytes alone counts as the same.
    Weak,
}

/// Whether a header names the tag, or any; nothing if there is no such header.
fn names(headers: &HeaderMap, header: http::HeaderName, tag: &str, comparison: Comparison) -> Option<bool> {
    let mut values = headers.get_all(header).iter().peekable();
    values.peek()?;
    let mut tags = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim);
    Some(tags.any(|named| {
        let named = if comparison == Comparison::Weak {
            named.strip_prefix("W/").unwrap_or(named)
        } else {
            named
        };
        named == "*" || named == tag
    }))
}
