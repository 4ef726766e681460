//! The days that a rule names.

use std::collections::VecDeque;

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::calendar::{Calendar, FRUITLESS_DAYS};
use crate::rule::{Rule, Until};
use crate::wall::chosen;

/// What becomes of the start's day of the month in a month that does not have it, for a rule that names no day itself. A day
/// that the rule names, as BYMONTHDAY=31 does, is left out in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MissingDay {
    /// Nothing: from 31 January on, 31 March comes next. So says section 3.3.10.
    LeftOut,
    /// It is the month's last: from 31 January on, 28 February comes next, and then 31 March. RFC 7529 calls it
    /// `SKIP=BACKWARD`.
    LastOfMonth,
}

/// The days that a rule names from its start on, in order. See [`Rule::days`].
#[derive(Debug, Clone)]
pub struct Days {
    calendar: Calendar,
    rule: Rule,
    from: NaiveDate,
    /// The next period.
    index: u64,
    /// The rest of the present one.
    pending: VecDeque<NaiveDate>,
    left: Option<u32>,
}

impl Rule {
    /// The days that the rule names from `start` on, `start` among them if the rule names it, until COUNT or UNTIL ends it, the
    /// year 9999, or no further day fulfils its parts. An UNTIL in UTC means its day there.
    ///
    /// Empty for a rule that [names times](Self::names_times): it has no days.
    #[must_use]
    pub fn days(&self, start: NaiveDate, missing: MissingDay) -> Days {
        let is_empty = self.names_times();
        Days {
            calendar: Calendar::new(self.clone(), start, missing),
            rule: self.clone(),
            from: start,
            index: 0,
            pending: VecDeque::new(),
            left: if is_empty { Some(0) } else { self.count },
        }
    }

    /// The same without the days before `from`, found without walking there unless there is a COUNT.
    #[must_use]
    pub fn days_from(&self, start: NaiveDate, from: NaiveDate, missing: MissingDay) -> Days {
        let mut days = self.days(start, missing);
        if self.count.is_none() && from > start {
            days.index = days.calendar.period_before(from);
            days.from = from;
            return days;
        }
        while days.upcoming().is_some_and(|day| day < from) {
            days.pass();
        }
        days
    }
}

impl Days {
    /// The next day before COUNT and UNTIL are looked at.
    fn upcoming(&mut self) -> Option<NaiveDate> {
        let mut fruitless = 0;
        while self.pending.is_empty() {
            if self.left == Some(0) || fruitless > FRUITLESS_DAYS {
                return None;
            }
            let (days, looked_at) = self.calendar.named(self.index)?;
            self.index += 1;
            fruitless += looked_at;
            let days = match chosen(&self.rule.by_position, days.len()) {
                None => days,
                Some(places) => places
                    .into_iter()
                    .filter_map(|place| days.get(place).copied())
                    .collect(),
            };
            self.pending = days.into_iter().filter(|day| *day >= self.from).collect();
        }
        self.pending.front().copied()
    }

    fn pass(&mut self) {
        self.pending.pop_front();
        self.left = self.left.map(|left| left.saturating_sub(1));
    }
}

impl Iterator for Days {
    type Item = NaiveDate;

    fn next(&mut self) -> Option<NaiveDate> {
        let day = self.upcoming()?;
        let is_over = self.left == Some(0)
            || self
                .rule
                .until
                .is_some_and(|until: Until| !until.includes_day(day, Tz::UTC));
        if is_over {
            self.left = Some(0);
            self.pending.clear();
            return None;
        }
        self.pass();
        Some(day)
    }
}
