//! When a repeating job comes next: after an interval, or as a calendar rule says.

mod grid;
mod rule;

pub use grid::next_on_grid;
pub use rule::{Rule, RuleError};

/// When a job comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one per job that is being written, and a box would cost more than it saves"
)]
pub enum Repeat {
    /// After so many milliseconds, counted from the due time.
    Every(u64),
    /// As an RFC 5545 rule says, in its time zone.
    Rule(Rule),
}

impl Repeat {
    /// The first firing of a job that starts at `due`.
    pub(crate) fn first(&self, due: u64) -> Option<u64> {
        match self {
            Self::Every(_) => Some(due),
            Self::Rule(rule) => rule.first(due),
        }
    }

    /// The firing after the one at `due`, and what is left of the repetition then. It lies after `now` too: what was missed is
    /// left out, because the firing that has just happened stood for all of it.
    pub(crate) fn next(&self, due: u64, now: u64) -> Option<(u64, Self)> {
        match self {
            Self::Every(interval) => Some((next_on_grid(due, *interval, now), self.clone())),
            Self::Rule(rule) => {
                let (due, rule) = rule.next(due, now)?;
                Some((due, Self::Rule(rule)))
            }
        }
    }
}

#[cfg(test)]
mod tests;
