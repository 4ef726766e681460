//! Lists of days in a repetition: `Mon, Wed and Fri`, `the 1st and 15th`, `the first and third Monday`.

use chrono::Weekday;

use crate::cursor::Cursor;
use crate::rule::{Frequency, Rule};
use crate::words::{ordinal, weekday};

/// Most days in a list.
const LIST_LIMIT: usize = 31;

/// Days of a month: `the 1st and 15th`, `the last day`, `the first and third Monday`.
pub(crate) fn within_month(cursor: &mut Cursor<'_>) -> Option<Rule> {
    let monthly = Rule::every(Frequency::Monthly, 1);
    cursor.take(&["the"]);
    let mut numbers = Vec::new();
    let mut are_numeric = true;
    for _ in 0..LIST_LIMIT {
        let further = cursor.attempt(|cursor| {
            if !numbers.is_empty() && !cursor.joint() {
                return None;
            }
            cursor.take(&["the"]);
            cursor.read(ordinal)
        });
        let Some(found) = further else {
            break;
        };
        are_numeric &= found.is_numeric;
        if !numbers.contains(&found.number) {
            numbers.push(found.number);
        }
    }
    if numbers.is_empty() {
        return None;
    }
    if cursor.take(&["day", "days"]) {
        return Some(Rule {
            month_days: numbers,
            ..monthly
        });
    }
    if let Some(named) = cursor.read(weekday) {
        let are_possible = numbers.iter().all(|number| *number <= 5);
        return are_possible.then(|| Rule {
            weekdays: numbers.iter().map(|number| (*number, named.weekday)).collect(),
            ..monthly
        });
    }
    are_numeric.then_some(Rule {
        month_days: numbers,
        ..monthly
    })
}

/// `Mon, Wed and Fri`, `Tuesday`, `Mon/Thu`; each once, in the order of the week.
pub(crate) fn weekdays(cursor: &mut Cursor<'_>) -> Option<Vec<Weekday>> {
    let mut days = cursor.read(slashed_weekdays)?;
    for _ in 1..7 {
        let further = cursor.attempt(|cursor| {
            if !cursor.joint() {
                return None;
            }
            cursor.read(slashed_weekdays)
        });
        match further {
            Some(further) => days.extend(further),
            None => break,
        }
    }
    days.sort_unstable_by_key(Weekday::num_days_from_monday);
    days.dedup();
    Some(days)
}

fn slashed_weekdays(word: &str) -> Option<Vec<Weekday>> {
    word.split('/')
        .map(|word| weekday(word).map(|named| named.weekday))
        .collect()
}
