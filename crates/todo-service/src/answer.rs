//! Answers to requests: JSON with an ETag, and problems (RFC 9457).

use std::fmt::Write as _;

use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde::Serialize;
use sha2::{Digest, Sha256};
use todo_domain::api_token::Scope;
use todo_domain::problem::{self, Code, Problem};
use todo_domain::validation::FieldError;

use crate::authenticate::AuthenticationError;
use crate::database::DatabaseError;
use crate::rate_limit::Standing;

/// What every service answers with.
pub type Answer = Response<Bytes>;

/// The page of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Page<T> {
    /// What was asked for.
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next_cursor: Option<String>,
    /// Whether there is one.
    pub has_more: bool,
    /// How many items all pages have together, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
}

impl<T> Page<T> {
    /// From items of which one more than the limit was read, so that it shows whether there are more.
    /// `cursor` makes the one that follows an item.
    pub fn of(
        mut items: Vec<T>,
        limit: usize,
        total: Option<i64>,
        cursor: impl FnOnce(&T) -> String,
    ) -> Self {
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| has_more).map(cursor);
        Self {
            items,
            next_cursor,
            has_more,
            total,
        }
    }

    /// The same page of other items.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        let Self {
            items,
            next_cursor,
            has_more,
            total,
        } = self;
        Page {
            items: items.into_iter().map(change).collect(),
            next_cursor,
            has_more,
            total,
        }
    }
}

/// Why a request is not answered with what it asked for: the problem that the caller sees, and what is only
/// for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    problem: Box<Problem>,
    header: Option<(HeaderName, &'static str)>,
    standing: Option<Standing>,
    reason: Option<String>,
}

impl Failure {
    /// A problem of this kind.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            problem: Box::new(Problem::new(code, detail)),
            header: None,
            standing: None,
            reason: None,
        }
    }

    /// There is nothing at this address, or nothing of this user's.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "there is nothing at this address")
    }

    /// The token is good, and whose it was is not there any more.
    #[must_use]
    pub fn account_gone() -> Self {
        let detail = "the account of this token does not exist any more";
        Self {
            header: Some((WWW_AUTHENTICATE, "Bearer")),
            ..Self::new(Code::Unauthorized, detail)
        }
    }

    /// The address takes only these methods.
    #[must_use]
    pub fn method_not_allowed(allowed: &'static str) -> Self {
        let failure = Self::new(Code::MethodNotAllowed, format!("this address takes {allowed}"));
        Self {
            header: Some((ALLOW, allowed)),
            ..failure
        }
    }

    /// The token is good, but not for this.
    #[must_use]
    pub fn insufficient_scope(scope: Scope) -> Self {
        let challenge = match scope {
            Scope::Read => "Bearer error=\"insufficient_scope\", scope=\"tasks:read\"",
            Scope::Write => "Bearer error=\"insufficient_scope\", scope=\"tasks:write\"",
        };
        let detail = format!("the token does not have the scope `{}`", scope.as_str());
        Self {
            header: Some((WWW_AUTHENTICATE, challenge)),
            ..Self::new(Code::Forbidden, detail)
        }
    }

    /// It is one request too many of the caller, who stands so.
    #[must_use]
    pub fn rate_limited(standing: Standing) -> Self {
        let seconds = standing.retry_after().unwrap_or(1);
        Self {
            standing: Some(standing),
            ..Self::new(Code::RateLimited, format!("try again in {seconds} s"))
        }
    }

    /// Something that the service needs is away; the reason is for the log.
    #[must_use]
    pub fn unavailable(reason: impl Into<String>) -> Self {
        let failure = Self::new(
            Code::Unavailable,
            "something that this service needs does not answer; try again",
        );
        Self {
            header: Some((RETRY_AFTER, "1")),
            reason: Some(reason.into()),
            ..failure
        }
    }

    /// What is only for the log.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The answer that tells of it, to a request for `path` that is logged under `request_id`.
    #[must_use]
    pub fn answer(self, path: &str, request_id: &str) -> Answer {
        let problem = self.problem.of_request(path, request_id);
        // Every code of the registry has a status that is one.
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = with_body(status, problem::CONTENT_TYPE, problem.to_json().into());
        if let Some((name, value)) = self.header {
            answer.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        if let Some(standing) = self.standing {
            standing.write(answer.headers_mut());
        }
        answer
    }
}

impl From<AuthenticationError> for Failure {
    fn from(error: AuthenticationError) -> Self {
        if error.is_passing() {
            return Self::unavailable(error.to_string());
        }
        let failure = Self::new(Code::Unauthorized, error.to_string());
        Self {
            header: Some((WWW_AUTHENTICATE, "Bearer")),
            ..failure
        }
    }
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Failed { reason } => Self::unavailable(reason),
            // Nothing secret, and with the remedy.
            DatabaseError::Schema { .. } => {
                let mut failure = Self::unavailable(error.to_string());
                failure.problem.detail = error.to_string();
                failure
            }
            DatabaseError::Content { .. } => {
                let failure = Self::new(
                    Code::Internal,
                    "something went wrong here; its `request_id` helps to find it",
                );
                Self {
                    reason: Some(error.to_string()),
                    ..failure
                }
            }
        }
    }
}

