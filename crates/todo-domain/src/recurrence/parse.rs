//! Reading a recurrence rule.

use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, Weekday};

use super::expand::Days;

/// Longest rule, in bytes.
const TEXT_LIMIT: usize = 500;
/// Highest INTERVAL: nobody plans further ahead, and it keeps the search for the next day short.
const INTERVAL_LIMIT: u32 = 1_000;
/// Highest COUNT.
const COUNT_LIMIT: u32 = 100_000;

/// A recurrence rule that is known to name days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub(super) frequency: Frequency,
    pub(super) interval: u32,
    pub(super) count: Option<u32>,
    pub(super) until: Option<Until>,
    pub(super) by_day: Vec<OrdinalWeekday>,
    pub(super) by_month_day: Vec<i32>,
    pub(super) by_month: Vec<u32>,
    pub(super) by_set_position: Vec<i32>,
    pub(super) week_start: Weekday,
}

/// How long the period is in which a rule names its days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Frequency {
    /// Days.
    Daily,
    /// Weeks.
    Weekly,
    /// Months.
    Monthly,
    /// Years.
    Yearly,
}

/// `MO`, or `2MO` the second, or `-1MO` the last of the month or year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OrdinalWeekday {
    pub(super) ordinal: Option<i32>,
    pub(super) weekday: Weekday,
}

/// The last moment at which an occurrence may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// This day, wherever the task is.
    Day(NaiveDate),
    /// This time on the wall, wherever the task is.
    Local(NaiveDateTime),
    /// This instant.
    Utc(NaiveDateTime),
}

/// Why a text is not a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Not one of the four words, and not an RRULE.
    #[error(
        "must be `daily`, `weekly`, `monthly`, `yearly` or an RFC 5545 rule like `FREQ=WEEKLY;BYDAY=MO,TH`"
    )]
    Malformed,
    /// Over the limit.
    #[error("must have at most {TEXT_LIMIT} characters")]
    TooLong,
    /// A part that is not known here.
    #[error(
        "`{0}` is not supported; known are FREQ, INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY, BYMONTH, BYSETPOS, WKST"
    )]
    Unsupported(String),
    /// A part stands twice.
    #[error("`{0}` is given twice")]
    Twice(&'static str),
    /// A part has a value outside its range.
    #[error("`{part}` must be {expected}")]
    Value {
        /// The part.
        part: &'static str,
        /// What it may be.
        expected: &'static str,
    },
    /// Two parts that exclude each other.
    #[error("{0}")]
    Combination(&'static str),
    /// The rule names no day at all.
    #[error("never happens: no day fulfils all parts of the rule")]
    NeverHappens,
}

impl Rule {
    /// Reads `daily`, `weekly`, `monthly`, `yearly`, or an RRULE with or without `RRULE:` before it.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let text = text.trim();
        if text.len() > TEXT_LIMIT {
            return Err(RuleError::TooLong);
        }
        if let Some(frequency) = Frequency::parse(text) {
            return Ok(Self::every(frequency));
        }
        let upper = text.to_ascii_uppercase();
        let body = upper.strip_prefix("RRULE:").unwrap_or(&upper);
        let parts = Parts::split(body)?;
        let frequency =
            Frequency::parse(parts.frequency.ok_or(RuleError::Malformed)?).ok_or(RuleError::Value {
                part: "FREQ",
                expected: "DAILY, WEEKLY, MONTHLY or YEARLY",
            })?;
        let rule = parts.read(frequency)?;
        rule.check_combinations()?;
        let every_period = Self {
            interval: 1,
            ..rule.clone()
        };
        let fires =
            NaiveDate::from_ymd_opt(1999, 12, 31).and_then(|day| Days::new(&every_period, day).next());
        if fires.is_none() {
            Err(RuleError::NeverHappens)
        } else {
            Ok(rule)
        }
    }

    fn every(frequency: Frequency) -> Self {
        Self {
            frequency,
            interval: 1,
            count: None,
            until: None,
            by_day: Vec::new(),
            by_month_day: Vec::new(),
            by_month: Vec::new(),
            by_set_position: Vec::new(),
            week_start: Weekday::Mon,
        }
    }

    fn check_combinations(&self) -> Result<(), RuleError> {
        let has_ordinal = self.by_day.iter().any(|day| day.ordinal.is_some());
        let longest_ordinal = self
            .by_day
            .iter()
            .filter_map(|day| day.ordinal)
            .map(i32::abs)
            .max()
            .unwrap_or(0);
        let of_months = self.frequency == Frequency::Monthly || !self.by_month.is_empty();
        let nothing_to_choose_from =
            self.by_day.is_empty() && self.by_month_day.is_empty() && self.by_month.is_empty();
        let message = if self.count.is_some() && self.until.is_some() {
            "COUNT and UNTIL exclude each other"
        } else if has_ordinal && matches!(self.frequency, Frequency::Daily | Frequency::Weekly) {
            "BYDAY with an ordinal needs FREQ=MONTHLY or FREQ=YEARLY"
        } else if longest_ordinal > 5 && of_months {
            "BYDAY within a month goes from -5 to 5"
        } else if !self.by_month_day.is_empty() && self.frequency == Frequency::Weekly {
            "BYMONTHDAY cannot stand with FREQ=WEEKLY"
        } else if !self.by_set_position.is_empty() && nothing_to_choose_from {
            "BYSETPOS needs BYDAY, BYMONTHDAY or BYMONTH"
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

impl Frequency {
    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "daily" => Some(Self::Daily),
            "weekly" => Some(Self::Weekly),
            "monthly" => Some(Self::Monthly),
            "yearly" => Some(Self::Yearly),
            _ => None,
        }
    }
}

#[derive(Default)]
struct Parts<'a> {
    frequency: Option<&'a str>,
    interval: Option<&'a str>,
    count: Option<&'a str>,
    until: Option<&'a str>,
    by_day: Option<&'a str>,
    by_month_day: Option<&'a str>,
    by_month: Option<&'a str>,
    by_set_position: Option<&'a str>,
    week_start: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn split(body: &'a str) -> Result<Self, RuleError> {
        let mut parts = Self::default();
        for part in body.trim_end_matches(';').split(';') {
            let (name, value) = part.split_once('=').ok_or(RuleError::Malformed)?;
            let (slot, name) = match name {
                "FREQ" => (&mut parts.frequency, "FREQ"),
                "INTERVAL" => (&mut parts.interval, "INTERVAL"),
                "COUNT" => (&mut parts.count, "COUNT"),
                "UNTIL" => (&mut parts.until, "UNTIL"),
                "BYDAY" => (&mut parts.by_day, "BYDAY"),
                "BYMONTHDAY" => (&mut parts.by_month_day, "BYMONTHDAY"),
                "BYMONTH" => (&mut parts.by_month, "BYMONTH"),
                "BYSETPOS" => (&mut parts.by_set_position, "BYSETPOS"),
                "WKST" => (&mut parts.week_start, "WKST"),
                other => return Err(RuleError::Unsupported(other.chars().take(20).collect())),
            };
            if slot.replace(value).is_some() {
                return Err(RuleError::Twice(name));
            }
        }
        Ok(parts)
    }

    fn read(self, frequency: Frequency) -> Result<Rule, RuleError> {
        Ok(Rule {
            frequency,
            interval: match self.interval {
                None => 1,
                Some(text) => number(text, 1, INTERVAL_LIMIT).ok_or(RuleError::Value {
                    part: "INTERVAL",
                    expected: "a number from 1 to 1000",
                })?,
            },
            count: self
                .count
                .map(|text| {
                    number(text, 1, COUNT_LIMIT).ok_or(RuleError::Value {
                        part: "COUNT",
                        expected: "a number from 1 to 100000",
                    })
                })
                .transpose()?,
            until: self
                .until
                .map(|text| {
                    Until::parse(text).ok_or(RuleError::Value {
                        part: "UNTIL",
                        expected: "like `20261231` or `20261231T235959Z`",
                    })
                })
                .transpose()?,
            by_day: list(
                self.by_day,
                "BYDAY",
                "days like `MO`, `2TU` or `-1FR`",
                OrdinalWeekday::parse,
            )?,
            by_month_day: list(
                self.by_month_day,
                "BYMONTHDAY",
                "numbers from -31 to 31 without 0",
                |text| signed(text, 31),
            )?,
            by_month: list(self.by_month, "BYMONTH", "numbers from 1 to 12", |text| {
                number(text, 1, 12)
            })?,
            by_set_position: list(
                self.by_set_position,
                "BYSETPOS",
                "numbers from -366 to 366 without 0",
                |text| signed(text, 366),
            )?,
            week_start: match self.week_start {
                None => Weekday::Mon,
                Some(text) => weekday(text).ok_or(RuleError::Value {
                    part: "WKST",
                    expected: "a day like `MO`",
                })?,
            },
        })
    }
}

