//! Phrases for a repetition: `every other Tuesday`, `every month on the 15th`, `daily`, `on Mondays`.

use chrono::Weekday;

use crate::calendar::named_day;
use crate::cursor::Cursor;
use crate::days::{weekdays, within_month};
use crate::rule::{Frequency, Rule};
use crate::words::{self, DayPart, Unit, day_part, number, ordinal, unit, weekday};

/// Longest interval; nobody plans further, and engines have limits of their own.
const INTERVAL_LIMIT: u32 = 1_000;

const WORKDAYS: [Weekday; 5] = [
    Weekday::Mon,
    Weekday::Tue,
    Weekday::Wed,
    Weekday::Thu,
    Weekday::Fri,
];

/// A repetition as a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RepeatPhrase {
    pub(crate) rule: Rule,
    /// `every!`: counted from the completion, not from the due date.
    pub(crate) after_completion: bool,
    pub(crate) part: Option<DayPart>,
    /// Whether it is understood in the middle of a sentence too.
    pub(crate) is_strong: bool,
}

pub(crate) fn repeat(cursor: &mut Cursor<'_>) -> Option<RepeatPhrase> {
    cursor
        .attempt(every)
        .or_else(|| cursor.attempt(of_every_month))
        .or_else(|| cursor.attempt(on_each))
        .or_else(|| cursor.attempt(adverb))
}

fn every(cursor: &mut Cursor<'_>) -> Option<RepeatPhrase> {
    if !cursor.take(&["every", "each"]) {
        return None;
    }
    let after_completion = cursor.over_bang();
    let (rule, part) = match cursor.read(day_part) {
        Some(part) => (Rule::every(Frequency::Daily, 1), Some(part)),
        None => (body(cursor)?, cursor.read(day_part)),
    };
    Some(RepeatPhrase {
        rule,
        after_completion,
        part,
        is_strong: true,
    })
}

/// What can follow `every`.
fn body(cursor: &mut Cursor<'_>) -> Option<Rule> {
    if cursor.take(&["weekday", "workday", "weekdays", "workdays"]) {
        return Some(on_weekdays(&WORKDAYS, 1));
    }
    if cursor.take(&["weekend", "weekends"]) {
        return Some(on_weekdays(&[Weekday::Sat], 1));
    }
    if cursor.take(&["other"]) {
        return spaced(cursor, 2);
    }
    if let Some(rule) = cursor.attempt(by_ordinal) {
        return Some(rule);
    }
    if let Some((month, day)) = cursor.attempt(named_day) {
        return Some(Rule {
            month: Some(month),
            month_days: vec![i32::try_from(day).ok()?],
            ..Rule::every(Frequency::Yearly, 1)
        });
    }
    if let Some(days) = cursor.attempt(weekdays) {
        return Some(on_weekdays(&days, 1));
    }
    if let Some(month) = cursor.read(words::month) {
        return Some(Rule {
            month: Some(month),
            month_days: vec![1],
            ..Rule::every(Frequency::Yearly, 1)
        });
    }
    let interval = cursor.read(|word| number(word).filter(|_| !matches!(word, "a" | "an")));
    spaced(cursor, interval.unwrap_or(1))
}

/// A unit or weekdays, every so many weeks, with what may narrow it down.
fn spaced(cursor: &mut Cursor<'_>, interval: u32) -> Option<Rule> {
    if interval == 2
        && let Some(days) = cursor.attempt(weekdays)
    {
        return Some(on_weekdays(&days, 2));
    }
    let rule = if cursor.take(&["fortnight"]) {
        Rule::every(Frequency::Weekly, interval.checked_mul(2)?)
    } else {
        of_unit(cursor.read(unit)?, interval)?
    };
    (1..=INTERVAL_LIMIT)
        .contains(&rule.interval)
        .then(|| narrowed(cursor, rule))
}

fn of_unit(unit: Unit, interval: u32) -> Option<Rule> {
    let (frequency, interval) = match unit {
        Unit::Day => (Frequency::Daily, interval),
        Unit::Week => (Frequency::Weekly, interval),
        Unit::Month => (Frequency::Monthly, interval),
        Unit::Quarter => (Frequency::Monthly, interval.checked_mul(3)?),
        Unit::Year => (Frequency::Yearly, interval),
        Unit::Hour | Unit::Minute => return None,
    };
    Some(Rule::every(frequency, interval))
}

