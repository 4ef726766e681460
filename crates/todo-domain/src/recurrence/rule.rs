//! The rules that a task may have: four words, and those of RFC 5545 that name days.

use std::str::FromStr;

use chrono::NaiveDate;
use recurrence_rule::{Frequency, MissingDay, Until};

/// Longest rule, in bytes.
const TEXT_LIMIT: usize = 500;

const WORDS: [(&str, Frequency); 4] = [
    ("daily", Frequency::Daily),
    ("weekly", Frequency::Weekly),
    ("monthly", Frequency::Monthly),
    ("yearly", Frequency::Yearly),
];

/// A recurrence rule that is known to name days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule(recurrence_rule::Rule);

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
    /// An RRULE with a mistake.
    #[error("is no RFC 5545 rule: {0}")]
    Text(#[from] recurrence_rule::RuleError),
    /// It speaks of times within the day, which a task has from its due date.
    #[error(
        "must name days, because the time is that of `due_date`: FREQ is DAILY, WEEKLY, MONTHLY or YEARLY, and there is no BYHOUR, BYMINUTE or BYSECOND"
    )]
    NamesTimes,
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
        let word = WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        if let Some((_, frequency)) = word {
            return Ok(Self(recurrence_rule::Rule::every(*frequency)));
        }
        if !text.contains('=') {
            return Err(RuleError::Malformed);
        }
        let rule = recurrence_rule::Rule::parse(text)?;
        if rule.names_times() {
            return Err(RuleError::NamesTimes);
        }
        let rule = Self(rule);
        // Whether it does for a task of its own depends on where that starts.
        let every_period = Self(rule.0.clone().with_interval(1));
        match NaiveDate::from_ymd_opt(1999, 12, 31).and_then(|day| every_period.days_after(day).next()) {
            Some(_day) => Ok(rule),
            None => Err(RuleError::NeverHappens),
        }
    }

    /// The days after an anchor that it names, in order, without regard to COUNT and UNTIL. A day of the month that the anchor
    /// has and a month does not is that month's last.
    pub(super) fn days_after(&self, anchor: NaiveDate) -> impl Iterator<Item = NaiveDate> + use<> {
        let days = self.0.clone().endless().days(anchor, MissingDay::LastOfMonth);
        days.filter(move |day| *day > anchor)
    }

    pub(super) fn count(&self) -> Option<u32> {
        self.0.count()
    }

    pub(super) fn until(&self) -> Option<Until> {
        self.0.until()
    }
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}
