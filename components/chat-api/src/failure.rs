//! Why a request is not answered with what it asked for, and the answer that says so.

use http::header::{ALLOW, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use todo_domain::problem::{CONTENT_TYPE as PROBLEM_TYPE, Code, Problem};
use todo_domain::validation::FieldError;
use todo_exchange::Report;
use todo_service::answer::{Answer, with_body};
use todo_service::database::DatabaseError;

/// A problem, the headers that go with it, and what the log is told and the caller is not.
#[derive(Debug)]
pub(crate) struct Failure {
    problem: Box<Problem>,
    headers: Vec<(HeaderName, HeaderValue)>,
    reason: Option<String>,
}

impl Failure {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            problem: Box::new(Problem::new(code, detail)),
            headers: Vec::new(),
            reason: None,
        }
    }

    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        Self {
            problem: Box::new(Problem::validation(errors)),
            headers: Vec::new(),
            reason: None,
        }
    }

    pub(crate) fn field(field: &str, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, message)])
    }

    /// A file with mistakes, each with its line.
    pub(crate) fn unreadable(report: Report) -> Self {
        let detail = format!("{report}; nothing was imported");
        let problem = Problem {
            errors: report.mistakes,
            ..Problem::new(Code::ValidationFailed, detail)
        };
        Self {
            problem: Box::new(problem),
            headers: Vec::new(),
            reason: None,
        }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(Code::NotFound, "there is nothing here, or nothing of yours")
    }

    pub(crate) fn method_not_allowed(allowed: &[&str]) -> Self {
        let allowed = allowed.join(", ");
        let failure = Self::new(Code::MethodNotAllowed, format!("this path takes {allowed}"));
        failure.with_header(ALLOW, &allowed)
    }

    pub(crate) fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(Code::Unauthorized, detail).with_header(WWW_AUTHENTICATE, "Bearer")
    }

    /// The token is good, and whose it was is not there any more.
    pub(crate) fn account_gone() -> Self {
        Self::unauthorized("the account of this token does not exist any more")
    }

    /// The token is good, but not for this.
    pub(crate) fn insufficient_scope(scope: &str) -> Self {
        let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
        Self::new(
            Code::Forbidden,
            format!("the token does not have the scope `{scope}`"),
        )
        .with_header(WWW_AUTHENTICATE, &challenge)
    }

    pub(crate) fn rate_limited(seconds: i64) -> Self {
        let failure = Self::new(Code::RateLimited, format!("try again in {seconds} s"));
        failure.with_header(RETRY_AFTER, &seconds.to_string())
    }

    /// Something that is needed is away; the log is told what.
    pub(crate) fn unavailable(reason: impl Into<String>) -> Self {
        let detail = "something that this service needs does not answer; try again";
        let failure = Self::new(Code::Unavailable, detail).with_header(RETRY_AFTER, "1");
        Self {
            reason: Some(reason.into()),
            ..failure
        }
    }

    /// A mistake of ours; the log is told which.
    pub(crate) fn internal(reason: impl Into<String>) -> Self {
        let failure = Self::new(
            Code::Internal,
            "something went wrong here; the request's id helps to find it",
        );
        Self {
            reason: Some(reason.into()),
            ..failure
        }
    }

    /// With every mistake, and where it is.
    pub(crate) fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.problem.errors = errors;
        self
    }

    /// The same, said of one item of several; what is our affair stays as it is.
    pub(crate) fn of_item(mut self, field: &str) -> Self {
        if self.reason.is_none() {
            let message = std::mem::replace(
                &mut self.problem.detail,
                format!("nothing was changed, because of `{field}`"),
            );
            self.problem.errors = vec![FieldError::new(field, message)];
        }
        self
    }

    /// Adds a header to the answer, in place of one with the same name.
    fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.retain(|(known, _value)| *known != name);
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// Adds a parameter to the challenge that says which token is wanted, if there is one.
    pub(crate) fn with_challenge_parameter(self, parameter: &str) -> Self {
        let known = self
            .headers
            .iter()
            .find(|(name, _value)| *name == WWW_AUTHENTICATE);
        let Some(challenge) = known.and_then(|(_name, value)| value.to_str().ok()) else {
            return self;
        };
        let separator = if challenge.contains('=') { ", " } else { " " };
        let challenge = format!("{challenge}{separator}{parameter}");
        self.with_header(WWW_AUTHENTICATE, &challenge)
    }

    pub(crate) fn code(&self) -> Code {
        self.problem.code
    }

    /// What is wrong, in words for a person.
    pub(crate) fn detail(&self) -> &str {
        &self.problem.detail
    }

    /// What the log has to say about it, if it is our affair.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The answer to the request with this path and id.
    pub(crate) fn answer(self, path: &str, request_id: &str) -> Answer {
        let problem = self.problem.of_request(path, request_id);
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = with_body(status, PROBLEM_TYPE, problem.to_json().into());
        answer.headers_mut().extend(self.headers);
        debug_assert!(answer.headers().contains_key(CONTENT_TYPE));
        answer
    }
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Content { .. } => Self::internal(error.to_string()),
            _ => Self::unavailable(error.to_string()),
        }
    }
}

impl From<Vec<FieldError>> for Failure {
    fn from(errors: Vec<FieldError>) -> Self {
        Self::invalid(errors)
    }
}
