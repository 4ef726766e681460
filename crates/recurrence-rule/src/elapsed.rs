//! What a rule of an hour or shorter names, by elapsed time.

use std::collections::{BTreeSet, VecDeque};

use chrono::{NaiveDateTime, Timelike as _};
use chrono_tz::Tz;

use crate::calendar::Calendar;
use crate::clock::{local, start_of_day};
use crate::days::MissingDay;
use crate::rule::{Frequency, Rule, contains};
use crate::wall::chosen;

/// Periods that are looked at in vain before a rule counts as one that names nothing any more. Days, hours and minutes that
/// it does not name are left out at once, so without an INTERVAL that keeps missing them a few are enough; there are 86,400
/// seconds in a day after which an INTERVAL comes back to the same time.
const FRUITLESS_PERIODS: u32 = 200_000;

/// The instants that a rule of an hour or shorter names from its start on, in order, in milliseconds since the Unix epoch.
#[derive(Debug, Clone)]
pub(crate) struct ElapsedTimes {
    rule: Rule,
    calendar: Calendar,
    zone: Tz,
    /// The start of the hour, minute or second that the start lies in.
    base: i64,
    /// The length of a period, in seconds, and from one to the next, in milliseconds.
    unit: i64,
    step: i64,
    millisecond: i64,
    /// The next period.
    index: i64,
    /// How many periods were looked at so far.
    looked_at: u64,
    pending: VecDeque<i64>,
}

impl ElapsedTimes {
    /// From the first that may lie at `from` or after.
    pub(crate) fn new(rule: Rule, start: i64, zone: Tz, from: i64) -> Option<Self> {
        let shown = local(zone, start)?;
        let rule = rule.with_time_of(shown.time());
        let unit = match rule.frequency {
            Frequency::Hourly => 3600,
            Frequency::Minutely => 60,
            _ => 1,
        };
        let millisecond = start.rem_euclid(1000);
        let base = start - millisecond - begun(shown, unit) * 1000;
        let step = unit * 1000 * i64::from(rule.interval);
        Some(Self {
            calendar: Calendar::new(rule.clone(), shown.date(), MissingDay::LeftOut),
            rule,
            zone,
            base,
            unit,
            step,
            millisecond,
            index: ((from - base) / step).saturating_sub(1).max(0),
            looked_at: 0,
            pending: VecDeque::new(),
        })
    }

    pub(crate) fn looked_at(&self) -> u64 {
        self.looked_at
    }

    /// Looks at the next period that may name anything.
    fn advance(&mut self) -> Option<()> {
        let begin = self.base.checked_add(self.index.checked_mul(self.step)?)?;
        let shown = local(self.zone, begin)?;
        self.index += 1;
        self.looked_at += 1;
        match self.misfit(begin, shown)? {
            Some(later) => self.index = self.index.max((later - self.base).div_euclid(self.step)),
            None => self.pending = self.named_in(begin, shown),
        }
        Some(())
    }

    /// When it may go on, if the whole period is not named. Nothing if it will never.
    fn misfit(&self, begin: i64, shown: NaiveDateTime) -> Option<Option<i64>> {
        if begun(shown, self.unit) != 0 {
            // Where clocks change by half an hour, hours begin at half past: two of them meet in one period.
            return Some(None);
        }
        let after = |unit: i64| begin + (unit - begun(shown, unit)) * 1000;
        if !self.calendar.is_named(shown.date()) {
            let day = self.calendar.first_named_from(shown.date().succ_opt()?)?;
            return Some(Some(start_of_day(self.zone, day)?));
        }
        let is_hour_named = contains(&self.rule.by_hour, shown.hour());
        let is_minute_named =
            self.rule.frequency == Frequency::Hourly || contains(&self.rule.by_minute, shown.minute());
        Some(match (is_hour_named, is_minute_named) {
            (false, _) => Some(after(3600)),
            (true, false) => Some(after(60)),
            (true, true) => None,
        })
    }

    fn named_in(&self, begin: i64, shown: NaiveDateTime) -> VecDeque<i64> {
        let own = |number: u32| BTreeSet::from([i32::try_from(number).unwrap_or_default()]);
        let (minutes, seconds) = match self.rule.frequency {
            Frequency::Hourly => (self.rule.by_minute.clone(), self.rule.by_second.clone()),
            Frequency::Minutely => (own(shown.minute()), self.rule.by_second.clone()),
            _ => (own(shown.minute()), own(shown.second())),
        };
        let begun = begun(shown, self.unit);
        let mut found = BTreeSet::new();
        for minute in &minutes {
            for second in &seconds {
                let within = (i64::from(minute * 60 + second) - begun).rem_euclid(self.unit);
                let time = begin + within * 1000 + self.millisecond;
                let is_named = |shown: NaiveDateTime| {
                    self.calendar.is_named(shown.date()) && self.rule.is_time_named(shown.time())
                };
                if local(self.zone, time).is_some_and(is_named) {
                    found.insert(time);
                }
            }
        }
        match chosen(&self.rule.by_position, found.len()) {
            None => found.into_iter().collect(),
            Some(places) => (0..)
                .zip(found)
                .filter(|(place, _time)| places.contains(place))
                .map(|(_place, time)| time)
                .collect(),
        }
    }
}

impl Iterator for ElapsedTimes {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        let mut fruitless = 0;
        loop {
            if let Some(time) = self.pending.pop_front() {
                return Some(time);
            }
            if fruitless > FRUITLESS_PERIODS {
                return None;
            }
            fruitless += 1;
            self.advance()?;
        }
    }
}

/// The seconds that have passed in the hour, minute or second that a time lies in.
fn begun(shown: NaiveDateTime, unit: i64) -> i64 {
    i64::from(shown.num_seconds_from_midnight()) % unit
}
