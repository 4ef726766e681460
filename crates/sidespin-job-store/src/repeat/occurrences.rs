//! The instants that a rule names. The search begins in the period of the time that is looked for, wherever the start was; only
//! a COUNT makes it walk.
//!
//! Rules of a day and longer speak of the clock on the wall: a time that is skipped when clocks go forward counts as if they
//! had not, one that comes twice is the first. Rules of an hour and shorter count real time.

use std::collections::BTreeSet;

use chrono::{
    DateTime, Datelike as _, MappedLocalTime, NaiveDate, NaiveDateTime, Offset as _, TimeDelta,
    TimeZone as _, Timelike as _,
};
use chrono_tz::Tz;

use super::dates;
use super::rule::{Frequency, Rule, Until};

/// Days, or instants of a shorter rule, that are looked at before a rule counts as one that names nothing any more: those of
/// more than five hundred years, looked at in some 10 ms.
const BUDGET: u32 = 200_000;

/// The first instant that a rule with this start names at or after another, in milliseconds, and how many of its instants lie
/// before that.
pub(super) fn first_at_or_after(rule: &Rule, start: u64, after: u64) -> Option<(u64, u32)> {
    let (start, after) = (
        i64::try_from(start).ok()?,
        i64::try_from(after).ok()?.max(i64::try_from(start).ok()?),
    );
    let mut search = Search {
        rule,
        start,
        budget: BUDGET,
    };
    let mut passed = 0;
    let mut index = match rule.count {
        Some(_) => 0,
        None => search.period_of(after)?.saturating_sub(1),
    };
    loop {
        let (found, next) = if rule.frequency < Frequency::Daily {
            search.short_period(index)?
        } else {
            search.long_period(index)?
        };
        for time in found.into_iter().filter(|time| *time >= start) {
            if rule.count.is_some_and(|count| passed >= count) || !is_before_end(rule, time) {
                return None;
            }
            if time >= after {
                return Some((u64::try_from(time).ok()?, passed));
            }
            passed += 1;
        }
        index = next;
    }
}

struct Search<'a> {
    rule: &'a Rule,
    start: i64,
    budget: u32,
}

