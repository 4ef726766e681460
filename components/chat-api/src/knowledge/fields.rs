//! Bodies read field by field, so that every mistake is told and nothing unknown is taken.

use serde_json::{Map, Value};
use todo_domain::validation::{FieldError, TAG_LIMIT, TAGS_LIMIT};

/// The fields of an object, taken one by one. What is left over is a mistake.
pub(crate) struct Fields<'a> {
    object: Map<String, Value>,
    /// What stands before the names in mistakes: `documents[3].`.
    place: String,
    errors: &'a mut Vec<FieldError>,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(body: Value, place: &str, errors: &'a mut Vec<FieldError>) -> Option<Self> {
        let Value::Object(object) = body else {
            errors.push(FieldError::new(
                place.trim_end_matches('.'),
                "must be a JSON object",
            ));
            return None;
        };
        Some(Self {
            object,
            place: place.to_owned(),
            errors,
        })
    }

    pub(crate) fn wrong(&mut self, name: &str, message: impl Into<String>) {
        self.errors
            .push(FieldError::new(format!("{}{name}", self.place), message));
    }

    /// The value of a field; null is none.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.object.remove(name).filter(|value| !value.is_null())
    }

    /// A text of at most so many characters; trimmed.
    pub(crate) fn text(&mut self, name: &str, limit: usize) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => {
                let text = text.trim().to_owned();
                if text.chars().count() > limit {
                    self.wrong(name, format!("must have at most {limit} characters"));
                } else if text
                    .chars()
                    .any(|letter| letter.is_control() && !"\n\r\t".contains(letter))
                {
                    self.wrong(name, "must not contain control characters");
                }
                Some(text)
            }
            _ => {
                self.wrong(name, "must be a string");
                None
            }
        }
    }

    /// The same, which must be there and not empty.
    pub(crate) fn required(&mut self, name: &str, limit: usize) -> String {
        let is_there = self.object.get(name).is_some_and(|value| !value.is_null());
        let text = self.text(name, limit);
        match text {
            Some(text) if text.is_empty() => {
                self.wrong(name, "must not be empty");
                text
            }
            Some(text) => text,
            None => {
                if !is_there {
                    self.wrong(name, "is required");
                }
                String::new()
            }
        }
    }

    pub(crate) fn flag(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(flag) => Some(flag),
            _ => {
                self.wrong(name, "must be true or false");
                None
            }
        }
    }

    pub(crate) fn tags(&mut self) -> Option<Vec<String>> {
        let Some(Value::Array(tags)) = self.take("tags").inspect(|value| {
            if !value.is_array() {
                self.errors.push(FieldError::new(
                    format!("{}tags", self.place),
                    "must be a list of strings",
                ));
            }
        }) else {
            return None;
        };
        if tags.len() > TAGS_LIMIT {
            self.wrong("tags", format!("must have at most {TAGS_LIMIT} entries"));
        }
        let mut read = Vec::new();
        for (index, tag) in tags.iter().enumerate().take(TAGS_LIMIT) {
            match tag.as_str().map(str::trim) {
                Some(tag)
                    if (1..=TAG_LIMIT).contains(&tag.chars().count())
                        && !tag.chars().any(char::is_control) =>
                {
                    read.push(tag.to_owned());
                }
                _ => self.wrong(
                    &format!("tags[{index}]"),
                    format!("must be 1 to {TAG_LIMIT} characters"),
                ),
            }
        }
        Some(read)
    }

    /// Everything else is a mistake.
    pub(crate) fn end(mut self, what: &str) {
        let names: Vec<String> = self.object.keys().cloned().collect();
        for name in names {
            let name: String = name.chars().take(60).collect();
            self.wrong(&name, format!("is not a field of {what}"));
        }
    }
}
