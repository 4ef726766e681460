//! One line for what was understood, so that files of examples can be read by people.

use chrono::{DateTime, NaiveDateTime};
use chrono_tz::Tz;
use quick_add::{Due, Problem, QuickAdd, Reminder, parse};

/// The time at which a clock on the wall of the zone shows `local`.
pub(crate) fn now(zone: &str, local: &str) -> DateTime<Tz> {
    let zone: Tz = zone.parse().unwrap();
    let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M").unwrap();
    local.and_local_timezone(zone).earliest().unwrap()
}

/// `title | due 2026-03-11T09:00+01:00 | FREQ=DAILY | remind 30m | high | #tag | problem EmptyTitle`
pub(crate) fn shown(text: &str, now: DateTime<Tz>) -> String {
    line(&parse(text, now))
}

fn line(found: &QuickAdd) -> String {
    let mut parts = vec![found.title.clone()];
    parts.extend(found.due.map(|due| match due {
        Due::Day(day) => format!("due {day}"),
        Due::Time(time) => format!("due {}", instant(time)),
    }));
    parts.extend(found.repeat.iter().map(|repeat| {
        let mark = if repeat.after_completion {
            " after completion"
        } else {
            ""
        };
        format!("{}{mark}", repeat.rule)
    }));
    parts.extend(found.reminders.iter().map(|reminder| match reminder {
        Reminder::Before(lead) => format!("remind {lead}"),
        Reminder::At(time) => format!("remind at {}", instant(*time)),
    }));
    parts.extend(found.priority.map(|priority| priority.as_str().to_owned()));
    parts.extend(found.tags.iter().map(|tag| format!("#{tag}")));
    parts.extend(
        found
            .problems
            .iter()
            .map(|problem| format!("problem {}", name(problem))),
    );
    parts.join(" | ")
}

fn instant(time: DateTime<Tz>) -> String {
    time.format("%Y-%m-%dT%H:%M%:z").to_string()
}

fn name(problem: &Problem) -> String {
    let shown = format!("{problem:?}");
    shown.split([' ', '{']).next().unwrap().to_owned()
}
