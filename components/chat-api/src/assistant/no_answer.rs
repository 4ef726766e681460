//! Why a language model gave no answer: for the API, for the log, and for deciding whether to ask again.

use http::HeaderMap;
use http::HeaderValue;
use http::header::RETRY_AFTER;
use todo_chat_completions::{AnswerError, Limits, Parameter, Refusal, refusal};
use todo_service::outbound::Unanswered;

/// Why there is no answer, in the words of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Misconfigured,
    BudgetExhausted,
    Unreachable,
    TimedOut,
    RateLimited,
    Refused,
    Failed,
    InvalidAnswer,
    TooManyRounds,
}

/// There is no answer; the detail is for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoAnswer {
    pub(super) reason: Reason,
    pub(super) detail: String,
    /// Whether asking again could help: the server did nothing.
    pub(super) is_passing: bool,
    /// In milliseconds.
    pub(super) retry_after: Option<u64>,
    pub(super) parameter: Option<Parameter>,
    /// Whether it certainly cost nothing.
    pub(super) is_free: bool,
}

impl Reason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Misconfigured => "misconfigured",
            Self::BudgetExhausted => "budget_exhausted",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::RateLimited => "rate_limited",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::InvalidAnswer => "invalid_answer",
            Self::TooManyRounds => "too_many_rounds",
        }
    }

    /// For the user.
    pub(crate) fn detail(self) -> &'static str {
        match self {
            Self::Misconfigured => "the language model is not set up correctly",
            Self::BudgetExhausted => "today's budget for the language model is used up",
            Self::Unreachable => "the language model cannot be reached",
            Self::TimedOut => "the language model took too long",
            Self::RateLimited => "the language model has too much to do",
            Self::Refused => "the language model refused the request",
            Self::Failed => "the language model failed",
            Self::InvalidAnswer => "the language model's answer could not be used",
            Self::TooManyRounds => "the language model did not come to an end",
        }
    }
}

impl NoAnswer {
    pub(super) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
            is_passing: false,
            retry_after: None,
            parameter: None,
            is_free: false,
        }
    }
}

impl From<Unanswered> for NoAnswer {
    fn from(error: Unanswered) -> Self {
        let detail = error.to_string();
        match error {
            Unanswered::NotConnected(_) => Self {
                is_passing: true,
                is_free: true,
                ..Self::new(Reason::Unreachable, detail)
            },
            Unanswered::Denied(_) => Self {
                is_free: true,
                ..Self::new(Reason::Unreachable, detail)
            },
            Unanswered::TimedOut(_) => Self::new(Reason::TimedOut, detail),
            _ => Self::new(Reason::Failed, detail),
        }
    }
}

impl From<AnswerError> for NoAnswer {
    fn from(error: AnswerError) -> Self {
        Self::new(Reason::InvalidAnswer, error.to_string())
    }
}

/// From an answer whose status is none of success.
pub(super) fn refused(status: u16, headers: &HeaderMap, body: &[u8], now: i64) -> NoAnswer {
    let refusal: Refusal = refusal(status, body, Limits::default());
    let reason = match status {
        429 => Reason::RateLimited,
        408 | 504 => Reason::TimedOut,
        500.. => Reason::Failed,
        _ => Reason::Refused,
    };
    NoAnswer {
        is_passing: matches!(status, 429 | 500..),
        retry_after: headers.get(RETRY_AFTER).and_then(|value| retry_after(value, now)),
        parameter: refusal.parameter,
        is_free: true,
        ..NoAnswer::new(reason, refusal.to_string())
    }
}

/// In milliseconds: the header has seconds, or a date.
fn retry_after(value: &HeaderValue, now: i64) -> Option<u64> {
    let text = value.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(seconds.saturating_mul(1_000));
    }
    let date = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    u64::try_from(date.timestamp_millis().saturating_sub(now)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = 1_772_442_000_000;
        for (value, pause) in [
            ("3", Some(3_000)),
            (" 0 ", Some(0)),
            ("Mon, 02 Mar 2026 09:00:05 GMT", Some(5_000)),
            ("Mon, 02 Mar 2026 08:00:00 GMT", None),
            ("18446744073709551615", Some(u64::MAX)),
            ("soon", None),
            ("-1", None),
        ] {
            assert_eq!(
                retry_after(&HeaderValue::from_str(value).unwrap(), now),
                pause,
                "{value}"
            );
        }
    }

    #[test]
    fn what_may_pass_by_is_told_from_what_will_not() {
        for (status, reason, is_passing) in [
            (302, Reason::Refused, false),
            (400, Reason::Refused, false),
            (401, Reason::Refused, false),
            (408, Reason::TimedOut, false),
            (429, Reason::RateLimited, true),
            (500, Reason::Failed, true),
            (504, Reason::TimedOut, true),
            (529, Reason::Failed, true),
        ] {
            let refused = refused(status, &HeaderMap::new(), b"", 0);
            assert_eq!(
                (refused.reason, refused.is_passing, refused.is_free),
                (reason, is_passing, true),
                "{status}"
            );
        }
    }
}
