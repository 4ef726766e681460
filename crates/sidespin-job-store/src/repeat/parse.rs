//! Reading a recurrence rule, and writing one.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _, Weekday};
use thiserror::Error;

use super::occurrences::local;
use super::rule::{Frequency, OrdinalWeekday, Rule, Until};

/// The longest rule, in bytes.
pub(super) const LONGEST: usize = 500;
/// Nobody plans further ahead.
const LARGEST_INTERVAL: u32 = 1_000_000;
/// Bounds how far a rule with a COUNT is walked along.
const LARGEST_COUNT: u32 = 100_000;

const FREQUENCIES: [(&str, Frequency); 7] = [
    ("SECONDLY", Frequency::Secondly),
    ("MINUTELY", Frequency::Minutely),
    ("HOURLY", Frequency::Hourly),
    ("DAILY", Frequency::Daily),
    ("WEEKLY", Frequency::Weekly),
    ("MONTHLY", Frequency::Monthly),
    ("YEARLY", Frequency::Yearly),
];

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Mon),
    ("TU", Weekday::Tue),
    ("WE", Weekday::Wed),
    ("TH", Weekday::Thu),
    ("FR", Weekday::Fri),
    ("SA", Weekday::Sat),
    ("SU", Weekday::Sun),
];

/// Why a text is not a rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RuleError {
    /// It is too long.
    #[error("a rule has up to {LONGEST} bytes, this one {length}")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// The name of no zone.
    #[error("`{name}` is no IANA time zone; write one like `Europe/Berlin` or `UTC`")]
    Zone {
        /// What was given.
        name: String,
    },
    /// A part that is not known, or stands twice, or not there.
    #[error("{what}; a rule is written like `FREQ=WEEKLY;BYDAY=MO,TH`")]
    Form {
        /// What is wrong.
        what: String,
    },
    /// A part has a value outside of its range.
    #[error("`{part}` must be {expected}, not `{value}`")]
    Value {
        /// The part.
        part: String,
        /// What it may be.
        expected: String,
        /// What it is.
        value: String,
    },
    /// No time fulfils all parts.
    #[error("the rule never fires: no time from its start on fulfils all of its parts")]
    NeverFires,
}

/// Reads a rule. The parts that it takes from its start are missing yet.
pub(super) fn parse(text: &str, zone: &str) -> Result<Rule, RuleError> {
    let zone = zone.parse().map_err(|_unknown| RuleError::Zone {
        name: zone.chars().take(64).collect(),
    })?;
    let upper = text.trim().to_ascii_uppercase();
    let body = upper.strip_prefix("RRULE:").unwrap_or(&upper);
    let mut rule = Rule {
        frequency: Frequency::Daily,
        interval: 1,
        count: None,
        until: None,
        by_month: BTreeSet::new(),
        by_year_day: BTreeSet::new(),
        by_month_day: BTreeSet::new(),
        by_day: Vec::new(),
        by_hour: BTreeSet::new(),
        by_minute: BTreeSet::new(),
        by_second: BTreeSet::new(),
        by_position: BTreeSet::new(),
        week_start: Weekday::Mon,
        millisecond: 0,
        zone,
    };
    let mut seen = BTreeSet::new();
    for part in body.split(';') {
        let (name, value) = part
            .split_once('=')
            .ok_or_else(|| form(format!("`{part}` is no part of a rule")))?;
        if !seen.insert(name.to_owned()) {
            return Err(form(format!("`{name}` stands twice")));
        }
        rule.set(name, value)?;
    }
    if !seen.contains("FREQ") {
        return Err(form("`FREQ` is missing".to_owned()));
    }
    rule.check()?;
    Ok(rule)
}

fn form(what: String) -> RuleError {
    RuleError::Form { what }
}

fn wrong(part: &str, expected: impl fmt::Display, value: &str) -> RuleError {
    RuleError::Value {
        part: part.to_owned(),
        expected: expected.to_string(),
        value: value.to_owned(),
    }
}

