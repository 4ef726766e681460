//! A rule, and what it takes from its start.

use std::collections::BTreeSet;

use chrono::{
    DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike as _, Weekday,
};
use chrono_tz::Tz;

/// How long the period is in which a rule names its times, the shortest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Frequency {
    /// Each second.
    Secondly,
    /// Each minute.
    Minutely,
    /// Each hour.
    Hourly,
    /// Each day.
    Daily,
    /// Each week.
    Weekly,
    /// Each month.
    Monthly,
    /// Each year.
    Yearly,
}

/// The last moment that a rule may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Until {
    /// This day, wherever the rule is read.
    Day(NaiveDate),
    /// This second by the clock on the wall, wherever the rule is read.
    Local(NaiveDateTime),
    /// This second in UTC.
    Utc(NaiveDateTime),
}

/// `MO`, or `2MO` the second, or `-1MO` the last of the month or year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct OrdinalWeekday {
    /// 0 for all of them.
    pub(crate) ordinal: i32,
    pub(crate) weekday: Weekday,
}

/// A recurrence rule of RFC 5545, section 3.3.10.
///
/// It is read by [`parse`](Self::parse) and written by its `Display`, which reads back to an equal rule. By itself it has
/// neither a start nor a time zone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rule {
    pub(crate) frequency: Frequency,
    pub(crate) interval: u32,
    pub(crate) count: Option<u32>,
    pub(crate) until: Option<Until>,
    pub(crate) by_month: BTreeSet<i32>,
    pub(crate) by_week: BTreeSet<i32>,
    pub(crate) by_year_day: BTreeSet<i32>,
    pub(crate) by_month_day: BTreeSet<i32>,
    pub(crate) by_day: Vec<OrdinalWeekday>,
    pub(crate) by_hour: BTreeSet<i32>,
    pub(crate) by_minute: BTreeSet<i32>,
    pub(crate) by_second: BTreeSet<i32>,
    pub(crate) by_position: BTreeSet<i32>,
    pub(crate) week_start: Weekday,
}

impl Rule {
    /// The longest text that is read, in bytes. It bounds how much one rule can name.
    pub const LONGEST: usize = 1_000;
    /// The highest INTERVAL: nobody plans further ahead.
    pub const LARGEST_INTERVAL: u32 = 1_000_000;
    /// The highest COUNT. It bounds how far a rule with one is walked along.
    pub const LARGEST_COUNT: u32 = 100_000;

    /// The rule that has a frequency and nothing else.
    #[must_use]
    pub fn every(frequency: Frequency) -> Self {
        Self {
            frequency,
            interval: 1,
            count: None,
            until: None,
            by_month: BTreeSet::new(),
            by_week: BTreeSet::new(),
            by_year_day: BTreeSet::new(),
            by_month_day: BTreeSet::new(),
            by_day: Vec::new(),
            by_hour: BTreeSet::new(),
            by_minute: BTreeSet::new(),
            by_second: BTreeSet::new(),
            by_position: BTreeSet::new(),
            week_start: Weekday::Mon,
        }
    }

    /// FREQ.
    #[must_use]
    pub fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// INTERVAL, at least 1: only each so manieth period counts.
    #[must_use]
    pub fn interval(&self) -> u32 {
        self.interval
    }

    /// COUNT, at least 1.
    #[must_use]
    pub fn count(&self) -> Option<u32> {
        self.count
    }

    /// UNTIL.
    #[must_use]
    pub fn until(&self) -> Option<Until> {
        self.until
    }

    /// Whether it says something about the time within the day, by its frequency, BYHOUR, BYMINUTE or BYSECOND. Such a rule has
    /// no [`days`](Self::days).
    #[must_use]
    pub fn names_times(&self) -> bool {
        self.frequency < Frequency::Daily
            || !(self.by_hour.is_empty() && self.by_minute.is_empty() && self.by_second.is_empty())
    }

    /// The rule with another COUNT.
    #[must_use]
    pub fn with_count(self, count: Option<u32>) -> Self {
        Self { count, ..self }
    }

