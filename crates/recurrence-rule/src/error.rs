//! Why a text is not a rule, or not a recurrence.

use thiserror::Error;

use crate::{Recurrence, Rule};

/// How much of a wrong text is said again, in characters.
const QUOTED: usize = 40;

/// Why a text is not a rule. The messages say what is wrong, where, and what would be right; they quote at most a few words.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RuleError {
    /// It is too long.
    #[error(
        "a rule has up to {} bytes, this one {length}; make several of it",
        Rule::LONGEST
    )]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// A piece between semicolons is no `NAME=VALUE`.
    #[error(
        "`{part}` at character {at} is no part of a rule; a rule is written like `FREQ=WEEKLY;BYDAY=MO,TH`"
    )]
    Malformed {
        /// The piece.
        part: String,
        /// Where it begins, counted from 1.
        at: usize,
    },
    /// The name of a part is not one of RFC 5545.
    #[error(
        "`{part}` at character {at} is no part of a rule; known are FREQ, INTERVAL, COUNT, UNTIL, BYMONTH, BYWEEKNO, BYYEARDAY, BYMONTHDAY, BYDAY, BYHOUR, BYMINUTE, BYSECOND, BYSETPOS and WKST"
    )]
    Unknown {
        /// The name.
        part: String,
        /// Where it begins, counted from 1.
        at: usize,
    },
    /// A part stands twice.
    #[error("`{part}` stands twice, again at character {at}; join them or leave one out")]
    Twice {
        /// The part.
        part: &'static str,
        /// Where the second begins, counted from 1.
        at: usize,
    },
    /// There is no frequency.
    #[error("`FREQ` is missing; a rule is written like `FREQ=WEEKLY;BYDAY=MO,TH`")]
    NoFrequency,
    /// A part has a value outside of its range.
    #[error("`{part}` must be {expected}, not `{value}` (at character {at})")]
    Value {
        /// The part.
        part: &'static str,
        /// What it may be.
        expected: String,
        /// What it is.
        value: String,
        /// Where the part begins, counted from 1.
        at: usize,
    },
    /// Parts that do not go together (section 3.3.10).
    #[error("{0}")]
    Combination(&'static str),
}

/// Why a text is not a [`Recurrence`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecurrenceError {
    /// It is too long.
    #[error("a recurrence has up to {} bytes, this one {length}", Recurrence::LONGEST)]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// Too many times are left out.
    #[error(
        "a recurrence leaves out up to {} times; end it with UNTIL and begin another",
        Recurrence::MOST_EXCEPTIONS
    )]
    TooManyExceptions,
    /// A line that does not belong here.
    #[error("line {line} begins with `{name}`; a recurrence has the lines DTSTART, RRULE and EXDATE")]
    Unknown {
        /// What the line begins with.
        name: String,
        /// Its number, counted from 1; a folded line counts once.
        line: usize,
    },
    /// DTSTART or RRULE is not there.
    #[error(
        "the line `{name}` is missing; a recurrence has the lines DTSTART and RRULE, and may have EXDATE"
    )]
    Missing {
        /// The property.
        name: &'static str,
    },
    /// DTSTART or RRULE stands twice.
    #[error("line {line} is the second `{name}`; leave one out")]
    Twice {
        /// The property.
        name: &'static str,
        /// The number of the second line.
        line: usize,
    },
    /// A time that cannot be read.
    #[error(
        "line {line}: `{value}` is no time in a zone; write `DTSTART;TZID=Europe/Berlin:20260329T090000`, or a time in UTC with a `Z` at its end"
    )]
    Time {
        /// What stands there.
        value: String,
        /// The number of the line.
        line: usize,
    },
    /// The name of no zone.
    #[error("line {line}: `{name}` is no IANA time zone; write one like `Europe/Berlin` or `UTC`")]
    Zone {
        /// What stands there.
        name: String,
        /// The number of the line.
        line: usize,
    },
    /// The rule cannot be read.
    #[error("line {line}: {source}")]
    Rule {
        /// The number of the line.
        line: usize,
        /// Why not.
        source: RuleError,
    },
}

pub(crate) fn quoted(text: &str) -> String {
    text.chars().take(QUOTED).collect()
}
