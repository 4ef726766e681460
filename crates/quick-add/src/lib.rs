//! Quick add: one line of plain English becomes a task.
//!
//! [`parse`] reads `Pay rent every month on the 1st p1 #home remind 1 day before` in a time zone at a time, and says
//! what it understood, which words said so, and what is left as the title. `docs/quick-add.md` describes the grammar
//! for those who type it.
//!
//! - Nothing is lost: what is not understood stays in the title, and so do escaped words and quoted text.
//! - It never fails and never panics; what a caller should refuse or show is in [`QuickAdd::problems`].
//! - The work is linear in the length of the text, which is at most [`TEXT_LIMIT`] characters.
//! - A time that is skipped when clocks go forward moves to the first instant after the gap; one that happens twice is
//!   the earlier.
//!
//! It knows no task and no rule engine: repetitions are RFC 5545 text.

use std::fmt;
use std::ops::Range;

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;

mod calendar;
mod clock;
mod compose;
mod cursor;
mod date;
mod days;
mod length;
mod mark;
mod outcome;
mod phrase;
mod problem;
mod reminder;
mod repeat;
mod rule;
mod tail;
mod time;
mod title;
mod today;
mod token;
mod words;

pub use problem::Problem;

/// Longest text that is read, in characters.
pub const TEXT_LIMIT: usize = 4_000;
/// Longest tag, in characters.
pub const TAG_LIMIT: usize = 50;
/// Most tags.
pub const TAGS_LIMIT: usize = 20;
/// Most reminders.
pub const REMINDERS_LIMIT: usize = 20;

/// What a text says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuickAdd {
    /// The text without its spans, tidied; empty if they were all there is.
    pub title: String,
    /// When it is due; for a repetition the first time.
    pub due: Option<Due>,
    /// How it repeats.
    pub repeat: Option<Repeat>,
    /// When to remind, each once, in the order of the text.
    pub reminders: Vec<Reminder>,
    /// How urgent it is.
    pub priority: Option<Priority>,
    /// Without their `#`, each once whatever its case, in the order of the text.
    pub tags: Vec<String>,
    /// What was understood where, sorted, without overlap.
    pub spans: Vec<Span>,
    /// What was not as it should be, in the order of the text.
    pub problems: Vec<Problem>,
}

/// When a task is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// On a day, without a time.
    Day(NaiveDate),
    /// At a time.
    Time(DateTime<Tz>),
}

/// How a task repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// An RFC 5545 recurrence rule such as `FREQ=WEEKLY;INTERVAL=2;BYDAY=TU`, without `RRULE:` before it.
    pub rule: String,
    /// Whether the next time is counted from the completion (`every! 3 days`) and not from the due date.
    pub after_completion: bool,
}

/// When to remind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reminder {
    /// So long before it is due.
    Before(Lead),
    /// At a time.
    At(DateTime<Tz>),
}

/// How long before, at most 366 days. It is shown as `1d2h30m`, and as `0m` where it is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lead {
    /// Days of the calendar.
    pub days: u32,
    /// Minutes besides them.
    pub minutes: u32,
}

/// How urgent a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// `p4`, `!low`.
    Low,
    /// `p3`, `!medium`.
    Medium,
    /// `p2`, `!high`, `!!`.
    High,
    /// `p1`, `!urgent`, `!!!`.
    Urgent,
}

/// A part of the text that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it stands, in bytes of the text's UTF-8, always at the bounds of characters; see [`utf16_ranges`].
    pub range: Range<usize>,
    /// As what it was understood.
    pub kind: SpanKind,
}

/// As what a part of the text was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpanKind {
    /// A date, a time, or both.
    Due,
    /// A repetition, its beginning or its end.
    Repeat,
    /// One or more reminders.
    Reminder,
    /// A priority.
    Priority,
    /// A tag.
    Tag,
    /// The backslash or quote that keeps text in the title; it is not in the title itself.
    Escape,
}

/// Reads a text as it is meant at this time in this zone.
pub fn parse(text: &str, now: DateTime<Tz>) -> QuickAdd {
    compose::compose(text, now)
}

/// Reads a text that says when and nothing else, like `next Friday at 9`; none if it says more, or something else.
pub fn parse_due(text: &str, now: DateTime<Tz>) -> Option<Due> {
    let found = parse(text, now);
    let only_due = found.title.is_empty() && found.spans.iter().all(|span| span.kind == SpanKind::Due);
    found.due.filter(|_| only_due)
}

/// The spans' ranges in UTF-16 code units, as JavaScript counts.
pub fn utf16_ranges(text: &str, spans: &[Span]) -> Vec<Range<usize>> {
    let (mut bytes, mut units) = (0, 0);
    let mut to_units = |offset: usize| {
        // Sorted spans let each part of the text be counted once.
        if offset < bytes {
            (bytes, units) = (0, 0);
        }
        let between = text.get(bytes..offset).unwrap_or_default();
        units += between.chars().map(char::len_utf16).sum::<usize>();
        bytes = offset;
        units
    };
    spans
        .iter()
        .map(|span| to_units(span.range.start)..to_units(span.range.end))
        .collect()
}

impl SpanKind {
    /// Its name: `due`, `repeat`, `reminder`, `priority`, `tag` or `escape`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Repeat => "repeat",
            Self::Reminder => "reminder",
            Self::Priority => "priority",
            Self::Tag => "tag",
            Self::Escape => "escape",
        }
    }
}

impl Priority {
    /// Its name: `low`, `medium`, `high` or `urgent`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }
}

impl fmt::Display for Lead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes) = (self.minutes / 60, self.minutes % 60);
        for (amount, unit) in [(self.days, 'd'), (hours, 'h'), (minutes, 'm')] {
            if amount > 0 {
                write!(formatter, "{amount}{unit}")?;
            }
        }
        if *self == Self::default() {
            formatter.write_str("0m")?;
        }
        Ok(())
    }
}
