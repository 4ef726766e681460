//! A task as the API shows it, and the values of its fields.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::due::Due;
use crate::recurrence::{RecurrenceAnchor, SeriesAnchor};
use crate::time::Timestamp;
use crate::zone::Zone;

mod reminder;
mod subtasks;

pub use reminder::{Lead, Reminder, ReminderError};
pub use subtasks::{SUBTASKS_LIMIT, Subtasks};

/// A task, with exactly the fields of the REST API.
///
/// One field is not part of the API's JSON: [`series_anchor`](Self::series_anchor), which storage keeps in a column
/// of its own and which events carry beside the task (see [`crate::events::TaskData`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// UUIDv7, in its hyphenated lower-case form.
    pub id: String,
    /// 1, 2, 3 … within the user's tasks.
    pub number: u32,
    /// 1–255 characters.
    pub title: String,
    /// Up to 5,000 characters.
    pub description: Option<String>,
    /// Where the task stands.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// Display forms; no two are equal when case is ignored.
    pub tags: Vec<String>,
    /// When it is due.
    pub due_date: Option<Due>,
    /// The zone in which days, recurrence and reminders are reckoned; UTC where absent.
    pub timezone: Option<Zone>,
    /// When to remind.
    pub reminders: Vec<Reminder>,
    /// `daily`, `weekly`, `monthly`, `yearly` or an RFC 5545 RRULE, as typed.
    pub recurrence_rule: Option<String>,
    /// What the next due date is counted from; without a rule always its default, which is left out.
    #[serde(default, skip_serializing_if = "RecurrenceAnchor::is_due")]
    pub recurrence_anchor: RecurrenceAnchor,
    /// Whether there is a rule.
    pub is_recurring: bool,
    /// The id of the task that began the series; with [`occurrence`](Self::occurrence) unique among all tasks.
    pub series_id: Option<String>,
    /// 1 for the task that began the series.
    pub occurrence: Option<u32>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed; never goes back.
    pub updated_at: Timestamp,
    /// When it was completed, while it is.
    pub completed_at: Option<Timestamp>,
    /// Grows by one with each change; the ETag.
    pub version: u32,
    /// The id of the task that this one is a part of; such a subtask has no subtasks of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// How many subtasks it has, where it has any.
    #[serde(default, skip_serializing_if = "Subtasks::is_empty")]
    pub subtasks: Subtasks,
    /// When it was deleted, while it can still be restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// Where the series is counted from; storage's own column, not in the API's JSON.
    #[serde(skip)]
    pub series_anchor: Option<SeriesAnchor>,
}

impl Task {
    /// The zone of the task, UTC where none is set.
    pub fn zone(&self) -> Zone {
        self.timezone.unwrap_or_default()
    }

    /// The instant the task must be done by.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.due_date.map(|due| due.deadline(self.zone()))
    }

    /// Whether the task is open and its deadline has passed.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.status.is_open() && self.deadline().is_some_and(|deadline| deadline < now)
    }

    /// The instants at which to remind, ascending and each once: what the scheduler is given. Empty unless the
    /// task is open.
    pub fn remind_times(&self) -> Vec<Timestamp> {
        if !self.status.is_open() {
            return Vec::new();
        }
        let mut times: Vec<Timestamp> = self
            .reminders
            .iter()
            .filter_map(|reminder| reminder.remind_at(self.due_date, self.zone()))
            .collect();
        times.sort_unstable();
        times.dedup();
        times
    }

    /// The strong entity tag of this version, with its quotes.
    pub fn etag(&self) -> String {
        format!("\"{}-{}\"", self.id, self.version)
    }
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not begun.
    #[default]
    Pending,
    /// Begun.
    InProgress,
    /// Done.
    Completed,
    /// Will not be done.
    Cancelled,
}

/// The text names no status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of `pending`, `in_progress`, `completed`, `cancelled`")]
pub struct UnknownStatus;

impl Status {
    /// Every status, in order.
    pub const ALL: [Self; 4] = [Self::Pending, Self::InProgress, Self::Completed, Self::Cancelled];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether there is still something to do.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::InProgress)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(UnknownStatus)
    }
}

/// How urgent a task is; ordered by meaning, `Low` first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Can wait.
    Low,
    /// The default.
    #[default]
    Medium,
    /// Soon.
    High,
    /// Now.
    Urgent,
}

/// The text names no priority.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of `low`, `medium`, `high`, `urgent`")]
pub struct UnknownPriority;

impl Priority {
    /// Every priority, the least urgent first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Urgent];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Priority {
    type Err = UnknownPriority;

    /// Accepts the names and what other task lists call them: `normal`, `critical`, `p1` (urgent) to `p4` (low).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "low" | "p4" => Ok(Self::Low),
            "medium" | "normal" | "p3" => Ok(Self::Medium),
            "high" | "p2" => Ok(Self::High),
            "urgent" | "critical" | "p1" => Ok(Self::Urgent),
            _ => Err(UnknownPriority),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
