//! A length of time, as in `in 2 hours` or `30 minutes before`.

use crate::cursor::Cursor;
use crate::words::{Unit, digits, number, short_unit, unit};

/// Most parts of a length: `1 day 2 hours and 30 minutes`.
const PARTS_LIMIT: usize = 4;

/// A length of time by what it is counted in: months and days of the calendar, and minutes of the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Length {
    pub(crate) months: u32,
    pub(crate) days: u32,
    pub(crate) minutes: u32,
}

impl Length {
    fn of(amount: u32, unit: Unit) -> Option<Self> {
        let mut length = Self::default();
        let (counted, factor) = match unit {
            Unit::Minute => (&mut length.minutes, 1),
            Unit::Hour => (&mut length.minutes, 60),
            Unit::Day => (&mut length.days, 1),
            Unit::Week => (&mut length.days, 7),
            Unit::Month => (&mut length.months, 1),
            Unit::Quarter => (&mut length.months, 3),
            Unit::Year => (&mut length.months, 12),
        };
        *counted = amount.checked_mul(factor)?;
        Some(length)
    }

    fn plus(self, other: Self) -> Option<Self> {
        Some(Self {
            months: self.months.checked_add(other.months)?,
            days: self.days.checked_add(other.days)?,
            minutes: self.minutes.checked_add(other.minutes)?,
        })
    }
}

/// `2 hours`, `an hour and a half`, `half an hour`, `2h30m`, `1 day and 2 hours`.
pub(crate) fn length(cursor: &mut Cursor<'_>) -> Option<Length> {
    let mut length = cursor.attempt(part)?;
    for _ in 1..PARTS_LIMIT {
        let further = cursor.attempt(|cursor| {
            cursor.take(&["and"]);
            part(cursor)
        });
        match further {
            Some(further) => length = length.plus(further)?,
            None => break,
        }
    }
    Some(length)
}

fn part(cursor: &mut Cursor<'_>) -> Option<Length> {
    if cursor.take_all(&["half", "an", "hour"]) || cursor.take_all(&["half", "a", "hour"]) {
        return Length::of(30, Unit::Minute);
    }
    if let Some(length) = cursor.read(short) {
        return Some(length);
    }
    let amount = if cursor.take_all(&["a", "couple", "of"]) {
        2
    } else {
        cursor.read(number)?
    };
    let with_half = cursor.take_all(&["and", "a", "half"]);
    let unit = cursor.read(unit)?;
    let with_half = with_half || (amount == 1 && cursor.take_all(&["and", "a", "half"]));
    let length = Length::of(amount, unit)?;
    match (with_half, unit) {
        (false, _) => Some(length),
        (true, Unit::Hour) => length.plus(Length::of(30, Unit::Minute)?),
        (true, _) => None,
    }
}

/// `2h`, `30m`, `2h30m`, `45min`.
fn short(word: &str) -> Option<Length> {
    let mut length: Option<Length> = None;
    let mut rest = word;
    for _ in 0..PARTS_LIMIT {
        if rest.is_empty() {
            break;
        }
        let (figures, after) = rest.split_at(rest.find(|letter: char| !letter.is_ascii_digit())?);
        let end = after
            .find(|letter: char| !letter.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (letters, after) = after.split_at(end);
        let part = Length::of(digits(figures)?, short_unit(letters)?)?;
        length = Some(length.unwrap_or_default().plus(part)?);
        rest = after;
    }
    length.filter(|_| rest.is_empty())
}
