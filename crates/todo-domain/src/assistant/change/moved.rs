//! "Reschedule task 3 to tomorrow at 9:00", "push the rent back by two days", "remove the due date of task 3".

use chrono::{Days, TimeDelta};

use super::field::{Field, split, with_value};
use super::{the, update, update_each};
use crate::assistant::number::number;
use crate::assistant::phrase::{after, before, splits};
use crate::assistant::reference::{Meaning, Preference, resolve};
use crate::assistant::scene::Scene;
use crate::assistant::when::{read, time_of_day};
use crate::assistant::{Fallback, Intent, Plan};
use crate::due::Due;
use crate::task::Task;
use crate::validation::{Change, TaskPatch};

const MOVE: [&str; 17] = [
    "reschedule",
    "re-schedule",
    "postpone",
    "move",
    "moving",
    "delay",
    "push back",
    "push off",
    "push out",
    "push",
    "put off",
    "defer",
    "bump",
    "shift",
    "snooze",
    "bring forward",
    "pull forward",
];

/// "Remove the due date of task 3."
pub(super) fn removed(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    let rest = the(after(text, &["remove", "clear", "delete", "drop", "unset"])?);
    let dates = ["due date", "deadline", "due time", "date", "due dates"];
    let reference = match after(rest, &dates) {
        Some(rest) => after(rest, &["of", "from", "for", "on"])?,
        None => {
            before(rest, &dates).filter(|reference| reference.ends_with("'s") || reference.ends_with("’s"))?
        }
    };
    let patch = TaskPatch {
        due_date: Change::Clear,
        ..TaskPatch::default()
    };
    Some(update(reference, &patch, "remove the due date of", scene))
}

pub(super) fn moved(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    let is_schedule = after(text, &["schedule", "plan"])
        .is_some_and(|rest| after(rest, &["task", "#", "it", "them", "that"]).is_some());
    let schedule: &[&str] = if is_schedule { &["schedule", "plan"] } else { &[] };
    let rest = after(text, &MOVE).or_else(|| after(text, schedule))?;
    if let Some(plan) = by_some_time(rest, scene) {
        return Some(plan);
    }
    let words = ["to", "until", "for", "till", "on", "at", "by"];
    let is_date = |(_, date): &(&str, &str)| read_value(date, scene);
    let all = splits(rest, &words);
    let known = all.iter().find(|(reference, _)| {
        matches!(
            resolve(reference, scene, Preference::Open),
            Meaning::Tasks(_) | Meaning::OneOf(_) | Meaning::All(_)
        )
    });
    let dated = all.iter().find(|split| is_date(split));
    if let Some((reference, date)) = known.filter(|split| is_date(split)).or(dated).or(known).copied() {
        return Some(to(reference, date, scene));
    }
    if let Some((reference, date)) = without_word(rest, scene) {
        return Some(to(reference, date, scene));
    }
    if let Some((reference, date)) = split(rest, &["to", "until", "for", "till"], scene) {
        return Some(to(reference, date, scene));
    }
    let text = "To when shall I move it? For example: move task 3 to tomorrow at 9:00.";
    Some(Plan::fallback(Intent::UpdateTask, Fallback::Incomplete, text))
}

/// "Add a due date of Friday to task 3", "task 3 is due on Friday".
pub(super) fn dated(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    let rest = after(text, &["add", "set", "give"])?;
    let rest = after(rest, &["a", "the"]).unwrap_or(rest);
    let rest = after(rest, &["due date", "deadline"])?;
    let value = after(rest, &["of"]).unwrap_or(rest);
    let (date, reference) = splits(value, &["to", "for", "on"]).into_iter().next_back()?;
    if read_value(date, scene) {
        return Some(to(reference, date, scene));
    }
    let rest = after(rest, &["to", "for", "of", "on"])?;
    let (reference, date) = rest
        .split_once(':')
        .or_else(|| splits(rest, &["to", "as", "on"]).into_iter().next())?;
    Some(to(reference, date.trim(), scene))
}

