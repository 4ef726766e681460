//! "Change task 1 to 'Call mom tonight'", "set the due date of task 3 to Friday", "add a note to task 3: call first".

use super::{the, update};
use crate::assistant::phrase::{after, before, is, splits, unquoted};
use crate::assistant::reference::{Meaning, Preference, resolve};
use crate::assistant::scene::Scene;
use crate::assistant::when::{priority, read_date};
use crate::assistant::{Fallback, Intent, Plan};
use crate::validation::{Change, DESCRIPTION_LIMIT, TITLE_LIMIT, TaskPatch};

/// The fields that a message can name, with what people call them.
const FIELDS: [(Field, &[&str]); 5] = [
    (Field::Title, &["title", "name", "text"]),
    (Field::Priority, &["priority"]),
    (Field::Due, &["due date", "deadline", "date", "due time", "time"]),
    (
        Field::Description,
        &["description", "details", "note", "notes", "comment"],
    ),
    (Field::Status, &["status"]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Title,
    Priority,
    Due,
    Description,
    Status,
}

pub(super) fn change(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    if let Some(rest) = after(text, &["rename", "retitle", "reword"]) {
        let Some((reference, title)) = split(rest, &["to", "as", "into"], scene) else {
            return Some(what());
        };
        return Some(with_value(Field::Title, reference, title, scene));
    }
    if let Some(plan) = is_due(text, scene) {
        return Some(plan);
    }
    let verbs = [
        "change", "changing", "update", "set", "edit", "modify", "correct", "make", "replace", "turn",
    ];
    let rest = the(after(text, &verbs)?);
    for (field, names) in FIELDS {
        if let Some(of) = after(rest, names).and_then(|rest| after(rest, &["of", "for", "on"])) {
            let (reference, value) = split(of, &["to", "as"], scene).or_else(|| {
                of.split_once(':')
                    .map(|(left, right)| (left.trim(), right.trim()))
            })?;
            return Some(with_value(field, reference, value, scene));
        }
    }
    let words: &[&str] = if after(text, &["make"]).is_some() {
        &["due"]
    } else {
        &["to", "as", "into", "with", "due"]
    };
    let Some((reference, value)) = split(rest, words, scene) else {
        return (resolve(rest, scene, Preference::Any) != Meaning::Unsaid
            && after(text, &["make"]).is_none())
        .then(what);
    };
    for (field, names) in FIELDS {
        if let Some(reference) = before(reference, names) {
            return Some(with_value(field, reference, value, scene));
        }
    }
    // A task is completed, not renamed, by "set task 3 to done".
    if is(value, &["done", "complete", "completed", "finished"]) {
        return None;
    }
    let is_dated = after(text, &["make"]).is_some()
        || rest.to_ascii_lowercase().contains(" due ") && read_date(value, &scene.context).is_some();
    let field = match (unquoted(value), priority(value)) {
        (None, Some(_)) if value.to_ascii_lowercase().contains("priority") => Field::Priority,
        (None, _) if is_dated => Field::Due,
        _ => Field::Title,
    };
    Some(with_value(field, reference, value, scene))
}

/// "Add a note to task 3: call first."
pub(super) fn noted(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    let rest = after(text, &["add", "put", "attach", "set"])?;
    let rest = after(rest, &["a", "the"]).unwrap_or(rest);
    let rest = after(rest, &["note", "description", "comment", "details", "notes"])?;
    let (reference, value) = match after(rest, &["to", "on", "for"]) {
        Some(rest) => rest
            .split_once(':')
            .or_else(|| splits(rest, &["saying", "that says", "with"]).into_iter().next())?,
        None => {
            let (value, reference) = splits(rest, &["to", "on", "for"]).into_iter().next_back()?;
            (reference, value)
        }
    };
    Some(with_value(
        Field::Description,
        reference.trim(),
        value.trim(),
        scene,
    ))
}

/// "Task 3 is due on Friday", "make task 3 due tomorrow".
fn is_due(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    let (reference, date) = splits(
        text,
        &[
            "is due",
            "is now due",
            "should be due",
            "needs to be done by",
            "must be done by",
        ],
    )
    .into_iter()
    .next()?;
    let date = after(date, &["on", "by", "at"]).unwrap_or(date);
    read_date(date, &scene.context)?;
    Some(with_value(Field::Due, reference, date, scene))
}

fn what() -> Plan {
    let example = "What shall change? For example: change task 1 to “Call mom tonight”.";
    Plan::fallback(Intent::UpdateTask, Fallback::Incomplete, example)
}

pub(super) fn with_value(field: Field, reference: &str, value: &str, scene: &Scene<'_>) -> Plan {
    let mut patch = TaskPatch::default();
    let plain = unquoted(value).unwrap_or(value).trim();
    let mistake = match field {
        Field::Title if plain.chars().count() > TITLE_LIMIT || plain.chars().any(char::is_control) => {
            Some("A title is one line of at most 255 characters")
        }
        Field::Title if plain.is_empty() => Some("A title has at least one character"),
        Field::Title => {
            patch.title = Change::Set(plain.to_owned());
            None
        }
        Field::Description if plain.chars().count() > DESCRIPTION_LIMIT => {
            Some("A description has at most 5,000 characters")
        }
        Field::Description => {
            patch.description = Change::Set(plain.to_owned());
            None
        }
        Field::Priority => match priority(plain) {
            Some(level) => {
                patch.priority = Change::Set(level);
                None
            }
            None => Some("A priority is low, medium, high or urgent"),
        },
        Field::Status => match plain.to_ascii_lowercase().replace([' ', '-'], "_").parse() {
            Ok(status) => {
                patch.status = Change::Set(status);
                None
            }
            Err(_) => Some("A status is pending, in progress, completed or cancelled"),
        },
        Field::Due => match read_date(plain, &scene.context) {
            Some(due) => {
                patch.due_date = Change::Set(due);
                patch.timezone = Change::Set(scene.context.zone);
                None
            }
            None => Some("I did not understand the date; say for example “tomorrow at 9:00” or “2026-12-31”"),
        },
    };
    let verb = if field == Field::Due { "move" } else { "change" };
    match mistake {
        Some(mistake) => {
            let text = format!("{mistake}, so I changed nothing.");
            Plan::fallback(Intent::UpdateTask, Fallback::Invalid, text)
        }
        None => update(reference, &patch, verb, scene),
    }
}

/// Where to split a sentence into the task and the new value. Titles and values may contain the word themselves,
/// so a quoted value counts most, then a whole title before it, then the first place that leaves a known task.
pub(super) fn split<'a>(text: &'a str, words: &[&str], scene: &Scene<'_>) -> Option<(&'a str, &'a str)> {
    let all = splits(text, words);
    let task = |left: &'a str| {
        FIELDS
            .iter()
            .find_map(|(_, names)| before(left, names))
            .unwrap_or(left)
    };
    let is_known = |left: &str| {
        let meaning = resolve(left, scene, Preference::Open);
        matches!(
            meaning,
            Meaning::Tasks(_) | Meaning::Perhaps(_) | Meaning::OneOf(_) | Meaning::All(_)
        )
    };
    all.iter()
        .find(|(_, right)| unquoted(right).is_some())
        .or_else(|| all.iter().find(|(left, _)| scene.is_title(task(left))))
        .or_else(|| all.iter().find(|(left, _)| is_known(task(left))))
        .or(all.first())
        .copied()
}
