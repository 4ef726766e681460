//! What a repetition means: as RFC 5545 writes it, and the first day that it names.

use std::fmt::Write as _;

use chrono::{Datelike as _, Days, Month, NaiveDate, Weekday};

use crate::calendar::nth_weekday;

/// 29 February comes again within so many days.
const SEARCH_DAYS: u64 = 8 * 366;

/// How often, as FREQ says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A repetition without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) frequency: Frequency,
    pub(crate) interval: u32,
    /// Days of the week, each with its ordinal in the month or 0.
    pub(crate) weekdays: Vec<(i32, Weekday)>,
    /// Days of the month, from its end where negative.
    pub(crate) month_days: Vec<i32>,
    pub(crate) month: Option<Month>,
}

impl Rule {
    pub(crate) fn every(frequency: Frequency, interval: u32) -> Self {
        Self {
            frequency,
            interval,
            weekdays: Vec::new(),
            month_days: Vec::new(),
            month: None,
        }
    }

    /// The rule as RFC 5545 writes it, without COUNT and UNTIL.
    pub(crate) fn to_text(&self) -> String {
        let frequency = match self.frequency {
            Frequency::Daily => "DAILY",
            Frequency::Weekly => "WEEKLY",
            Frequency::Monthly => "MONTHLY",
            Frequency::Yearly => "YEARLY",
        };
        let mut text = format!("FREQ={frequency}");
        let mut part = |name: &str, value: String| {
            if !value.is_empty() {
                // Writing to a string does not fail.
                write!(text, ";{name}={value}").ok();
            }
        };
        if self.interval > 1 {
            part("INTERVAL", self.interval.to_string());
        }
        let month = self.month.map(|month| month.number_from_month().to_string());
        part("BYMONTH", month.unwrap_or_default());
        let days: Vec<String> = self.month_days.iter().map(i32::to_string).collect();
        part("BYMONTHDAY", days.join(","));
        let days: Vec<String> = self.weekdays.iter().map(|day| by_day(*day)).collect();
        part("BYDAY", days.join(","));
        text
    }

    /// The first day from `day` on that the rule names.
    pub(crate) fn first_from(&self, day: NaiveDate) -> Option<NaiveDate> {
        (0..SEARCH_DAYS)
            .map_while(|ahead| day.checked_add_days(Days::new(ahead)))
            .find(|day| self.names(*day))
    }

    fn names(&self, day: NaiveDate) -> bool {
        let of_month = |number: i32| {
            let counted = if number > 0 {
                i64::from(day.day())
            } else {
                i64::from(day.day()) - i64::from(day.num_days_in_month()) - 1
            };
            counted == i64::from(number)
        };
        let of_week = |(number, weekday): (i32, Weekday)| {
            day.weekday() == weekday
                && (number == 0
                    || day
                        .with_day(1)
                        .and_then(|first| nth_weekday(first, weekday, number))
                        == Some(day))
        };
        self.month
            .is_none_or(|month| month.number_from_month() == day.month())
            && (self.month_days.is_empty() || self.month_days.iter().any(|number| of_month(*number)))
            && (self.weekdays.is_empty() || self.weekdays.iter().any(|named| of_week(*named)))
    }
}

fn by_day((number, weekday): (i32, Weekday)) -> String {
    let name = match weekday {
        Weekday::Mon => "MO",
        Weekday::Tue => "TU",
        Weekday::Wed => "WE",
        Weekday::Thu => "TH",
        Weekday::Fri => "FR",
        Weekday::Sat => "SA",
        Weekday::Sun => "SU",
    };
    if number == 0 {
        name.to_owned()
    } else {
        format!("{number}{name}")
    }
}
