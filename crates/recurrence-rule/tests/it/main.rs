//! Rules against the RFC's own examples, the calendar, clocks that change, laws, and another implementation.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly, in its helper functions too"
)]

mod clocks;
mod examples;
mod laws;
mod limits;
mod mistakes;
mod named;
mod other;
mod parts;
mod recurrences;
mod rules;

use chrono::{DateTime, NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;
use recurrence_rule::{Recurrence, Rule};

/// `2026-03-29 02:30` or with seconds.
fn wall(text: &str) -> NaiveDateTime {
    let with_seconds = if text.len() == 16 {
        format!("{text}:00")
    } else {
        text.to_owned()
    };
    NaiveDateTime::parse_from_str(&with_seconds, "%Y-%m-%d %H:%M:%S").unwrap()
}

fn zone(name: &str) -> Tz {
    name.parse().unwrap()
}

fn utc(text: &str) -> DateTime<Tz> {
    Tz::UTC.from_utc_datetime(&wall(text))
}

fn recurrence(rule: &str, start: &str, zone_name: &str) -> Recurrence {
    Recurrence::new(Rule::parse(rule).unwrap(), wall(start), zone(zone_name))
}

/// The first so many occurrences with their offsets.
fn shown(recurrence: &Recurrence, most: usize) -> Vec<String> {
    let format = |time: DateTime<Tz>| time.format("%Y-%m-%d %H:%M:%S%:z").to_string();
    recurrence.iter().take(most).map(format).collect()
}

/// What the rule names first from a start in UTC; fewer than expected only if it ends.
fn check(rule: &str, start: &str, expected: &[&str]) {
    let times = recurrence(rule, start, "UTC");
    let found: Vec<_> = times
        .iter()
        .take(expected.len())
        .map(|time| time.format("%Y-%m-%d %H:%M:%S").to_string())
        .collect();
    let expected: Vec<_> = expected.iter().map(|time| wall(time).to_string()).collect();
    assert_eq!(found, expected, "{rule} from {start}");
}
