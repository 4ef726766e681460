//! Dates, repetition, priority and tags at the end of a sentence: `… tomorrow at 5pm every week #home`.
//!
//! Only the end is read, so that "Read the Monday report" keeps its Monday.

use chrono::{Datelike as _, Days, Months, NaiveDate, NaiveTime, TimeDelta, Weekday};

use super::Context;
use crate::due::Due;
use crate::task::Priority;
use crate::time::Timestamp;
use crate::validation::tag;

/// Most words of one phrase.
const PHRASE_WORDS: usize = 5;

/// What the end of a sentence said, and what is left of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Details {
    pub(super) rest: String,
    pub(super) due: Option<Due>,
    pub(super) rule: Option<String>,
    pub(super) priority: Option<Priority>,
    pub(super) tags: Vec<String>,
}

#[derive(Default)]
struct Parts {
    day: Option<NaiveDate>,
    time: Option<NaiveTime>,
    instant: Option<Timestamp>,
    rule: Option<String>,
    priority: Option<Priority>,
    tags: Vec<String>,
}

/// Reads the end of a text and leaves at least `keep` words of it.
pub(super) fn read_end(text: &str, keep: usize, context: &Context<'_>) -> Details {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let mut parts = Parts::default();
    let today = context.zone.local(context.now).date();
    'again: loop {
        let longest = words.len().saturating_sub(keep).min(PHRASE_WORDS);
        for length in (1..=longest).rev() {
            let (_, end) = words.split_at(words.len() - length);
            if parts.read(&end.join(" "), today, context.now) {
                words.truncate(words.len() - length);
                continue 'again;
            }
        }
        break;
    }
    Details {
        rest: words.join(" "),
        due: parts.due(today, context),
        rule: parts.rule,
        priority: parts.priority,
        tags: parts.tags,
    }
}

/// Reads a text that is a date or time as a whole.
pub(super) fn read_date(text: &str, context: &Context<'_>) -> Option<Due> {
    let details = read_end(text, 0, context);
    details
        .due
        .filter(|_| details.rest.is_empty() && details.rule.is_none())
}

/// `high`, `high priority`, `priority high`, `p1`.
pub(super) fn priority(text: &str) -> Option<Priority> {
    let lower = text.trim().to_ascii_lowercase();
    let name = lower
        .strip_suffix(" priority")
        .or(lower.strip_prefix("priority "))
        .unwrap_or(&lower);
    name.trim_start_matches("to ")
        .trim_start_matches('!')
        .parse()
        .ok()
}

impl Parts {
    /// Takes a phrase in, if it is one and says something new.
    fn read(&mut self, phrase: &str, today: NaiveDate, now: Timestamp) -> bool {
        if let Some(name) = phrase.strip_prefix('#') {
            return !name.contains(' ') && tag(name).is_ok_and(|name| self.add_tag(name));
        }
        let lower = phrase.to_ascii_lowercase();
        if self.priority.is_none()
            && (lower.contains("priority") || lower.starts_with('!') || is_level(&lower))
        {
            self.priority = priority(lower.strip_prefix("with ").unwrap_or(&lower));
            if self.priority.is_some() {
                return true;
            }
        }
        if self.rule.is_none()
            && let Some(rule) = repetition(&lower)
        {
            self.rule = Some(rule);
            return true;
        }
        if self.instant.is_some() {
            return false;
        }
        if self.time.is_none()
            && let Some(time) = time_of_day(&lower)
        {
            self.time = Some(time);
            return true;
        }
        if self.day.is_some() {
            return false;
        }
        if let Some((day, time)) = day(&lower, today) {
            self.day = Some(day);
            self.time = self.time.or(time);
            return true;
        }
        self.instant = seconds_from_now(&lower).and_then(|seconds| now.plus_seconds(seconds));
        self.instant.is_some()
    }

    fn add_tag(&mut self, name: &str) -> bool {
        self.tags.insert(0, name.to_owned());
        true
    }

    fn due(&self, today: NaiveDate, context: &Context<'_>) -> Option<Due> {
        if let Some(instant) = self.instant {
            return Some(Due::Time(instant));
        }
        match (self.day, self.time) {
            (None, None) => None,
            (Some(day), None) => Due::parse(&day.to_string()).ok(),
            (Some(day), Some(time)) => context.zone.resolve(day.and_time(time)).map(Due::Time),
            (None, Some(time)) => {
                let at = context.zone.resolve(today.and_time(time))?;
                if at > context.now {
                    return Some(Due::Time(at));
                }
                context
                    .zone
                    .resolve(today.succ_opt()?.and_time(time))
                    .map(Due::Time)
            }
        }
    }
}

fn is_level(text: &str) -> bool {
    matches!(text, "p1" | "p2" | "p3" | "p4")
}

