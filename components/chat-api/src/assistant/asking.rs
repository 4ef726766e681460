//! Asking the model for one answer: within the budget and the time, and again where that is safe.

use std::cell::RefCell;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use todo_chat_completions::{
    Answer, AnswerError, Limits, Message, Request, StreamReader, Tool, estimate, whole,
};
use todo_service::database::Database;
use todo_service::outbound::Pieces;

use super::no_answer::{NoAnswer, Reason, refused};
use super::provider::Endpoint;
use super::tally::Tally;
use crate::app::App;
use crate::platform::Platform;
use crate::store::token_budgets;

/// How many tokens one answer may have.
const MOST_TOKENS: u32 = 1_024;

/// How often one question is asked.
const ATTEMPTS: u32 = 3;

/// The pause before the second attempt, in milliseconds; half of it again by chance, and twice as long before the third.
const FIRST_PAUSE: u64 = 250;

/// A pause that leaves less than this of the turn's time is not worth it, in milliseconds.
const LEAST_TIME: i64 = 2_000;

/// The longest refusal that is read, in bytes.
const LONGEST_REFUSAL: usize = 64 << 10;

const DAY: i64 = 24 * 3600 * 1000;

/// Tokens beyond it are a mistake of the server's.
const MOST_BELIEVED: i64 = 10_000_000;

/// One turn's questions to the model.
pub(super) struct Asking<'a, P: Platform> {
    pub(super) app: &'a App<P>,
    pub(super) endpoint: &'a Endpoint,
    pub(super) user_id: &'a str,
    /// When the turn's time is over, in milliseconds since the Unix epoch.
    pub(super) deadline: i64,
    pub(super) is_streamed: bool,
    pub(super) tally: &'a RefCell<Tally>,
}

