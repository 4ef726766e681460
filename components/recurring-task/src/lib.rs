//! Recurring tasks: when one is completed, chat-api is asked to create its next occurrence.
//!
//! It keeps nothing. A delivery that comes again asks again, and chat-api creates an occurrence of a series
//! once: the series and the occurrence's number are unique among its tasks. A second memory of what was done
//! could only disagree with that one.

#[cfg(target_arch = "wasm32")]
mod component;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};
use todo_domain::events::{CloudEvent, TaskEventType};
use todo_service::refusal::{Refusal, read_event};

/// Where occurrences are created.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread: its futures need not be Send"
)]
pub trait ChatApi {
    /// Posts a request for the next occurrence. Answers the status, or why there is none.
    async fn create_next(&self, body: Value) -> Result<u16, String>;
}

/// Handles message values one after the other. The answer has one entry per message.
pub async fn handle(chat_api: &impl ChatApi, messages: &[Option<Vec<u8>>]) -> Vec<Result<(), Refusal>> {
    let mut results = Vec::with_capacity(messages.len());
    for message in messages {
        results.push(handle_one(chat_api, message.as_deref()).await);
    }
    results
}

async fn handle_one(chat_api: &impl ChatApi, message: Option<&[u8]>) -> Result<(), Refusal> {
    let event: CloudEvent<Value> = read_event(message)?;
    let is_completed = event.event_type == TaskEventType::Completed.as_str();
    if !is_completed || event.data.get("is_recurring") != Some(&Value::Bool(true)) {
        return Ok(());
    }
    let body = json!({"event_id": event.id, "user_id": event.userid, "task": event.data});
    match chat_api.create_next(body).await {
        Ok(status) => judge(status),
        Err(reason) => Err(Refusal::Retry(format!("chat-api does not answer: {reason}"))),
    }
}

/// What a status means for the message. Nothing is given up that may still succeed.
fn judge(status: u16) -> Result<(), Refusal> {
    match status {
        200..=299 => Ok(()),
        408 | 409 | 425 | 429 => Err(Refusal::Retry(format!("chat-api answers {status}"))),
        400..=499 => Err(Refusal::Reject(format!(
            "chat-api refuses the completed task with {status}"
        ))),
        _ => Err(Refusal::Retry(format!("chat-api answers {status}"))),
    }
}
