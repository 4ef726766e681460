//! Phrases for a date: what leads to them, and the ones that count from today. [`crate::calendar`] reads those that
//! name a day of the calendar.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Weekday};
use chrono_tz::Tz;

use crate::calendar;
use crate::clock::resolve;
use crate::cursor::Cursor;
use crate::length::{Length, length};
use crate::today::{Today, is_kept, period};
use crate::words::{DayPart, Unit, day_part, unit, weekday};

/// What a phrase for a date says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// A day, perhaps with a part of it.
    Day(NamedDay),
    /// An instant.
    Instant(DateTime<Tz>),
    /// A day that no calendar has, like 30 February.
    NoSuchDay,
    /// Day and month, or month and day.
    Ambiguous,
}

/// A day as it was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NamedDay {
    pub(crate) day: NaiveDate,
    pub(crate) part: Option<DayPart>,
}

/// How sure it is that words are a date and no part of a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// Understood wherever it stands.
    Sure,
    /// Understood wherever it stands if a word like `on` leads to it.
    SureIfLed,
    /// Understood only where the title does not go on behind it.
    Doubtful,
    /// The same, and a word like `on` must lead to it.
    DoubtfulIfLed,
}

/// What stands before a date and belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lead {
    None,
    /// `on`, `by`, `due`.
    Firm,
    /// `for`, which also leads to other things.
    Loose,
}

/// A phrase for a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DatePhrase {
    pub(crate) when: When,
    pub(crate) is_strong: bool,
    pub(crate) is_led: bool,
}

pub(crate) fn date(cursor: &mut Cursor<'_>, today: &Today) -> Option<DatePhrase> {
    let lead = lead(cursor);
    let (when, certainty) = unled(cursor, today)?;
    let is_strong = match (certainty, lead) {
        (Certainty::DoubtfulIfLed, Lead::None | Lead::Loose) => return None,
        (Certainty::Sure, _) | (Certainty::SureIfLed, Lead::Firm) => true,
        _ => false,
    };
    Some(DatePhrase {
        when,
        is_strong,
        is_led: lead != Lead::None,
    })
}

fn lead(cursor: &mut Cursor<'_>) -> Lead {
    if cursor.take(&["due"]) {
        cursor.take(&["on", "by"]);
        Lead::Firm
    } else if cursor.take(&["on", "by", "until", "till"]) {
        Lead::Firm
    } else if cursor.take(&["for"]) {
        Lead::Loose
    } else {
        Lead::None
    }
}

/// A date without what leads to it; `starting` and `until` lead in their own way.
pub(crate) fn unled(cursor: &mut Cursor<'_>, today: &Today) -> Option<(When, Certainty)> {
    if let Some((when, certainty)) = cursor.attempt(|cursor| counted(cursor, today)) {
        return Some((when, certainty));
    }
    let (day, certainty) = cursor
        .attempt(|cursor| near(cursor, today))
        .or_else(|| cursor.attempt(|cursor| edge(cursor, today)))
        .or_else(|| cursor.attempt(|cursor| relative(cursor, today)))
        .or_else(|| cursor.attempt(|cursor| named_weekday(cursor, today)))
        .map(|(named, certainty)| (When::Day(named), certainty))
        .or_else(|| cursor.attempt(|cursor| calendar::day(cursor, today)))?;
    match day {
        When::Day(named) => {
            let part = named.part.or_else(|| cursor.read(day_part));
            let named = NamedDay { part, ..named };
            is_kept(&named.day).then_some((When::Day(named), certainty))
        }
        other => Some((other, certainty)),
    }
}

/// `in 2 hours`, `3 days from now`, `a week from Friday`.
fn counted(cursor: &mut Cursor<'_>, today: &Today) -> Option<(When, Certainty)> {
    let when = if cursor.take(&["in"]) {
        later(today, length(cursor)?)?
    } else {
        let length = length(cursor)?;
        if !cursor.take(&["from"]) {
            return None;
        }
        if cursor.take(&["now"]) {
            later(today, length)?
        } else {
            let (from, _) = cursor
                .attempt(|cursor| near(cursor, today))
                .or_else(|| cursor.attempt(|cursor| named_weekday(cursor, today)))?;
            if length.minutes > 0 {
                return None;
            }
            When::Day(NamedDay::plain(length.after(from.day).filter(is_kept)?))
        }
    };
    Some((when, Certainty::Sure))
}

/// So much later than now: a day, or with hours and minutes an instant.
fn later(today: &Today, length: Length) -> Option<When> {
    let day = length.after(today.day).filter(is_kept)?;
    if length.minutes == 0 {
        return Some(When::Day(NamedDay::plain(day)));
    }
    let from = if day == today.day {
        today.now
    } else {
        resolve(day.and_time(today.now.time()), today.now.timezone())?
    };
    let instant = from.checked_add_signed(TimeDelta::try_minutes(length.minutes.into())?)?;
    is_kept(&instant.date_naive()).then_some(When::Instant(instant))
}

