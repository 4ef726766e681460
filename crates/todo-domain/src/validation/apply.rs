//! From valid input to a task: making one, changing one.

use super::{Change, FieldError, TaskDraft, TaskPatch, fields};
use crate::recurrence::{RecurrenceAnchor, SeriesAnchor};
use crate::task::{Status, Subtasks, Task};
use crate::time::Timestamp;

/// What the caller decides about a task that is being made.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// A fresh UUIDv7.
    pub id: String,
    /// The user's next number.
    pub number: u32,
    /// The time.
    pub now: Timestamp,
}

/// A changed task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The task after the change; untouched, version included, if nothing changed.
    pub task: Task,
    /// The names of the fields that have another value now; empty if nothing changed.
    pub changed: Vec<String>,
}

impl TaskDraft {
    /// The task that this draft describes. A recurring one begins a series of its own: its id is the series' id.
    pub fn into_task(self, new: NewTask) -> Task {
        let status = self.status.unwrap_or_default();
        let is_recurring = self.recurrence_rule.is_some();
        let zone = self.timezone.unwrap_or_default();
        Task {
            series_id: is_recurring.then(|| new.id.clone()),
            occurrence: is_recurring.then_some(1),
            series_anchor: is_recurring.then(|| SeriesAnchor::starting(self.due_date, zone, new.now, 1)),
            id: new.id,
            number: new.number,
            title: self.title,
            description: self.description,
            status,
            priority: self.priority,
            tags: self.tags,
            due_date: self.due_date,
            timezone: self.timezone,
            reminders: self.reminders,
            recurrence_rule: self.recurrence_rule,
            recurrence_anchor: self.recurrence_anchor,
            is_recurring,
            created_at: new.now,
            updated_at: new.now,
            completed_at: (status == Status::Completed).then_some(new.now),
            version: 1,
            parent_id: self.parent_id,
            subtasks: Subtasks::default(),
            deleted_at: None,
        }
    }
}

/// Applies a merge patch.
///
/// Another due date or zone, or another way to count, moves the series' anchor to this occurrence; another rule begins a new
/// series with it.
pub fn apply(task: &Task, patch: TaskPatch, now: Timestamp) -> Result<Applied, Vec<FieldError>> {
    let mut next = task.clone();
    if let Change::Set(title) = patch.title {
        next.title = title;
    }
    set_option(&mut next.description, patch.description);
    set_or_default(&mut next.status, patch.status);
    set_or_default(&mut next.priority, patch.priority);
    set_or_default(&mut next.tags, patch.tags);
    set_option(&mut next.due_date, patch.due_date);
    set_option(&mut next.timezone, patch.timezone);
    let sets_reminders = matches!(patch.reminders, Change::Set(_));
    set_or_default(&mut next.reminders, patch.reminders);
    set_option(&mut next.recurrence_rule, patch.recurrence_rule);
    if let Change::Set(anchor) = patch.recurrence_anchor
        && let Some(error) = fields::anchor_without_rule(anchor, next.recurrence_rule.as_deref())
    {
        return Err(vec![error]);
    }
    set_or_default(&mut next.recurrence_anchor, patch.recurrence_anchor);
    set_option(&mut next.parent_id, patch.parent_id);
    if sets_reminders && let Some(error) = fields::reminders_without_due(&next.reminders, next.due_date) {
        return Err(vec![error]);
    }
    if let Some(error) = fields::rule_of_subtask(next.recurrence_rule.as_deref(), next.parent_id.as_deref()) {
        return Err(vec![error]);
    }
    Ok(finish(task, next, now))
}

/// Replaces every field that a client sets (PUT); only a status that is not given stays as it is.
pub fn replace(task: &Task, draft: TaskDraft, now: Timestamp) -> Result<Applied, Vec<FieldError>> {
    let patch = TaskPatch {
        title: Change::Set(draft.title),
        description: draft.description.into(),
        status: draft.status.map_or(Change::Keep, Change::Set),
        priority: Change::Set(draft.priority),
        tags: Change::Set(draft.tags),
        due_date: draft.due_date.into(),
        timezone: draft.timezone.into(),
        reminders: Change::Set(draft.reminders),
        recurrence_rule: draft.recurrence_rule.into(),
        recurrence_anchor: Change::Set(draft.recurrence_anchor),
        parent_id: draft.parent_id.into(),
    };
    apply(task, patch, now)
}

