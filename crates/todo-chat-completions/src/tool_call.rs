//! A tool that the model wants called.

use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::json::is_deeper_than;

/// A call, as far as the format goes: whether there is such a tool is for others to say.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    /// What the result is sent back under; made up where the server gives none, or one that is none.
    pub id: String,
    /// The tool.
    pub name: String,
    /// The arguments, or what is wrong with them. What is wrong the model can be told.
    pub arguments: Result<Value, ArgumentsError>,
}

/// Why a call has no arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ArgumentsError {
    /// They are no JSON.
    #[error("the arguments are not JSON")]
    NotJson,
    /// They are JSON, but no object.
    #[error("the arguments are not a JSON object")]
    NotObject,
    /// They are nested too deep.
    #[error("the arguments are nested deeper than {0} levels")]
    TooDeep(usize),
}

/// Ids longer than that are not sent back.
const LONGEST_ID: usize = 200;

/// Names longer than that are of no tool; what is shown of them is cut.
const LONGEST_NAME: usize = 64;

impl ToolCall {
    /// From the texts of an answer; `depth` is how deep the arguments may be nested.
    #[must_use]
    pub fn new(id: &str, name: &str, arguments: &str, depth: usize) -> Self {
        Self {
            id: id.to_owned(),
            name: name
                .chars()
                .filter(|letter| !letter.is_control())
                .take(LONGEST_NAME)
                .collect(),
            arguments: object(arguments, depth),
        }
    }

    /// Whether a server's id can be sent back to it.
    pub(crate) fn is_usable_id(id: &str) -> bool {
        (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
    }

    /// As it is sent back with its result.
    pub(crate) fn to_json(&self) -> Value {
        // Servers parse what they once wrote; what was no JSON would be refused.
        let arguments = self
            .arguments
            .as_ref()
            .map_or_else(|_error| "{}".to_owned(), Value::to_string);
        let function = json!({ "name": self.name, "arguments": arguments });
        json!({ "id": self.id, "type": "function", "function": function })
    }
}

/// The object that the arguments are. Some servers write nothing for none, and some write the JSON of the JSON.
fn object(text: &str, depth: usize) -> Result<Value, ArgumentsError> {
    match parse(text, depth)? {
        Value::String(inner) => match parse(&inner, depth)? {
            object @ Value::Object(_) => Ok(object),
            _ => Err(ArgumentsError::NotObject),
        },
        object @ Value::Object(_) => Ok(object),
        Value::Null => Ok(Value::Object(Map::new())),
        _ => Err(ArgumentsError::NotObject),
    }
}

fn parse(text: &str, depth: usize) -> Result<Value, ArgumentsError> {
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    if is_deeper_than(text, depth) {
        return Err(ArgumentsError::TooDeep(depth));
    }
    serde_json::from_str(text).map_err(|_error| ArgumentsError::NotJson)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_one_object_however_they_are_written() {
        let read = |text: &str| object(text, 4);
        for none in ["", "  ", "null", "{}", "\"{}\"", "\"\\\"\\\"\""] {
            let expected = if none == "\"\\\"\\\"\"" {
                Err(ArgumentsError::NotObject)
            } else {
                Ok(json!({}))
            };
            assert_eq!(read(none), expected, "{none}");
        }
        assert_eq!(read(r#"{"a":[1]}"#), Ok(json!({ "a": [1] })));
        assert_eq!(read(r#""{\"a\":1}""#), Ok(json!({ "a": 1 })));
        assert_eq!(read("[1]"), Err(ArgumentsError::NotObject));
        assert_eq!(read("7"), Err(ArgumentsError::NotObject));
        assert_eq!(read("{\"a\":"), Err(ArgumentsError::NotJson));
        assert_eq!(read(r#"{"a":[[[[1]]]]}"#), Err(ArgumentsError::TooDeep(4)));
        assert_eq!(read(&"[".repeat(100_000)), Err(ArgumentsError::TooDeep(4)));
    }

    #[test]
    fn what_is_no_json_goes_back_as_nothing() {
        let call = ToolCall::new("1", "x", "{", 4);
        assert_eq!(call.to_json()["function"]["arguments"], "{}");
        assert_eq!(
            ToolCall::new("1", &"é".repeat(100), "", 4).name.chars().count(),
            LONGEST_NAME
        );
    }
}
