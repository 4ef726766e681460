//! What a turn leaves behind: the two messages in the conversation, what the assistant remembers, and the answer that the
//! client gets.

use serde_json::{Value, json};
use todo_domain::assistant::{self, ChatRequest, Pending};
use todo_domain::validation::TITLE_LIMIT;
use todo_service::database::Connection;

use super::Memory;
use super::no_answer::Reason;
use super::provider::OPENAI;
use super::tally;
use crate::failure::Failure;
use crate::store::conversations::{self, Said};
use crate::store::counters;
use crate::unit::Unit;

/// Why the built-in assistant answered although another one was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fallback {
    pub(crate) reason: &'static str,
    pub(crate) detail: &'static str,
}

impl Fallback {
    /// The variables have a mistake.
    pub(crate) fn misconfigured() -> Self {
        Self::from(Reason::Misconfigured)
    }
}

impl From<Reason> for Fallback {
    fn from(reason: Reason) -> Self {
        Self {
            reason: reason.as_str(),
            detail: reason.detail(),
        }
    }
}

/// An answer, before it is JSON.
pub(crate) struct Outcome {
    pub(crate) response: String,
    pub(crate) tool_calls: Vec<Value>,
    pub(crate) intent: &'static str,
    pub(crate) provider: &'static str,
    pub(crate) pending: Option<Pending>,
    pub(crate) fallback: Option<Fallback>,
    /// Why the rules could do nothing about the message.
    pub(crate) led_to_nothing: Option<assistant::Fallback>,
}

/// Where an answer is kept: a conversation that was there, or one that begins with it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) conversation_id: String,
    /// Whether it is still to be made.
    pub(crate) is_new: bool,
    /// The message with the answer, once it is there.
    pub(crate) message_id: Option<String>,
}

impl Place {
    pub(crate) fn known(conversation_id: String) -> Self {
        Self {
            conversation_id,
            is_new: false,
            message_id: None,
        }
    }

    pub(crate) fn fresh(conversation_id: String) -> Self {
        Self {
            is_new: true,
            ..Self::known(conversation_id)
        }
    }

    /// Keeps question and answer in the transaction of the unit, or the answer anew where it was kept before. Answers the body.
    pub(crate) async fn keep<C: Connection>(
        &mut self,
        unit: &Unit<'_, C>,
        request: &ChatRequest,
        memory: &Memory,
        outcome: Outcome,
    ) -> Result<Value, Failure> {
        let (connection, now) = (unit.connection, unit.now.millis());
        let calls =
            (!outcome.tool_calls.is_empty()).then(|| Value::from(outcome.tool_calls.clone()).to_string());
        let state = serde_json::to_string(memory).map_err(|error| Failure::internal(error.to_string()))?;
        let id = self.conversation_id.as_str();
        let message_id = match &self.message_id {
            Some(message_id) => {
                let said = Said {
                    id: message_id.clone(),
                    role: "assistant",
                    content: &outcome.response,
                    tool_calls: calls,
                };
                conversations::amend(connection, id, said, &state, now).await?;
                message_id.clone()
            }
            None => {
                let title = title(&request.message);
                if self.is_new && !conversations::insert(connection, unit.user_id, id, &title, now).await? {
                    return Err(Failure::account_gone());
                }
                let question_id = (unit.new_id)();
                let message_id = (unit.new_id)();
                let said = [
                    Said {
                        id: question_id,
                        role: "user",
                        content: &request.message,
                        tool_calls: None,
                    },
                    Said {
                        id: message_id.clone(),
                        role: "assistant",
                        content: &outcome.response,
                        tool_calls: calls,
                    },
                ];
                if !conversations::append(connection, id, said, &state, now).await? {
                    // It was deleted while the model thought.
                    return Err(Failure::not_found());
                }
                // Here and not above: a turn that is kept twice is one turn.
                let counted = tally::understood(outcome.intent, outcome.led_to_nothing, outcome.provider);
                counters::add(connection, &counted).await?;
                message_id
            }
        };
        let mut body = json!({
            "conversation_id": id,
            "message_id": message_id,
            "response": outcome.response,
            "tool_calls": outcome.tool_calls,
            "intent": outcome.intent,
            "provider": outcome.provider,
            "created_at": unit.now,
        });
        if let Some(body) = body.as_object_mut() {
            if let Some(pending) = outcome.pending {
                body.insert("pending_confirmation".to_owned(), json!(pending));
            }
            if let Some(Fallback { reason, detail }) = outcome.fallback {
                let fallback = json!({ "from": OPENAI, "reason": reason, "detail": detail });
                body.insert("fallback".to_owned(), fallback);
            }
        }
        Ok(body)
    }

    /// After a commit: what was new is there.
    pub(crate) fn is_kept(&mut self, body: &Value) {
        self.is_new = false;
        self.message_id = body.get("message_id").and_then(Value::as_str).map(str::to_owned);
    }
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
        .collect()
}
