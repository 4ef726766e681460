//! The vocabulary: names of days, months, numbers and units. It reads single words, already in lower case.

use chrono::{Month, Weekday};

/// Largest number that is read; nobody plans further.
const NUMBER_LIMIT: u32 = 10_000;

/// A stretch of time by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// A part of the day that stands for an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DayPart {
    Morning,
    Afternoon,
    Evening,
    Night,
}

/// Which one of several: the first, the second … or the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ordinal {
    /// −1 for the last.
    pub(crate) number: i32,
    /// Whether it was written with digits, as days of the month are.
    pub(crate) is_numeric: bool,
}

/// A day of the week, and how it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NamedWeekday {
    pub(crate) weekday: Weekday,
    /// `Mondays`, which means each of them.
    pub(crate) is_plural: bool,
    /// `sat`, `sun` and `wed` are words of their own too.
    pub(crate) is_doubtful: bool,
}

pub(crate) fn weekday(word: &str) -> Option<NamedWeekday> {
    let (weekday, is_plural, is_doubtful) = match word {
        "monday" | "mon" => (Weekday::Mon, false, false),
        "tuesday" | "tue" | "tues" => (Weekday::Tue, false, false),
        "wednesday" | "weds" => (Weekday::Wed, false, false),
        "wed" => (Weekday::Wed, false, true),
        "thursday" | "thu" | "thur" | "thurs" => (Weekday::Thu, false, false),
        "friday" | "fri" => (Weekday::Fri, false, false),
        "saturday" => (Weekday::Sat, false, false),
        "sat" => (Weekday::Sat, false, true),
        "sunday" => (Weekday::Sun, false, false),
        "sun" => (Weekday::Sun, false, true),
        _ => {
            let day = word.strip_suffix('s').filter(|day| day.ends_with("day"))?;
            (weekday(day)?.weekday, true, false)
        }
    };
    Some(NamedWeekday {
        weekday,
        is_plural,
        is_doubtful,
    })
}

pub(crate) fn month(word: &str) -> Option<Month> {
    match word.strip_suffix('.').unwrap_or(word) {
        "january" | "jan" => Some(Month::January),
        "february" | "feb" => Some(Month::February),
        "march" | "mar" => Some(Month::March),
        "april" | "apr" => Some(Month::April),
        "may" => Some(Month::May),
        "june" | "jun" => Some(Month::June),
        "july" | "jul" => Some(Month::July),
        "august" | "aug" => Some(Month::August),
        "september" | "sept" | "sep" => Some(Month::September),
        "october" | "oct" => Some(Month::October),
        "november" | "nov" => Some(Month::November),
        "december" | "dec" => Some(Month::December),
        _ => None,
    }
}

/// Digits alone, up to 10,000: no sign, no fraction.
pub(crate) fn digits(word: &str) -> Option<u32> {
    let is_number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse()
        .ok()
        .filter(|number| is_number && *number <= NUMBER_LIMIT)
}

/// `3`, `three`, `a`.
pub(crate) fn number(word: &str) -> Option<u32> {
    Some(match word {
        "a" | "an" | "one" => 1,
        "two" => 2,
        "three" => 3,
        "four" => 4,
        "five" => 5,
        "six" => 6,
        "seven" => 7,
        "eight" => 8,
        "nine" => 9,
        "ten" => 10,
        "eleven" => 11,
        "twelve" => 12,
        "fifteen" => 15,
        "twenty" => 20,
        "thirty" => 30,
        "forty-five" => 45,
        "sixty" => 60,
        "ninety" => 90,
        _ => return digits(word),
    })
}

/// `1st` to `31st`, `first` to `fifth`, `last`.
pub(crate) fn ordinal(word: &str) -> Option<Ordinal> {
    let in_words = |number| {
        Some(Ordinal {
            number,
            is_numeric: false,
        })
    };
    match word {
        "first" => return in_words(1),
        "second" => return in_words(2),
        "third" => return in_words(3),
        "fourth" => return in_words(4),
        "fifth" => return in_words(5),
        "last" => return in_words(-1),
        _ => {}
    }
    let (figures, ending) = word.split_at_checked(word.len().checked_sub(2)?)?;
    let number = digits(figures).filter(|number| (1..=31).contains(number))?;
    let expected = match (number % 10, number) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    (ending == expected).then_some(Ordinal {
        number: i32::try_from(number).ok()?,
        is_numeric: true,
    })
}

/// A unit by its whole name or a usual short form.
pub(crate) fn unit(word: &str) -> Option<Unit> {
    Some(match word {
        "minute" | "minutes" | "min" | "mins" => Unit::Minute,
        "hour" | "hours" | "hr" | "hrs" => Unit::Hour,
        "day" | "days" => Unit::Day,
        "week" | "weeks" | "wk" | "wks" => Unit::Week,
        "month" | "months" => Unit::Month,
        "quarter" | "quarters" => Unit::Quarter,
        "year" | "years" | "yr" | "yrs" => Unit::Year,
        _ => return None,
    })
}

/// A unit that is written right behind its number, as in `2h30m`.
pub(crate) fn short_unit(letters: &str) -> Option<Unit> {
    match letters {
        "m" => Some(Unit::Minute),
        "h" => Some(Unit::Hour),
        "d" => Some(Unit::Day),
        "w" => Some(Unit::Week),
        "y" => Some(Unit::Year),
        _ => unit(letters),
    }
}

pub(crate) fn day_part(word: &str) -> Option<DayPart> {
    match word {
        "morning" => Some(DayPart::Morning),
        "afternoon" => Some(DayPart::Afternoon),
        "evening" => Some(DayPart::Evening),
        "night" => Some(DayPart::Night),
        _ => None,
    }
}

impl DayPart {
    /// The hour that it stands for where none is said.
    pub(crate) fn hour(self) -> u32 {
        match self {
            Self::Morning => 9,
            Self::Afternoon => 15,
            Self::Evening => 19,
            Self::Night => 21,
        }
    }
}