impl Rule {
    fn set(&mut self, name: &str, value: &str) -> Result<(), RuleError> {
        match name {
            "FREQ" => {
                let known = FREQUENCIES.iter().find(|(word, _)| *word == value);
                self.frequency = known
                    .ok_or_else(|| {
                        wrong(
                            name,
                            "DAILY, WEEKLY, MONTHLY, YEARLY, HOURLY, MINUTELY or SECONDLY",
                            value,
                        )
                    })?
                    .1;
            }
            "INTERVAL" => self.interval = number(name, value, LARGEST_INTERVAL)?,
            "COUNT" => self.count = Some(number(name, value, LARGEST_COUNT)?),
            "UNTIL" => {
                self.until = Some(until(value).ok_or_else(|| {
                    wrong(name, "a day like 20301231 or a time like 20301231T235959Z", value)
                })?);
            }
            "BYMONTH" => self.by_month = list(name, value, 1, 12, false)?,
            "BYYEARDAY" => self.by_year_day = list(name, value, 1, 366, true)?,
            "BYMONTHDAY" => self.by_month_day = list(name, value, 1, 31, true)?,
            "BYHOUR" => self.by_hour = list(name, value, 0, 23, false)?,
            "BYMINUTE" => self.by_minute = list(name, value, 0, 59, false)?,
            "BYSECOND" => self.by_second = list(name, value, 0, 59, false)?,
            "BYSETPOS" => self.by_position = list(name, value, 1, 366, true)?,
            "BYDAY" => {
                let day = |text: &str| {
                    ordinal_weekday(text).ok_or_else(|| wrong(name, "days like MO, 2TU or -1FR", value))
                };
                self.by_day = value.split(',').map(day).collect::<Result<_, _>>()?;
            }
            "WKST" => {
                let known = WEEKDAYS.iter().find(|(word, _)| *word == value);
                self.week_start = known.ok_or_else(|| wrong(name, "a day like MO", value))?.1;
            }
            _ => return Err(form(format!("`{name}` is no part of a rule that is known here"))),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), RuleError> {
        let complain = |what: &str| Err(form(what.to_owned()));
        if self.count.is_some() && self.until.is_some() {
            return complain("`COUNT` and `UNTIL` exclude each other");
        }
        let has_ordinal = self.by_day.iter().any(|day| day.ordinal != 0);
        if has_ordinal && self.frequency < Frequency::Monthly {
            return complain("`BYDAY` has numbers in monthly and yearly rules only");
        }
        if !self.by_month_day.is_empty() && self.frequency == Frequency::Weekly {
            return complain("`BYMONTHDAY` does not go with weekly rules");
        }
        let is_between = matches!(
            self.frequency,
            Frequency::Daily | Frequency::Weekly | Frequency::Monthly
        );
        if !self.by_year_day.is_empty() && is_between {
            return complain("`BYYEARDAY` does not go with daily, weekly and monthly rules");
        }
        let lists = self.by_day.len()
            + self.by_month_day.len()
            + self.by_hour.len()
            + self.by_minute.len()
            + self.by_second.len();
        if !self.by_position.is_empty() && lists + self.by_month.len() + self.by_year_day.len() == 0 {
            return complain("`BYSETPOS` needs another part that begins with `BY`");
        }
        Ok(())
    }

    /// With the parts that it takes from its start.
    pub(super) fn anchored(mut self, start: u64) -> Result<Self, RuleError> {
        let shown = i64::try_from(start)
            .ok()
            .and_then(|start| local(self.zone, start))
            .ok_or(RuleError::NeverFires)?;
        let add = |set: &mut BTreeSet<i32>, number: u32| {
            if set.is_empty() {
                set.extend(i32::try_from(number));
            }
        };
        self.millisecond = u32::try_from(start % 1000).unwrap_or_default();
        if self.frequency >= Frequency::Daily {
            add(&mut self.by_hour, shown.hour());
        }
        if self.frequency >= Frequency::Hourly {
            add(&mut self.by_minute, shown.minute());
        }
        if self.frequency >= Frequency::Minutely {
            add(&mut self.by_second, shown.second());
        }
        let has_days =
            !self.by_day.is_empty() || !self.by_month_day.is_empty() || !self.by_year_day.is_empty();
        match self.frequency {
            Frequency::Weekly if !has_days => self.by_day.push(OrdinalWeekday {
                ordinal: 0,
                weekday: shown.weekday(),
            }),
            Frequency::Monthly if !has_days => add(&mut self.by_month_day, shown.day()),
            Frequency::Yearly if !has_days => {
                add(&mut self.by_month, shown.month());
                add(&mut self.by_month_day, shown.day());
            }
            _ => {}
        }
        Ok(self)
    }
}

fn number(part: &str, value: &str, largest: u32) -> Result<u32, RuleError> {
    let number = value.parse().ok().filter(|number| (1..=largest).contains(number));
    number.ok_or_else(|| wrong(part, format_args!("a number from 1 to {largest}"), value))
}

fn list(part: &str, value: &str, first: i32, last: i32, signed: bool) -> Result<BTreeSet<i32>, RuleError> {
    let range = first..=last;
    let one = |text: &str| {
        let number = i32::from_str(text).ok()?;
        (range.contains(&number) || (signed && range.contains(&number.checked_neg()?))).then_some(number)
    };
    let sign = if signed {
        ", or the same with a minus to count from the end"
    } else {
        ""
    };
    let expected = format!("numbers from {first} to {last}{sign}");
    let all: Option<BTreeSet<i32>> = value.split(',').map(one).collect();
    all.ok_or_else(|| wrong(part, expected, value))
}

fn ordinal_weekday(text: &str) -> Option<OrdinalWeekday> {
    let (number, word) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let weekday = WEEKDAYS.iter().find(|(known, _)| *known == word)?.1;
    let ordinal = if number.is_empty() {
        0
    } else {
        number.parse().ok()?
    };
    ((number.is_empty() || ordinal != 0) && (-53..=53).contains(&ordinal))
        .then_some(OrdinalWeekday { ordinal, weekday })
}

fn until(text: &str) -> Option<Until> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y%m%d") {
        return Some(Until::Local(
            day.and_time(NaiveTime::from_hms_milli_opt(23, 59, 59, 999)?),
        ));
    }
    match text.strip_suffix('Z') {
        Some(text) => {
            let time = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").ok()?;
            // To the end of the second that it names.
            Some(Until::Instant(time.and_utc().timestamp_millis() + 999))
        }
        None => {
            let time = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").ok()?;
            Some(Until::Local(time.with_nanosecond(999_000_000)?))
        }
    }
}

