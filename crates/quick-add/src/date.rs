//! Phrases for a date: what leads to them, and the ones that count from today. [`crate::calendar`] reads those that
//! name a day of the calendar.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, TimeDelta, Weekday};
use chrono_tz::Tz;

use crate::calendar;
use crate::clock::resolve;
use crate::cursor::Cursor;
use crate::length::{Length, length};
use crate::words::{DayPart, Unit, day_part, unit, weekday};

/// What phrases are read against.
#[derive(Clone, Debug)]
pub(crate) struct Today {
    pub(crate) now: DateTime<Tz>,
    pub(crate) day: NaiveDate,
}

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
        today.later(length(cursor)?)?
    } else {
        let length = length(cursor)?;
        if !cursor.take(&["from"]) {
            return None;
        }
        if cursor.take(&["now"]) {
            today.later(length)?
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
    if !is_next && !cursor.take(&["this", "coming"]) {
        return None;
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

/// The first and the last day of the week, month, quarter or year that lies so many after the one of `day`.
pub(crate) fn period(day: NaiveDate, unit: Unit, ahead: u32) -> Option<(NaiveDate, NaiveDate)> {
    let months = match unit {
        Unit::Week => {
            let monday = day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into()))?;
            let monday = monday.checked_add_days(Days::new(u64::from(ahead) * 7))?;
            return Some((monday, monday.checked_add_days(Days::new(6))?));
        }
        Unit::Month => 1,
        Unit::Quarter => 3,
        Unit::Year => 12,
        Unit::Day | Unit::Hour | Unit::Minute => return None,
    };
    let month = day.month0() / months * months + 1;
    let first = NaiveDate::from_ymd_opt(day.year(), month, 1)?;
    let first = first.checked_add_months(Months::new(months.checked_mul(ahead)?))?;
    let next = first.checked_add_months(Months::new(months))?;
    Some((first, next.pred_opt()?))
}

/// Whether the day lies in the years that the application keeps.
fn is_kept(day: &NaiveDate) -> bool {
    (1970..=9999).contains(&day.year())
}

impl Today {
    /// The coming such day, at the earliest so many days from now.
    pub(crate) fn coming(&self, weekday: Weekday, earliest: u64) -> Option<NaiveDate> {
        let from = self.day.checked_add_days(Days::new(earliest))?;
        from.checked_add_days(Days::new(weekday.days_since(from.weekday()).into()))
    }

    /// The day of the week that begins on the coming Monday.
    fn in_next_week(&self, weekday: Weekday) -> Option<NaiveDate> {
        let (monday, _) = period(self.day, Unit::Week, 1)?;
        monday.checked_add_days(Days::new(weekday.num_days_from_monday().into()))
    }

    /// The coming Saturday, or today while it is the weekend.
    fn weekend(&self) -> Option<NaiveDate> {
        if self.day.weekday() == Weekday::Sun {
            return Some(self.day);
        }
        self.coming(Weekday::Sat, 0)
    }

    /// So much later than now: a day, or with hours and minutes an instant.
    fn later(&self, length: Length) -> Option<When> {
        let day = length.after(self.day).filter(is_kept)?;
        if length.minutes == 0 {
            return Some(When::Day(NamedDay::plain(day)));
        }
        let from = if day == self.day {
            self.now
        } else {
            resolve(day.and_time(self.now.time()), self.now.timezone())?
        };
        let instant = from.checked_add_signed(TimeDelta::try_minutes(length.minutes.into())?)?;
        is_kept(&instant.date_naive()).then_some(When::Instant(instant))
    }
}

impl Length {
    /// The day that lies the months and days of this length after another.
    pub(crate) fn after(self, day: NaiveDate) -> Option<NaiveDate> {
        day.checked_add_months(Months::new(self.months))?
            .checked_add_days(Days::new(self.days.into()))
    }
}

impl NamedDay {
    pub(crate) fn plain(day: NaiveDate) -> Self {
        Self { day, part: None }
    }
}
