//! The rounds of a turn: an answer of the model, the calls in it, their results.

use std::cell::RefCell;

use serde_json::Value;
use todo_chat_completions::{Message, Tool, ToolCall as Wanted};
use todo_domain::assistant::{Pending, ToolCall, ToolResult, tool};
use todo_domain::zone::Zone;
use todo_service::database::{Connection, Database, in_transaction_on};

use super::super::asking::Asking;
use super::super::authority::{Admitted, admit};
use super::super::claims::Gate;
use super::super::made::{Made, account, has_changes, intent};
use super::super::no_answer::{NoAnswer, Reason};
use super::super::policy::{Policy, Verdict};
use super::super::prompt::{messages, model_tools, result};
use super::super::provider::{Endpoint, OPENAI};
use super::super::question::{numbers, question};
use super::super::record::{Outcome, Place};
use super::super::tally::Tally;
use super::super::told::Told;
use super::super::{Memory, run};
use super::{Asked, Conversation};
use crate::app::App;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::store::tasks;
use crate::unit::Unit;

/// How often the model is asked in one turn.
const ROUNDS: usize = 6;

/// How the rounds ended.
pub(super) enum Ended {
    /// With the model's words, of which some were shown already.
    Said { text: String, has_claimed: bool },
    /// With a question to the user.
    Asks(Pending),
    /// With nothing more to say than what was done.
    Done,
    /// Without an answer.
    Failed(NoAnswer),
}

/// A turn that is under way.
pub(super) struct Rounds<'a, P: Platform> {
    app: &'a App<P>,
    endpoint: &'a Endpoint,
    asked: &'a Asked,
    told: &'a Told,
    place: Place,
    pub(super) memory: Memory,
    messages: Vec<Message>,
    tools: Vec<Tool>,
    pub(super) policy: Policy,
    pub(super) made: Vec<Made>,
    /// How much of the last text was shown.
    shown: usize,
}

/// A call of an answer, on its way.
struct Step<'c> {
    wanted: &'c Wanted,
    admitted: Result<Admitted, String>,
    verdict: Verdict,
}

impl<'a, P: Platform> Rounds<'a, P> {
    pub(super) fn new(
        app: &'a App<P>,
        endpoint: &'a Endpoint,
        asked: &'a Asked,
        conversation: Conversation,
        told: &'a Told,
    ) -> Self {
        let Conversation {
            place,
            memory,
            history,
            asked: plan,
            is_answer: _,
        } = conversation;
        let now = app.now().unwrap_or(todo_domain::time::Timestamp::EPOCH);
        let zone = asked.request.timezone.unwrap_or_default();
        let messages = messages(&history, &asked.request.message, now, zone);
        Self {
            app,
            endpoint,
            asked,
            told,
            place,
            memory,
            messages,
            tools: model_tools(),
            policy: Policy::new(plan, !history.is_empty()),
            made: Vec::new(),
            shown: 0,
        }
    }

    pub(super) async fn run(&mut self, deadline: i64, tally: &RefCell<Tally>) -> Result<Ended, Failure> {
        let asking = Asking {
            app: self.app,
            endpoint: self.endpoint,
            user_id: &self.asked.caller.user_id,
            deadline,
            is_streamed: self.asked.is_streamed,
            tally,
        };
        for _round in 0..ROUNDS {
            let mut gate = Gate::new();
            let mut shown = 0;
            // After a change the answer is the account of it, and the model's words are not shown at all.
            let is_shown = !has_changes(&self.made);
            let told = self.told;
            let mut show = |text: &str| {
                if is_shown {
                    let passed = gate.push(text);
                    shown += passed.len();
                    told.tell_text(&passed);
                }
            };
            let may_repeat = self.made.is_empty();
            let asked = asking
                .ask(&self.messages, &self.tools, may_repeat, &mut show)
                .await;
            let answer = match asked {
                Ok(answer) => answer,
                Err(no_answer) => return Ok(Ended::Failed(no_answer)),
            };
            self.shown = shown;
            if answer.tool_calls.is_empty() {
                if has_changes(&self.made) {
                    return Ok(Ended::Done);
                }
                if answer.content.trim().is_empty() {
                    let empty = NoAnswer::new(Reason::InvalidAnswer, "the answer is empty");
                    return Ok(Ended::Failed(empty));
                }
                let (_held, has_claimed) = gate.finish();
                return Ok(Ended::Said {
                    text: answer.content,
                    has_claimed,
                });
            }
            // What was said before a call is not the answer.
            self.shown = 0;
            if let Some(pending) = self.act(&answer.tool_calls).await? {
                return Ok(Ended::Asks(pending));
            }
            self.messages.push(Message::Assistant {
                content: answer.content,
                calls: answer.tool_calls.clone(),
            });
            let first = self.made.len().saturating_sub(answer.tool_calls.len());
            let results = self.made.iter().skip(first);
            for (wanted, made) in answer.tool_calls.iter().zip(results) {
                self.messages.push(Message::Tool {
                    id: wanted.id.clone(),
                    content: result(made.to_model()),
                });
            }
            self.policy.results_were_shown();
        }
        let endless = NoAnswer::new(Reason::TooManyRounds, format!("it called tools {ROUNDS} times"));
        Ok(Ended::Failed(endless))
    }

