//! Phrases for a time of day: `at 9`, `9:30pm`, `21:00`, `noon`, `in the morning`.

use chrono::NaiveTime;

use crate::clock::Clock;
use crate::cursor::Cursor;
use crate::words::{DayPart, day_part, digits};

/// What a phrase says about the time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    /// A time.
    Clock(Clock),
    /// A part of the day.
    Part(DayPart),
}

/// A time of day as a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimePhrase {
    pub(crate) time: Time,
    /// Whether it is understood in the middle of a sentence too.
    pub(crate) is_strong: bool,
    /// Whether a word like `at` leads to it.
    pub(crate) is_led: bool,
}

pub(crate) fn time(cursor: &mut Cursor<'_>) -> Option<TimePhrase> {
    cursor
        .attempt(spoken_part)
        .or_else(|| cursor.attempt(led))
        .or_else(|| cursor.attempt(unled))
}

/// `in the morning`, `at night`.
fn spoken_part(cursor: &mut Cursor<'_>) -> Option<TimePhrase> {
    let part = if cursor.take_all(&["in", "the"]) {
        cursor.read(day_part).filter(|part| *part != DayPart::Night)?
    } else if cursor.take_all(&["at", "night"]) {
        DayPart::Night
    } else {
        return None;
    };
    Some(TimePhrase {
        time: Time::Part(part),
        is_strong: part != DayPart::Night,
        is_led: true,
    })
}

fn led(cursor: &mut Cursor<'_>) -> Option<TimePhrase> {
    cursor.take(&["due"]);
    if !cursor.take(&["at", "@", "by"]) {
        // `@5pm`
        let (clock, _) = cursor.read(|word| clock_word(word.strip_prefix('@')?))?;
        return Some(phrase(clock, true, true));
    }
    if let Some((clock, _)) = cursor.attempt(clock) {
        return Some(phrase(clock, true, true));
    }
    let hour = cursor.read(|word| digits(word).filter(|hour| *hour <= 23 && word.len() <= 2))?;
    let is_strong = cursor.take(&["o'clock", "oclock"]);
    Some(phrase(hour_alone(hour)?, is_strong, true))
}

fn unled(cursor: &mut Cursor<'_>) -> Option<TimePhrase> {
    let (clock, is_certain) = cursor.attempt(clock)?;
    Some(phrase(clock, is_certain, false))
}

fn phrase(clock: Clock, is_strong: bool, is_led: bool) -> TimePhrase {
    TimePhrase {
        time: Time::Clock(clock),
        is_strong,
        is_led,
    }
}

/// `noon`, `21:00`, `9pm`, `9 pm`; and whether nothing but a time is written so.
fn clock(cursor: &mut Cursor<'_>) -> Option<(Clock, bool)> {
    if cursor.take(&["noon", "midday"]) {
        return Some((Clock::Exact(NaiveTime::from_hms_opt(12, 0, 0)?), false));
    }
    if cursor.take(&["midnight"]) {
        return Some((Clock::Midnight, false));
    }
    let in_two_words = cursor.attempt(|cursor| {
        let figures = cursor.next()?;
        let half = cursor.read(half)?;
        halved(figures, half)
    });
    if let Some(clock) = in_two_words {
        return Some((clock, true));
    }
    cursor.read(clock_word)
}

/// A time in one word, and whether nothing but a time is written so.
pub(crate) fn clock_word(word: &str) -> Option<(Clock, bool)> {
    let figures = word.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    if let Some(half) = word.get(figures.len()..).and_then(half) {
        return Some((halved(figures, half)?, true));
    }
    let (hour, minute) = word.split_once(':')?;
    let (hour, minute) = (hour_figures(hour)?, minute_figures(minute)?);
    Some((clock_of(hour, minute)?, false))
}

/// Hours to add for `am` and `pm`.
fn half(word: &str) -> Option<u32> {
    match word {
        "am" | "a.m." | "a.m" => Some(0),
        "pm" | "p.m." | "p.m" => Some(12),
        _ => None,
    }
}

fn halved(figures: &str, half: u32) -> Option<Clock> {
    let (hour, minute) = figures
        .split_once([':', '.'])
        .map_or((figures, "00"), |parts| parts);
    let hour = hour_figures(hour).filter(|hour| (1..=12).contains(hour))?;
    let time = NaiveTime::from_hms_opt(hour % 12 + half, minute_figures(minute)?, 0)?;
    Some(Clock::Exact(time))
}

fn clock_of(hour: u32, minute: u32) -> Option<Clock> {
    if (1..=11).contains(&hour) && minute < 60 {
        return Some(Clock::Open {
            hour,
            minute,
            has_minutes: true,
        });
    }
    NaiveTime::from_hms_opt(hour, minute, 0).map(Clock::Exact)
}

fn hour_alone(hour: u32) -> Option<Clock> {
    match clock_of(hour, 0)? {
        Clock::Open { hour, minute, .. } => Some(Clock::Open {
            hour,
            minute,
            has_minutes: false,
        }),
        clock => Some(clock),
    }
}

fn hour_figures(figures: &str) -> Option<u32> {
    digits(figures).filter(|hour| *hour <= 23 && figures.len() <= 2)
}

fn minute_figures(figures: &str) -> Option<u32> {
    digits(figures).filter(|minute| *minute <= 59 && figures.len() == 2)
}
