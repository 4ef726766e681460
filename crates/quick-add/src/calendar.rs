//! Phrases that name a day of the calendar: `June 1`, `1 June 2027`, `2027-06-01`, `on the 1st`, `the last Friday of May`.

use chrono::{Datelike as _, Days, Month, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc, Weekday};

use crate::clock::resolve;
use crate::cursor::Cursor;
use crate::date::{Certainty, NamedDay, When};
use crate::today::{Today, period};
use crate::words::{self, Ordinal, Unit, digits, ordinal, weekday};

/// 29 February comes again within so many years.
const YEARS_TO_A_LEAP_DAY: i32 = 8;

pub(crate) fn day(cursor: &mut Cursor<'_>, today: &Today) -> Option<(When, Certainty)> {
    if let Some(when) = cursor.read(|word| iso(word, today)) {
        return Some((when, Certainty::Sure));
    }
    // "March 3 miles", "you may 5 times": verbs as well.
    let certainty = match cursor.peek() {
        Some("may" | "march" | "mar") => Certainty::SureIfLed,
        _ => Certainty::Sure,
    };
    if let Some(when) = cursor.attempt(|cursor| month_and_day(cursor, today)) {
        return Some((when, certainty));
    }
    if let Some(when) = cursor.attempt(|cursor| weekday_of_month(cursor, today)) {
        return Some((when, Certainty::Sure));
    }
    if let Some(found) = cursor.attempt(|cursor| day_of_month(cursor, today)) {
        return Some(found);
    }
    if let Some(when) = cursor.read(|word| slashed(word, today)) {
        return Some((when, Certainty::SureIfLed));
    }
    let (first, _) = cursor.attempt(|cursor| {
        let is_led = cursor.take(&["in"]);
        let before = cursor.at();
        let bounds = month(cursor, today)?;
        // `June` alone is as often a name.
        (is_led || cursor.at() > before + 1).then_some(bounds)
    })?;
    Some((When::Day(NamedDay::plain(first)), Certainty::Doubtful))
}

/// The first and the last day of `June` or `June 2027`; without a year the coming one, or the present month.
pub(crate) fn month(cursor: &mut Cursor<'_>, today: &Today) -> Option<(NaiveDate, NaiveDate)> {
    let month = cursor.read(words::month)?.number_from_month();
    let year = cursor.read(year).unwrap_or_else(|| {
        let is_over = month < today.day.month();
        today.day.year() + i32::from(is_over)
    });
    period(NaiveDate::from_ymd_opt(year, month, 1)?, Unit::Month, 0)
}

pub(crate) fn year(word: &str) -> Option<i32> {
    let year = digits(word).filter(|year| word.len() == 4 && (1970..=9999).contains(year))?;
    i32::try_from(year).ok()
}

/// `June 1`, `1st of June`, with or without a year.
fn month_and_day(cursor: &mut Cursor<'_>, today: &Today) -> Option<When> {
    let (month, day) = named_day(cursor)?;
    let year = cursor.attempt(|cursor| {
        cursor.over_comma();
        cursor.read(year)
    });
    Some(dated(year, month, day, today))
}

/// A month and a day of it, in either order.
pub(crate) fn named_day(cursor: &mut Cursor<'_>) -> Option<(Month, u32)> {
    let number = |word: &str| {
        let plain = digits(word).filter(|day| (1..=31).contains(day) && word.len() <= 2);
        plain.or_else(|| u32::try_from(ordinal(word)?.number).ok())
    };
    if let Some(month) = cursor.read(words::month) {
        cursor.take(&["the"]);
        return Some((month, cursor.read(number)?));
    }
    let the = cursor.take(&["the"]);
    let day = cursor.read(number)?;
    let of = cursor.take(&["of"]);
    let month = cursor.read(words::month)?;
    (of || !the).then_some((month, day))
}

/// A day of a month in this year, or without a year the coming one.
fn dated(year: Option<i32>, month: Month, day: u32, today: &Today) -> When {
    let of = |year| NaiveDate::from_ymd_opt(year, month.number_from_month(), day);
    let found = match year {
        Some(year) => of(year),
        None => (0..=YEARS_TO_A_LEAP_DAY)
            .filter_map(|ahead| of(today.day.year() + ahead))
            .find(|found| *found >= today.day),
    };
    found.map_or(When::NoSuchDay, |day| When::Day(NamedDay::plain(day)))
}

/// `2027-06-01`, `2027/06/01`, `2027-06-01T09:30`, with or without seconds and an offset; `1.6.2027`.
fn iso(word: &str, today: &Today) -> Option<When> {
    let (day, time) = word
        .split_once('t')
        .map_or((word, None), |(day, time)| (day, Some(time)));
    let separator = day.chars().find(|letter| !letter.is_ascii_digit())?;
    let mut parts = day.split(separator);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let short = |text: &str| digits(text).filter(|_| text.len() <= 2);
    let (year, month, day) = match separator {
        '-' | '/' if second.len() == 2 && third.len() == 2 => (year(first)?, short(second)?, short(third)?),
        '.' if time.is_none() => (year(third)?, short(second)?, short(first)?),
        _ => return None,
    };
    let Some(day) = NaiveDate::from_ymd_opt(year, month, day) else {
        return Some(When::NoSuchDay);
    };
    match time {
        None => Some(When::Day(NamedDay::plain(day))),
        Some(time) => instant(day, time, today).map(When::Instant),
    }
}

