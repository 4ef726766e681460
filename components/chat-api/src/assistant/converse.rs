//! One turn with a language model: it is asked, the tools that it calls are run, it is asked again, until it has nothing more to
//! call.
//!
//! No transaction is open while the model thinks. The calls of one answer are run in one transaction, with the account of what was
//! done so far in the conversation and under the client's idempotency key: whatever is killed when, what was done is told, and is
//! not done again. A turn that changed something is answered by that account alone; the model's own words are used where nothing
//! was changed. Where the model fails before a change, the built-in assistant takes the turn.

mod conversation;
mod rounds;

use std::cell::RefCell;

use http::StatusCode;
use serde_json::{Value, json};
use todo_domain::assistant::{ChatRequest, Intent};
use todo_service::answer::{self, Answer};
use todo_service::database::{Database, in_transaction_on};

use self::rounds::{Ended, Rounds};
use super::made::{account, has_changes, intent};
use super::no_answer::NoAnswer;
use super::provider::{BUILTIN, Endpoint, OPENAI};
use super::record::{Fallback, Outcome};
use super::take_builtin_turn;
use super::tally::Tally;
use super::told::Told;
use crate::app::{App, Caller};
use crate::failure::Failure;
use crate::handlers::idempotent::Claim;
use crate::platform::Platform;
use crate::store::counters;
use crate::unit::Unit;

pub(crate) use self::conversation::Conversation;

/// How long a turn may take whose answer is sent at once, in milliseconds: the host waits half a minute for a response, and the
/// built-in assistant may have to take over.
const WHOLE_TURN: i64 = 24_000;

/// How long a streamed turn may take, in milliseconds. A claim of an idempotency key lasts longer.
const STREAMED_TURN: i64 = 110_000;

/// What said that nothing was changed.
const NOTHING_CHANGED: &str = "Nothing was changed.";

/// What a turn is about; owned, for it may outlive its request.
pub(crate) struct Asked {
    pub(crate) request: ChatRequest,
    pub(crate) caller: Caller,
    pub(crate) traceparent: Option<String>,
    pub(crate) claim: Option<Claim>,
    pub(crate) is_streamed: bool,
}

impl<P: Platform> App<P> {
    /// Takes a turn with a model. What happens is told on the way.
    pub(crate) async fn converse(
        &self,
        endpoint: &Endpoint,
        asked: &Asked,
        conversation: Conversation,
        told: &Told,
    ) -> Result<Answer, Failure> {
        let tally = RefCell::new(Tally::default());
        let taken = self
            .take_model_turn(endpoint, asked, conversation, told, &tally)
            .await;
        if let Err(_failure) = &taken
            && let Some(claim) = &asked.claim
        {
            claim.release(self, &asked.caller.user_id).await;
        }
        let body = taken?;
        let provider = body.get("provider").and_then(Value::as_str).unwrap_or_default();
        let fallback = body.pointer("/fallback/reason").and_then(Value::as_str);
        tally.borrow_mut().turn(provider, fallback);
        let counted = tally.borrow_mut().take();
        let written = async {
            let connection = self.platform.database().connect().await?;
            counters::add(&connection, &counted).await
        };
        if let Err(error) = written.await {
            self.platform.log(&format!("a turn was not counted: {error}"));
        }
        told.tell("done", &body);
        Ok(answer::json(StatusCode::OK, &body))
    }