    /// Runs an answer's calls, as far as they may run. Answers the question about the others.
    async fn act(&mut self, wanted: &[Wanted]) -> Result<Option<Pending>, Failure> {
        let steps = self.steps(wanted);
        let now = self.app.now()?;
        let mut waiting: Vec<ToolCall> = Vec::new();
        for step in &steps {
            if let (Ok(admitted), Verdict::Confirm) = (&step.admitted, step.verdict)
                && !waiting.contains(&admitted.call)
            {
                waiting.push(admitted.call.clone());
            }
        }
        let changes = steps.iter().any(|step| {
            step.verdict == Verdict::Run && step.admitted.as_ref().is_ok_and(|admitted| !admitted.reads)
        });
        let connection = self.app.platform.database().connect().await?;
        let app = self.app;
        let new_id = || app.new_id();
        let user_id = self.asked.caller.user_id.as_str();
        let traceparent = self.asked.traceparent.as_deref();
        let made = if changes {
            let (made, body, is_told) = in_transaction_on(&connection, &[user_id], async |connection| {
                let unit = Unit::new(connection, user_id, now, traceparent, &new_id);
                let made = self.run_steps(&unit, &steps).await?;
                let so_far: Vec<Made> = self.made.iter().chain(&made).cloned().collect();
                let body = self.keep_account(&unit, &so_far).await?;
                let is_told = unit.finish().await?;
                if let Some(claim) = &self.asked.claim {
                    claim
                        .keep(connection, user_id, &body, false, now.millis())
                        .await?;
                }
                Ok::<_, Failure>((made, body, is_told))
            })
            .await?;
            self.place.is_kept(&body);
            if is_told {
                app.relay.want();
            }
            made
        } else {
            let unit = Unit::new(&connection, user_id, now, traceparent, &new_id);
            self.run_steps(&unit, &steps).await?
        };
        for call in &made {
            self.told.tell_call(&call.to_json(user_id));
        }
        let results = made.iter().filter_map(|call| match call {
            Made::Run { result, .. } => Some(result.clone()),
            Made::Refused { .. } => None,
        });
        self.memory.learn(&results.collect::<Vec<_>>());
        self.made.extend(made);
        if waiting.is_empty() {
            return Ok(None);
        }
        let tasks = tasks::numbered(&connection, user_id, &numbers(&waiting)).await?;
        Ok(Some(question(waiting, &tasks, now)))
    }

