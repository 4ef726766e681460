//! When the tasks of a kind are due, or were done.

use chrono::{Datelike as _, Days, Months, NaiveDate};

use super::Kind;
use super::words::Words;
use crate::assistant::ListStatus;
use crate::assistant::number::number;
use crate::assistant::scene::Scene;
use crate::assistant::when::read_date;
use crate::due::Due;
use crate::query::DueFilter;

const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Reads a period that begins with this word. Answers whether there was one.
pub(super) fn read(kind: &mut Kind, word: &str, words: &mut Words, scene: &Scene<'_>) -> bool {
    let today = scene.context.zone.local(scene.context.now).date();
    let word = word.strip_suffix("'s").unwrap_or(word);
    match (
        word,
        words.peek().map(|next| next.strip_suffix("'s").unwrap_or(next)),
    ) {
        ("today" | "tonight", _) => kind.filter.due = Some(DueFilter::Today),
        ("overdue" | "late" | "past-due", _) => kind.filter.due = Some(DueFilter::Overdue),
        ("past", Some("due")) => kind.filter.due = passing(words, Some(DueFilter::Overdue)),
        ("undated" | "unscheduled", _) => kind.filter.due = Some(DueFilter::None),
        ("no" | "without", Some("a" | "due" | "date" | "deadline" | "any")) => {
            words.skip_if(&["a", "any", "due", "date", "dates", "deadline"]);
            kind.filter.due = Some(DueFilter::None);
        }
        ("soon" | "upcoming", _) => kind.filter.due = Some(DueFilter::Week),
        ("yesterday", _) => from_to(kind, today.pred_opt(), Some(today)),
        ("this" | "the", Some("week")) => kind.filter.due = passing(words, Some(DueFilter::Week)),
        ("week" | "weekly", _) => kind.filter.due = Some(DueFilter::Week),
        ("next", Some("week")) => {
            words.next();
            let monday = plus(monday_of(today), 7);
            from_to(kind, monday, monday.and_then(|day| plus(Some(day), 7)));
        }
        ("last", Some("week")) => {
            words.next();
            let monday = monday_of(today);
            from_to(
                kind,
                monday.and_then(|day| day.checked_sub_days(Days::new(7))),
                monday,
            );
        }
        ("this" | "the", Some("month")) => {
            words.next();
            from_to(kind, today.with_day(1), next_month(today));
        }
        ("next", Some("month")) => {
            words.next();
            from_to(kind, next_month(today), next_month(today).and_then(next_month));
        }
        ("this" | "the", Some("weekend")) | ("weekend", _) => {
            words.skip_if(&["weekend"]);
            let saturday = monday_of(today).and_then(|day| plus(Some(day), 5));
            from_to(kind, saturday, saturday.and_then(|day| plus(Some(day), 2)));
        }
        ("next" | "coming", Some(count))
            if number(count).is_some() && words.peek_further() == Some("days") =>
        {
            let days = words.next().and_then(|count| number(&count)).unwrap_or_default();
            words.next();
            from_to(kind, Some(today), plus(Some(today), u64::from(days)));
        }
        ("morning" | "mornings", _) => kind.hours = Some((0, 12)),
        ("afternoon" | "afternoons", _) => kind.hours = Some((12, 17)),
        ("evening" | "evenings", _) => kind.hours = Some((17, 24)),
        _ => return read_day(kind, word, words, scene),
    }
    true
}

/// `tomorrow`, `next Friday`, `before 2026-04-01`, `by Monday`.
fn read_day(kind: &mut Kind, word: &str, words: &mut Words, scene: &Scene<'_>) -> bool {
    let is_bound = matches!(word, "by" | "before" | "after" | "since" | "until");
    let mut text = if is_bound { String::new() } else { word.to_owned() };
    if is_bound || matches!(word, "next" | "this" | "on") {
        let Some(next) = words.peek() else {
            return false;
        };
        if word == "on" {
            text.clear();
        }
        text.push(' ');
        text.push_str(next);
    }
    let is_two = text.trim() != word;
    let Some(day) = day_of(&text, scene) else {
        return false;
    };
    if is_two {
        words.next();
    }
    let after = plus(Some(day), 1);
    let today = scene.context.zone.local(scene.context.now).date();
    match word {
        "by" | "until" => kind.filter.due_before = after.map(Due::Day),
        "before" => kind.filter.due_before = Some(Due::Day(day)),
        "after" => kind.filter.due_after = after.map(Due::Day),
        // The one that was last.
        "since" => {
            let ahead = u64::try_from((day - today).num_days()).unwrap_or_default();
            let back = ahead.div_ceil(7) * 7;
            from_to(kind, day.checked_sub_days(Days::new(back)), None);
        }
        _ => from_to(kind, Some(day), after),
    }
    true
}

/// The day that a word like `tomorrow` or `Friday` names; no number by itself is one.
fn day_of(text: &str, scene: &Scene<'_>) -> Option<NaiveDate> {
    let text = text.trim();
    let last = text.split(' ').next_back()?;
    let is_day = WEEKDAYS.contains(&last)
        || last == "tomorrow"
        || last == "today"
        || (last.len() >= 8
            && last.contains(['-', '.'])
            && last.starts_with(|letter: char| letter.is_ascii_digit()));
    if !is_day {
        return None;
    }
    match read_date(text, &scene.context)? {
        Due::Day(day) => Some(day),
        Due::Time(_) => None,
    }
}

/// What is done was done in the period; what is not is due in it.
fn from_to(kind: &mut Kind, from: Option<NaiveDate>, to: Option<NaiveDate>) {
    kind.filter.due_after = from.map(Due::Day);
    kind.filter.due_before = to.map(Due::Day);
}

impl Kind {
    /// What is done was done in the period, and not due in it.
    pub(in crate::assistant) fn look_back(&mut self, scene: &Scene<'_>) {
        if self.filter.status != ListStatus::Completed {
            return;
        }
        let today = scene.context.zone.local(scene.context.now).date();
        let since = match self.filter.due.take() {
            Some(DueFilter::Today) => Some(today),
            Some(DueFilter::Week) => monday_of(today),
            other => {
                self.filter.due = other;
                match self.filter.due_after {
                    Some(Due::Day(day)) => Some(day),
                    _ => None,
                }
            }
        };
        if let Some(since) = since {
            self.filter.completed_since = Some(Due::Day(since));
            (self.filter.due_after, self.filter.due_before) = (None, None);
        }
    }
}

fn passing<T>(words: &mut Words, value: T) -> T {
    words.next();
    value
}

fn monday_of(day: NaiveDate) -> Option<NaiveDate> {
    let since = day.weekday().num_days_from_monday();
    day.checked_sub_days(Days::new(u64::from(since)))
}

fn next_month(day: NaiveDate) -> Option<NaiveDate> {
    day.with_day(1)?.checked_add_months(Months::new(1))
}

fn plus(day: Option<NaiveDate>, days: u64) -> Option<NaiveDate> {
    day?.checked_add_days(Days::new(days))
}
