//! When a recurring task comes again.
//!
//! A rule is counted from the anchor of its series, never from the last occurrence: a task of 31 January that
//! repeats monthly falls on 28 February and then on 31 March. The anchor is occurrence 1 whether or not the rule
//! would name its day; the days that the rule names after it are occurrences 2, 3 ….
//!
//! The engine is an own subset of RFC 5545 (no times within the day, no exceptions). It works on local days and
//! turns them into instants in the task's zone, so that 09:00 stays 09:00 when clocks change.

mod expand;
mod parse;
mod series;

pub use parse::{Frequency, Rule, RuleError};
pub use series::{NextOccurrence, SeriesAnchor, next, next_task};

#[cfg(test)]
mod tests;
