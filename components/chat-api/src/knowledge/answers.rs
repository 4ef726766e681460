//! What is said from what is known: to a user in place of "I did not understand", and to whoever asks with the FAQ's key.
//!
//! Only the message is read for what is asked. What is found is quoted, and causes nothing.

use todo_domain::assistant::{Context, Intent, Step, View, interpret};
use todo_domain::time::Timestamp;
use todo_domain::zone::Zone;
use todo_knowledge::Kind;
use todo_knowledge::answer::{Source, text, worth_mentioning};
use todo_knowledge::question::is_about_the_product;

use super::{Found, Reason, Scope};
use crate::app::App;
use crate::assistant::Turn;
use crate::failure::Failure;
use crate::platform::Platform;

/// What somebody without an account is told who only says hello.
const GREETING: &str = "Hello! Ask me a question, and I answer from the help and the FAQ.";

/// What they are told where there is no answer.
const NO_ANSWER: &str = "I have no answer to that. Please ask in other words, or ask something else.";

/// What was found before a user's turn, outside of its transaction.
#[derive(Debug, Default)]
pub(crate) struct Recalled {
    found: Option<Found>,
    is_about_the_product: bool,
    /// Why nothing was known, when it was wanted.
    unanswered: Option<Reason>,
}

/// An answer to whoever asks with the FAQ's key.
#[derive(Debug)]
pub(crate) struct PublicAnswer {
    pub(crate) intent: Intent,
    pub(crate) text: String,
    pub(crate) sources: Vec<Source>,
    /// Why it is no answer, if it is none.
    pub(crate) fallback: Option<Reason>,
}

impl<P: Platform> App<P> {
    /// Looks for what may answer a user's message, if it is a question about the product or no command.
    pub(crate) async fn recall(&self, message: &str, user_id: &str) -> Result<Recalled, Failure> {
        let is_about_the_product = is_about_the_product(message);
        if !is_about_the_product && understood(message) != Intent::Unclear {
            return Ok(Recalled::default());
        }
        Ok(Recalled {
            found: Some(self.know(message, Scope::User(user_id)).await?),
            is_about_the_product,
            unanswered: None,
        })
    }

    /// Answers a question of somebody who has no tasks here.
    pub(crate) async fn answer_public(&self, message: &str) -> Result<PublicAnswer, Failure> {
        let is_small_talk = matches!(understood(message), Intent::Help | Intent::Greet | Intent::Thank);
        let greets = is_small_talk && !is_about_the_product(message);
        let found = self.know(message, Scope::Public).await?;
        let hits = worth_mentioning(found.hits);
        if let Some(text) = text(&hits) {
            return Ok(PublicAnswer {
                intent: Intent::Faq,
                text,
                sources: hits.iter().map(Source::from).collect(),
                fallback: None,
            });
        }
        let (intent, text, fallback) = if greets {
            (Intent::Help, GREETING, None)
        } else {
            (
                Intent::Unclear,
                NO_ANSWER,
                Some(found.nothing.unwrap_or(Reason::Other)),
            )
        };
        if let Some(reason) = fallback {
            self.knowledge.measured.fallback(Intent::Faq.as_str(), reason);
        }
        Ok(PublicAnswer {
            intent,
            text: text.to_owned(),
            sources: Vec::new(),
            fallback,
        })
    }

    /// Counts that nothing was known, and all else that was counted on the way.
    pub(crate) async fn count_recalled(&self, recalled: &Recalled) {
        if let Some(reason) = recalled.unanswered {
            self.knowledge.measured.fallback(Intent::Unclear.as_str(), reason);
        }
        self.flush_counters().await;
    }
}

impl Recalled {
    /// The turn with what was recalled in place of an answer that nobody has, and where that comes from.
    pub(crate) fn complete(&mut self, turn: Turn) -> (Turn, Vec<Source>) {
        if turn.intent != Intent::Unclear || turn.pending.is_some() || !turn.results.is_empty() {
            return (turn, Vec::new());
        }
        let Some(found) = self.found.take() else {
            return (turn, Vec::new());
        };
        let nothing = found.nothing;
        answer(found, true).unwrap_or_else(|| {
            self.unanswered = Some(nothing.unwrap_or(Reason::Other));
            (turn, Vec::new())
        })
    }

    /// The answer to a question about the product, before it could be taken for a command. Nothing if it is none, or has none.
    pub(crate) fn about_the_product(&mut self) -> Option<(Turn, Vec<Source>)> {
        if !self.is_about_the_product {
            return None;
        }
        answer(self.found.clone()?, false)
    }
}

fn answer(mut found: Found, with_tasks: bool) -> Option<(Turn, Vec<Source>)> {
    found.hits.retain(|hit| with_tasks || hit.kind != Kind::Task);
    let hits = worth_mentioning(found.hits);
    let response = text(&hits)?;
    let is_of_tasks = hits.iter().any(|hit| hit.kind == Kind::Task);
    let turn = Turn {
        intent: if is_of_tasks { Intent::Recall } else { Intent::Faq },
        response,
        results: Vec::new(),
        pending: None,
        fallback: None,
    };
    Some((turn, hits.iter().map(Source::from).collect()))
}

/// What the rules make of a message by itself. Nothing is done about it.
fn understood(message: &str) -> Intent {
    let tasks = View::whole(Vec::new());
    let context = Context {
        tasks: &tasks,
        now: Timestamp::EPOCH,
        zone: Zone::UTC,
        pending: None,
        last_list: &[],
        focus: &[],
    };
    let plan = interpret(message, &context);
    match plan.step {
        Step::Say(_) => plan.intent,
        // What would be done or asked is understood.
        Step::Act(_) | Step::Ask(_) if plan.intent == Intent::Unclear => Intent::Help,
        Step::Act(_) | Step::Ask(_) => plan.intent,
    }
}