impl OrdinalWeekday {
    fn parse(text: &str) -> Option<Self> {
        let (ordinal, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
        let ordinal = if ordinal.is_empty() {
            None
        } else {
            Some(signed(ordinal, 53)?)
        };
        Some(Self {
            ordinal,
            weekday: weekday(name)?,
        })
    }
}

impl Until {
    fn parse(text: &str) -> Option<Self> {
        if !text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'T' | b'Z'))
        {
            return None;
        }
        match text.len() {
            8 => NaiveDate::parse_from_str(text, "%Y%m%d").ok().map(Self::Day),
            15 => NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S")
                .ok()
                .map(Self::Local),
            16 => NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ")
                .ok()
                .map(Self::Utc),
            _ => None,
        }
    }
}

fn list<T: PartialEq>(
    text: Option<&str>,
    part: &'static str,
    expected: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, RuleError> {
    let mut values = Vec::new();
    for text in text.into_iter().flat_map(|text| text.split(',')) {
        let value = parse(text).ok_or(RuleError::Value { part, expected })?;
        if !values.contains(&value) {
            values.push(value);
        }
    }
    Ok(values)
}

fn number(text: &str, minimum: u32, maximum: u32) -> Option<u32> {
    let digits_only = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|number| digits_only && (minimum..=maximum).contains(number))
}

fn signed(text: &str, maximum: i32) -> Option<i32> {
    text.parse()
        .ok()
        .filter(|number: &i32| *number != 0 && (-maximum..=maximum).contains(number))
}

fn weekday(text: &str) -> Option<Weekday> {
    match text {
        "MO" => Some(Weekday::Mon),
        "TU" => Some(Weekday::Tue),
        "WE" => Some(Weekday::Wed),
        "TH" => Some(Weekday::Thu),
        "FR" => Some(Weekday::Fri),
        "SA" => Some(Weekday::Sat),
        "SU" => Some(Weekday::Sun),
        _ => None,
    }
}
