//! Reading a rule.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike as _, NaiveDateTime, Timelike as _, Weekday};

use crate::error::{RuleError, quoted};
use crate::rule::{Frequency, OrdinalWeekday, Rule, Until};

pub(crate) const FREQUENCIES: [(&str, Frequency); 7] = [
    ("SECONDLY", Frequency::Secondly),
    ("MINUTELY", Frequency::Minutely),
    ("HOURLY", Frequency::Hourly),
    ("DAILY", Frequency::Daily),
    ("WEEKLY", Frequency::Weekly),
    ("MONTHLY", Frequency::Monthly),
    ("YEARLY", Frequency::Yearly),
];

pub(crate) const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Mon),
    ("TU", Weekday::Tue),
    ("WE", Weekday::Wed),
    ("TH", Weekday::Thu),
    ("FR", Weekday::Fri),
    ("SA", Weekday::Sat),
    ("SU", Weekday::Sun),
];

const PARTS: [&str; 14] = [
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYMONTH",
    "BYWEEKNO",
    "BYYEARDAY",
    "BYMONTHDAY",
    "BYDAY",
    "BYHOUR",
    "BYMINUTE",
    "BYSECOND",
    "BYSETPOS",
    "WKST",
];

impl Rule {
    /// Reads a rule such as `FREQ=WEEKLY;BYDAY=MO,TH`, with or without `RRULE:` before it, in upper or lower case, the parts in
    /// any order.
    ///
    /// # Errors
    /// Each deviation from section 3.3.10 is one: an unknown part, a number outside of its range, parts that do not go
    /// together. A rule that names no day at all is none, because that may depend on the start: then
    /// [`days`](Self::days) and [`times`](Self::times) are empty.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let whole = text.trim_end().to_ascii_uppercase();
        let trimmed = whole.trim_start();
        if trimmed.len() > Self::LONGEST {
            return Err(RuleError::TooLong {
                length: trimmed.len(),
            });
        }
        let body = trimmed.strip_prefix("RRULE:").unwrap_or(trimmed);
        // Where the next part begins, in characters from 1.
        let mut at = whole.chars().count() - body.chars().count() + 1;
        let mut rule = Self::every(Frequency::Daily);
        let mut seen = BTreeSet::new();
        for piece in body.trim_end_matches(';').split(';') {
            let (name, value) = piece.split_once('=').ok_or_else(|| RuleError::Malformed {
                part: quoted(piece),
                at,
            })?;
            let part = PARTS
                .into_iter()
                .find(|known| *known == name)
                .ok_or_else(|| RuleError::Unknown {
                    part: quoted(name),
                    at,
                })?;
            if !seen.insert(part) {
                return Err(RuleError::Twice { part, at });
            }
            rule.set(Part { name: part, at }, value)?;
            at += piece.chars().count() + 1;
        }
        if !seen.contains("FREQ") {
            return Err(RuleError::NoFrequency);
        }
        rule.check()?;
        Ok(rule)
    }

    fn set(&mut self, part: Part, value: &str) -> Result<(), RuleError> {
        match part.name {
            "FREQ" => {
                let expected = "SECONDLY, MINUTELY, HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY";
                self.frequency = named(&FREQUENCIES, value).ok_or_else(|| part.wrong(expected, value))?;
            }
            "INTERVAL" => self.interval = part.number(value, Self::LARGEST_INTERVAL)?,
            "COUNT" => self.count = Some(part.number(value, Self::LARGEST_COUNT)?),
            "UNTIL" => {
                let expected = "a day like 20301231 or a time like 20301231T235959Z";
                self.until = Some(until(value).ok_or_else(|| part.wrong(expected, value))?);
            }
            "BYMONTH" => self.by_month = part.numbers(value, 1, 12, Sign::None)?,
            "BYWEEKNO" => self.by_week = part.numbers(value, 1, 53, Sign::Allowed)?,
            "BYYEARDAY" => self.by_year_day = part.numbers(value, 1, 366, Sign::Allowed)?,
            "BYMONTHDAY" => self.by_month_day = part.numbers(value, 1, 31, Sign::Allowed)?,
            "BYHOUR" => self.by_hour = part.numbers(value, 0, 23, Sign::None)?,
            "BYMINUTE" => self.by_minute = part.numbers(value, 0, 59, Sign::None)?,
            "BYSECOND" => {
                let seconds = part.numbers(value, 0, 60, Sign::None)?;
                self.by_second = seconds.into_iter().map(|second| second.min(59)).collect();
            }
            "BYSETPOS" => self.by_position = part.numbers(value, 1, 366, Sign::Allowed)?,
            "BYDAY" => {
                for text in value.split(',') {
                    let day = ordinal_weekday(text);
                    let day = day.ok_or_else(|| part.wrong("days like MO, 2TU or -1FR", text))?;
                    if !self.by_day.contains(&day) {
                        self.by_day.push(day);
                    }
                }
                self.by_day
                    .sort_by_key(|day| (day.weekday.num_days_from_monday(), day.ordinal));
            }
            _ => {
                let day = named(&WEEKDAYS, value);
                self.week_start = day.ok_or_else(|| part.wrong("a day like MO", value))?;
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), RuleError> {
        let longest_ordinal = self.by_day.iter().map(|day| day.ordinal.abs()).max();
        let longest_ordinal = longest_ordinal.unwrap_or_default();
        let in_months = self.frequency == Frequency::Monthly || !self.by_month.is_empty();
        let is_between = matches!(
            self.frequency,
            Frequency::Daily | Frequency::Weekly | Frequency::Monthly
        );
        let lists = [
            &self.by_month,
            &self.by_week,
            &self.by_year_day,
            &self.by_month_day,
            &self.by_hour,
            &self.by_minute,
            &self.by_second,
        ];
        let has_no_list = self.by_day.is_empty() && lists.into_iter().all(BTreeSet::is_empty);
        let message = if self.count.is_some() && self.until.is_some() {
            "`COUNT` and `UNTIL` exclude each other; leave one out"
        } else if longest_ordinal > 0 && self.frequency < Frequency::Monthly {
            "`BYDAY` has numbers in monthly and yearly rules only; write `MO` instead of `1MO`"
        } else if longest_ordinal > 0 && !self.by_week.is_empty() {
            "`BYDAY` has no numbers beside `BYWEEKNO`; write `MO` instead of `1MO`"
        } else if longest_ordinal > 5 && in_months {
            "`BYDAY` counts from -5 to 5 within a month; leave `BYMONTH` out to count within the year"
        } else if !self.by_week.is_empty() && self.frequency != Frequency::Yearly {
            "`BYWEEKNO` goes with yearly rules only; write `FREQ=YEARLY`"
        } else if !self.by_month_day.is_empty() && self.frequency == Frequency::Weekly {
            "`BYMONTHDAY` does not go with weekly rules; write `FREQ=MONTHLY` or `FREQ=DAILY`"
        } else if !self.by_year_day.is_empty() && is_between {
            "`BYYEARDAY` does not go with daily, weekly and monthly rules; write `FREQ=YEARLY`"
        } else if !self.by_position.is_empty() && has_no_list {
            "`BYSETPOS` needs another part that begins with `BY` to choose from, such as `BYDAY`"
        } else {
            return Ok(());
        };
        Err(RuleError::Combination(message))
    }
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Whether a number may have a sign, and count from the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    None,
    Allowed,
}

/// A part that is being read.
#[derive(Clone, Copy)]
struct Part {
    name: &'static str,
    /// Where it begins.
    at: usize,
}

impl Part {
    fn wrong(self, expected: impl fmt::Display, value: &str) -> RuleError {
        RuleError::Value {
            part: self.name,
            expected: expected.to_string(),
            value: quoted(value),
            at: self.at,
        }
    }

    fn number(self, value: &str, largest: u32) -> Result<u32, RuleError> {
        let number = digits(value).filter(|number| (1..=largest).contains(number));
        number.ok_or_else(|| self.wrong(format_args!("a number from 1 to {largest}"), value))
    }

    fn numbers(self, value: &str, first: i32, last: i32, sign: Sign) -> Result<BTreeSet<i32>, RuleError> {
        let from_the_end = match sign {
            Sign::None => "",
            Sign::Allowed => ", or the same with a minus to count from the end",
        };
        let one = |text: &str| {
            let number = match sign {
                Sign::None => i32::try_from(digits(text)?).ok(),
                Sign::Allowed => signed(text),
            };
            number.filter(|number| (first..=last).contains(&number.abs()))
        };
        let read = |text| {
            let expected = format_args!("numbers from {first} to {last}{from_the_end}");
            one(text).ok_or_else(|| self.wrong(expected, text))
        };
        value.split(',').map(read).collect()
    }
}

fn named<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    let (_, value) = table.iter().find(|(known, _)| *known == word)?;
    Some(*value)
}