impl<P: Platform> Asking<'_, P> {
    /// Asks. New text of the answer is given to `show` as it comes. `may_repeat` is whether nothing has happened yet that asking
    /// again could repeat.
    pub(super) async fn ask(
        &self,
        messages: &[Message],
        tools: &[Tool],
        may_repeat: bool,
        show: &mut dyn FnMut(&str),
    ) -> Result<Answer, NoAnswer> {
        let mut attempt = 1;
        loop {
            let request = Request {
                model: &self.endpoint.model,
                messages,
                tools,
                stream: self.is_streamed,
                most_tokens: MOST_TOKENS,
                dialect: self.endpoint.dialect.get(),
            };
            let mut is_shown = false;
            let mut show_and_note = |text: &str| {
                is_shown = true;
                show(text);
            };
            let no_answer = match self.ask_once(&request, &mut show_and_note).await {
                Ok(answer) => return Ok(answer),
                Err(no_answer) => no_answer,
            };
            if !may_repeat || is_shown {
                return Err(no_answer);
            }
            let dialect = no_answer
                .parameter
                .and_then(|parameter| request.dialect.without(parameter));
            if let Some(dialect) = dialect {
                self.endpoint.dialect.set(dialect);
                continue;
            }
            let Some(pause) = self.pause(&no_answer, attempt) else {
                return Err(no_answer);
            };
            self.app.platform.sleep(pause).await;
            attempt += 1;
        }
    }

    /// How long to wait before the next attempt; nothing if there is none.
    fn pause(&self, no_answer: &NoAnswer, attempt: u32) -> Option<Duration> {
        if !no_answer.is_passing || attempt >= ATTEMPTS {
            return None;
        }
        let [chance, ..] = self.app.platform.random();
        let pause = FIRST_PAUSE << (attempt - 1);
        let pause = pause + pause * u64::from(chance) / 510;
        let pause = pause.max(no_answer.retry_after.unwrap_or_default());
        let left = self
            .deadline
            .saturating_sub(self.app.platform.now())
            .saturating_sub(LEAST_TIME);
        u64::try_from(left)
            .is_ok_and(|left| pause <= left)
            .then(|| Duration::from_millis(pause))
    }

    async fn ask_once(&self, request: &Request<'_>, show: &mut dyn FnMut(&str)) -> Result<Answer, NoAnswer> {
        let begun = self.app.platform.now();
        let reserved = self.reserve(request, begun).await?;
        let asked = self.exchange(request, show).await;
        let spent = match &asked {
            Ok(answer) => Some(spent(request, answer)),
            Err(no_answer) => no_answer.is_free.then_some((0, 0)),
        };
        let (prompt, completion) = spent.unwrap_or_default();
        if let Some(reserved) = reserved
            // What nobody told the cost of costs what was reserved.
            && let Some((prompt, completion)) = spent
        {
            self.settle(begun, prompt + completion - reserved).await;
        }
        let outcome = asked
            .as_ref()
            .map_or_else(|no_answer| no_answer.reason.as_str(), |_answer| "answered");
        let took = self.app.platform.now().saturating_sub(begun);
        self.tally.borrow_mut().request(outcome, took, prompt, completion);
        asked
    }

    async fn exchange(&self, request: &Request<'_>, show: &mut dyn FnMut(&str)) -> Result<Answer, NoAnswer> {
        let body = request.to_json().to_string();
        let accept = if request.stream {
            "text/event-stream"
        } else {
            "application/json"
        };
        let mut post = http::Request::post(self.endpoint.url.clone());
        if let Some(headers) = post.headers_mut() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            if let Some(authorization) = &self.endpoint.authorization {
                headers.insert(AUTHORIZATION, authorization.clone());
            }
        }
        let post = post
            .body(Bytes::from(body))
            .map_err(|_error| NoAnswer::new(Reason::Misconfigured, "the request cannot be written"))?;
        let begun = self.app.platform.now();
        let answer = self.app.platform.request(post, self.patience(begun)?).await?;
        let (head, mut body) = answer.into_parts();
        if !head.status.is_success() {
            // What cannot be read of a refusal changes nothing about it.
            let text = self
                .read(&mut body, begun, LONGEST_REFUSAL)
                .await
                .unwrap_or_default();
            return Err(refused(
                head.status.as_u16(),
                &head.headers,
                &text,
                self.app.platform.now(),
            ));
        }
        let limits = Limits::default();
        let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_stream = kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/event-stream"));
        if !is_stream {
            let text = self.read(&mut body, begun, limits.bytes).await?;
            let answer = whole(&text, limits)?;
            show(&answer.content);
            return Ok(answer);
        }
        let mut reader = StreamReader::new(limits);
        while !reader.is_done() {
            // The model may go on for as long as it says something.
            let since = self.app.platform.now();
            let Some(piece) = body.next(self.patience(since)?).await else {
                break;
            };
            let mut text = String::new();
            let read = reader.push(&piece?, &mut text);
            if !text.is_empty() {
                show(&text);
            }
            read?;
        }
        let mut text = String::new();
        let answer = reader.finish(&mut text);
        if !text.is_empty() {
            show(&text);
        }
        Ok(answer?)
    }

    /// A body as a whole, in the time of the request.
    async fn read(&self, body: &mut P::Pieces, begun: i64, limit: usize) -> Result<Vec<u8>, NoAnswer> {
        let mut bytes = Vec::new();
        while let Some(piece) = body.next(self.patience(begun)?).await {
            bytes.extend_from_slice(&piece?);
            if bytes.len() > limit {
                return Err(AnswerError::TooLong { limit }.into());
            }
        }
        Ok(bytes)
    }

    /// How long the server may still take for what began at this time.
    fn patience(&self, begun: i64) -> Result<Duration, NoAnswer> {
        let timeout = i64::try_from(self.endpoint.timeout.as_millis()).unwrap_or(i64::MAX);
        let end = begun.saturating_add(timeout).min(self.deadline);
        let left = end.saturating_sub(self.app.platform.now());
        match u64::try_from(left) {
            Ok(left) if left > 0 => Ok(Duration::from_millis(left)),
            _ => Err(NoAnswer::new(Reason::TimedOut, "the time for an answer is over")),
        }
    }

    /// Takes what the request may cost out of the user's budget. Answers how much that was, where there is a budget.
    async fn reserve(&self, request: &Request<'_>, now: i64) -> Result<Option<i64>, NoAnswer> {
        if self.endpoint.daily_tokens == 0 {
            return Ok(None);
        }
        let tokens = i64::try_from(request.estimated_tokens()).unwrap_or(i64::MAX);
        let reserved = async {
            let connection = self.app.platform.database().connect().await?;
            let day = now.div_euclid(DAY);
            token_budgets::reserve(&connection, self.user_id, day, tokens, self.endpoint.daily_tokens).await
        };
        match reserved.await {
            Ok(true) => Ok(Some(tokens)),
            Ok(false) => Err(NoAnswer::new(
                Reason::BudgetExhausted,
                "the user's tokens of the day are used up",
            )),
            Err(error) => Err(NoAnswer::new(
                Reason::Failed,
                format!("the budget cannot be read: {error}"),
            )),
        }
    }

    /// Does not fail: what is not settled was reserved, and counts as spent.
    async fn settle(&self, begun: i64, difference: i64) {
        let settled = async {
            let connection = self.app.platform.database().connect().await?;
            token_budgets::settle(&connection, self.user_id, begun.div_euclid(DAY), difference).await
        };
        if let Err(error) = settled.await {
            self.app
                .platform
                .log(&format!("the cost of an answer was not written down: {error}"));
        }
    }
}

/// The tokens of request and answer, as the server counts them or else as they are estimated.
fn spent(request: &Request<'_>, answer: &Answer) -> (i64, i64) {
    let believed = |tokens: u64| i64::try_from(tokens).unwrap_or(MOST_BELIEVED).min(MOST_BELIEVED);
    if let Some(usage) = answer.usage {
        return (believed(usage.prompt.into()), believed(usage.completion.into()));
    }
    let arguments = answer
        .tool_calls
        .iter()
        .filter_map(|call| call.arguments.as_ref().ok());
    let calls: u64 = arguments.map(|arguments| estimate(&arguments.to_string())).sum();
    let prompt = request
        .estimated_tokens()
        .saturating_sub(u64::from(request.most_tokens));
    (
        believed(prompt),
        believed(estimate(&answer.content).saturating_add(calls)),
    )
}
