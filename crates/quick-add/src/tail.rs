//! What can follow a repetition: `until June`, `for 10 times`, `starting next Monday`.

use chrono::{Months, NaiveDate};

use crate::calendar::{month, year};
use crate::cursor::Cursor;
use crate::date::{NamedDay, When, unled};
use crate::length::{Length, length};
use crate::today::{Today, period};
use crate::words::{Unit, number, unit};

/// What a repetition is limited to, or begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// The last day on which it may be.
    Until(NaiveDate),
    /// How often it is.
    Count(u32),
    /// How long it goes on.
    For(Length),
    /// From when on.
    Starting(NamedDay),
}

pub(crate) fn tail(cursor: &mut Cursor<'_>, today: &Today) -> Option<Tail> {
    cursor
        .attempt(|cursor| until(cursor, today))
        .or_else(|| cursor.attempt(|cursor| starting(cursor, today)))
        .or_else(|| cursor.attempt(counted))
}

fn until(cursor: &mut Cursor<'_>, today: &Today) -> Option<Tail> {
    let is_included = if cursor.take(&["until", "till", "til"]) {
        false
    } else if cursor.take(&["through", "thru"]) {
        true
    } else if cursor.take(&["ending", "ends"]) {
        cursor.take(&["on", "in"]);
        false
    } else {
        return None;
    };
    // A day is the last; a whole period is over before it begins, unless the word says "through".
    let day = cursor.attempt(|cursor| day(cursor, today)).or_else(|| {
        let (first, last) = cursor.attempt(|cursor| whole_period(cursor, today, is_included))?;
        if is_included { Some(last) } else { first.pred_opt() }
    })?;
    Some(Tail::Until(day))
}

/// `June`, `June 2028`, `2028`, `next month`.
fn whole_period(cursor: &mut Cursor<'_>, today: &Today, is_included: bool) -> Option<(NaiveDate, NaiveDate)> {
    if cursor.take(&["next"]) {
        return period(today.day, cursor.read(unit)?, 1);
    }
    if let Some(year) = cursor.read(year) {
        return period(NaiveDate::from_ymd_opt(year, 1, 1)?, Unit::Year, 0);
    }
    let before = cursor.at();
    let (first, last) = month(cursor, today)?;
    let has_year = cursor.at() > before + 1;
    if first <= today.day && !is_included && !has_year {
        // "Until June", said in June, is the next one.
        return period(first.checked_add_months(Months::new(12))?, Unit::Month, 0);
    }
    Some((first, last))
}

fn day(cursor: &mut Cursor<'_>, today: &Today) -> Option<NaiveDate> {
    // Its first day would be too much.
    let mut ahead = *cursor;
    let is_period = ahead.take(&["next"]) && ahead.peek().and_then(unit).is_some();
    if is_period || cursor.peek().and_then(crate::words::month).is_some() && names_no_day(*cursor) {
        return None;
    }
    match unled(cursor, today)?.0 {
        When::Day(NamedDay { day, .. }) => Some(day),
        When::Instant(time) => Some(time.date_naive()),
        When::NoSuchDay | When::Ambiguous => None,
    }
}

fn names_no_day(mut cursor: Cursor<'_>) -> bool {
    crate::calendar::named_day(&mut cursor).is_none()
}

fn starting(cursor: &mut Cursor<'_>, today: &Today) -> Option<Tail> {
    let is_led = if cursor.take(&["starting", "beginning", "start"]) {
        cursor.take(&["on", "from", "in"]);
        true
    } else {
        cursor.take(&["from"])
    };
    if !is_led {
        return None;
    }
    let phrase = cursor.attempt(|cursor| match unled(cursor, today)?.0 {
        When::Day(named) => Some(named),
        _ => None,
    });
    let named = match phrase {
        Some(named) => named,
        None => NamedDay::plain(month(cursor, today)?.0),
    };
    Some(Tail::Starting(named))
}

/// `for 10 times`, `10 times`, `for 3 weeks`.
fn counted(cursor: &mut Cursor<'_>) -> Option<Tail> {
    let is_led = cursor.take(&["for"]);
    let times = cursor.attempt(|cursor| {
        let count = cursor.read(number).filter(|count| *count > 0)?;
        cursor
            .take(&["times", "time", "occurrences", "repetitions"])
            .then_some(Tail::Count(count))
    });
    if times.is_some() || !is_led {
        return times;
    }
    length(cursor).filter(|length| length.minutes == 0).map(Tail::For)
}
