//! A rule with where it starts and what it leaves out, which together name instants.

use std::collections::BTreeSet;
use std::iter::FusedIterator;

use chrono::{DateTime, NaiveDateTime, TimeZone, Timelike as _};
use chrono_tz::Tz;

use crate::clock::instant;
use crate::error::RecurrenceError;
use crate::rule::{Frequency, Rule};
use crate::times::{LONGEST_WALK, Times};

/// What iCalendar says with `DTSTART`, `RRULE` and `EXDATE`.
///
/// It is read by [`parse`](Self::parse) and written by its `Display`, which reads back to an equal one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence {
    rule: Rule,
    start: NaiveDateTime,
    zone: Tz,
    /// In seconds since the Unix epoch.
    exceptions: BTreeSet<i64>,
}

/// The instants of a recurrence in order, those that it leaves out not among them. It has an end only if the recurrence has
/// one, which may be the year 9999: take as many as are needed.
#[derive(Debug, Clone)]
pub struct Occurrences {
    times: Option<Times>,
    exceptions: BTreeSet<i64>,
}

impl Recurrence {
    /// The longest text that is read, in bytes.
    pub const LONGEST: usize = 20_000;
    /// How many times may be left out.
    pub const MOST_EXCEPTIONS: usize = 500;

    /// The rule from a start on that is told by the clock on the wall of a zone; what is finer than seconds is cut off.
    #[must_use]
    pub fn new(rule: Rule, start: NaiveDateTime, zone: Tz) -> Self {
        Self {
            rule,
            start: start.with_nanosecond(0).unwrap_or(start),
            zone,
            exceptions: BTreeSet::new(),
        }
    }

    /// Leaves out a time. One that the rule does not name changes nothing; one that it does still counts for its COUNT.
    ///
    /// # Errors
    /// It leaves out too many already.
    pub fn leave_out<Z: TimeZone>(&mut self, time: &DateTime<Z>) -> Result<(), RecurrenceError> {
        self.exceptions.insert(time.timestamp());
        if self.exceptions.len() > Self::MOST_EXCEPTIONS {
            self.exceptions.remove(&time.timestamp());
            return Err(RecurrenceError::TooManyExceptions);
        }
        Ok(())
    }

    /// The rule.
    #[must_use]
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// What the clock on the wall shows at the start.
    #[must_use]
    pub fn start(&self) -> NaiveDateTime {
        self.start
    }

    /// Where that clock is.
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The times that are left out, in order.
    pub fn exceptions(&self) -> impl Iterator<Item = DateTime<Tz>> + '_ {
        let time = |seconds: &i64| self.zone.timestamp_opt(*seconds, 0).single();
        self.exceptions.iter().filter_map(time)
    }

    /// All occurrences.
    #[must_use]
    pub fn iter(&self) -> Occurrences {
        self.from(None)
    }

    /// The first occurrence after an instant.
    #[must_use]
    pub fn after<Z: TimeZone>(&self, time: &DateTime<Z>) -> Option<DateTime<Tz>> {
        let time = time.with_timezone(&self.zone);
        self.from(Some(time)).find(|occurrence| *occurrence > time)
    }

    /// The occurrences from an instant on and before another, at most `most`.
    pub fn between<Z: TimeZone>(
        &self,
        from: &DateTime<Z>,
        end: &DateTime<Z>,
        most: usize,
    ) -> impl Iterator<Item = DateTime<Tz>> + use<Z> {
        let (from, end) = (from.with_timezone(&self.zone), end.with_timezone(&self.zone));
        self.from(Some(from))
            .skip_while(move |occurrence| *occurrence < from)
            .take_while(move |occurrence| *occurrence < end)
            .take(most)
    }

    /// The occurrences from the millisecond on in which an instant lies.
    fn from(&self, from: Option<DateTime<Tz>>) -> Occurrences {
        Occurrences {
            times: self.times(from),
            exceptions: self.exceptions.clone(),
        }
    }

    /// Nothing if the start lies outside of all calendars.
    fn times(&self, from: Option<DateTime<Tz>>) -> Option<Times> {
        let (start, _is_skipped) = instant(self.zone, self.start)?;
        let start = self.zone.timestamp_millis_opt(start).single()?;
        let rule = if self.rule.frequency() < Frequency::Daily {
            self.rule.clone()
        } else {
            // Clocks may skip the start: the rule still means the time that is written there.
            self.rule.clone().with_time_of(self.start.time())
        };
        Some(rule.times_from(start, from.unwrap_or(start)))
    }
}

impl IntoIterator for &Recurrence {
    type Item = DateTime<Tz>;
    type IntoIter = Occurrences;

    fn into_iter(self) -> Occurrences {
        self.iter()
    }
}

impl Iterator for Occurrences {
    type Item = DateTime<Tz>;

    fn next(&mut self) -> Option<DateTime<Tz>> {
        let times = self.times.as_mut()?;
        let end = times.looked_at().saturating_add(LONGEST_WALK);
        let exceptions = &self.exceptions;
        let next = loop {
            match times.next() {
                Some(time) if exceptions.contains(&time.timestamp()) && times.looked_at() < end => {}
                Some(time) if exceptions.contains(&time.timestamp()) => break None,
                next => break next,
            }
        };
        if next.is_none() {
            self.times = None;
        }
        next
    }
}

impl FusedIterator for Occurrences {}
