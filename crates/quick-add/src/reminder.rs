//! Phrases for reminders: `remind 30 minutes before`, `remind me at 8am`, `remind 1 day and 1 hour before`.

use crate::cursor::Cursor;
use crate::date::{DatePhrase, NamedDay, When, date};
use crate::length::{Length, length};
use crate::time::{Time, time};
use crate::today::Today;

/// Longest time before the due date.
const LONGEST_LEAD_DAYS: u32 = 366;

const MINUTES_PER_DAY: u32 = 24 * 60;

/// Most reminders in one phrase.
const LIST_LIMIT: usize = 8;

/// When to remind, as it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RemindPhrase {
    /// So long before the task is due.
    Before(Length),
    /// On a day, at a time; at least one of them is said.
    At {
        day: Option<NamedDay>,
        time: Option<Time>,
    },
    /// At an instant.
    Instant(chrono::DateTime<chrono_tz::Tz>),
}

pub(crate) fn reminders(cursor: &mut Cursor<'_>, today: &Today) -> Option<Vec<RemindPhrase>> {
    if cursor.take(&["with"]) {
        cursor.take(&["a"]);
    }
    if !cursor.take(&["remind", "reminder"]) {
        return None;
    }
    cursor.take(&["me"]);
    let first = one(cursor, today)?;
    // "Remind me tomorrow to call" is a task for tomorrow.
    if matches!(first, RemindPhrase::At { .. }) && cursor.peek() == Some("to") {
        return None;
    }
    let mut all = vec![first];
    while all.len() < LIST_LIMIT {
        let further = cursor.attempt(|cursor| {
            if !cursor.joint() {
                return None;
            }
            before(cursor)
        });
        match further {
            Some(further) => all.push(further),
            None => break,
        }
    }
    Some(all)
}

fn one(cursor: &mut Cursor<'_>, today: &Today) -> Option<RemindPhrase> {
    cursor
        .attempt(before)
        .or_else(|| cursor.attempt(|cursor| at(cursor, today)))
}

fn before(cursor: &mut Cursor<'_>) -> Option<RemindPhrase> {
    if cursor.take_all(&["when", "due"]) || cursor.take_all(&["on", "time"]) {
        return Some(RemindPhrase::Before(Length::default()));
    }
    let length = length(cursor)?;
    let is_before =
        cursor.take(&["before", "earlier", "ahead", "prior"]) || cursor.take_all(&["in", "advance"]);
    // Months differ in length, so what is counted back is days, hours and minutes.
    let is_short = length.months == 0 && length.days + length.minutes / MINUTES_PER_DAY <= LONGEST_LEAD_DAYS;
    (is_before && is_short).then_some(RemindPhrase::Before(length))
}

fn at(cursor: &mut Cursor<'_>, today: &Today) -> Option<RemindPhrase> {
    let mut clock = cursor.attempt(time);
    let day = cursor.attempt(|cursor| date(cursor, today));
    if clock.is_none() && day.is_some() {
        clock = cursor.attempt(time);
    }
    let time = clock.map(|phrase| phrase.time);
    match day {
        None => time.map(|time| RemindPhrase::At {
            day: None,
            time: Some(time),
        }),
        Some(DatePhrase {
            when: When::Day(day), ..
        }) => Some(RemindPhrase::At { day: Some(day), time }),
        Some(DatePhrase {
            when: When::Instant(instant),
            ..
        }) => Some(RemindPhrase::Instant(instant)),
        Some(_) => None,
    }
}
