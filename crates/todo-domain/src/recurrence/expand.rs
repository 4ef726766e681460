//! The days that a rule names after its anchor, in order.
//!
//! A period (day, week, month, year) is expanded as a whole, so each step is bounded by 366 days; a rule that
//! goes too long without naming a day ends.

use chrono::{Datelike as _, Days as DayCount, NaiveDate, Weekday};

use super::parse::{Frequency, OrdinalWeekday, Rule};

/// After so many periods in a row without a day there will not be one: 54 years of days, and more than all the
/// years there are.
const EMPTY_PERIODS_LIMIT: u32 = 20_000;

const LAST_YEAR: i32 = 9999;

/// The days after the anchor that a rule names; COUNT and UNTIL are the caller's.
#[derive(Debug)]
pub(super) struct Days<'a> {
    rule: &'a Rule,
    anchor: NaiveDate,
    period: u32,
    /// The rest of the present period, the last day first.
    pending: Vec<NaiveDate>,
}

impl<'a> Days<'a> {
    pub(super) fn new(rule: &'a Rule, anchor: NaiveDate) -> Self {
        Self {
            rule,
            anchor,
            period: 0,
            pending: Vec::new(),
        }
    }

    /// The named days of a period, in order; none once the periods lie beyond the last year.
    fn expand(&self, period: u32) -> Option<Vec<NaiveDate>> {
        let steps = period.checked_mul(self.rule.interval)?;
        let mut days = match self.rule.frequency {
            Frequency::Daily => self
                .rule
                .daily(self.anchor.checked_add_days(DayCount::new(steps.into()))?),
            Frequency::Weekly => {
                let start = self.anchor.week(self.rule.week_start).checked_first_day()?;
                let start = start.checked_add_days(DayCount::new(u64::from(steps) * 7))?;
                self.rule.weekly(start, self.anchor.weekday())
            }
            Frequency::Monthly => {
                let months = self.anchor.month0().checked_add(steps)?;
                let year = self.anchor.year().checked_add(i32::try_from(months / 12).ok()?)?;
                self.rule.monthly(year, months % 12 + 1, self.anchor.day())
            }
            Frequency::Yearly => {
                let year = self.anchor.year().checked_add(i32::try_from(steps).ok()?)?;
                self.rule.yearly(year, self.anchor.month(), self.anchor.day())
            }
        };
        if period_year(self.anchor, self.rule.frequency, steps) > LAST_YEAR {
            return None;
        }
        days.sort_unstable();
        days.dedup();
        Some(self.rule.positions(days))
    }
}

impl Iterator for Days<'_> {
    type Item = NaiveDate;

    fn next(&mut self) -> Option<NaiveDate> {
        let mut empty = 0;
        while empty < EMPTY_PERIODS_LIMIT {
            if let Some(day) = self.pending.pop() {
                return (day.year() <= LAST_YEAR).then_some(day);
            }
            let mut days = self.expand(self.period)?;
            self.period = self.period.checked_add(1)?;
            days.retain(|day| *day > self.anchor);
            days.reverse();
            self.pending = days;
            empty += 1;
        }
        None
    }
}

impl Rule {
    fn daily(&self, day: NaiveDate) -> Vec<NaiveDate> {
        let fits = self.month_fits(day.month())
            && (self.by_month_day.is_empty()
                || self.by_month_day.iter().any(|number| is_month_day(day, *number)))
            && (self.by_day.is_empty() || self.by_day.iter().any(|named| named.weekday == day.weekday()));
        if fits { vec![day] } else { Vec::new() }
    }

    fn weekly(&self, start: NaiveDate, anchor: Weekday) -> Vec<NaiveDate> {
        let named = |day: &NaiveDate| {
            if self.by_day.is_empty() {
                day.weekday() == anchor
            } else {
                self.by_day.iter().any(|named| named.weekday == day.weekday())
            }
        };
        start
            .iter_days()
            .take(7)
            .filter(named)
            .filter(|day| self.month_fits(day.month()))
            .collect()
    }

