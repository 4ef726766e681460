//! What a client may send as a task: reading it, collecting every mistake, and applying it.
//!
//! [`TaskDraft`] is the body of a creation or a replacement (PUT), [`TaskPatch`] a merge patch (RFC 7396). Both
//! refuse unknown fields; the read-only fields of a task (`id`, `version` …) are accepted and ignored, so that
//! what was read can be sent back.

use serde::{Deserialize, Serialize};

mod apply;
mod body;
mod fields;

pub use apply::{Applied, NewTask, apply, complete, differences, reopen, replace};
pub use body::{Change, READ_ONLY, TaskDraft, TaskPatch};
pub(crate) use fields::{shown, tag, tags, without_control_characters};

/// Longest title, in characters.
pub const TITLE_LIMIT: usize = 255;
/// Longest description, in characters.
pub const DESCRIPTION_LIMIT: usize = 5_000;
/// Most tags of a task.
pub const TAGS_LIMIT: usize = 20;
/// Longest tag, in characters.
pub const TAG_LIMIT: usize = 50;
/// Most reminders of a task.
pub const REMINDERS_LIMIT: usize = 20;

/// One mistake in a body or a query: where, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The line, where what was sent is a file of many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The field, with the position for a list: `tags[3]`.
    pub field: String,
    /// What the value must be.
    pub message: String,
}

impl FieldError {
    /// A mistake in this field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            line: None,
            field: field.into(),
            message: message.into(),
        }
    }

    /// The same mistake, in this line of a file.
    #[must_use]
    pub fn in_line(self, line: u64) -> Self {
        Self {
            line: Some(line),
            ..self
        }
    }
}

#[cfg(test)]
mod tests;
