//! A recurrence rule with the time zone that it is read in, and what it says about instants in milliseconds.
//!
//! A rule counts from its start, which is the due time of the firing before: the parts that RFC 5545 takes from DTSTART (the
//! day, the time of day) are written into the rule when it is made, so that it can be continued from any of its times, and a
//! COUNT is what is left. So the next time is found without walking through all that were before.

use std::fmt;

use chrono::DateTime;
use chrono_tz::Tz;
use thiserror::Error;

/// The longest rule that a component may give, in bytes. With what it takes from its start it may be longer.
const LONGEST: usize = 500;

/// A recurrence rule of RFC 5545 in a time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    rule: recurrence_rule::Rule,
    zone: Tz,
}

/// Why a text is not a rule for a job.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RuleError {
    /// It is too long.
    #[error("the rule of a job has up to {LONGEST} bytes, this one {length}; make several jobs of it")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// The name of no zone.
    #[error("`{name}` is no IANA time zone; write one like `Europe/Berlin` or `UTC`")]
    Zone {
        /// What was given, at most its first words.
        name: String,
    },
    /// It is not written as RFC 5545 says.
    #[error(transparent)]
    Text(#[from] recurrence_rule::RuleError),
    /// No time fulfils all parts.
    #[error(
        "the rule never fires: no time from its start on fulfils all of its parts; leave one out, or look at its UNTIL"
    )]
    NeverFires,
}

impl Rule {
    /// Reads a rule such as `FREQ=WEEKLY;BYDAY=MO,TH`, with or without `RRULE:` before it, and the name of a time zone such as
    /// `Europe/Berlin`, for a job that starts at `start`, milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// The text is not a rule, or it names no time.
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
        let zone = zone.parse().map_err(|_unknown| RuleError::Zone {
            name: zone.chars().take(64).collect(),
        })?;
        let rule = recurrence_rule::Rule::parse(text)?;
        let due = instant(due, zone).ok_or(RuleError::NeverFires)?;
        Ok(Self {
            rule: rule.anchored(due.naive_local()),
            zone,
        })
    }

    /// The name of its time zone.
    #[must_use]
    pub fn zone(&self) -> &'static str {
        self.zone.name()
    }

    /// The first time that it names, from `start` on.
    pub(crate) fn first(&self, start: u64) -> Option<u64> {
        milliseconds(self.rule.times(instant(start, self.zone)?).next()?)
    }

    /// The first time after `due`, which is one of its times, and after `now`; and the rule from there on.
    pub(crate) fn next(&self, due: u64, now: u64) -> Option<(u64, Self)> {
        let after = due.max(now).checked_add(1)?;
        let mut times = self
            .rule
            .times_from(instant(due, self.zone)?, instant(after, self.zone)?);
        let left = times.left();
        let next = milliseconds(times.next()?)?;
        let rule = self.rule.clone().with_count(left);
        Some((next, Self { rule, ..self.clone() }))
    }
}

/// The rule as it can be read again, with what it took from its start.
impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rule.fmt(formatter)
    }
}

fn instant(time: u64, zone: Tz) -> Option<DateTime<Tz>> {
    let time = DateTime::from_timestamp_millis(i64::try_from(time).ok()?)?;
    Some(time.with_timezone(&zone))
}

fn milliseconds(time: DateTime<Tz>) -> Option<u64> {
    u64::try_from(time.timestamp_millis()).ok()
}
