//! The body of a chat message.

use serde_json::Value;

use crate::validation::{FieldError, without_control_characters};
use crate::zone::Zone;

/// Longest message, in characters.
pub(super) const MESSAGE_LIMIT: usize = 4_000;
const FIELDS: [&str; 3] = ["conversation_id", "message", "timezone"];

/// What a client sends to the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatRequest {
    /// The conversation it continues; none begins one.
    pub conversation_id: Option<String>,
    /// Trimmed, 1–4,000 characters.
    pub message: String,
    /// Where the user is.
    pub timezone: Option<Zone>,
}

impl ChatRequest {
    /// Reads a body, collecting every mistake.
    pub fn parse(body: &Value) -> Result<Self, Vec<FieldError>> {
        let Some(object) = body.as_object() else {
            return Err(vec![FieldError::new("", "the body must be a JSON object")]);
        };
        let mut errors: Vec<FieldError> = Vec::new();
        for name in object.keys().filter(|name| !FIELDS.contains(&name.as_str())) {
            errors.push(FieldError::new(
                name.chars().take(60).collect::<String>(),
                "is not a field of a chat message",
            ));
        }
        let present = |name: &str| object.get(name).filter(|value| !value.is_null());
        let message = present("message").map(|value| value.as_str().map(str::trim));
        match message {
            None => errors.push(FieldError::new("message", "is required")),
            Some(None) => errors.push(FieldError::new("message", "must be a string")),
            Some(Some(text)) => {
                if !(1..=MESSAGE_LIMIT).contains(&text.chars().count()) {
                    errors.push(FieldError::new(
                        "message",
                        format!("must have 1 to {MESSAGE_LIMIT} characters"),
                    ));
                }
                if !without_control_characters(text) {
                    errors.push(FieldError::new("message", "must not contain control characters"));
                }
            }
        }
        let conversation_id = match present("conversation_id") {
            None => None,
            Some(Value::String(id)) if (1..=64).contains(&id.len()) => Some(id.clone()),
            Some(_) => {
                errors.push(FieldError::new(
                    "conversation_id",
                    "must be the id of a conversation",
                ));
                None
            }
        };
        let timezone = match present("timezone").map(|value| Zone::parse(value.as_str().unwrap_or_default()))
        {
            None => None,
            Some(Ok(zone)) => Some(zone),
            Some(Err(error)) => {
                errors.push(FieldError::new("timezone", error.to_string()));
                None
            }
        };
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            conversation_id,
            message: message.flatten().unwrap_or_default().to_owned(),
            timezone,
        })
    }
}