/// `09:30`, `09:30:00`, and what may follow: `z`, `+02:00`.
fn instant(day: NaiveDate, time: &str, today: &Today) -> Option<chrono::DateTime<chrono_tz::Tz>> {
    let end = time.find(['z', '+', '-']).unwrap_or(time.len());
    let (clock, offset) = time.split_at(end);
    let time = NaiveTime::parse_from_str(clock, "%H:%M:%S")
        .or_else(|_| NaiveTime::parse_from_str(clock, "%H:%M"))
        .ok()?;
    let zone = today.now.timezone();
    let minutes = match offset.split_at_checked(1) {
        None => return resolve(day.and_time(time), zone),
        Some(("z", "")) => 0,
        Some((sign, offset)) => {
            let (hours, minutes) = offset.split_once(':')?;
            let minutes = digits(hours)? * 60 + digits(minutes).filter(|minutes| *minutes < 60)?;
            let minutes = i64::from(minutes);
            if minutes > 24 * 60 {
                return None;
            }
            if sign == "-" { -minutes } else { minutes }
        }
    };
    let utc = day
        .and_time(time)
        .checked_sub_signed(TimeDelta::try_minutes(minutes)?)?;
    Some(Utc.from_utc_datetime(&utc).with_timezone(&zone))
}

/// `25/12`, `12/25/2027`: one of the two must be too large for a month, or both the same; else it is ambiguous.
fn slashed(word: &str, today: &Today) -> Option<When> {
    let mut parts = word.split('/');
    let short = |text: &str| digits(text).filter(|number| (1..=31).contains(number) && text.len() <= 2);
    let (first, second) = (short(parts.next()?)?, short(parts.next()?)?);
    let year = match parts.next() {
        None => None,
        Some(text) => Some(year(text)?),
    };
    // Nobody means 24 July.
    if parts.next().is_some() || word == "24/7" {
        return None;
    }
    let (month, day) = match (first > 12, second > 12) {
        (true, false) => (second, first),
        (false, true) => (first, second),
        (false, false) if first == second => (first, second),
        (false, false) => return Some(When::Ambiguous),
        (true, true) => return None,
    };
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Some(dated(year, month, day, today))
}

/// `the last Friday of May`, `the first Monday of next month`, `the last day of the month`.
fn weekday_of_month(cursor: &mut Cursor<'_>, today: &Today) -> Option<When> {
    cursor.take(&["the"]);
    let ordinal = cursor.read(ordinal)?;
    let named = if cursor.take(&["day"]) {
        None
    } else {
        Some(
            cursor
                .read(|word| weekday(word).filter(|named| !named.is_plural))?
                .weekday,
        )
    };
    let of = |first: NaiveDate| match named {
        Some(weekday) => nth_weekday(first, weekday, ordinal.number),
        None if ordinal.number < 0 => Some(period(first, Unit::Month, 0)?.1),
        None => first.with_day(u32::try_from(ordinal.number).ok()?),
    };
    if !cursor.take(&["of", "in"]) {
        return None;
    }
    let found = match cursor.attempt(|cursor| month(cursor, today)) {
        Some((first, _)) => of(first),
        None => match month_ahead(cursor)? {
            Some(ahead) => of(period(today.day, Unit::Month, ahead)?.0),
            None => (0..=12)
                .filter_map(|ahead| of(period(today.day, Unit::Month, ahead)?.0))
                .find(|day| *day >= today.day),
        },
    };
    Some(found.map_or(When::NoSuchDay, |day| When::Day(NamedDay::plain(day))))
}

/// `the 1st`, `the 15th of next month`.
fn day_of_month(cursor: &mut Cursor<'_>, today: &Today) -> Option<(When, Certainty)> {
    cursor.take(&["the"]);
    let Ordinal { number, is_numeric } = cursor.read(ordinal)?;
    let day = u32::try_from(number).ok().filter(|_| is_numeric)?;
    let of_month = cursor.attempt(|cursor| {
        if cursor.take(&["of"]) {
            month_ahead(cursor)
        } else {
            None
        }
    });
    let found = match of_month {
        Some(Some(ahead)) => period(today.day, Unit::Month, ahead)?.0.with_day(day),
        _ => (0..=12)
            .filter_map(|ahead| period(today.day, Unit::Month, ahead)?.0.with_day(day))
            .find(|day| *day >= today.day),
    };
    let certainty = match of_month {
        Some(_) => Certainty::Sure,
        None => Certainty::DoubtfulIfLed,
    };
    let when = found.map_or(When::NoSuchDay, |day| When::Day(NamedDay::plain(day)));
    Some((when, certainty))
}

/// `next month` as 1, `this month` as 0, `the month` as none of them in particular.
fn month_ahead(cursor: &mut Cursor<'_>) -> Option<Option<u32>> {
    let which = match cursor.next()? {
        "next" => Some(1),
        "this" => Some(0),
        "the" => None,
        _ => return None,
    };
    cursor.take(&["month"]).then_some(which)
}

/// The first, second … or last such day of the month that begins with `first`.
pub(crate) fn nth_weekday(first: NaiveDate, weekday: Weekday, number: i32) -> Option<NaiveDate> {
    let (_, last) = period(first, Unit::Month, 0)?;
    if number < 0 {
        let back = last.weekday().days_since(weekday);
        return last.checked_sub_days(Days::new(back.into()));
    }
    let weeks = u64::try_from(number).ok()?.checked_sub(1)?;
    let days = u64::from(weekday.days_since(first.weekday())) + weeks * 7;
    first.checked_add_days(Days::new(days)).filter(|day| *day <= last)
}
