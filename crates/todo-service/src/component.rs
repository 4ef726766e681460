//! The host's side of a component: requests in and out, the clock, variables.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use todo_auth::KeySet;
use todo_domain::problem::Code;
use todo_domain::time::Timestamp;

use crate::answer::{Answer, Failure};
use crate::authenticate::{Introspection, KeySource};

/// The longest body that a service reads, of a request or an answer.
const LARGEST_BODY: usize = 1 << 20;

/// An answer as the host takes it.
pub type HostAnswer = http::Response<Full<Bytes>>;

/// How many requests a minute of one user are let in, where nothing else is said.
const USER_LIMIT: u32 = 300;

const REQUEST_ID: &str = "x-request-id";

/// Where chat-api publishes the keys that verify its tokens.
const KEYS_URL: &str = "http://chat-api.spin.internal/.well-known/jwks.json";

/// Where it says whose a token is; only other components reach it.
const INTROSPECTION_URL: &str = "http://chat-api.spin.internal/internal/v1/introspect";

/// Says that the caller is one of the application's services, with the variable that has what goes into it.
const TOKEN_HEADER: &str = "x-internal-token";
const TOKEN_VARIABLE: &str = "internal_token";

/// The keys of chat-api and what it knows of tokens, by service invocation.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChatApiKeys;

impl KeySource for ChatApiKeys {
    async fn fetch(&self) -> Option<KeySet> {
        let answer = send(http::Request::get(KEYS_URL).body(Bytes::new()).ok()?).await?;
        if !answer.status().is_success() {
            return None;
        }
        serde_json::from_slice(answer.body()).ok()
    }

    async fn introspect(&self, token: &str) -> Option<Introspection> {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", token)
            .finish();
        let mut request =
            http::Request::post(INTROSPECTION_URL).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let shown = variable(TOKEN_VARIABLE).await;
        if !shown.is_empty() {
            request = request.header(TOKEN_HEADER, shown);
        }
        let answer = send(request.body(body.into()).ok()?).await?;
        if answer.status() != http::StatusCode::OK {
            log(&format!(
                "chat-api answers {} when asked whose a token is",
                answer.status()
            ));
            return None;
        }
        serde_json::from_slice(answer.body()).ok()
    }
}

/// Sends a request. Answers nothing when no complete answer came back.
pub async fn send(request: http::Request<Bytes>) -> Option<Answer> {
    let answer = spin_sdk::http::send(request.map(Full::new)).await.ok()?;
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, LARGEST_BODY).collect().await.ok()?.to_bytes();
    Some(http::Response::from_parts(parts, body))
}

/// The time by the host's clock.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis())
        .ok()
        .and_then(Timestamp::from_millis)
        .unwrap_or(Timestamp::EPOCH)
}

/// Serves one request: reads its body, lets the service answer, and turns a failure into a problem and a line
/// in the log.
pub async fn serve(
    request: spin_sdk::http::Request,
    answer: impl AsyncFnOnce(&http::Request<Bytes>, Timestamp) -> Result<Answer, Failure>,
) -> HostAnswer {
    let request_id = request_id(request.headers());
    let path = request.uri().path().to_owned();
    let result = match read(request).await {
        Ok(request) => answer(&request, now()).await,
        Err(failure) => Err(failure),
    };
    let mut answer = result.unwrap_or_else(|failure| {
        if let Some(reason) = failure.reason() {
            log(&format!("request {request_id} to {path} failed: {reason}"));
        }
        failure.answer(&path, &request_id)
    });
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        answer
            .headers_mut()
            .insert(HeaderName::from_static(REQUEST_ID), value);
    }
    answer.map(Full::new)
}

async fn read(request: spin_sdk::http::Request) -> Result<http::Request<Bytes>, Failure> {
    let (parts, body) = request.into_parts();
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => Ok(http::Request::from_parts(parts, body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(Failure::new(
            Code::PayloadTooLarge,
            "the body is longer than 1 MiB",
        )),
        Err(_broken_off) => Err(Failure::new(Code::BadRequest, "the body broke off")),
    }
}

/// The name under which a request is found in the logs: the caller's, if it is a decent one, otherwise a new
/// one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let is_decent = |id: &&str| {
        (1..=64).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    given.filter(is_decent).map_or_else(new_id, str::to_owned)
}

/// A new UUIDv7.
#[must_use]
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// How many requests a minute of one user are let in, by the variable `rate_limit_default`; 300 if it says nothing, or nothing
/// that is a number, and 0 for any number.
pub async fn user_limit() -> u32 {
    thread_local! {
        /// Variables stay what they are as long as an instance lives.
        static LIMIT: Cell<Option<u32>> = const { Cell::new(None) };
    }
    if let Some(known) = LIMIT.get() {
        return known;
    }
    let given = variable("rate_limit_default").await;
    let limit = given.trim().parse().unwrap_or_else(|_not_a_number| {
        if !given.trim().is_empty() {
            log(&format!(
                "variable `rate_limit_default` is `{given}`, which is no whole number; using {USER_LIMIT}"
            ));
        }
        USER_LIMIT
    });
    LIMIT.set(Some(limit));
    limit
}

/// Writes a line to the component's log.
#[expect(clippy::print_stderr, reason = "standard error is the component's log")]
pub fn log(line: &str) {
    eprintln!("{line}");
}

/// A variable of the component; empty where the manifest has none of this name.
pub async fn variable(name: &str) -> String {
    spin_sdk::variables::get(name).await.unwrap_or_default()
}