/// A number of digits alone: what `parse` allows besides is none here.
fn digits(text: &str) -> Option<u32> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

fn signed(text: &str) -> Option<i32> {
    let (sign, number) = match text.strip_prefix('-') {
        Some(number) => (-1, number),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    i32::try_from(digits(number)?).ok()?.checked_mul(sign)
}

fn ordinal_weekday(text: &str) -> Option<OrdinalWeekday> {
    let (number, word) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let weekday = named(&WEEKDAYS, word)?;
    let ordinal = match number {
        "" => 0,
        number => signed(number).filter(|number| (1..=53).contains(&number.abs()))?,
    };
    Some(OrdinalWeekday { ordinal, weekday })
}

fn until(text: &str) -> Option<Until> {
    match text.len() {
        8 => Some(Until::Day(local_time(&format!("{text}T000000"))?.date())),
        15 => local_time(text).map(Until::Local),
        _ => local_time(text.strip_suffix('Z')?).map(Until::Utc),
    }
}

/// A time like `20261231T235959`.
pub(crate) fn local_time(text: &str) -> Option<NaiveDateTime> {
    // chrono would read signs and fewer digits, too.
    let is_plain = |(index, byte): (usize, u8)| match index {
        8 => byte == b'T',
        _ => byte.is_ascii_digit(),
    };
    if text.len() != 15 || !text.bytes().enumerate().all(is_plain) {
        return None;
    }
    let time = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").ok()?;
    // A second 60 becomes one with more than 999 milliseconds.
    let time = time.with_nanosecond(0)?;
    (time.year() > 0).then_some(time)
}
