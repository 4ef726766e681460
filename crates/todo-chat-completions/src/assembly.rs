//! Putting an answer together from its pieces, of which a whole answer is one.

use serde_json::Value;

use crate::answer::{Answer, Finish, Usage};
use crate::json::member;
use crate::{AnswerError, Limits, ToolCall};

/// An answer that is being put together.
#[derive(Debug)]
pub(crate) struct Assembly {
    limits: Limits,
    content: String,
    calls: Vec<Partial>,
    finish: Option<Finish>,
    usage: Option<Usage>,
}

/// A call of which more may come.
#[derive(Debug, Default)]
struct Partial {
    index: Option<u64>,
    /// Empty where none was given.
    id: String,
    name: String,
    arguments: String,
}

impl Assembly {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            content: String::new(),
            calls: Vec::new(),
            finish: None,
            usage: None,
        }
    }

    /// Adds a chunk of a stream, or an answer as a whole; the new text is appended to `text`.
    pub(crate) fn add(&mut self, chunk: &Value, text: &mut String) -> Result<(), AnswerError> {
        if !chunk.is_object() {
            return Err(AnswerError::Malformed { member: "(root)" });
        }
        if let Some(error) = member(chunk, "error") {
            return Err(AnswerError::Reported(crate::ErrorCode::of(error)));
        }
        // Groq's chunks have the usage under a name of its own.
        let usage = member(chunk, "usage").or_else(|| member(chunk, "x_groq")?.get("usage"));
        if let Some(usage) = usage.and_then(Usage::read) {
            self.usage = Some(usage);
        }
        let choices = match member(chunk, "choices") {
            None => return Ok(()),
            Some(Value::Array(choices)) => choices,
            Some(_) => return Err(AnswerError::Malformed { member: "choices" }),
        };
        // One was asked for; others, should there be any, are not ours.
        let index = |choice: &Value| choice.get("index").and_then(Value::as_u64).unwrap_or_default();
        let Some(choice) = choices.iter().find(|choice| index(choice) == 0) else {
            return Ok(());
        };
        if let Some(message) = member(choice, "delta").or_else(|| member(choice, "message")) {
            self.message(message, text)?;
        }
        match member(choice, "finish_reason") {
            None => Ok(()),
            Some(Value::String(reason)) => {
                self.finish = Finish::of(reason).or(self.finish);
                Ok(())
            }
            Some(_) => Err(AnswerError::Malformed {
                member: "choices[0].finish_reason",
            }),
        }
    }

    fn message(&mut self, message: &Value, text: &mut String) -> Result<(), AnswerError> {
        for name in ["content", "refusal"] {
            if let Some(content) = member(message, name) {
                self.content(content, text)?;
            }
        }
        match member(message, "tool_calls") {
            None => Ok(()),
            Some(Value::Array(calls)) => calls.iter().try_for_each(|call| self.call(call)),
            Some(_) => Err(AnswerError::Malformed { member: "tool_calls" }),
        }
    }

    /// A string, or what some make of it: a list of parts of which those with a text count.
    fn content(&mut self, content: &Value, text: &mut String) -> Result<(), AnswerError> {
        match content {
            Value::String(piece) => self.append(piece, text),
            Value::Array(parts) => parts
                .iter()
                .filter_map(|part| part.get("text").and_then(Value::as_str))
                .try_for_each(|piece| self.append(piece, text)),
            _ => Err(AnswerError::Malformed { member: "content" }),
        }
    }

    fn append(&mut self, piece: &str, text: &mut String) -> Result<(), AnswerError> {
        // Terminals and databases take some of the others amiss.
        for letter in piece
            .chars()
            .filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'))
        {
            if self.content.len() + letter.len_utf8() > self.limits.content {
                return Err(AnswerError::TextTooLong {
                    limit: self.limits.content,
                });
            }
            self.content.push(letter);
            text.push(letter);
        }
        Ok(())
    }

    fn call(&mut self, call: &Value) -> Result<(), AnswerError> {
        let wrong = |member| AnswerError::Malformed { member };
        let text = |value: Option<&Value>, name: &'static str| match value {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(wrong(name)),
        };
        let index = match member(call, "index") {
            None => None,
            Some(index) => Some(index.as_u64().ok_or(wrong("tool_calls[].index"))?),
        };
        let id = text(member(call, "id"), "tool_calls[].id")?;
        let function = member(call, "function");
        if function.is_some_and(|function| !function.is_object()) {
            return Err(wrong("tool_calls[].function"));
        }
        let name = function.and_then(|function| member(function, "name"));
        let name = text(name, "tool_calls[].function.name")?;
        let arguments = match function.and_then(|function| member(function, "arguments")) {
            None => String::new(),
            Some(Value::String(piece)) => piece.clone(),
            // Some give the object itself.
            Some(object @ Value::Object(_)) => object.to_string(),
            Some(_) => return Err(wrong("tool_calls[].function.arguments")),
        };
        let place = self.place(index, &id, &name)?;
        let limit = self.limits.arguments;
        let Some(partial) = self.calls.get_mut(place) else {
            return Err(wrong("tool_calls"));
        };
        if partial.id.is_empty() {
            partial.id = id;
        }
        if partial.name.is_empty() {
            partial.name = name;
        }
        if partial.arguments.len() + arguments.len() > limit {
            return Err(AnswerError::ArgumentsTooLong { limit });
        }
        partial.arguments.push_str(&arguments);
        Ok(())
    }

    /// Which call a piece belongs to; a new one, if to none so far.
    fn place(&mut self, index: Option<u64>, id: &str, name: &str) -> Result<usize, AnswerError> {
        let known = match index {
            // Some send every call, whole, as the first: a name and an id of its own tell that it is another.
            Some(_) => self.calls.iter().rposition(|call| {
                call.index == index
                    && (id.is_empty() || name.is_empty() || call.id.is_empty() || call.id == id)
            }),
            None if !id.is_empty() => self.calls.iter().rposition(|call| call.id == id),
            None if name.is_empty() => self.calls.len().checked_sub(1),
            None => None,
        };
        if let Some(known) = known {
            return Ok(known);
        }
        if self.calls.len() >= self.limits.tool_calls {
            return Err(AnswerError::TooManyCalls {
                limit: self.limits.tool_calls,
            });
        }
        self.calls.push(Partial {
            index,
            ..Partial::default()
        });
        Ok(self.calls.len() - 1)
    }

    /// Whether the answer said that it is over.
    pub(crate) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    pub(crate) fn finish(self) -> Answer {
        let mut tool_calls: Vec<ToolCall> = Vec::with_capacity(self.calls.len());
        for (number, partial) in self.calls.into_iter().enumerate() {
            let is_free = |id: &str| tool_calls.iter().all(|call| call.id != id);
            let id = if ToolCall::is_usable_id(&partial.id) && is_free(&partial.id) {
                partial.id
            } else {
                let mut made_up = format!("call_{}", number + 1);
                while !is_free(&made_up) {
                    made_up.push('_');
                }
                made_up
            };
            tool_calls.push(ToolCall::new(
                &id,
                partial.name.trim(),
                &partial.arguments,
                self.limits.depth,
            ));
        }
        // Some say `stop` although they call tools, and some say nothing.
        let finish = match (self.finish, tool_calls.is_empty()) {
            (Some(Finish::Stop) | None, false) => Finish::ToolCalls,
            (Some(Finish::ToolCalls) | None, true) => Finish::Stop,
            (Some(finish), _) => finish,
        };
        Answer {
            content: self.content,
            tool_calls,
            finish,
            usage: self.usage,
        }
    }
}
