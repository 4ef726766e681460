//! The periods of a rule of a day or longer, and the days that it names in each.

use chrono::{Datelike as _, Days, Months, NaiveDate, Weekday};

use crate::days::MissingDay;
use crate::rule::{Frequency, OrdinalWeekday, Rule, contains};

/// The last year in which anything is named.
pub(crate) const LAST_YEAR: i32 = 9999;

/// Days that are looked at in vain before a rule counts as one that names nothing any more: those of 400 years, after which
/// the calendar repeats, weekdays included, and of the two periods at the ends. Leaving periods out by an INTERVAL changes
/// nothing: those that are looked at repeat after at most as many.
pub(crate) const FRUITLESS_DAYS: u32 = 146_097 + 2 * 371;

/// A rule with the parts about days that it takes from its start.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    rule: Rule,
    anchor: NaiveDate,
    /// The day of the month where it is the start's and moves to the last day of a shorter month.
    moving_day: Option<u32>,
}

impl Calendar {
    pub(crate) fn new(rule: Rule, anchor: NaiveDate, missing: MissingDay) -> Self {
        let moves = missing == MissingDay::LastOfMonth && rule.takes_day_of_month();
        Self {
            rule: if moves {
                rule.with_month_of(anchor)
            } else {
                rule.with_days_of(anchor)
            },
            anchor,
            moving_day: moves.then(|| anchor.day()),
        }
    }

    /// The first day of the period that comes so many intervals after the one that the start lies in, and of the one behind
    /// it. Nothing beyond the last year.
    fn period(&self, index: u64) -> Option<(NaiveDate, NaiveDate)> {
        let (rule, anchor) = (&self.rule, self.anchor);
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
        let (begin, end) = match rule.frequency {
            Frequency::Yearly if !rule.by_week.is_empty() => {
                let year = week_year(anchor, rule.week_start)?.checked_add(i32::try_from(steps).ok()?)?;
                let first = first_week(year, rule.week_start)?;
                (first, first_week(year.checked_add(1)?, rule.week_start)?)
            }
            Frequency::Yearly => months(anchor.with_day(1)?.with_month(1)?, 12)?,
            Frequency::Monthly => months(anchor.with_day(1)?, 1)?,
            Frequency::Weekly => days(anchor.week(rule.week_start).checked_first_day()?, 7)?,
            _ => days(anchor, 1)?,
        };
        (begin.year() <= LAST_YEAR).then_some((begin, end))
    }

    /// A period that does not lie behind the day: the one that it lies in, or one a little before.
    pub(crate) fn period_before(&self, day: NaiveDate) -> u64 {
        let anchor = self.anchor;
        let days = day.signed_duration_since(anchor).num_days();
        let years = i64::from(day.year()) - i64::from(anchor.year());
        let units = match self.rule.frequency {
            Frequency::Yearly => years,
            Frequency::Monthly => years * 12 + i64::from(day.month()) - i64::from(anchor.month()),
            Frequency::Weekly => days / 7,
            _ => days,
        };
        // One for the intervals that are left out, one for years that begin with a week of the one before.
        (u64::try_from(units).unwrap_or(0) / u64::from(self.rule.interval)).saturating_sub(2)
    }

    /// The days that the rule names in a period, in order, and how many were looked at.
    pub(crate) fn named(&self, index: u64) -> Option<(Vec<NaiveDate>, u32)> {
        let (begin, end) = self.period(index)?;
        let looked_at = u32::try_from(end.signed_duration_since(begin).num_days()).ok()?;
        let mut days = Vec::new();
        let mut day = begin;
        while day < end {
            day = if contains(&self.rule.by_month, day.month()) {
                if self.is_named(day) && day.year() <= LAST_YEAR {
                    days.push(day);
                }
                day.succ_opt()?
            } else {
                day.with_day(1)?.checked_add_months(Months::new(1))?
            };
        }
        Some((days, looked_at))
    }

    /// The first day from `day` on that fulfils the parts about days, whatever period it lies in.
    pub(crate) fn first_named_from(&self, day: NaiveDate) -> Option<NaiveDate> {
        let days = day.iter_days().take(usize::try_from(FRUITLESS_DAYS).ok()?);
        days.take_while(|day| day.year() <= LAST_YEAR)
            .find(|day| self.is_named(*day))
    }

    /// Whether all parts about days name this one.
    pub(crate) fn is_named(&self, day: NaiveDate) -> bool {
        let rule = &self.rule;
        if !contains(&rule.by_month, day.month()) {
            return false;
        }
        let days_in_month = u32::from(day.num_days_in_month());
        if self
            .moving_day
            .is_some_and(|moving| day.day() != moving.min(days_in_month))
        {
            return false;
        }
        let of_month = Place::of(day.day(), days_in_month);
        if !rule.by_month_day.is_empty() && !of_month.is_in(|number| rule.by_month_day.contains(&number)) {
            return false;
        }
        let of_year = Place::of(day.ordinal(), if day.leap_year() { 366 } else { 365 });
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
        if !rule.by_day.is_empty() && !rule.by_day.iter().any(fits) {
            return false;
        }
        rule.by_week.is_empty()
            || week_of(day, rule.week_start)
                .is_some_and(|week| week.is_in(|number| rule.by_week.contains(&number)))
    }
}

/// The first day of a year's week 1, the first with at least four days in that year: it has January 4 in it.
fn first_week(year: i32, week_start: Weekday) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, 1, 4)?
        .week(week_start)
        .checked_first_day()
}

/// The year to which the week of a day is counted.
fn week_year(day: NaiveDate, week_start: Weekday) -> Option<i32> {
    let year = day.year();
    if day < first_week(year, week_start)? {
        Some(year - 1)
    } else if day >= first_week(year + 1, week_start)? {
        Some(year + 1)
    } else {
        Some(year)
    }
}

fn week_of(day: NaiveDate, week_start: Weekday) -> Option<Place> {
    let year = week_year(day, week_start)?;
    let (first, next) = (first_week(year, week_start)?, first_week(year + 1, week_start)?);
    let weeks = |until: NaiveDate| u32::try_from(until.signed_duration_since(first).num_weeks()).ok();
    Some(Place::of(weeks(day)? + 1, weeks(next)?))
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