/// `today`, `tonight`, `tomorrow`, `the day after tomorrow`.
fn near(cursor: &mut Cursor<'_>, today: &Today) -> Option<(NamedDay, Certainty)> {
    let after = |days| today.day.checked_add_days(Days::new(days)).map(NamedDay::plain);
    let the = cursor.take(&["the"]);
    if cursor.take_all(&["day", "after", "tomorrow"]) {
        return Some((after(2)?, Certainty::Sure));
    }
    if the {
        return None;
    }
    let (named, certainty) = match cursor.next()? {
        "today" | "eod" => (after(0)?, Certainty::Sure),
        "tonight" => (
            NamedDay {
                part: Some(DayPart::Night),
                ..after(0)?
            },
            Certainty::Sure,
        ),
        "tomorrow" | "tmr" | "tmrw" | "tomorow" | "tommorow" | "tommorrow" => (after(1)?, Certainty::Sure),
        "yesterday" => (NamedDay::plain(today.day.pred_opt()?), Certainty::Doubtful),
        _ => return None,
    };
    Some((named, certainty))
}

/// `end of month`, `at the beginning of next week`.
fn edge(cursor: &mut Cursor<'_>, today: &Today) -> Option<(NamedDay, Certainty)> {
    let short = cursor.read(|word| match word {
        "eow" => Some(Unit::Week),
        "eom" => Some(Unit::Month),
        "eoy" => Some(Unit::Year),
        _ => None,
    });
    if let Some(unit) = short {
        let (_, last) = period(today.day, unit, 0)?;
        return Some((NamedDay::plain(last), Certainty::Sure));
    }
    cursor.take(&["at"]);
    cursor.take(&["the"]);
    let is_end = cursor.take(&["end"]);
    if !is_end && !cursor.take(&["beginning", "start"]) {
        return None;
    }
    if !cursor.take(&["of"]) {
        return None;
    }
    let (first, last) = if let Some(bounds) = cursor.attempt(|cursor| calendar::month(cursor, today)) {
        bounds
    } else {
        let is_next = cursor.take(&["next"]);
        if !is_next {
            cursor.take(&["the", "this"]);
        }
        let unit = cursor.read(unit)?;
        period(today.day, unit, u32::from(is_next))?
    };
    let day = if is_end { last } else { first };
    Some((NamedDay::plain(day), Certainty::Sure))
}

/// `next week`, `next Friday`, `this weekend`, `this evening`.
fn relative(cursor: &mut Cursor<'_>, today: &Today) -> Option<(NamedDay, Certainty)> {
    let sure = |day| Some((NamedDay::plain(day), Certainty::Sure));
    if cursor.take_all(&["the", "weekend"]) {
        return Some((NamedDay::plain(today.weekend()?), Certainty::SureIfLed));
    }
    let is_next = cursor.take(&["next"]);
    if !is_next {
        let is_this = cursor.take(&["this"]);
        if !cursor.take(&["coming"]) && !is_this {
            return None;
        }
    }
    if cursor.take(&["weekend"]) {
        let saturday = if is_next {
            today.in_next_week(Weekday::Sat)?
        } else {
            today.weekend()?
        };
        return sure(saturday);
    }
    if let Some(named) = cursor.read(weekday) {
        let day = match is_next {
            _ if named.is_plural => return None,
            true => today.in_next_week(named.weekday)?,
            false => today.coming(named.weekday, 0)?,
        };
        return sure(day);
    }
    if !is_next {
        let part = cursor.read(day_part).filter(|part| *part != DayPart::Night)?;
        let named = NamedDay {
            day: today.day,
            part: Some(part),
        };
        return Some((named, Certainty::Sure));
    }
    let unit = cursor.read(unit)?;
    if unit == Unit::Week {
        let in_week = cursor.attempt(|cursor| {
            cursor.take(&["on"]);
            cursor.read(|word| weekday(word).filter(|named| !named.is_plural && !named.is_doubtful))
        });
        if let Some(named) = in_week {
            return sure(today.in_next_week(named.weekday)?);
        }
    }
    sure(period(today.day, unit, 1)?.0)
}

/// `Friday`, `Friday next week`.
fn named_weekday(cursor: &mut Cursor<'_>, today: &Today) -> Option<(NamedDay, Certainty)> {
    let named = cursor.read(weekday).filter(|named| !named.is_plural)?;
    if cursor.take_all(&["next", "week"]) {
        return Some((
            NamedDay::plain(today.in_next_week(named.weekday)?),
            Certainty::Sure,
        ));
    }
    let certainty = match named.is_doubtful {
        true => Certainty::DoubtfulIfLed,
        false => Certainty::SureIfLed,
    };
    Some((NamedDay::plain(today.coming(named.weekday, 1)?), certainty))
}

impl NamedDay {
    pub(crate) fn plain(day: NaiveDate) -> Self {
        Self { day, part: None }
    }
}
