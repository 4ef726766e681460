//! From one occurrence of a series to the next.

use chrono::NaiveDate;
use recurrence_rule::Until;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::anchor::RecurrenceAnchor;
use super::rule::Rule;
use crate::due::Due;
use crate::task::Task;
use crate::time::Timestamp;
use crate::validation::{FieldError, NewTask, TaskDraft};
use crate::zone::Zone;

/// Where a series is counted from.
///
/// It is the due date of the task that began the series. When a user gives a later occurrence another due date or
/// zone, the series is counted from there on, and the occurrences keep their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesAnchor {
    /// The due date of the occurrence that the series is counted from.
    pub due: Due,
    /// The number of that occurrence.
    pub occurrence: u32,
}

/// The next occurrence of a series: everything of the new task but its id, its number and the time.
///
/// It is a body of its own between services, and `(series_id, occurrence)` is unique among tasks: who makes it
/// twice makes it once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NextOccurrence {
    /// What the task is.
    pub task: TaskDraft,
    /// The series it continues.
    pub series_id: String,
    /// Its number in the series.
    pub occurrence: u32,
    /// Where the series is counted from.
    pub series_anchor: SeriesAnchor,
}

impl SeriesAnchor {
    /// The anchor at an occurrence; where the task has no due date, the day on which it was made recurring.
    pub fn starting(due: Option<Due>, zone: Zone, now: Timestamp, occurrence: u32) -> Self {
        Self {
            due: due.unwrap_or_else(|| Due::Day(zone.local(now).date())),
            occurrence,
        }
    }
}

/// The due date of the occurrence after `occurrence`; none when COUNT or UNTIL has ended the series, or the rule
/// names no further day before the year 10000.
pub fn next(rule: &Rule, anchor: &SeriesAnchor, zone: Zone, occurrence: u32) -> Option<Due> {
    upcoming(rule, anchor, zone, occurrence)
        .next()
        .map(|(_, due)| due)
}

/// The occurrences after `occurrence` with their numbers, counted from the anchor, until COUNT, UNTIL or the year 9999 ends
/// them.
pub(super) fn upcoming(
    rule: &Rule,
    anchor: &SeriesAnchor,
    zone: Zone,
    occurrence: u32,
) -> impl Iterator<Item = (u32, Due)> + use<> {
    let place = usize::try_from(occurrence.saturating_sub(anchor.occurrence)).unwrap_or(usize::MAX);
    let numbers =
        occurrence.saturating_add(1)..rule.count().map_or(u32::MAX, |count| count.saturating_add(1));
    // The walk begins with the first number that is asked for: an ended series costs nothing.
    let days = (!numbers.is_empty()).then(|| rule.days_after(anchor.due.local_day(zone)).skip(place));
    let (anchor, until) = (*anchor, rule.until());
    numbers
        .zip(days.into_iter().flatten())
        .map_while(move |(number, day)| Some((number, on_day(&anchor, zone, day)?)))
        .take_while(move |(_, due)| until.is_none_or(|until| allows(until, *due, zone)))
}

/// The occurrence after `occurrence` of a series that is counted from completions, the last of which was on this day. It is on
/// a later day, at the anchor's time.
pub(super) fn after_day(
    rule: &Rule,
    anchor: &SeriesAnchor,
    zone: Zone,
    occurrence: u32,
    day: NaiveDate,
) -> Option<(u32, Due)> {
    if rule.count().is_some_and(|count| occurrence >= count) {
        return None;
    }
    let due = on_day(anchor, zone, rule.days_after(day).next()?)?;
    let ends = rule.until().is_some_and(|until| !allows(until, due, zone));
    Some((occurrence.checked_add(1)?, due)).filter(|_| !ends)
}

/// The anchor's time on another day; a day again, where the anchor is one.
fn on_day(anchor: &SeriesAnchor, zone: Zone, day: NaiveDate) -> Option<Due> {
    Some(match anchor.due {
        Due::Day(_) => Due::Day(day),
        Due::Time(time) => Due::Time(zone.resolve(day.and_time(zone.local(time).time()))?),
    })
}

/// A recurring task's place in its series.
pub(super) struct Place {
    pub(super) rule: Rule,
    pub(super) zone: Zone,
    pub(super) series_id: String,
    pub(super) occurrence: u32,
    /// The task's own; without one (a task from before it was kept) its due date takes its place, or the day it was made.
    pub(super) anchor: SeriesAnchor,
}