    async fn take_model_turn(
        &self,
        endpoint: &Endpoint,
        asked: &Asked,
        conversation: Conversation,
        told: &Told,
        tally: &RefCell<Tally>,
    ) -> Result<Value, Failure> {
        self.ensure_jobs().await;
        let promised_id = conversation.place.conversation_id.clone();
        told.tell(
            "thinking",
            &json!({ "conversation_id": promised_id, "provider": OPENAI }),
        );
        let limit = if asked.is_streamed {
            STREAMED_TURN
        } else {
            WHOLE_TURN
        };
        let deadline = self.platform.now().saturating_add(limit);
        let mut rounds = Rounds::new(self, endpoint, asked, conversation, told);
        let ended = rounds.run(deadline, tally).await?;
        let failed = match &ended {
            Ended::Failed(no_answer) => Some(self.give_up(no_answer)),
            _ => None,
        };
        if failed.is_some() && !has_changes(&rounds.made) {
            // Nothing was done that could be done twice.
            let thinking = json!({ "conversation_id": promised_id, "provider": BUILTIN });
            told.tell("thinking", &thinking);
            let body = self.take_over(asked, &promised_id, failed).await?;
            told.tell_answer(&body);
            return Ok(body);
        }
        let (response, pending) = match ended {
            Ended::Said { text, has_claimed } => {
                let response = rounds.with_account(text, has_claimed);
                (response, None)
            }
            Ended::Asks(pending) => {
                // What was said before the question is no part of it.
                told.tell(
                    "thinking",
                    &json!({ "conversation_id": promised_id, "provider": OPENAI }),
                );
                let done = has_changes(&rounds.made).then(|| format!("{}\n", account(&rounds.made)));
                let response = format!("{}{}", done.unwrap_or_default(), pending.question);
                (response, Some(pending))
            }
            Ended::Done | Ended::Failed(_) => (account(&rounds.made), None),
        };
        rounds.tell_response(&response);
        rounds.memory.pending.clone_from(&pending);
        let outcome = Outcome {
            tool_calls: rounds.tool_calls(),
            intent: rounds.intent(pending.as_ref()).as_str(),
            provider: if failed.is_some() { BUILTIN } else { OPENAI },
            led_to_nothing: None,
            response,
            pending,
            fallback: failed,
        };
        rounds.finish(outcome).await
    }

    /// Says in the log why the model did not answer, and for the answer.
    fn give_up(&self, no_answer: &NoAnswer) -> Fallback {
        let NoAnswer { reason, detail, .. } = no_answer;
        self.platform.log(&format!(
            "the language model did not answer ({}): {detail}; the built-in assistant answers",
            reason.as_str()
        ));
        Fallback::from(*reason)
    }

    /// The built-in assistant's turn, in place of the model's.
    async fn take_over(
        &self,
        asked: &Asked,
        promised_id: &str,
        fallback: Option<Fallback>,
    ) -> Result<Value, Failure> {
        let now = self.now()?;
        let user_id = asked.caller.user_id.as_str();
        let mut recalled = self.recall(&asked.request.message, user_id).await?;
        let connection = self.platform.database().connect().await?;
        let new_id = || self.new_id();
        let (body, is_told) = in_transaction_on(&connection, &[user_id], async |connection| {
            let unit = Unit::new(connection, user_id, now, asked.traceparent.as_deref(), &new_id);
            let body =
                take_builtin_turn(&unit, &asked.request, Some(promised_id), fallback, &mut recalled).await?;
            let is_told = unit.finish().await?;
            if let Some(claim) = &asked.claim {
                claim.keep(connection, user_id, &body, true, now.millis()).await?;
            }
            Ok::<_, Failure>((body, is_told))
        })
        .await?;
        self.count_recalled(&recalled).await;
        if is_told {
            self.relay.want();
        }
        Ok(body)
    }
}

impl<P: Platform> Rounds<'_, P> {
    /// The model's text, with the application's word that nothing was changed wherever the text or the message could make one
    /// believe otherwise.
    fn with_account(&self, text: String, has_claimed: bool) -> String {
        if has_changes(&self.made) {
            return account(&self.made);
        }
        // The text has been shown as it is: nothing may change before what is added to it.
        let has_looked = intent(&self.made).is_some() || self.policy.is_question();
        if has_looked && !has_claimed {
            return text;
        }
        format!("{text}\n\n{NOTHING_CHANGED}")
    }

    fn intent(&self, pending: Option<&todo_domain::assistant::Pending>) -> Intent {
        use todo_domain::assistant::Decision;
        let asked = pending.and_then(|pending| match &pending.decision {
            Decision::Confirm { calls } | Decision::Choose { calls, .. } => {
                calls.first().map(super::made::intent_of)
            }
        });
        let made = has_changes(&self.made).then(|| intent(&self.made)).flatten();
        made.or(asked)
            .or_else(|| intent(&self.made))
            .unwrap_or_else(|| self.policy.intent())
    }
}