    fn monthly(&self, year: i32, month: u32, anchor_day: u32) -> Vec<NaiveDate> {
        if !self.month_fits(month) {
            return Vec::new();
        }
        let Some((first, last)) = month_bounds(year, month) else {
            return Vec::new();
        };
        let by_number = || {
            first
                .iter_days()
                .take_while(|day| *day <= last)
                .filter(|day| self.month_day_named(*day))
        };
        match (self.by_month_day.is_empty(), self.by_day.is_empty()) {
            // The 31st in a short month falls on its last day.
            (true, true) => first.with_day(anchor_day.min(last.day())).into_iter().collect(),
            (false, true) => by_number().collect(),
            (true, false) => weekdays(&self.by_day, first, last),
            (false, false) => {
                let named = weekdays(&self.by_day, first, last);
                by_number().filter(|day| named.contains(day)).collect()
            }
        }
    }

    fn yearly(&self, year: i32, anchor_month: u32, anchor_day: u32) -> Vec<NaiveDate> {
        if self.by_month.is_empty() && !self.by_day.is_empty() {
            let bounds = NaiveDate::from_ymd_opt(year, 1, 1).zip(NaiveDate::from_ymd_opt(year, 12, 31));
            let mut days = bounds
                .map(|(first, last)| weekdays(&self.by_day, first, last))
                .unwrap_or_default();
            days.retain(|day| self.by_month_day.is_empty() || self.month_day_named(*day));
            return days;
        }
        let all_months: Vec<u32> = (1..=12).collect();
        let months: &[u32] = match (self.by_month.is_empty(), self.by_month_day.is_empty()) {
            (false, _) => &self.by_month,
            (true, false) => &all_months,
            (true, true) => &[anchor_month],
        };
        months
            .iter()
            .flat_map(|month| self.monthly(year, *month, anchor_day))
            .collect()
    }

    fn month_fits(&self, month: u32) -> bool {
        self.by_month.is_empty() || self.by_month.contains(&month)
    }

    fn month_day_named(&self, day: NaiveDate) -> bool {
        self.by_month_day.iter().any(|number| is_month_day(day, *number))
    }

    fn positions(&self, days: Vec<NaiveDate>) -> Vec<NaiveDate> {
        if self.by_set_position.is_empty() {
            return days;
        }
        let length = i32::try_from(days.len()).unwrap_or(i32::MAX);
        let index = |position: i32| {
            if position > 0 {
                position - 1
            } else {
                length + position
            }
        };
        let chosen: Vec<i32> = self
            .by_set_position
            .iter()
            .map(|position| index(*position))
            .collect();
        (0..)
            .zip(days)
            .filter(|(position, _)| chosen.contains(position))
            .map(|(_, day)| day)
            .collect()
    }
}

fn period_year(anchor: NaiveDate, frequency: Frequency, steps: u32) -> i32 {
    let years = match frequency {
        Frequency::Daily => steps / 366,
        Frequency::Weekly => steps / 53,
        Frequency::Monthly => (anchor.month0() + steps) / 12,
        Frequency::Yearly => steps,
    };
    anchor
        .year()
        .saturating_add(i32::try_from(years).unwrap_or(i32::MAX))
}

fn is_month_day(day: NaiveDate, number: i32) -> bool {
    let of_month = i64::from(day.day());
    match month_bounds(day.year(), day.month()) {
        Some((_, last)) if number < 0 => of_month == i64::from(last.day()) + 1 + i64::from(number),
        _ => of_month == i64::from(number),
    }
}

fn month_bounds(year: i32, month: u32) -> Option<(NaiveDate, NaiveDate)> {
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    let last = (28..=31).rev().find_map(|day| first.with_day(day))?;
    Some((first, last))
}

/// The named weekdays between two days, ordinals counted from either end.
fn weekdays(named: &[OrdinalWeekday], first: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
    let mut days = Vec::new();
    for OrdinalWeekday { ordinal, weekday } in named {
        let mut all = first
            .iter_days()
            .take_while(|day| *day <= last)
            .filter(|day| day.weekday() == *weekday);
        match ordinal {
            None => days.extend(all),
            Some(ordinal) => {
                let place = usize::try_from(ordinal.unsigned_abs())
                    .unwrap_or(usize::MAX)
                    .saturating_sub(1);
                let day = if *ordinal > 0 {
                    all.nth(place)
                } else {
                    let backwards: Vec<NaiveDate> = all.collect();
                    backwards.into_iter().rev().nth(place)
                };
                days.extend(day);
            }
        }
    }
    days
}
