//! The chat of the FAQ: whoever shows its key asks, without an account, and is answered from the help and from what the operator
//! has given. No user's task can be reached from here: nobody's are asked for.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use todo_domain::problem::Code;
use todo_domain::validation::FieldError;
use todo_knowledge::limits::{MESSAGE_LIMIT, SESSION_LIMIT};
use todo_service::answer::{self, Answer};
use todo_service::rate_limit::Standing;

use crate::access::Access;
use crate::app::{App, Caller};
use crate::failure::Failure;
use crate::knowledge::fields::Fields;
use crate::limits::Class;
use crate::platform::Platform;
use crate::request::Call;
use crate::store::knowledge::log::{self, Interaction};

/// The header with the key.
pub(crate) const KEY_HEADER: &str = "x-api-key";

/// Who asks with the FAQ's key and what; it has no tasks, conversations or rights of a user.
fn nobody(key: &str) -> Caller {
    Caller {
        user_id: format!("faq:{key}"),
        expires_at: 0,
        access: Access::Key,
        session: None,
        subject: None,
    }
}

/// Whether a request is for the FAQ: it shows a key and no user's token, and there are keys.
pub(crate) fn is_meant<P: Platform>(app: &App<P>, call: &Call) -> bool {
    !app.settings.knowledge.chat_keys.is_empty()
        && call.header(KEY_HEADER).is_some()
        && call.header("authorization").is_none()
}

/// Lets whoever shows a key in. Answers the key's name.
async fn admit<P: Platform>(
    app: &App<P>,
    call: &Call,
    standing: &mut Option<Standing>,
) -> Result<String, Failure> {
    let shown = call.header(KEY_HEADER).unwrap_or_default();
    let Some(name) = app.settings.knowledge.chat_keys.name(shown) else {
        // Whoever tries keys is counted.
        app.count_address(Class::Default, call, standing).await?;
        return Err(Failure::new(
            Code::Unauthorized,
            "`x-api-key` is no key of this service",
        ));
    };
    app.count(Class::Faq, &format!("key {name}"), call.now, standing)
        .await?;
    Ok(name)
}

/// POST /chat with `x-api-key`: `{message, sessionId?}`.
pub(crate) async fn say<P: Platform>(
    app: &App<P>,
    call: &Call,
    standing: &mut Option<Standing>,
) -> Result<Answer, Failure> {
    let key = admit(app, call, standing).await?;
    let (message, session_id) = read(call, |fields| fields.required("message", MESSAGE_LIMIT))?;
    let begun = app.platform.nanoseconds();
    let said = app.answer_public(&message).await?;
    let sources: Vec<Value> = said
        .sources
        .iter()
        .map(|source| json!({ "title": source.title, "text": source.text, "score": source.score }))
        .collect();
    let session_id = session_id.unwrap_or_else(|| app.new_id());
    let taken = app.platform.nanoseconds().saturating_sub(begun) / 1_000_000;
    let interaction = Interaction {
        seq: 0,
        session_id: session_id.clone(),
        intent: said.intent.as_str().to_owned(),
        user_message: message,
        assistant_answer: said.text.clone(),
        has_fallback: said.fallback.is_some(),
        latency_ms: i64::try_from(taken).unwrap_or(i64::MAX),
        sources: json!(sources),
        feedback: None,
        created_at: None,
    };
    let body = json!({ "answer": said.text, "sources": sources, "sessionId": session_id });
    let answered = app
        .write(call, &nobody(&key), async |unit| {
            log::append(unit.connection, &interaction, unit.now.millis()).await?;
            Ok(answer::json(StatusCode::OK, &body))
        })
        .await;
    app.flush_counters().await;
    answered
}

/// POST /chat/feedback with `x-api-key`: `{sessionId, feedback: "up" | "down" | null}`, about the session's last answer.
pub(crate) async fn rate<P: Platform>(
    app: &App<P>,
    call: &Call,
    standing: &mut Option<Standing>,
) -> Result<Answer, Failure> {
    if app.settings.knowledge.chat_keys.is_empty() {
        return Err(Failure::not_found());
    }
    let key = admit(app, call, standing).await?;
    let (feedback, session_id) = read(call, |fields| {
        let feedback = fields.text("feedback", 10);
        if !matches!(feedback.as_deref(), None | Some("up" | "down")) {
            fields.wrong("feedback", "must be `up`, `down` or null");
        }
        feedback
    })?;
    let session_id = session_id.ok_or_else(|| missing("sessionId"))?;
    app.write(call, &nobody(&key), async |unit| {
        if !log::rate(unit.connection, &session_id, feedback.as_deref()).await? {
            return Err(Failure::not_found());
        }
        Ok(super::no_content())
    })
    .await
}

/// A body with a session and something else. Mistakes are 400 here, as the contract has it.
fn read<T>(call: &Call, field: impl FnOnce(&mut Fields<'_>) -> T) -> Result<(T, Option<String>), Failure> {
    debug_assert_eq!(call.parts.method, Method::POST);
    let mut errors: Vec<FieldError> = Vec::new();
    let Some(mut fields) = Fields::of(call.json(None)?, "", &mut errors) else {
        return Err(bad(errors));
    };
    let value = field(&mut fields);
    let session_id = fields
        .text("sessionId", SESSION_LIMIT)
        .filter(|id| !id.is_empty());
    let is_id = |id: &String| {
        id.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    };
    if session_id.as_ref().is_some_and(|id| !is_id(id)) {
        fields.wrong("sessionId", "must be letters, digits or any of `-_.:`");
    }
    fields.end("a chat message");
    if errors.is_empty() {
        Ok((value, session_id))
    } else {
        Err(bad(errors))
    }
}

fn missing(name: &str) -> Failure {
    bad(vec![FieldError::new(name, "is required")])
}

fn bad(errors: Vec<FieldError>) -> Failure {
    let detail = match errors.as_slice() {
        [only] if only.field.is_empty() => only.message.clone(),
        [only] => format!("`{}` {}", only.field, only.message),
        _ => format!("{} fields are not valid", errors.len()),
    };
    Failure::new(Code::BadRequest, detail).with_errors(errors)
}