    /// Each call with the caller's own authority, and what is to become of it.
    fn steps<'c>(&mut self, wanted: &'c [Wanted]) -> Vec<Step<'c>> {
        let admitted: Vec<_> = wanted
            .iter()
            .map(|wanted| match &wanted.arguments {
                Ok(arguments) => {
                    let arguments = with_zone(&wanted.name, arguments, self.asked.request.timezone);
                    admit(&self.asked.caller, &wanted.name, &arguments)
                }
                Err(mistake) => Err(mistake.to_string()),
            })
            .collect();
        let possible = admitted.iter().flatten();
        let verdicts = self
            .policy
            .judge(possible.map(|admitted| (&admitted.call, admitted.reads)));
        let mut verdicts = verdicts.into_iter();
        wanted
            .iter()
            .zip(admitted)
            .map(|(wanted, admitted)| {
                // What is refused has no verdict and needs none.
                let verdict = match &admitted {
                    Ok(_) => verdicts.next().unwrap_or(Verdict::TooMany),
                    Err(_) => Verdict::Run,
                };
                Step {
                    wanted,
                    admitted,
                    verdict,
                }
            })
            .collect()
    }

    /// Runs what may run, in order. What waits for a yes is in no list: it was not called.
    async fn run_steps<C: Connection>(
        &self,
        unit: &Unit<'_, C>,
        steps: &[Step<'_>],
    ) -> Result<Vec<Made>, Failure> {
        let mut made = Vec::with_capacity(steps.len());
        for step in steps {
            let refused = |reason: &str| {
                let arguments = step.wanted.arguments.as_ref().ok();
                Made::refused(&step.wanted.name, arguments, reason.to_owned())
            };
            let admitted = match (&step.admitted, step.verdict) {
                (Err(reason), _) => {
                    made.push(refused(reason));
                    continue;
                }
                (Ok(_), Verdict::TooMany) => {
                    made.push(refused("this turn has called too many tools"));
                    continue;
                }
                (Ok(_), Verdict::Confirm) => continue,
                (Ok(admitted), Verdict::Run) => admitted,
            };
            let zone = admitted.zone.or(self.asked.request.timezone).unwrap_or(Zone::UTC);
            let outcome = run(unit, &admitted.call, zone).await?;
            made.push(Made::Run {
                result: ToolResult {
                    call: admitted.call.clone(),
                    outcome,
                },
                reads: admitted.reads,
            });
        }
        Ok(made)
    }

    /// Keeps what was done so far as the answer, which it is if nothing more comes.
    async fn keep_account<C: Connection>(&self, unit: &Unit<'_, C>, made: &[Made]) -> Result<Value, Failure> {
        let outcome = Outcome {
            response: account(made),
            tool_calls: made.iter().map(|call| call.to_json(unit.user_id)).collect(),
            intent: intent(made).unwrap_or_else(|| self.policy.intent()).as_str(),
            provider: OPENAI,
            pending: None,
            led_to_nothing: None,
            fallback: None,
        };
        let mut place = self.place.clone();
        place.keep(unit, &self.asked.request, &self.memory, outcome).await
    }

    /// The calls as the answer has them.
    pub(super) fn tool_calls(&self) -> Vec<Value> {
        let user_id = &self.asked.caller.user_id;
        self.made.iter().map(|call| call.to_json(user_id)).collect()
    }

    /// Tells what of the response was not shown yet.
    pub(super) fn tell_response(&self, response: &str) {
        let rest = response.get(self.shown..).unwrap_or_default();
        for token in rest.split_inclusive(' ') {
            self.told.tell_text(token);
        }
    }

    /// Keeps the turn's answer for good, and answers the body.
    pub(super) async fn finish(&mut self, outcome: Outcome) -> Result<Value, Failure> {
        let now = self.app.now()?;
        let connection = self.app.platform.database().connect().await?;
        let app = self.app;
        let new_id = || app.new_id();
        let user_id = self.asked.caller.user_id.as_str();
        in_transaction_on(&connection, &[user_id], async |connection| {
            let unit = Unit::new(connection, user_id, now, None, &new_id);
            let mut place = self.place.clone();
            let body = place
                .keep(&unit, &self.asked.request, &self.memory, outcome)
                .await?;
            if let Some(claim) = &self.asked.claim {
                claim.keep(connection, user_id, &body, true, now.millis()).await?;
            }
            Ok::<_, Failure>(body)
        })
        .await
    }
}

/// A due date is meant where the user is, unless the model says otherwise.
fn with_zone(name: &str, arguments: &Value, zone: Option<Zone>) -> Value {
    let mut arguments = arguments.clone();
    let takes_one =
        || tool(name).is_some_and(|tool| tool.input_schema.pointer("/properties/timezone").is_some());
    if let (Some(zone), Some(members)) = (zone, arguments.as_object_mut())
        && takes_one()
        && members.get("due_date").is_some_and(Value::is_string)
        && !members.contains_key("timezone")
    {
        members.insert("timezone".to_owned(), zone.name().into());
    }
    arguments
}
