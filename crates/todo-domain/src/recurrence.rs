//! When a recurring task comes again.
//!
//! A rule is counted from the anchor of its series, never from the last occurrence: a task of 31 January that
//! repeats monthly falls on 28 February and then on 31 March. The anchor is occurrence 1 whether or not the rule
//! would name its day; the days that the rule names after it are occurrences 2, 3 ….
//!
//! With [`RecurrenceAnchor::Completion`] the rule is counted anew from the day of each completion instead, and the anchor
//! gives only the time of day.
//!
//! What a rule names is the crate `recurrence-rule`'s to say. Here its days become instants in the task's zone, so that 09:00
//! stays 09:00 when clocks change, and the 31st in a short month falls on its last day. Rules about times within the day are
//! refused: the time is that of the due date.

mod anchor;
mod preview;
mod rule;
mod series;
mod skip;

pub use anchor::{RecurrenceAnchor, UnknownAnchor};
pub use preview::{PREVIEW_LIMIT, Preview, PreviewQuery};
pub use rule::{Rule, RuleError};
pub use series::{NextOccurrence, SeriesAnchor, next, next_task};
pub use skip::{Missed, SkipError, skip};

#[cfg(test)]
mod tests;
