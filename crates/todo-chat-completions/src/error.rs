//! What is wrong with an answer. No message repeats what the other side wrote: it could be anything, a key too.

use serde_json::Value;
use thiserror::Error;

/// Why an answer is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// More bytes came than are read.
    #[error("the answer is longer than {limit} bytes")]
    TooLong {
        /// [`crate::Limits::bytes`].
        limit: usize,
    },
    /// The text is longer than is kept.
    #[error("the answer's text is longer than {limit} bytes")]
    TextTooLong {
        /// [`crate::Limits::content`].
        limit: usize,
    },
    /// More tools are called than are run.
    #[error("the answer calls more than {limit} tools")]
    TooManyCalls {
        /// [`crate::Limits::tool_calls`].
        limit: usize,
    },
    /// A call's arguments are longer than are read.
    #[error("a tool call's arguments are longer than {limit} bytes")]
    ArgumentsTooLong {
        /// [`crate::Limits::arguments`].
        limit: usize,
    },
    /// JSON within JSON within JSON.
    #[error("the answer is nested deeper than {limit} levels")]
    TooDeep {
        /// [`crate::Limits::depth`].
        limit: usize,
    },
    /// The bytes are no UTF-8.
    #[error("the answer is not UTF-8")]
    NotUtf8,
    /// The text is no JSON.
    #[error("the answer is not JSON")]
    NotJson,
    /// A member is missing or of another type.
    #[error("the answer's `{member}` is not as Chat Completions has it")]
    Malformed {
        /// Where.
        member: &'static str,
    },
    /// It ended before it was over.
    #[error("the answer broke off")]
    BrokenOff,
    /// The other side says in the middle of its answer that it cannot go on.
    #[error("the provider reported an error: {0}")]
    Reported(ErrorCode),
}

/// An answer whose status says that the request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the provider refused the request with status {status}: {code}")]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// Why, if it says so in words that are known.
    pub code: ErrorCode,
    /// The parameter that it does not take, if it names one that can be left out.
    pub parameter: Option<Parameter>,
}

/// What providers call their errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCode(&'static str);

impl ErrorCode {
    /// The names that may be repeated in a log.
    const KNOWN: [&'static str; 17] = [
        "billing_hard_limit_reached",
        "content_filter",
        "context_length_exceeded",
        "insufficient_quota",
        "invalid_api_key",
        "invalid_request_error",
        "json_validate_failed",
        "model_decommissioned",
        "model_not_found",
        "rate_limit_exceeded",
        "request_too_large",
        "server_error",
        "service_unavailable",
        "tokens",
        "tool_use_failed",
        "unsupported_parameter",
        "unsupported_value",
    ];
    const OTHER: Self = Self("no known error code");

    /// The code in an `error` member.
    pub(crate) fn of(error: &Value) -> Self {
        let named = ["code", "type"].map(|member| error.get(member).and_then(Value::as_str));
        let known = named
            .into_iter()
            .flatten()
            .find_map(|name| Self::KNOWN.into_iter().find(|known| *known == name));
        known.map_or(Self::OTHER, Self)
    }

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.0)
    }
}

/// A parameter of a request that not every model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// `max_tokens`
    MaxTokens,
    /// `max_completion_tokens`
    MaxCompletionTokens,
    /// `temperature`
    Temperature,
    /// `stream_options`
    StreamOptions,
}

impl Parameter {
    /// The parameter that an `error` member is about: by `param`, or else by the message, which alone is not enough for more.
    pub(crate) fn of(error: &Value) -> Option<Self> {
        const NAMES: [(&str, Parameter); 4] = [
            // The longer name first: the message is searched for it.
            ("max_completion_tokens", Parameter::MaxCompletionTokens),
            ("max_tokens", Parameter::MaxTokens),
            ("temperature", Parameter::Temperature),
            ("stream_options", Parameter::StreamOptions),
        ];
        let text = |member: &str| error.get(member).and_then(Value::as_str);
        if let Some(param) = text("param") {
            return NAMES
                .into_iter()
                .find_map(|(name, parameter)| (name == param).then_some(parameter));
        }
        let message = text("message").or_else(|| error.as_str())?;
        let found = NAMES.into_iter().filter_map(|(name, parameter)| {
            let place = message.find(name)?;
            Some((place, parameter))
        });
        // "`max_tokens` is not supported, use `max_completion_tokens`": the first is meant.
        found
            .min_by_key(|(place, _parameter)| *place)
            .map(|(_place, parameter)| parameter)
    }
}