fn read_value(text: &str, scene: &Scene<'_>) -> bool {
    time_of_day(text, &scene.context).is_some()
        || crate::assistant::when::read_date(text, &scene.context).is_some()
}

/// To a date; or to a time of day, and then each task stays on its day.
fn to(reference: &str, date: &str, scene: &Scene<'_>) -> Plan {
    let Some(time) = time_of_day(date, &scene.context) else {
        return with_value(Field::Due, reference, date, scene);
    };
    let zone = scene.context.zone;
    let on_its_day = |task: &Task| {
        let today = scene.context.zone.local(scene.context.now).date();
        let day = task.due_date.map_or(today, |due| due.local_day(zone));
        // A time of today that has passed is tomorrow's.
        let passed = task.due_date.is_none() && day.and_time(time) < zone.local(scene.context.now);
        let day = if passed {
            day.checked_add_days(Days::new(1)).unwrap_or(day)
        } else {
            day
        };
        due_patch(zone.resolve(day.and_time(time)).map(Due::Time), scene)
    };
    update_each(reference, &on_its_day, "move", Preference::Open, scene)
}

/// "Task 3 by two days", "the rent back a week", "it one hour".
fn by_some_time(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    let (reference, amount) = splits(text, &["by", "back by", "forward by", "back", "for"])
        .into_iter()
        .find_map(|(reference, amount)| Some((reference, length(amount)?)))?;
    let reference = before(reference, &["back", "forward", "out"]).unwrap_or(reference);
    let zone = scene.context.zone;
    let later = |task: &Task| {
        let due = match (task.due_date, amount) {
            (Some(Due::Day(day)), (days, _)) => day.checked_add_days(Days::new(days)).map(Due::Day),
            (Some(Due::Time(time)), (days, seconds)) => zone
                .local(time)
                .checked_add_days(Days::new(days))
                .and_then(|local| zone.resolve(local))
                .and_then(|time| time.plus_seconds(seconds))
                .map(Due::Time),
            (None, (days, seconds)) => scene
                .context
                .now
                .plus_seconds(seconds)
                .and_then(|now| zone.local(now).date().checked_add_days(Days::new(days)))
                .map(Due::Day),
        };
        due_patch(due, scene)
    };
    Some(update_each(reference, &later, "move", Preference::Open, scene))
}

/// `two days`, `a week`, `30 minutes`: days and seconds.
fn length(text: &str) -> Option<(u64, i64)> {
    let lower = text.trim().to_lowercase();
    let (count, unit) = lower.split_once(' ')?;
    let count = match count {
        "a" | "an" => 1,
        count => number(count).filter(|count| *count <= 10_000)?,
    };
    Some(match unit.trim_end_matches('s') {
        "day" => (u64::from(count), 0),
        "week" => (u64::from(count) * 7, 0),
        "hour" => (0, TimeDelta::try_hours(i64::from(count))?.num_seconds()),
        "minute" => (0, i64::from(count) * 60),
        _ => return None,
    })
}

/// "Postpone the rent tomorrow", "move task 3 two days later".
fn without_word<'a>(text: &'a str, scene: &Scene<'_>) -> Option<(&'a str, &'a str)> {
    let found = read(text, &scene.context).ok()?;
    found.due_date?;
    let places = text
        .char_indices()
        .filter(|(_, letter)| *letter == ' ')
        .map(|(place, _)| place);
    places.take(20).find_map(|place| {
        let (reference, date) = (text.get(..place)?, text.get(place + 1..)?);
        crate::assistant::when::read_date(date, &scene.context)?;
        Some((reference, date))
    })
}

fn due_patch(due: Option<Due>, scene: &Scene<'_>) -> TaskPatch {
    TaskPatch {
        due_date: due.map_or(Change::Keep, Change::Set),
        timezone: Change::Set(scene.context.zone),
        ..TaskPatch::default()
    }
}