/// `on Monday and Thursday` after weeks, `on the 15th` after months, `on June 1` after years.
fn narrowed(cursor: &mut Cursor<'_>, rule: Rule) -> Rule {
    let narrow = |cursor: &mut Cursor<'_>| {
        if !cursor.take(&["on", "in"]) {
            return None;
        }
        match rule.frequency {
            Frequency::Daily => None,
            Frequency::Weekly => Some(Rule {
                weekdays: weekdays(cursor)?.iter().map(|day| (0, *day)).collect(),
                ..rule.clone()
            }),
            Frequency::Monthly => {
                if cursor.take(&["day"]) {
                    let day = cursor.read(number).filter(|day| (1..=31).contains(day))?;
                    return Some(Rule {
                        month_days: vec![i32::try_from(day).ok()?],
                        ..rule.clone()
                    });
                }
                let days = within_month(cursor)?;
                Some(Rule {
                    interval: rule.interval,
                    ..days
                })
            }
            Frequency::Yearly => {
                let (month, day) = named_day(cursor)?;
                Some(Rule {
                    month: Some(month),
                    month_days: vec![i32::try_from(day).ok()?],
                    ..rule.clone()
                })
            }
        }
    };
    cursor.attempt(narrow).unwrap_or(rule)
}

/// `1st and 15th`, `third Friday`, `last day`, and `3rd day`, which is every three days.
fn by_ordinal(cursor: &mut Cursor<'_>) -> Option<Rule> {
    let spaced_by = cursor.attempt(|cursor| {
        let interval = u32::try_from(cursor.read(ordinal)?.number).ok()?;
        let unit = cursor.read(unit)?;
        of_unit(unit, interval)
    });
    let rule = match spaced_by {
        Some(rule) => narrowed(cursor, rule),
        None => {
            let rule = within_month(cursor)?;
            cursor.attempt(|cursor| {
                let is_of = cursor.take(&["of", "in"]) && {
                    cursor.take(&["the", "each", "every"]);
                    cursor.take(&["month"])
                };
                is_of.then_some(())
            });
            rule
        }
    };
    Some(rule)
}

fn on_weekdays(days: &[Weekday], interval: u32) -> Rule {
    Rule {
        weekdays: days.iter().map(|day| (0, *day)).collect(),
        ..Rule::every(Frequency::Weekly, interval)
    }
}

/// `on the 1st of every month`, `the last Friday of each month`.
fn of_every_month(cursor: &mut Cursor<'_>) -> Option<RepeatPhrase> {
    cursor.take(&["on"]);
    let rule = within_month(cursor)?;
    if !cursor.take(&["of", "in"]) || !cursor.take(&["every", "each"]) {
        return None;
    }
    let after_completion = cursor.over_bang();
    cursor.take(&["month"]).then_some(RepeatPhrase {
        rule,
        after_completion,
        part: None,
        is_strong: true,
    })
}

/// `on Mondays and Thursdays`, `on weekdays`.
fn on_each(cursor: &mut Cursor<'_>) -> Option<RepeatPhrase> {
    if !cursor.take(&["on"]) {
        return None;
    }
    let rule = if cursor.take(&["weekdays", "workdays"]) {
        on_weekdays(&WORKDAYS, 1)
    } else if cursor.take(&["weekends"]) {
        on_weekdays(&[Weekday::Sat], 1)
    } else {
        // One plural is enough to say that each is meant.
        let is_plural = cursor.peek().and_then(weekday)?.is_plural;
        let days = weekdays(cursor)?;
        on_weekdays(is_plural.then_some(&days)?, 1)
    };
    Some(RepeatPhrase {
        rule,
        after_completion: false,
        part: cursor.read(day_part),
        is_strong: true,
    })
}

/// `daily`, `monthly on the 15th`.
fn adverb(cursor: &mut Cursor<'_>) -> Option<RepeatPhrase> {
    let rule = match cursor.next()? {
        "daily" => Rule::every(Frequency::Daily, 1),
        "weekly" => Rule::every(Frequency::Weekly, 1),
        "fortnightly" | "biweekly" => Rule::every(Frequency::Weekly, 2),
        "monthly" => Rule::every(Frequency::Monthly, 1),
        "quarterly" => Rule::every(Frequency::Monthly, 3),
        "yearly" | "annually" => Rule::every(Frequency::Yearly, 1),
        _ => return None,
    };
    let after_completion = cursor.over_bang();
    let narrowed = narrowed(cursor, rule.clone());
    Some(RepeatPhrase {
        is_strong: narrowed != rule,
        rule: narrowed,
        after_completion,
        part: None,
    })
}