/// The rule as it can be read again, with what it took from its start.
impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = FREQUENCIES.iter().find(|(_, known)| *known == self.frequency);
        write!(formatter, "FREQ={}", word.map_or("", |(word, _)| word))?;
        if self.interval != 1 {
            write!(formatter, ";INTERVAL={}", self.interval)?;
        }
        if let Some(count) = self.count {
            write!(formatter, ";COUNT={count}")?;
        }
        match self.until {
            None => {}
            Some(Until::Local(time)) => write!(formatter, ";UNTIL={}", time.format("%Y%m%dT%H%M%S"))?,
            Some(Until::Instant(time)) => {
                let time = chrono::DateTime::from_timestamp_millis(time).unwrap_or_default();
                write!(formatter, ";UNTIL={}", time.format("%Y%m%dT%H%M%SZ"))?;
            }
        }
        for (name, set) in [
            ("BYMONTH", &self.by_month),
            ("BYYEARDAY", &self.by_year_day),
            ("BYMONTHDAY", &self.by_month_day),
            ("BYHOUR", &self.by_hour),
            ("BYMINUTE", &self.by_minute),
            ("BYSECOND", &self.by_second),
            ("BYSETPOS", &self.by_position),
        ] {
            let numbers: Vec<_> = set.iter().map(i32::to_string).collect();
            if !numbers.is_empty() {
                write!(formatter, ";{name}={}", numbers.join(","))?;
            }
        }
        let weekday = |day: Weekday| {
            WEEKDAYS
                .iter()
                .find(|(_, known)| *known == day)
                .map_or("", |(word, _)| word)
        };
        let days = self.by_day.iter().map(|day| match day.ordinal {
            0 => weekday(day.weekday).to_owned(),
            ordinal => format!("{ordinal}{}", weekday(day.weekday)),
        });
        let days: Vec<_> = days.collect();
        if !days.is_empty() {
            write!(formatter, ";BYDAY={}", days.join(","))?;
        }
        if self.week_start != Weekday::Mon {
            write!(formatter, ";WKST={}", weekday(self.week_start))?;
        }
        Ok(())
    }
}
