//! What was asked through the FAQ's key, for the operator.

use http::StatusCode;
use serde_json::{Map, Value, json};
use todo_knowledge::limits::SESSION_LIMIT;
use todo_service::answer::{self, Answer, json_unless_known};
use todo_service::database::Database;

use crate::app::{App, Caller};
use crate::failure::Failure;
use crate::handlers::conversations::Question;
use crate::platform::Platform;
use crate::request::Call;
use crate::store::knowledge::log;

/// GET /admin/chat/sessions
pub(super) async fn sessions<P: Platform>(app: &App<P>, call: &Call) -> Result<Answer, Failure> {
    let question = Question::of(app, call, "faq sessions".to_owned(), &[])?;
    let before = question.position::<(i64, String)>()?;
    let connection = app.platform.database().connect().await?;
    let found = log::sessions(&connection, before.as_ref(), question.read()).await?;
    let page = question.page(found, None, |last| {
        let last_at = last.last_at.map_or(0, todo_domain::time::Timestamp::millis);
        (last_at, last.session_id.clone())
    });
    Ok(json_unless_known(&call.parts.headers, &page))
}

/// GET /admin/chat/logs?sessionId=…
pub(super) async fn logs<P: Platform>(app: &App<P>, call: &Call) -> Result<Answer, Failure> {
    let parameters = call.parameters();
    let session_id = parameters
        .iter()
        .find(|(name, value)| name == "sessionId" && !value.is_empty());
    let session_id = session_id.map(|(_name, value)| value.as_str());
    if session_id.is_some_and(|id| id.chars().count() > SESSION_LIMIT) {
        let message = format!("must have at most {SESSION_LIMIT} characters");
        return Err(Failure::field("sessionId", message));
    }
    let scope = format!("faq log\n{}", session_id.unwrap_or_default());
    let question = Question::of(app, call, scope, &["sessionId"])?;
    let before = question.position::<i64>()?;
    let connection = app.platform.database().connect().await?;
    let found = log::page(&connection, session_id, before, question.read()).await?;
    let page = question.page(found, None, |last| last.seq);
    Ok(json_unless_known(&call.parts.headers, &page))
}

/// GET /admin/chat/stats
pub(super) async fn stats<P: Platform>(app: &App<P>, call: &Call) -> Result<Answer, Failure> {
    let connection = app.platform.database().connect().await?;
    let counts = log::by_intent(&connection).await?;
    let total: i64 = counts.iter().map(|(_intent, count, _fallbacks)| count).sum();
    let fallbacks: i64 = counts.iter().map(|(_intent, _count, fallbacks)| fallbacks).sum();
    let by_intent: Map<String, Value> = counts
        .into_iter()
        .map(|(intent, count, _fallbacks)| (intent, count.into()))
        .collect();
    let body = json!({ "totalInteractions": total, "byIntent": by_intent, "fallbackCount": fallbacks });
    Ok(json_unless_known(&call.parts.headers, &body))
}

/// DELETE /admin/chat/logs[/{sessionId}]
pub(super) async fn clear<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
    session_id: Option<&str>,
) -> Result<Answer, Failure> {
    app.write(call, caller, async |unit| {
        let deleted = log::clear(unit.connection, session_id).await?;
        if deleted == 0 && session_id.is_some() {
            return Err(Failure::not_found());
        }
        Ok(answer::json(StatusCode::OK, &json!({ "deleted": deleted })))
    })
    .await
}
