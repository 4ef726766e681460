//! An answer, and the reading of one that comes whole.

use serde_json::Value;

use crate::assembly::Assembly;
use crate::error::{ErrorCode, Parameter};
use crate::json::{member, parse};
use crate::{AnswerError, Limits, Refusal, ToolCall};

/// What the model answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The text; empty where there is none. Of control characters it has line ends and tabs alone.
    pub content: String,
    /// The tools that are to be called, in order. Their ids differ.
    pub tool_calls: Vec<ToolCall>,
    /// Why it ended.
    pub finish: Finish,
    /// What it cost, if the server says so.
    pub usage: Option<Usage>,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// All is said.
    Stop,
    /// Tools are to be called.
    ToolCalls,
    /// The limit of tokens was reached: what is there may be cut.
    Length,
    /// The provider holds the rest back.
    Filtered,
    /// For a reason that is not known here.
    Other,
}

/// Tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Of the request.
    pub prompt: u32,
    /// Of the answer.
    pub completion: u32,
}

impl Finish {
    pub(crate) fn of(reason: &str) -> Option<Self> {
        Some(match reason {
            "" => return None,
            "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" => Self::Stop,
            "tool_calls" | "tool_call" | "tool_use" | "function_call" => Self::ToolCalls,
            "length" | "max_tokens" => Self::Length,
            "content_filter" => Self::Filtered,
            _ => Self::Other,
        })
    }
}

impl Usage {
    /// Nothing, if the numbers are none: then they are estimated.
    pub(crate) fn read(usage: &Value) -> Option<Self> {
        let number = |name: &str| u32::try_from(usage.get(name)?.as_u64()?).ok();
        Some(Self {
            prompt: number("prompt_tokens")?,
            completion: number("completion_tokens").unwrap_or_default(),
        })
    }

    /// Both together.
    #[must_use]
    pub fn total(self) -> u64 {
        u64::from(self.prompt) + u64::from(self.completion)
    }
}

/// Reads an answer that came whole.
///
/// # Errors
/// It is none, or breaks a limit.
pub fn whole(body: &[u8], limits: Limits) -> Result<Answer, AnswerError> {
    if body.len() > limits.bytes {
        return Err(AnswerError::TooLong { limit: limits.bytes });
    }
    let text = std::str::from_utf8(body).map_err(|_error| AnswerError::NotUtf8)?;
    let value = parse(text, limits.depth)?;
    let mut assembly = Assembly::new(limits);
    assembly.add(&value, &mut String::new())?;
    let has_message = value.pointer("/choices/0/message").is_some_and(Value::is_object);
    if !has_message {
        return Err(AnswerError::Malformed {
            member: "choices[0].message",
        });
    }
    Ok(assembly.finish())
}

/// Reads the body of an answer whose status is none of success.
#[must_use]
pub fn refusal(status: u16, body: &[u8], limits: Limits) -> Refusal {
    let text = body.get(..body.len().min(limits.bytes)).unwrap_or_default();
    let value = std::str::from_utf8(text)
        .ok()
        .and_then(|text| parse(text, limits.depth).ok())
        .unwrap_or_default();
    let nothing = Value::Null;
    // Some wrap the object in a list, and Ollama's error is a text.
    let error = member(&value, "error")
        .or_else(|| value.pointer("/0/error"))
        .unwrap_or(&nothing);
    Refusal {
        status,
        code: ErrorCode::of(error),
        // Only of a request that was wrong: a server that is overloaded refuses no parameter.
        parameter: matches!(status, 400 | 422)
            .then(|| Parameter::of(error))
            .flatten(),
    }
}