fn day(text: &str, today: NaiveDate) -> Option<(NaiveDate, Option<NaiveTime>)> {
    let text = ["on ", "by ", "due on ", "due by ", "due ", "for ", "until "]
        .iter()
        .find_map(|lead| text.strip_prefix(lead))
        .unwrap_or(text);
    let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0);
    let plus = |days| today.checked_add_days(Days::new(days));
    match text {
        "today" => return Some((today, None)),
        "this morning" => return Some((today, hour(9))),
        "this afternoon" => return Some((today, hour(15))),
        "this evening" => return Some((today, hour(19))),
        "tonight" => return Some((today, hour(21))),
        "tomorrow" => return Some((plus(1)?, None)),
        "tomorrow morning" => return Some((plus(1)?, hour(9))),
        "tomorrow afternoon" => return Some((plus(1)?, hour(15))),
        "tomorrow evening" => return Some((plus(1)?, hour(19))),
        "tomorrow night" => return Some((plus(1)?, hour(21))),
        "the day after tomorrow" | "day after tomorrow" => return Some((plus(2)?, None)),
        "next week" => return Some((next_weekday(today, Weekday::Mon)?, None)),
        "this weekend" => return Some((next_weekday(today, Weekday::Sat)?, None)),
        "next month" => return Some((today.checked_add_months(Months::new(1))?, None)),
        _ => {}
    }
    if let Ok(Due::Day(day)) = Due::parse(text) {
        return Some((day, None));
    }
    if let Some(weekday) = text
        .strip_prefix("next ")
        .or(text.strip_prefix("this "))
        .or(Some(text))
        .and_then(weekday)
    {
        return Some((next_weekday(today, weekday)?, None));
    }
    let (amount, unit) = amount(text.strip_prefix("in ")?)?;
    let day = match unit {
        "day" => plus(amount)?,
        "week" => plus(amount * 7)?,
        "month" => today.checked_add_months(Months::new(u32::try_from(amount).ok()?))?,
        "year" => today.checked_add_months(Months::new(u32::try_from(amount * 12).ok()?))?,
        _ => return None,
    };
    Some((day, None))
}

/// `at 5pm`, `at 17:30`, `5 pm`, `at noon`. Without `at`, a bare number is no time.
fn time_of_day(text: &str) -> Option<NaiveTime> {
    let (said_at, text) = match text.strip_prefix("at ").or(text.strip_prefix('@')) {
        Some(rest) => (true, rest.trim()),
        None => (false, text),
    };
    match text {
        "noon" => return NaiveTime::from_hms_opt(12, 0, 0),
        "midnight" => return NaiveTime::from_hms_opt(0, 0, 0),
        _ => {}
    }
    let compact: String = text
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '.')
        .collect();
    let (clock, half) = match (compact.strip_suffix("am"), compact.strip_suffix("pm")) {
        (Some(clock), _) => (clock, Some(0)),
        (_, Some(clock)) => (clock, Some(12)),
        _ => (compact.as_str(), None),
    };
    let (hour, minute) = clock.split_once(':').unwrap_or((clock, "00"));
    if minute.len() != 2 || (half.is_none() && !said_at && !clock.contains(':')) {
        return None;
    }
    let hour: u32 = hour.parse().ok()?;
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        // Nobody means five in the night by "at 5".
        None if !clock.contains(':') && (1..=7).contains(&hour) => hour + 12,
        None => hour,
    };
    NaiveTime::from_hms_opt(hour, minute.parse().ok()?, 0)
}

fn repetition(text: &str) -> Option<String> {
    let simple = match text {
        "daily" | "every day" | "each day" => "daily",
        "weekly" | "every week" | "each week" => "weekly",
        "monthly" | "every month" | "each month" => "monthly",
        "yearly" | "annually" | "every year" | "each year" => "yearly",
        "every weekday" | "on weekdays" => "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        _ => {
            let rest = text.strip_prefix("every ").or(text.strip_prefix("each "))?;
            if let Some(weekday) = weekday(rest) {
                let name: String = weekday.to_string().chars().take(2).collect();
                return Some(format!("FREQ=WEEKLY;BYDAY={}", name.to_ascii_uppercase()));
            }
            let counted = rest.replace("other ", "2 ");
            let (amount, unit) = amount(&counted)?;
            let frequency = match unit {
                "day" => "DAILY",
                "week" => "WEEKLY",
                "month" => "MONTHLY",
                "year" => "YEARLY",
                _ => return None,
            };
            return (1..=1000)
                .contains(&amount)
                .then(|| format!("FREQ={frequency};INTERVAL={amount}"));
        }
    };
    Some(simple.to_owned())
}

fn seconds_from_now(text: &str) -> Option<i64> {
    let (amount, unit) = amount(text.strip_prefix("in ")?)?;
    let amount = i64::try_from(amount).ok()?;
    match unit {
        "minute" | "min" => TimeDelta::try_minutes(amount).map(|delta| delta.num_seconds()),
        "hour" => TimeDelta::try_hours(amount).map(|delta| delta.num_seconds()),
        _ => None,
    }
}

/// `3 days` as 3 and `day`; `an hour`, `a week`.
fn amount(text: &str) -> Option<(u64, &str)> {
    let (number, unit) = text.split_once(' ')?;
    let number = match number {
        "a" | "an" | "one" => 1,
        "two" => 2,
        "three" => 3,
        digits => digits.parse().ok().filter(|number| *number <= 10_000)?,
    };
    Some((number, unit.strip_suffix('s').unwrap_or(unit)))
}

fn weekday(name: &str) -> Option<Weekday> {
    // Abbreviations like "sat" and "sun" are words of their own at the end of a title.
    let whole = name.len() > 5 && name.ends_with("day");
    if whole { name.parse().ok() } else { None }
}

/// The next such day after today.
fn next_weekday(today: NaiveDate, weekday: Weekday) -> Option<NaiveDate> {
    let days = 7 - u64::from(today.weekday().days_since(weekday));
    today.checked_add_days(Days::new(days))
}
