//! What events carry as `data`.

use serde::{Deserialize, Serialize};

use crate::due::Due;
use crate::recurrence::SeriesAnchor;
use crate::task::{Status, Task};
use crate::time::Timestamp;

/// What happened to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TaskEventType {
    /// It was made.
    #[serde(rename = "task.created")]
    Created,
    /// A field was changed.
    #[serde(rename = "task.updated")]
    Updated,
    /// It was completed.
    #[serde(rename = "task.completed")]
    Completed,
    /// It was completed and is open again.
    #[serde(rename = "task.reopened")]
    Reopened,
    /// It was deleted.
    #[serde(rename = "task.deleted")]
    Deleted,
}

/// What happened to a reminder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ReminderEventType {
    /// A job was made for it.
    #[serde(rename = "reminder.scheduled")]
    Scheduled,
    /// Its time came.
    #[serde(rename = "reminder.triggered")]
    Triggered,
    /// It will not come.
    #[serde(rename = "reminder.cancelled")]
    Cancelled,
}

/// `data` of a `task.*` event: the fields of the whole task, what changed, and where its series is anchored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskData {
    /// The task after the change; its fields stand directly in `data`.
    #[serde(flatten)]
    pub task: Task,
    /// The names of the changed fields; empty for a creation or a deletion.
    pub changed: Vec<String>,
    /// Where the series is counted from, for a recurring task.
    pub series_anchor: Option<SeriesAnchor>,
}

/// `data` of a `reminder.*` event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderData {
    /// The task.
    pub task_id: String,
    /// Its title.
    pub title: String,
    /// When it is due, if it is.
    pub due_at: Option<Due>,
    /// When the reminder was to come.
    pub remind_at: Timestamp,
    /// Whose task it is.
    pub user_id: String,
    /// Whether it comes later than it was to.
    #[serde(default)]
    pub late: bool,
}

/// `data` of `task.sync`: what a browser needs to bring its list up to date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncData {
    /// What happened.
    pub change: TaskEventType,
    /// To which task.
    pub task_id: String,
    /// The task after it; none when it was deleted.
    pub task: Option<Task>,
    /// Grows by one with each update of this user.
    pub sequence: Option<u64>,
}

/// A notification, as the API lists it and as `data` of `notification.created`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Its id.
    pub id: String,
    /// `reminder`.
    #[serde(rename = "type")]
    pub notification_type: String,
    /// One line.
    pub title: String,
    /// The whole text.
    pub message: String,
    /// The task it is about.
    pub task_id: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was read.
    pub read_at: Option<Timestamp>,
}

/// `data` of `user.deleted` and `session.ended`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserData {
    /// Whose account it is, or was.
    pub user_id: String,
}

impl TaskEventType {
    /// The event's `type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "task.created",
            Self::Updated => "task.updated",
            Self::Completed => "task.completed",
            Self::Reopened => "task.reopened",
            Self::Deleted => "task.deleted",
        }
    }

    /// What a change from one state of a task to another is called.
    pub fn of_change(before: &Task, after: &Task) -> Self {
        match (before.status, after.status) {
            (from, Status::Completed) if from != Status::Completed => Self::Completed,
            (Status::Completed, to) if to.is_open() => Self::Reopened,
            _ => Self::Updated,
        }
    }
}

impl ReminderEventType {
    /// The event's `type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "reminder.scheduled",
            Self::Triggered => "reminder.triggered",
            Self::Cancelled => "reminder.cancelled",
        }
    }
}

impl TaskData {
    /// The payload for a task; the anchor is the task's own.
    pub fn new(task: Task, changed: Vec<String>) -> Self {
        Self {
            series_anchor: task.series_anchor,
            task,
            changed,
        }
    }
}

impl<'de> Deserialize<'de> for TaskData {
    /// Puts the anchor back into the task, whose own JSON does not have it.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Raw {
            #[serde(flatten)]
            task: Task,
            #[serde(default)]
            changed: Vec<String>,
            #[serde(default)]
            series_anchor: Option<SeriesAnchor>,
        }
        let Raw {
            mut task,
            changed,
            series_anchor,
        } = Raw::deserialize(deserializer)?;
        task.series_anchor = series_anchor;
        Ok(Self {
            task,
            changed,
            series_anchor,
        })
    }
}

impl ReminderData {
    /// The payload for one reminder of a task.
    pub fn new(task: &Task, user_id: &str, remind_at: Timestamp) -> Self {
        Self {
            task_id: task.id.clone(),
            title: task.title.clone(),
            due_at: task.due_date,
            remind_at,
            user_id: user_id.to_owned(),
            late: false,
        }
    }

    /// The same, for a reminder that comes `now`: late by more than a minute is said to be late.
    #[must_use]
    pub fn triggered(self, now: Timestamp) -> Self {
        let late = self.remind_at.plus_seconds(60).is_some_and(|limit| limit < now);
        Self { late, ..self }
    }
}

/// The name of the job that reminds of a task at a time. The same reminder has the same name, so scheduling it
/// twice is scheduling it once.
pub fn job_name(task_id: &str, remind_at: Timestamp) -> String {
    format!("reminder:{task_id}:{}", remind_at.millis())
}
