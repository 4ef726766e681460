//! Why a text is not a rule.

use thiserror::Error;

use crate::Rule;

/// Why a text is not a rule. The texts say what is wrong and what would be right, and quote at most a few words of the input.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RuleError {
    /// It is too long.
    #[error("a rule has up to {} bytes, this one {length}", Rule::LONGEST)]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// A piece between semicolons is no `NAME=VALUE`.
    #[error("`{part}` is no part of a rule; a rule is written like `FREQ=WEEKLY;BYDAY=MO,TH`")]
    Malformed {
        /// The piece.
        part: String,
    },
    /// The name of a part is not one of RFC 5545.
    #[error(
        "`{part}` is no part of a rule; known are FREQ, INTERVAL, COUNT, UNTIL, BYMONTH, BYWEEKNO, BYYEARDAY, BYMONTHDAY, BYDAY, BYHOUR, BYMINUTE, BYSECOND, BYSETPOS and WKST"
    )]
    Unknown {
        /// The name.
        part: String,
    },
    /// A part stands twice.
    #[error("`{part}` stands twice")]
    Twice {
        /// The part.
        part: &'static str,
    },
    /// There is no frequency.
    #[error("`FREQ` is missing; a rule is written like `FREQ=WEEKLY;BYDAY=MO,TH`")]
    NoFrequency,
    /// A part has a value outside of its range.
    #[error("`{part}` must be {expected}, not `{value}`")]
    Value {
        /// The part.
        part: &'static str,
        /// What it may be.
        expected: String,
        /// What it is.
        value: String,
    },
    /// Parts that do not go together (section 3.3.10).
    #[error("{0}")]
    Combination(&'static str),
}
