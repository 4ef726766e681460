//! The day that phrases are read on, and arithmetic with days.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, Weekday};
use chrono_tz::Tz;

use crate::length::Length;
use crate::words::Unit;

/// What phrases are read against.
#[derive(Clone, Debug)]
pub(crate) struct Today {
    pub(crate) now: DateTime<Tz>,
    pub(crate) day: NaiveDate,
}

/// The first and the last day of the week, month, quarter or year that lies so many after the one of `day`.
pub(crate) fn period(day: NaiveDate, unit: Unit, ahead: u32) -> Option<(NaiveDate, NaiveDate)> {
    let months = match unit {
        Unit::Week => {
            let monday = day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into()))?;
            let monday = monday.checked_add_days(Days::new(u64::from(ahead) * 7))?;
            return Some((monday, monday.checked_add_days(Days::new(6))?));
        }
        Unit::Month => 1,
        Unit::Quarter => 3,
        Unit::Year => 12,
        Unit::Day | Unit::Hour | Unit::Minute => return None,
    };
    let month = day.month0() / months * months + 1;
    let first = NaiveDate::from_ymd_opt(day.year(), month, 1)?;
    let first = first.checked_add_months(Months::new(months.checked_mul(ahead)?))?;
    let next = first.checked_add_months(Months::new(months))?;
    Some((first, next.pred_opt()?))
}

/// Whether the day lies in the years that the application keeps.
pub(crate) fn is_kept(day: &NaiveDate) -> bool {
    (1970..=9999).contains(&day.year())
}

impl Today {
    /// The coming such day, at the earliest so many days from now.
    pub(crate) fn coming(&self, weekday: Weekday, earliest: u64) -> Option<NaiveDate> {
        let from = self.day.checked_add_days(Days::new(earliest))?;
        from.checked_add_days(Days::new(weekday.days_since(from.weekday()).into()))
    }

    /// The day of the week that begins on the coming Monday.
    pub(crate) fn in_next_week(&self, weekday: Weekday) -> Option<NaiveDate> {
        let (monday, _) = period(self.day, Unit::Week, 1)?;
        monday.checked_add_days(Days::new(weekday.num_days_from_monday().into()))
    }

    /// The coming Saturday, or today while it is the weekend.
    pub(crate) fn weekend(&self) -> Option<NaiveDate> {
        if self.day.weekday() == Weekday::Sun {
            return Some(self.day);
        }
        self.coming(Weekday::Sat, 0)
    }
}

impl Length {
    /// The day that lies the months and days of this length after another.
    pub(crate) fn after(self, day: NaiveDate) -> Option<NaiveDate> {
        day.checked_add_months(Months::new(self.months))?
            .checked_add_days(Days::new(self.days.into()))
    }
}
