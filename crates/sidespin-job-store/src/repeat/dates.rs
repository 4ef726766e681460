//! The days that a rule names in one period of at least a day.

use chrono::{Datelike as _, Days, Months, NaiveDate};

use super::rule::{Frequency, OrdinalWeekday, Rule};

/// The first day of the period that comes so many intervals after the one that `anchor` lies in, and of the one behind it.
pub(super) fn period(rule: &Rule, anchor: NaiveDate, index: u64) -> Option<(NaiveDate, NaiveDate)> {
    let steps = index.checked_mul(rule.interval.into())?;
    let months = |first: NaiveDate, length: u32| {
        let months = u32::try_from(steps).ok()?.checked_mul(length)?;
        let begin = first.checked_add_months(Months::new(months))?;
        Some((begin, begin.checked_add_months(Months::new(length))?))
    };
    let days = |first: NaiveDate, length: u64| {
        let begin = first.checked_add_days(Days::new(steps.checked_mul(length)?))?;
        Some((begin, begin.checked_add_days(Days::new(length))?))
    };
    match rule.frequency {
        Frequency::Yearly => months(anchor.with_day(1)?.with_month(1)?, 12),
        Frequency::Monthly => months(anchor.with_day(1)?, 1),
        Frequency::Weekly => days(anchor.week(rule.week_start).checked_first_day()?, 7),
        _ => days(anchor, 1),
    }
}

/// How many whole periods lie between two days, or one more.
pub(super) fn periods_between(rule: &Rule, anchor: NaiveDate, day: NaiveDate) -> u64 {
    let days = day.signed_duration_since(anchor).num_days();
    let years = i64::from(day.year()) - i64::from(anchor.year());
    let units = match rule.frequency {
        Frequency::Yearly => years,
        Frequency::Monthly => years * 12 + i64::from(day.month()) - i64::from(anchor.month()),
        Frequency::Weekly => days / 7,
        _ => days,
    };
    u64::try_from(units).unwrap_or(0) / u64::from(rule.interval)
}

/// Whether all parts of a rule that speak of days name this one.
pub(super) fn is_named(rule: &Rule, day: NaiveDate) -> bool {
    let month = i32::try_from(day.month()).unwrap_or_default();
    if !rule.by_month.is_empty() && !rule.by_month.contains(&month) {
        return false;
    }
    let of_month = Place::of(day.day(), u32::from(day.num_days_in_month()));
    let of_year = Place::of(day.ordinal(), if day.leap_year() { 366 } else { 365 });
    if !rule.by_month_day.is_empty() && !of_month.is_in(|number| rule.by_month_day.contains(&number)) {
        return false;
    }
    if !rule.by_year_day.is_empty() && !of_year.is_in(|number| rule.by_year_day.contains(&number)) {
        return false;
    }
    // "The second Monday" is one of the month, unless a yearly rule names no month.
    let place = if rule.frequency == Frequency::Yearly && rule.by_month.is_empty() {
        of_year
    } else {
        of_month
    };
    let weeks = place.in_weeks();
    let fits = |named: &OrdinalWeekday| {
        named.weekday == day.weekday()
            && (named.ordinal == 0 || weeks.is_in(|number| number == named.ordinal))
    };
    rule.by_day.is_empty() || rule.by_day.iter().any(fits)
}

/// Where something stands, counted from 1 forwards and from -1 backwards.
#[derive(Debug, Clone, Copy)]
struct Place {
    forwards: i32,
    backwards: i32,
}

impl Place {
    fn of(number: u32, count: u32) -> Self {
        let signed = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        Self {
            forwards: signed(number),
            backwards: signed(number) - signed(count) - 1,
        }
    }

    /// That of the day among those of its weekday.
    fn in_weeks(self) -> Self {
        Self {
            forwards: (self.forwards - 1) / 7 + 1,
            backwards: (self.backwards + 1) / 7 - 1,
        }
    }

    fn is_in(self, named: impl Fn(i32) -> bool) -> bool {
        named(self.forwards) || named(self.backwards)
    }
}