/// Completes a task; nothing changes if it is completed already.
pub fn complete(task: &Task, now: Timestamp) -> Applied {
    finish(
        task,
        Task {
            status: Status::Completed,
            ..task.clone()
        },
        now,
    )
}

/// Makes a completed or cancelled task pending again; nothing changes if it is open.
pub fn reopen(task: &Task, now: Timestamp) -> Applied {
    let status = if task.status.is_open() {
        task.status
    } else {
        Status::Pending
    };
    finish(
        task,
        Task {
            status,
            ..task.clone()
        },
        now,
    )
}

fn finish(before: &Task, mut task: Task, now: Timestamp) -> Applied {
    let now = now.max(before.updated_at);
    task.is_recurring = task.recurrence_rule.is_some();
    if !task.is_recurring {
        task.recurrence_anchor = RecurrenceAnchor::Due;
    }
    if task.status != before.status {
        task.completed_at = (task.status == Status::Completed).then_some(now);
    }
    follow_series(before, &mut task, now);
    let changed = differences(before, &task);
    if changed.is_empty() {
        return Applied {
            task: before.clone(),
            changed,
        };
    }
    task.updated_at = now;
    task.version = before.version.saturating_add(1);
    Applied { task, changed }
}

fn follow_series(before: &Task, task: &mut Task, now: Timestamp) {
    let zone = task.zone();
    if task.recurrence_rule.is_none() {
        // What it was part of stays known, but it is no anchor for anything any more.
        task.series_anchor = None;
    } else if task.recurrence_rule != before.recurrence_rule {
        task.series_id = Some(task.id.clone());
        task.occurrence = Some(1);
        task.series_anchor = Some(SeriesAnchor::starting(task.due_date, zone, now, 1));
    } else if task.due_date != before.due_date
        || task.timezone != before.timezone
        || task.recurrence_anchor != before.recurrence_anchor
    {
        let occurrence = task.occurrence.unwrap_or(1);
        task.series_anchor = Some(SeriesAnchor::starting(task.due_date, zone, now, occurrence));
    }
}

/// The names of the fields that differ, but for those that every change changes.
pub fn differences(before: &Task, after: &Task) -> Vec<String> {
    let differences = [
        ("title", before.title != after.title),
        ("description", before.description != after.description),
        ("status", before.status != after.status),
        ("priority", before.priority != after.priority),
        ("tags", before.tags != after.tags),
        ("due_date", before.due_date != after.due_date),
        ("timezone", before.timezone != after.timezone),
        ("reminders", before.reminders != after.reminders),
        ("recurrence_rule", before.recurrence_rule != after.recurrence_rule),
        (
            "recurrence_anchor",
            before.recurrence_anchor != after.recurrence_anchor,
        ),
        ("is_recurring", before.is_recurring != after.is_recurring),
        ("series_id", before.series_id != after.series_id),
        ("occurrence", before.occurrence != after.occurrence),
        ("completed_at", before.completed_at != after.completed_at),
        ("parent_id", before.parent_id != after.parent_id),
        ("subtasks", before.subtasks != after.subtasks),
        ("deleted_at", before.deleted_at != after.deleted_at),
    ];
    differences
        .into_iter()
        .filter(|(_, differs)| *differs)
        .map(|(name, _)| name.to_owned())
        .collect()
}

fn set_option<T>(field: &mut Option<T>, change: Change<T>) {
    match change {
        Change::Keep => {}
        Change::Clear => *field = None,
        Change::Set(value) => *field = Some(value),
    }
}

fn set_or_default<T: Default>(field: &mut T, change: Change<T>) {
    match change {
        Change::Keep => {}
        Change::Clear => *field = T::default(),
        Change::Set(value) => *field = value,
    }
}
