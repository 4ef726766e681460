//! What the next due date is counted from.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What the next due date of a series is counted from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecurrenceAnchor {
    /// The due date of the task that began the series: a fixed schedule, whenever a task of it is done.
    #[default]
    Due,
    /// The day on which the last occurrence was completed, where the task is.
    Completion,
}

/// The text names neither.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be `due` or `completion`")]
pub struct UnknownAnchor;

impl RecurrenceAnchor {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Due, Self::Completion];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Completion => "completion",
        }
    }

    /// Whether it is the fixed schedule.
    pub fn is_due(&self) -> bool {
        *self == Self::Due
    }
}

impl fmt::Display for RecurrenceAnchor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for RecurrenceAnchor {
    type Err = UnknownAnchor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|anchor| anchor.as_str() == text);
        found.ok_or(UnknownAnchor)
    }
}