impl Search<'_> {
    /// The index of the period that an instant lies in.
    fn period_of(&self, time: i64) -> Option<u64> {
        if self.rule.frequency < Frequency::Daily {
            return u64::try_from((time - self.base()?) / self.step()).ok();
        }
        let day = |time| Some(local(self.rule.zone, time)?.date());
        Some(dates::periods_between(self.rule, day(self.start)?, day(time)?))
    }

    /// What a period of a day or longer names, and the index of the next.
    fn long_period(&mut self, index: u64) -> Option<(Vec<i64>, u64)> {
        let anchor = local(self.rule.zone, self.start)?.date();
        let (first, end) = dates::period(self.rule, anchor, index)?;
        let mut found = Vec::new();
        for day in first.iter_days().take_while(|day| *day < end) {
            self.budget = self.budget.checked_sub(1)?;
            if dates::is_named(self.rule, day) {
                self.times_of(day, &mut found);
            }
        }
        Some((self.positions(found), index + 1))
    }

    fn times_of(&self, day: NaiveDate, found: &mut Vec<i64>) {
        let rule = self.rule;
        for hour in numbers(&rule.by_hour) {
            for minute in numbers(&rule.by_minute) {
                for second in numbers(&rule.by_second) {
                    let time = day.and_hms_milli_opt(hour, minute, second, rule.millisecond);
                    found.extend(time.and_then(|time| instant(rule.zone, time)));
                }
            }
        }
    }

    /// What a period of less than a day names, and the index of the next that may name anything.
    fn short_period(&mut self, index: u64) -> Option<(Vec<i64>, u64)> {
        self.budget = self.budget.checked_sub(1)?;
        let rule = self.rule;
        let (base, step) = (self.base()?, self.step());
        let begin = base.checked_add(i64::try_from(index).ok()?.checked_mul(step)?)?;
        let shown = local(rule.zone, begin)?;
        let contains = |set: &BTreeSet<i32>, number: u32| {
            set.is_empty() || i32::try_from(number).is_ok_and(|number| set.contains(&number))
        };
        // The next day, hour or minute is where it can go on.
        let second_of_day = i64::from(shown.num_seconds_from_midnight());
        let to_next_hour = 3600 - second_of_day % 3600;
        let misfit = if !dates::is_named(rule, shown.date()) {
            // Clocks may be put forward by an hour on the way, so the last hours are taken one by one.
            let to_next_day = 86_400 - second_of_day;
            Some(if to_next_day > 7200 {
                to_next_day - 3600
            } else {
                to_next_hour
            })
        } else if !contains(&rule.by_hour, shown.hour()) {
            Some(to_next_hour)
        } else if rule.frequency < Frequency::Hourly && !contains(&rule.by_minute, shown.minute()) {
            Some(60 - second_of_day % 60)
        } else {
            None
        };
        if let Some(seconds) = misfit {
            let skipped = (begin + seconds * 1000 - base) / step;
            return Some((Vec::new(), u64::try_from(skipped).ok()?.max(index + 1)));
        }
        let found = self.times_from(begin, shown);
        Some((self.positions(found), index + 1))
    }

    fn times_from(&self, begin: i64, shown: NaiveDateTime) -> Vec<i64> {
        let rule = self.rule;
        let own = |number: u32| {
            i32::try_from(number)
                .map(|number| BTreeSet::from([number]))
                .unwrap_or_default()
        };
        let minutes = if rule.frequency == Frequency::Hourly {
            rule.by_minute.clone()
        } else {
            own(shown.minute())
        };
        let seconds = if rule.frequency == Frequency::Secondly && rule.by_second.is_empty() {
            own(shown.second())
        } else if rule.frequency == Frequency::Secondly {
            rule.by_second
                .intersection(&own(shown.second()))
                .copied()
                .collect()
        } else {
            rule.by_second.clone()
        };
        let begun = i64::from(shown.minute() * 60 + shown.second());
        let mut found = Vec::new();
        for minute in &minutes {
            for second in &seconds {
                let offset = i64::from(minute * 60 + second) - begun;
                found.push(begin + offset * 1000 + i64::from(rule.millisecond));
            }
        }
        found
    }

    /// The start of the hour, minute or second that the start lies in.
    fn base(&self) -> Option<i64> {
        let shown = local(self.rule.zone, self.start)?;
        let seconds = match self.rule.frequency {
            Frequency::Hourly => i64::from(shown.minute() * 60 + shown.second()),
            Frequency::Minutely => i64::from(shown.second()),
            _ => 0,
        };
        Some(self.start - self.start.rem_euclid(1000) - seconds * 1000)
    }

    fn step(&self) -> i64 {
        let unit = match self.rule.frequency {
            Frequency::Hourly => 3_600_000,
            Frequency::Minutely => 60_000,
            _ => 1000,
        };
        unit * i64::from(self.rule.interval)
    }

    fn positions(&self, mut found: Vec<i64>) -> Vec<i64> {
        found.sort_unstable();
        found.dedup();
        let wanted = &self.rule.by_position;
        if wanted.is_empty() {
            return found;
        }
        let count = i32::try_from(found.len()).unwrap_or(i32::MAX);
        (1..)
            .zip(found)
            .filter(|(position, _time)| wanted.contains(position) || wanted.contains(&(position - count - 1)))
            .map(|(_position, time)| time)
            .collect()
    }
}

fn is_before_end(rule: &Rule, time: i64) -> bool {
    match rule.until {
        None => true,
        Some(Until::Instant(end)) => time <= end,
        Some(Until::Local(end)) => local(rule.zone, time).is_some_and(|shown| shown <= end),
    }
}

/// What a clock on the wall shows.
pub(super) fn local(zone: Tz, time: i64) -> Option<NaiveDateTime> {
    let time = DateTime::from_timestamp_millis(time)?;
    (time.year() <= 9999).then(|| time.with_timezone(&zone).naive_local())
}

/// When a clock on the wall shows this.
fn instant(zone: Tz, shown: NaiveDateTime) -> Option<i64> {
    match zone.from_local_datetime(&shown) {
        MappedLocalTime::Single(time) | MappedLocalTime::Ambiguous(time, _) => Some(time.timestamp_millis()),
        MappedLocalTime::None => {
            // Clocks were put forward: by the offset that held a day before.
            let before = shown.checked_sub_signed(TimeDelta::try_days(1)?)?;
            let offset = zone.offset_from_local_datetime(&before).earliest()?.fix();
            let seconds = i64::from(offset.local_minus_utc());
            Some(shown.and_utc().timestamp_millis() - seconds * 1000)
        }
    }
}

fn numbers(set: &BTreeSet<i32>) -> impl Iterator<Item = u32> {
    set.iter().filter_map(|number| u32::try_from(*number).ok())
}
