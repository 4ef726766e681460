//! Going over an occurrence without completing it.

use super::anchor::RecurrenceAnchor;
use super::series::{Place, after_day, upcoming};
use crate::task::{Status, Task};
use crate::time::Timestamp;
use crate::validation::{Applied, differences};

/// What becomes of the occurrences after the skipped one whose time has passed as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missed {
    /// They come: only one is skipped.
    #[default]
    Come,
    /// They are skipped too, up to the first that is not overdue.
    AreSkipped,
}

/// Why an occurrence cannot be skipped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SkipError {
    /// There is no rule.
    #[error("the task does not repeat, so there is nothing to go on to; complete or delete it")]
    NotRecurring,
    /// It is completed or cancelled.
    #[error("the task is {0}, and only what is still to do can be skipped; reopen it first")]
    NotOpen(Status),
    /// COUNT or UNTIL ends the series here, or the rule names no further day.
    #[error("this is the last occurrence of its series; complete it, delete it, or end the series")]
    LastOccurrence,
}

/// Moves a recurring task to its next occurrence, without completing it: the same task with the next due date and number, its
/// reminders moved along, not yet begun. `taken` is the highest number that the series has used; what is skipped counts for
/// COUNT.
///
/// A series that is counted from completions goes on from the later of its due date and the present day.
pub fn skip(task: &Task, taken: u32, missed: Missed, now: Timestamp) -> Result<Applied, SkipError> {
    let place = Place::of(task).ok_or(SkipError::NotRecurring)?;
    if !task.status.is_open() {
        return Err(SkipError::NotOpen(task.status));
    }
    let (zone, anchor) = (place.zone, place.anchor);
    let passed = place.occurrence.max(taken);
    let found = match task.recurrence_anchor {
        RecurrenceAnchor::Due => upcoming(&place.rule, &anchor, zone, passed)
            .find(|(_, due)| missed == Missed::Come || due.deadline(zone) >= now),
        RecurrenceAnchor::Completion => {
            let today = zone.local(now).date();
            let day = task.due_date.map_or(today, |due| due.local_day(zone).max(today));
            after_day(&place.rule, &anchor, zone, passed, day)
        }
    };
    let (occurrence, due) = found.ok_or(SkipError::LastOccurrence)?;
    let from = task.due_date.unwrap_or(anchor.due);
    let moved = task
        .reminders
        .iter()
        .map(|reminder| reminder.moved(from, due, zone));
    let next = Task {
        status: Status::Pending,
        due_date: Some(due),
        reminders: moved.collect(),
        series_id: Some(place.series_id),
        occurrence: Some(occurrence),
        series_anchor: Some(anchor),
        updated_at: now.max(task.updated_at),
        version: task.version.saturating_add(1),
        ..task.clone()
    };
    Ok(Applied {
        changed: differences(task, &next),
        task: next,
    })
}
