//! The chat over HTTP: the whole turn is one transaction, so that what the assistant says it did is what was kept.

use http::StatusCode;
use serde_json::{Value, json};
use todo_domain::assistant::ChatRequest;
use todo_domain::sse::{self, ServerSentEvent};
use todo_domain::validation::TITLE_LIMIT;
use todo_service::answer::{self, Answer, with_body};

use crate::app::{App, Caller};
use crate::assistant::{Memory, take_turn};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::request::Call;
use crate::store::conversations::{self, Said};
use crate::store::turns::{self, Kind};

/// The name of the rule-based assistant among the providers.
const PROVIDER: &str = "builtin";

/// POST /chat
pub(crate) async fn say<P: Platform>(app: &App<P>, call: &Call, caller: &Caller) -> Result<Answer, Failure> {
    let request = ChatRequest::parse(&call.json(None)?)?;
    let answer = app.write(call, caller, async |unit| {
        let (conversation_id, mut memory) = match &request.conversation_id {
            Some(id) => {
                let known = conversations::find(unit.connection, unit.user_id, id).await?;
                let known = known.ok_or_else(Failure::not_found)?;
                (
                    known.id,
                    serde_json::from_str::<Memory>(&known.state).unwrap_or_default(),
                )
            }
            None => {
                let id = (unit.new_id)();
                let title = title(&request.message);
                conversations::insert(unit.connection, unit.user_id, &id, &title, unit.now.millis()).await?;
                (id, Memory::default())
            }
        };
        let zone = request.timezone.unwrap_or_default();
        let turn = take_turn(unit, &request.message, zone, &mut memory).await?;
        let tool_calls: Vec<Value> = turn
            .results
            .iter()
            .map(|result| result.to_json(unit.user_id))
            .collect();
        let calls = (!tool_calls.is_empty()).then(|| Value::from(tool_calls.clone()).to_string());
        let message_id = (unit.new_id)();
        let said = [
            Said {
                id: (unit.new_id)(),
                role: "user",
                content: &request.message,
                tool_calls: None,
            },
            Said {
                id: message_id.clone(),
                role: "assistant",
                content: &turn.response,
                tool_calls: calls,
            },
        ];
        let state = serde_json::to_string(&memory).map_err(|error| Failure::internal(error.to_string()))?;
        conversations::append(unit.connection, &conversation_id, said, &state, unit.now.millis()).await?;
        let lot = message_id.bytes().last().unwrap_or_default();
        turns::count(unit.connection, Kind::Intent, turn.intent.as_str(), PROVIDER, lot).await?;
        if let Some(reason) = turn.fallback {
            turns::count(unit.connection, Kind::Fallback, reason.as_str(), PROVIDER, lot).await?;
        }
        let mut body = json!({
            "conversation_id": conversation_id,
            "message_id": message_id,
            "response": turn.response,
            "tool_calls": tool_calls,
            "intent": turn.intent.as_str(),
            "provider": PROVIDER,
            "created_at": unit.now,
        });
        if let (Some(pending), Some(body)) = (turn.pending, body.as_object_mut()) {
            body.insert("pending_confirmation".to_owned(), json!(pending));
        }
        Ok(answer::json(StatusCode::OK, &body))
    });
    let answer = answer.await?;
    Ok(if call.wants_events() {
        as_events(&answer)
    } else {
        answer
    })
}

/// The first line of the first message names the conversation.
fn title(message: &str) -> String {
    message
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|letter| !letter.is_control())
        .take(TITLE_LIMIT)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// The answer told as events, in the order in which things happened.
fn as_events(answer: &Answer) -> Answer {
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let mut text = String::new();
    let mut tell = |event: &str, data: &Value| {
        let data = data.to_string();
        text.push_str(
            &ServerSentEvent {
                id: None,
                event: Some(event),
                data: &data,
            }
            .to_string(),
        );
    };
    let (conversation_id, provider) = (body.get("conversation_id"), body.get("provider"));
    tell(
        "thinking",
        &json!({ "conversation_id": conversation_id, "provider": provider }),
    );
    let calls = body.get("tool_calls").and_then(Value::as_array);
    for call in calls.into_iter().flatten() {
        tell(
            "tool_call",
            &json!({ "tool": call.get("tool"), "arguments": call.get("arguments") }),
        );
        tell("tool_result", call);
    }
    let response = body.get("response").and_then(Value::as_str).unwrap_or_default();
    for token in response.split_inclusive(' ') {
        tell("token", &json!({ "text": token }));
    }
    tell("done", &body);
    let mut events = with_body(answer.status(), sse::CONTENT_TYPE, text.into());
    if let Some(replayed) = answer.headers().get("idempotency-replayed") {
        events
            .headers_mut()
            .insert("idempotency-replayed", replayed.clone());
    }
    events
}