    /// The rule with another INTERVAL; 0 is taken as 1.
    #[must_use]
    pub fn with_interval(self, interval: u32) -> Self {
        Self {
            interval: interval.max(1),
            ..self
        }
    }

    /// The rule without COUNT and UNTIL.
    #[must_use]
    pub fn endless(self) -> Self {
        Self {
            count: None,
            until: None,
            ..self
        }
    }

    /// The rule with all parts written out that it takes from its start, as a clock on the wall shows it.
    ///
    /// Such a rule names the same from each of its own times on, so whoever keeps it needs to keep the last time only, and
    /// [`with_count`](Self::with_count) what is left. The phase of an INTERVAL is in the time: it must be one that the rule
    /// names.
    #[must_use]
    pub fn anchored(self, start: NaiveDateTime) -> Self {
        self.with_time_of(start.time()).with_days_of(start.date())
    }

    /// Whether the rule leaves the day of the month to its start.
    pub(crate) fn takes_day_of_month(&self) -> bool {
        self.frequency >= Frequency::Monthly && !self.has_days()
    }

    fn has_days(&self) -> bool {
        !(self.by_day.is_empty()
            && self.by_month_day.is_empty()
            && self.by_year_day.is_empty()
            && self.by_week.is_empty())
    }

    pub(crate) fn with_days_of(mut self, start: NaiveDate) -> Self {
        let of_week = self.frequency == Frequency::Weekly && !self.has_days();
        let of_numbered_week = !self.by_week.is_empty()
            && self.by_day.is_empty()
            && self.by_month_day.is_empty()
            && self.by_year_day.is_empty();
        if of_week || of_numbered_week {
            self.by_day.push(OrdinalWeekday {
                ordinal: 0,
                weekday: start.weekday(),
            });
        } else if self.takes_day_of_month() {
            self = self.with_month_of(start);
            add(&mut self.by_month_day, start.day());
        }
        self
    }

    /// With the month that a yearly rule takes from its start.
    pub(crate) fn with_month_of(mut self, start: NaiveDate) -> Self {
        if self.frequency == Frequency::Yearly && !self.has_days() {
            add(&mut self.by_month, start.month());
        }
        self
    }

    pub(crate) fn with_time_of(mut self, start: NaiveTime) -> Self {
        if self.frequency >= Frequency::Daily {
            add(&mut self.by_hour, start.hour());
        }
        if self.frequency >= Frequency::Hourly {
            add(&mut self.by_minute, start.minute());
        }
        if self.frequency >= Frequency::Minutely {
            add(&mut self.by_second, start.second());
        }
        self
    }

    /// Whether the parts about the time within the day name this one.
    pub(crate) fn is_time_named(&self, time: NaiveTime) -> bool {
        contains(&self.by_hour, time.hour())
            && contains(&self.by_minute, time.minute())
            && contains(&self.by_second, time.second())
    }
}

impl Until {
    /// Whether a time is not too late.
    #[must_use]
    pub fn includes_time(self, time: DateTime<Tz>) -> bool {
        let end = |second: NaiveDateTime| second.checked_add_signed(TimeDelta::seconds(1)).unwrap_or(second);
        match self {
            Self::Day(last) => time.naive_local().date() <= last,
            Self::Local(last) => time.naive_local() < end(last),
            Self::Utc(last) => time.naive_utc() < end(last),
        }
    }

    /// Whether a day is not too late. A time in UTC stands for the day on which it is in `zone`.
    #[must_use]
    pub fn includes_day(self, day: NaiveDate, zone: Tz) -> bool {
        day <= match self {
            Self::Day(last) => last,
            Self::Local(last) => last.date(),
            Self::Utc(last) => last.and_utc().with_timezone(&zone).naive_local().date(),
        }
    }
}

/// Whether a part names a number; one that is not there names all.
pub(crate) fn contains(part: &BTreeSet<i32>, number: u32) -> bool {
    part.is_empty() || i32::try_from(number).is_ok_and(|number| part.contains(&number))
}

fn add(part: &mut BTreeSet<i32>, number: u32) {
    if part.is_empty() {
        part.extend(i32::try_from(number));
    }
}
