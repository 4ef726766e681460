//! Rules made up of parts, and whether a time fulfils them: told by looking at each part alone, as the RFC has it, and not by
//! enumerating.

use std::fmt::Display;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, TimeDelta, Timelike as _, Weekday};
use proptest::collection::btree_set;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

/// The parts of a rule as they are written, any of which may be there or not.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) frequency: &'static str,
    pub(crate) interval: u32,
    months: Vec<i32>,
    weeks: Vec<i32>,
    year_days: Vec<i32>,
    month_days: Vec<i32>,
    days: Vec<&'static str>,
    ordinal: Option<i32>,
    pub(crate) hours: Vec<i32>,
    minutes: Vec<i32>,
    seconds: Vec<i32>,
    pub(crate) positions: Vec<i32>,
    pub(crate) week_start: &'static str,
}

const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

fn numbers(first: i32, last: i32, most: usize) -> impl Strategy<Value = Vec<i32>> {
    weighted(
        0.3,
        btree_set(
            (first..=last).prop_filter("no zero", move |number| first == 0 || *number != 0),
            1..=most,
        ),
    )
    .prop_map(|numbers| numbers.into_iter().flatten().collect())
}

prop_compose! {
    /// Parts that go together.
    pub(crate) fn parts()(
        frequency in select(vec!["SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
        interval in prop_oneof![Just(1_u32), 1_u32..8],
        (months, weeks, year_days, month_days) in (numbers(1, 12, 3), numbers(-53, 53, 3), numbers(-366, 366, 9), numbers(-31, 31, 9)),
        days in weighted(0.4, btree_set(select(DAYS.to_vec()), 1..4)),
        ordinal in weighted(0.2, (-5..=5).prop_filter("no zero", |number| *number != 0)),
        (hours, minutes, seconds) in (numbers(0, 23, 4), numbers(0, 59, 3), numbers(0, 59, 3)),
        positions in numbers(-4, 4, 2),
        week_start in select(DAYS.to_vec()),
    ) -> Parts {
        let is = |names: &[&str]| names.contains(&frequency);
        let unless = |refused: bool, numbers: Vec<i32>| if refused { Vec::new() } else { numbers };
        let weeks = unless(!is(&["YEARLY"]), weeks);
        let days: Vec<_> = days.into_iter().flatten().collect();
        let mut parts = Parts {
            frequency,
            interval,
            months,
            year_days: unless(is(&["DAILY", "WEEKLY", "MONTHLY"]), year_days),
            month_days: unless(is(&["WEEKLY"]), month_days),
            ordinal: ordinal.filter(|_| is(&["MONTHLY", "YEARLY"]) && weeks.is_empty()),
            weeks,
            days,
            hours,
            minutes,
            seconds,
            positions: Vec::new(),
            week_start,
        };
        if !parts.by().is_empty() {
            parts.positions = positions;
        }
        parts
    }
}

fn written<T: Display>(name: &str, values: &[T]) -> String {
    let values: Vec<_> = values.iter().map(T::to_string).collect();
    if values.is_empty() {
        String::new()
    } else {
        format!(";{name}={}", values.join(","))
    }
}

impl Parts {
    pub(crate) fn by(&self) -> String {
        let ordinal = self
            .ordinal
            .map(|ordinal| ordinal.to_string())
            .unwrap_or_default();
        let days: Vec<_> = self.days.iter().map(|day| format!("{ordinal}{day}")).collect();
        [
            written("BYMONTH", &self.months),
            written("BYWEEKNO", &self.weeks),
            written("BYYEARDAY", &self.year_days),
            written("BYMONTHDAY", &self.month_days),
            written("BYDAY", &days),
            written("BYHOUR", &self.hours),
            written("BYMINUTE", &self.minutes),
            written("BYSECOND", &self.seconds),
            written("BYSETPOS", &self.positions),
        ]
        .concat()
    }

    pub(crate) fn text(&self) -> String {
        let (frequency, interval, week_start) = (self.frequency, self.interval, self.week_start);
        format!(
            "FREQ={frequency};INTERVAL={interval}{};WKST={week_start}",
            self.by()
        )
    }

    pub(crate) fn is_of_days(&self) -> bool {
        ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"].contains(&self.frequency)
    }

    /// The same as parts of a rule of a day or longer that chooses no positions and no weeks.
    pub(crate) fn of_days(self) -> Self {
        Self {
            frequency: if self.is_of_days() {
                self.frequency
            } else {
                "YEARLY"
            },
            weeks: Vec::new(),
            positions: Vec::new(),
            ..self
        }
    }

    /// With the parts about days that the rule takes from its start.
    pub(crate) fn with_days_of(mut self, start: NaiveDateTime) -> Self {
        let has_none = self.days.is_empty() && self.month_days.is_empty() && self.year_days.is_empty();
        match self.frequency {
            "WEEKLY" if has_none => self
                .days
                .push(DAYS[start.weekday().num_days_from_monday() as usize]),
            "MONTHLY" | "YEARLY" if has_none => {
                if self.frequency == "YEARLY" && self.months.is_empty() {
                    self.months.push(signed(start.month()));
                }
                self.month_days.push(signed(start.day()));
            }
            _ => {}
        }
        self
    }

    /// Whether all BY parts name a time, reckoned in the plainest way.
    pub(crate) fn name(&self, time: NaiveDateTime, start: NaiveDateTime) -> bool {
        let day = time.date();
        let has = |numbers: &[i32], number: u32| numbers.is_empty() || numbers.contains(&signed(number));
        let either = |numbers: &[i32], number: u32, of: u32| {
            has(numbers, number) || numbers.contains(&(signed(number) - signed(of) - 1))
        };
        let month = || {
            first_of_month(day)
                .iter_days()
                .take_while(move |other| other.month() == day.month())
        };
        let year = || {
            first_of_year(day)
                .iter_days()
                .take_while(move |other| other.year() == day.year())
        };
        let names = |weekday: Weekday| DAYS[weekday.num_days_from_monday() as usize];
        let is_nth = |ordinal: i32| {
            let in_month = self.frequency == "MONTHLY" || !self.months.is_empty();
            let all: Vec<NaiveDate> = if in_month {
                month().collect()
            } else {
                year().collect()
            };
            let same: Vec<_> = all
                .into_iter()
                .filter(|other| other.weekday() == day.weekday())
                .collect();
            let place = same.iter().position(|other| *other == day).unwrap();
            ordinal == i32::try_from(place).unwrap() + 1
                || ordinal == i32::try_from(place).unwrap() - i32::try_from(same.len()).unwrap()
        };
        let week = week_of(day, self.week_start());
        has(&self.months, day.month())
            && either(&self.weeks, week.0, week.1)
            && either(
                &self.year_days,
                day.ordinal(),
                u32::try_from(year().count()).unwrap(),
            )
            && either(
                &self.month_days,
                day.day(),
                u32::try_from(month().count()).unwrap(),
            )
            && (self.days.is_empty() || self.days.contains(&names(day.weekday())))
            && self
                .ordinal
                .is_none_or(|ordinal| self.days.is_empty() || is_nth(ordinal))
            && has(&self.hours, time.hour())
            && has(&self.minutes, time.minute())
            && has(&self.seconds, time.second())
            && self.is_in_phase(time, start)
    }

    fn week_start(&self) -> Weekday {
        let index = DAYS.iter().position(|day| *day == self.week_start).unwrap();
        Weekday::try_from(u8::try_from(index).unwrap()).unwrap()
    }

    /// Whether a time lies in a period that INTERVAL counts; of shorter rules, which count real time, in UTC only.
    fn is_in_phase(&self, time: NaiveDateTime, start: NaiveDateTime) -> bool {
        let weeks = |time: NaiveDateTime| {
            (time.date().week(self.week_start()).first_day() - NaiveDate::default()).num_days() / 7
        };
        let months = |time: NaiveDateTime| i64::from(time.year()) * 12 + i64::from(time.month0());
        let units = |time: NaiveDateTime| match self.frequency {
            "YEARLY" => i64::from(time.year()),
            "MONTHLY" => months(time),
            "WEEKLY" => weeks(time),
            "DAILY" => (time.date() - NaiveDate::default()).num_days(),
            "HOURLY" => time.and_utc().timestamp().div_euclid(3600),
            "MINUTELY" => time.and_utc().timestamp().div_euclid(60),
            _ => time.and_utc().timestamp(),
        };
        // Years of weeks are other years.
        !self.weeks.is_empty() || (units(time) - units(start)) % i64::from(self.interval) == 0
    }
}

fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap()
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap()
}

fn first_of_year(day: NaiveDate) -> NaiveDate {
    day.with_ordinal(1).unwrap()
}

/// The number of the week that a day lies in, and how many its year has. Week 1 has at least four days in its year, so its
/// fourth day is the first fourth day of a year.
fn week_of(day: NaiveDate, week_start: Weekday) -> (u32, u32) {
    let fourth = |day: NaiveDate| day.week(week_start).first_day() + TimeDelta::days(3);
    let fourth_day = fourth(day);
    let fourths = first_of_year(fourth_day)
        .iter_days()
        .take_while(|other| other.year() == fourth_day.year())
        .filter(|other| fourth(*other) == *other);
    let all: Vec<_> = fourths.collect();
    let place = all.iter().position(|other| *other == fourth_day).unwrap();
    (
        u32::try_from(place).unwrap() + 1,
        u32::try_from(all.len()).unwrap(),
    )
}

pub(crate) fn starts() -> impl Strategy<Value = NaiveDateTime> + Clone {
    let second = 0_i64..86_400;
    // Half of them near the turn of a year or of clocks.
    let day = prop_oneof![
        0_i64..30_000,
        select(vec![20_448_i64, 20_453, 20_543, 20_520, 20_751, 20_451])
    ];
    (day, second).prop_map(|(day, second)| {
        DateTime::UNIX_EPOCH.naive_utc() + TimeDelta::days(day) + TimeDelta::seconds(second)
    })
}