impl From<FieldError> for Failure {
    fn from(error: FieldError) -> Self {
        Self {
            problem: Box::new(Problem::validation(vec![error])),
            header: None,
            standing: None,
            reason: None,
        }
    }
}

/// An answer in JSON, which only its user may keep and has to ask about before showing it again.
#[must_use]
pub fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    let Ok(body) = serde_json::to_vec(body) else {
        // Only maps with keys that are no text fail, and no answer has them.
        return with_body(
            StatusCode::INTERNAL_SERVER_ERROR,
            "application/json",
            Bytes::new(),
        );
    };
    with_body(status, "application/json", body.into())
}

/// An answer of any type.
#[must_use]
pub fn with_body(status: StatusCode, content_type: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    answer
}

/// JSON with the ETag of its content; without the content where the caller has it already.
#[must_use]
pub fn json_unless_known(request: &HeaderMap, body: &impl Serialize) -> Answer {
    let mut answer = json(StatusCode::OK, body);
    let tag = entity_tag(answer.body());
    if is_known(request, &tag) {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        *answer.body_mut() = Bytes::new();
        answer.headers_mut().remove(CONTENT_TYPE);
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.headers_mut().insert(ETAG, tag);
    }
    answer
}

fn entity_tag(body: &[u8]) -> String {
    let hash = Sha256::digest(body);
    let mut tag = String::from("\"");
    for byte in hash.iter().take(16) {
        // Writing to a String cannot fail.
        write!(tag, "{byte:02x}").ok();
    }
    tag.push('"');
    tag
}

/// Whether the caller has what this tag stands for.
#[must_use]
pub fn is_known(request: &HeaderMap, tag: &str) -> bool {
    let values = request
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut tags = values.flat_map(|value| value.split(',')).map(str::trim);
    // A weak comparison, as RFC 9110 wants it here.
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_what_where_and_which_field() {
        let failure = Failure::from(FieldError::new("limit", "must be a number from 1 to 100"));
        let answer = failure.answer("/api/v1/audit", "request-1");
        assert_eq!(answer.status(), 422);
        assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json");
        let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(
            (&body["status"], &body["code"]),
            (&422.into(), &"validation_failed".into())
        );
        assert_eq!(
            (&body["instance"], &body["request_id"]),
            (&"/api/v1/audit".into(), &"request-1".into())
        );
        let error = serde_json::json!({"field": "limit", "message": "must be a number from 1 to 100"});
        assert_eq!(body["errors"], serde_json::json!([error]));
    }

    #[test]
    fn failures_carry_the_headers_that_go_with_their_status() {
        let answer = |failure: Failure| failure.answer("/", "");
        assert_eq!(
            answer(AuthenticationError::Missing.into()).headers()[WWW_AUTHENTICATE],
            "Bearer"
        );
        for scope in Scope::ALL {
            let refused = answer(Failure::insufficient_scope(scope));
            let challenge = format!(
                "Bearer error=\"insufficient_scope\", scope=\"{}\"",
                scope.as_str()
            );
            assert_eq!(
                (refused.status().as_u16(), &refused.headers()[WWW_AUTHENTICATE]),
                (403, &challenge.parse().unwrap())
            );
        }
        assert_eq!(answer(Failure::method_not_allowed("GET")).headers()[ALLOW], "GET");
        let away = answer(AuthenticationError::KeysUnavailable.into());
        assert_eq!(
            (away.status().as_u16(), &away.headers()[RETRY_AFTER]),
            (503, &HeaderValue::from_static("1"))
        );
    }

    #[test]
    fn what_the_database_says_stays_inside() {
        let failure = Failure::from(DatabaseError::Failed {
            reason: "no such table: secret".into(),
        });
        assert_eq!(failure.reason(), Some("no such table: secret"));
        assert!(!String::from_utf8_lossy(failure.answer("/", "").body()).contains("secret"));
    }

    #[test]
    fn a_known_answer_is_not_sent_again() {
        let first = json_unless_known(&HeaderMap::new(), &[1, 2]);
        let tag = first.headers()[ETAG].clone();
        for (value, status) in [
            (tag.to_str().unwrap(), 304),
            ("*", 304),
            ("\"x\"", 200),
            ("", 200),
        ] {
            let asked = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_str(value).unwrap())]);
            assert_eq!(json_unless_known(&asked, &[1, 2]).status(), status, "{value}");
        }
        let weak = format!("\"x\", W/{}", tag.to_str().unwrap());
        let asked = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_str(&weak).unwrap())]);
        assert_eq!(json_unless_known(&asked, &[1, 2]).status(), 304);
        assert_eq!(json_unless_known(&asked, &[3]).status(), 200);
    }
}
