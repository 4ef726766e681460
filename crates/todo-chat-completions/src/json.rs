//! JSON from outside, no deeper than it has to be.

use serde_json::Value;

use crate::AnswerError;

/// Reads a text that is nested no deeper than `depth`.
pub(crate) fn parse(text: &str, depth: usize) -> Result<Value, AnswerError> {
    if is_deeper_than(text, depth) {
        return Err(AnswerError::TooDeep { limit: depth });
    }
    serde_json::from_str(text).map_err(|_error| AnswerError::NotJson)
}

/// Counts brackets outside of strings; whether it is JSON at all is for the parser to say.
pub(crate) fn is_deeper_than(json: &str, limit: usize) -> bool {
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'[' | b'{' if !is_text => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b']' | b'}' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// A member that is there and not null.
pub(crate) fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.get(name).filter(|member| !member.is_null())
}