impl Place {
    /// The place; none if the task is not recurring.
    pub(super) fn of(task: &Task) -> Option<Self> {
        let zone = task.zone();
        let occurrence = task.occurrence.unwrap_or(1);
        let starting = || SeriesAnchor::starting(task.due_date, zone, task.created_at, occurrence);
        Some(Self {
            rule: Rule::parse(task.recurrence_rule.as_deref()?).ok()?,
            zone,
            series_id: task.series_id.clone().unwrap_or_else(|| task.id.clone()),
            occurrence,
            anchor: task.series_anchor.unwrap_or_else(starting),
        })
    }
}

/// The next occurrence of a recurring task that was completed; none if it is not recurring or its series has ended.
///
/// It is the one that the rule names next, also where that is in the past by now: what was missed is still to be done or to be
/// skipped ([`super::skip`]). After completion it is counted from the day of the completion, where the task is.
pub fn next_task(task: &Task) -> Option<NextOccurrence> {
    let Place {
        rule,
        zone,
        series_id,
        occurrence,
        anchor,
    } = Place::of(task)?;
    let (occurrence, due) = match task.recurrence_anchor {
        RecurrenceAnchor::Due => upcoming(&rule, &anchor, zone, occurrence).next()?,
        RecurrenceAnchor::Completion => {
            let completed_at = task.completed_at.unwrap_or(task.updated_at);
            after_day(&rule, &anchor, zone, occurrence, zone.local(completed_at).date())?
        }
    };
    let from = task.due_date.unwrap_or(anchor.due);
    Some(NextOccurrence {
        task: TaskDraft {
            title: task.title.clone(),
            description: task.description.clone(),
            status: None,
            priority: task.priority,
            tags: task.tags.clone(),
            due_date: Some(due),
            timezone: task.timezone,
            reminders: task
                .reminders
                .iter()
                .map(|reminder| reminder.moved(from, due, zone))
                .collect(),
            recurrence_rule: task.recurrence_rule.clone(),
            recurrence_anchor: task.recurrence_anchor,
            parent_id: None,
        },
        series_id,
        occurrence,
        series_anchor: anchor,
    })
}

impl NextOccurrence {
    /// The new task.
    pub fn into_task(self, new: NewTask) -> Task {
        Task {
            series_id: Some(self.series_id),
            occurrence: Some(self.occurrence),
            series_anchor: Some(self.series_anchor),
            ..self.task.into_task(new)
        }
    }

    /// Reads the body that one service sends another, as strictly as a user's.
    pub fn parse(body: &Value) -> Result<Self, Vec<FieldError>> {
        let field = |name: &str| body.get(name).cloned().unwrap_or(Value::Null);
        let mut errors = Vec::new();
        let task = TaskDraft::parse(&field("task")).map_err(|found| {
            errors.extend(
                found
                    .into_iter()
                    .map(|error| FieldError::new(format!("task.{}", error.field), error.message)),
            );
        });
        let series_id = field("series_id")
            .as_str()
            .map(str::to_owned)
            .filter(|id| !id.is_empty() && id.len() <= 64);
        let occurrence = field("occurrence")
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
            .filter(|n| *n >= 2);
        let series_anchor = serde_json::from_value::<SeriesAnchor>(field("series_anchor")).ok();
        for (name, missing) in [
            ("series_id", series_id.is_none()),
            ("occurrence", occurrence.is_none()),
            ("series_anchor", series_anchor.is_none()),
        ] {
            if missing {
                errors.push(FieldError::new(name, "is missing or not valid"));
            }
        }
        match (task, series_id, occurrence, series_anchor) {
            (Ok(task), Some(series_id), Some(occurrence), Some(series_anchor)) => Ok(Self {
                task,
                series_id,
                occurrence,
                series_anchor,
            }),
            _ => Err(errors),
        }
    }
}

fn allows(until: Until, due: Due, zone: Zone) -> bool {
    match due {
        Due::Day(day) => until.includes_day(day, zone.tz()),
        Due::Time(time) => until.includes_time(time.as_datetime().with_timezone(&zone.tz())),
    }
}
