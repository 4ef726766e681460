//! A recurrence rule with the time zone that it is read in, and what it says about instants.
//!
//! A rule counts from its start, which is the due time of the firing before: the parts that RFC 5545 takes from DTSTART (the
//! day, the time of day) are written into the rule when it is made, so that it can be continued from any of its times, and a
//! COUNT is what is left. So the next time is found without walking through all that were before.

use std::collections::BTreeSet;

use chrono::{NaiveDateTime, Weekday};
use chrono_tz::Tz;

use super::occurrences;
use super::parse::{self, LONGEST, RuleError};

/// How long the period is in which a rule names its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Frequency {
    Secondly,
    Minutely,
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// The last moment at which a rule may name a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// By the clock on the wall.
    Local(NaiveDateTime),
    /// Milliseconds since the Unix epoch.
    Instant(i64),
}

/// `MO`, or `2MO` the second, or `-1MO` the last of the month or year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OrdinalWeekday {
    pub(super) ordinal: i32,
    pub(super) weekday: Weekday,
}

/// A recurrence rule of RFC 5545 in a time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub(super) frequency: Frequency,
    pub(super) interval: u32,
    pub(super) count: Option<u32>,
    pub(super) until: Option<Until>,
    pub(super) by_month: BTreeSet<i32>,
    pub(super) by_year_day: BTreeSet<i32>,
    pub(super) by_month_day: BTreeSet<i32>,
    pub(super) by_day: Vec<OrdinalWeekday>,
    pub(super) by_hour: BTreeSet<i32>,
    pub(super) by_minute: BTreeSet<i32>,
    pub(super) by_second: BTreeSet<i32>,
    pub(super) by_position: BTreeSet<i32>,
    pub(super) week_start: Weekday,
    /// Milliseconds within the second, which a rule cannot name.
    pub(super) millisecond: u32,
    pub(super) zone: Tz,
}

impl Rule {
    /// Reads a rule such as `FREQ=WEEKLY;BYDAY=MO,TH`, with or without `RRULE:` before it, and the name of a time zone such as
    /// `Europe/Berlin`, for a job that starts at `start`, milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// The text is not a rule that is known here, it names a time too often, or it never does.
    pub fn new(text: &str, zone: &str, start: u64) -> Result<Self, RuleError> {
        if text.len() > LONGEST {
            return Err(RuleError::TooLong { length: text.len() });
        }
        let rule = Self::resume(text, zone, start)?;
        match rule.first(start) {
            Some(_first) => Ok(rule),
            None => Err(RuleError::NeverFires),
        }
    }

    /// Reads a rule that was written down for a job that is due at `due`.
    pub(crate) fn resume(text: &str, zone: &str, due: u64) -> Result<Self, RuleError> {
        parse::parse(text, zone)?.anchored(due)
    }

    /// The name of its time zone.
    #[must_use]
    pub fn zone(&self) -> &'static str {
        self.zone.name()
    }

    /// The first time that it names, from `start` on.
    pub(crate) fn first(&self, start: u64) -> Option<u64> {
        occurrences::first_at_or_after(self, start, start).map(|(time, _passed)| time)
    }

    /// The first time after `due`, which is one of its times, and after `now`; and the rule from there on.
    pub(crate) fn next(&self, due: u64, now: u64) -> Option<(u64, Self)> {
        let after = due.max(now).checked_add(1)?;
        let (next, passed) = occurrences::first_at_or_after(self, due, after)?;
        let count = match self.count {
            None => None,
            Some(count) => Some(count.checked_sub(passed)?),
        };
        Some((
            next,
            Self {
                count,
                ..self.clone()
            },
        ))
    }
}
