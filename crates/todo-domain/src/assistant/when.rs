//! Dates, repetition, priority, tags and reminders in a sentence: the grammar of [`quick_add`], for what is said to
//! the assistant.

use chrono::{Days, NaiveDate, NaiveTime};

use super::Context;
use crate::due::Due;
use crate::quick::{draft, from_quick_add, refusals};
use crate::task::Priority;
use crate::validation::TaskDraft;

/// The task that a text describes, or why it describes none. The title may be empty.
pub(super) fn read(text: &str, context: &Context<'_>) -> Result<TaskDraft, String> {
    let mut found = quick_add::parse(text, context.zone.at(context.now));
    // What to say about a missing title depends on what was asked.
    found
        .problems
        .retain(|problem| *problem != quick_add::Problem::EmptyTitle);
    if let Some(refusal) = refusals(&found).into_iter().next() {
        return Err(refusal);
    }
    draft(&found, context.zone).ok_or_else(|| "a date lies outside of the years 1970 to 9999".to_owned())
}

/// Reads a text that is a date or time as a whole.
pub(super) fn read_date(text: &str, context: &Context<'_>) -> Option<Due> {
    quick_add::parse_due(text, context.zone.at(context.now)).and_then(from_quick_add)
}

/// `high`, `high priority`, `priority high`, `p1`.
pub(super) fn priority(text: &str) -> Option<Priority> {
    let lower = text.trim().to_ascii_lowercase();
    let name = lower
        .strip_suffix(" priority")
        .or(lower.strip_prefix("priority "))
        .unwrap_or(&lower);
    name.trim_start_matches("to ")
        .trim_start_matches('!')
        .parse()
        .ok()
}

/// The time of day, if the text is one and names no day: `2 PM`, `at 14:30`, `noon`.
pub(super) fn time_of_day(text: &str, context: &Context<'_>) -> Option<NaiveTime> {
    if super::phrase::after(text, &["in", "after"]).is_some() {
        return None;
    }
    let text = super::phrase::after(text, &["at"]).unwrap_or(text);
    // Read at two midnights, a time of day is each time of the day that begins.
    let today = context.zone.local(context.now).date();
    let read_on = |day: NaiveDate| {
        let midnight = context.zone.at(context.zone.start_of_day(day)?);
        match quick_add::parse_due(text, midnight)? {
            quick_add::Due::Time(time) if time.date_naive() == day => Some(time.time()),
            _ => None,
        }
    };
    let (first, later) = (read_on(today)?, read_on(today.checked_add_days(Days::new(3))?)?);
    // `today at 9`, `tonight` and `this evening` are read on each day too, but name one.
    let names_a_day = crate::text::words(text)
        .iter()
        .any(|word| matches!(word.as_str(), "today" | "tonight" | "this" | "now" | "tomorrow"));
    (first == later && !names_a_day).then_some(first)
}
