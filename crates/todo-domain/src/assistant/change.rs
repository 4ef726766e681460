//! Messages that change a field of a task.

use super::interpret::about;
use super::phrase::{after, before, splits, unquoted};
use super::reference::{Meaning, Preference, resolve};
use super::when::{priority, read_date};
use super::{Context, Intent, Plan, ToolCall};
use crate::task::Status;
use crate::text::fold;
use crate::validation::{Change, DESCRIPTION_LIMIT, TITLE_LIMIT, TaskPatch, tag};

/// The fields that a message can name, with what people call them.
const FIELDS: [(Field, &[&str]); 5] = [
    (Field::Title, &["title", "name"]),
    (Field::Priority, &["priority"]),
    (Field::Due, &["due date", "deadline", "date", "due time", "time"]),
    (Field::Description, &["description", "details", "note", "notes"]),
    (Field::Status, &["status"]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Title,
    Priority,
    Due,
    Description,
    Status,
}

/// A change of a task, if the message asks for one.
pub(super) fn change(text: &str, context: &Context<'_>) -> Option<Plan> {
    status(text, context)
        .or_else(|| removed_due(text, context))
        .or_else(|| moved(text, context))
        .or_else(|| tagged(text, context))
        .or_else(|| levelled(text, context))
        .or_else(|| set(text, context))
}

/// "Reopen task 3", "start task 3", "cancel task 3", "mark task 3 as in progress".
fn status(text: &str, context: &Context<'_>) -> Option<Plan> {
    let marked = |ends: &[&str]| after(text, &["mark", "set", "change"]).and_then(|rest| before(rest, ends));
    let pending = [
        "as pending",
        "as not done",
        "as incomplete",
        "as not complete",
        "as not completed",
        "as open",
        "to pending",
    ];
    let begun = ["as in progress", "as started", "to in progress", "in progress"];
    let (reference, status, preference) = if let Some(reference) =
        after(text, &["reopen", "uncomplete", "undo", "restart"]).or_else(|| marked(&pending))
    {
        (reference, Status::Pending, Preference::Closed)
    } else if let Some(reference) =
        after(text, &["start working on", "start", "begin"]).or_else(|| marked(&begun))
    {
        (reference, Status::InProgress, Preference::Open)
    } else {
        let cancelled = ["as cancelled", "as canceled"];
        (
            after(text, &["cancel"]).or_else(|| marked(&cancelled))?,
            Status::Cancelled,
            Preference::Open,
        )
    };
    let patch = TaskPatch {
        status: Change::Set(status),
        ..TaskPatch::default()
    };
    Some(update(reference, patch, preference, context))
}

/// "Remove the due date of task 3."
fn removed_due(text: &str, context: &Context<'_>) -> Option<Plan> {
    let rest = after(text, &["remove", "clear", "delete"])?;
    let rest = after(rest, &["the"]).unwrap_or(rest);
    let rest = after(rest, &["due date", "deadline"])?;
    let reference = after(rest, &["of", "from", "for", "on"])?;
    let patch = TaskPatch {
        due_date: Change::Clear,
        ..TaskPatch::default()
    };
    Some(update(reference, patch, Preference::Open, context))
}

/// "Reschedule task 3 to tomorrow at 9:00."
fn moved(text: &str, context: &Context<'_>) -> Option<Plan> {
    let rest = after(
        text,
        &["reschedule", "postpone", "move", "delay", "push", "defer"],
    )?;
    let (reference, date) = split(rest, &["to", "until", "for", "till"], context)
        .or_else(|| splits(rest, &["to", "until", "for", "till"]).into_iter().next())?;
    Some(with_value(Field::Due, reference, date, context))
}

/// "Tag task 3 with home." The tag joins the others.
fn tagged(text: &str, context: &Context<'_>) -> Option<Plan> {
    let rest = after(text, &["tag"])?;
    let (reference, name) = split(rest, &["with", "as"], context)?;
    let Ok(name) = tag(unquoted(name).unwrap_or(name)) else {
        return Some(Plan::say(
            Intent::UpdateTask,
            "A tag has 1 to 50 characters and no commas, so I changed nothing.",
        ));
    };
    let mut tags = match resolve(reference, context, Preference::Open) {
        Meaning::Tasks(numbers) if numbers.len() == 1 => {
            let number = numbers.first().copied().unwrap_or_default();
            super::reference::find(context, number)
                .map(|task| task.tags.clone())
                .unwrap_or_default()
        }
        _ => {
            return Some(update(reference, TaskPatch::default(), Preference::Open, context))
                .filter(is_no_act);
        }
    };
    tags.retain(|known| fold(known) != fold(name));
    tags.push(name.to_owned());
    let patch = TaskPatch {
        tags: Change::Set(tags),
        ..TaskPatch::default()
    };
    Some(update(reference, patch, Preference::Open, context))
}

/// "Make task 3 urgent", "mark task 3 as high priority".
fn levelled(text: &str, context: &Context<'_>) -> Option<Plan> {
    let rest = after(text, &["make", "mark", "set", "flag"])?;
    let named = [
        "low", "medium", "normal", "high", "urgent", "critical", "p1", "p2", "p3", "p4",
    ];
    let rest = before(rest, &["priority"]).unwrap_or(rest);
    let level = named.into_iter().find(|level| before(rest, &[level]).is_some())?;
    let reference = before(rest, &[level])?;
    let reference = before(reference, &["as", "to", "a"]).unwrap_or(reference);
    let reference = before(reference, &["priority", "'s priority"]).unwrap_or(reference);
    let reference =
        after(reference, &["the priority of", "priority of", "the priority for"]).unwrap_or(reference);
    let patch = TaskPatch {
        priority: Change::Set(priority(level)?),
        ..TaskPatch::default()
    };
    Some(update(reference, patch, Preference::Open, context))
}

/// "Change task 1 to 'Call mom tonight'", "set the due date of task 3 to Friday".
fn set(text: &str, context: &Context<'_>) -> Option<Plan> {
    if let Some(rest) = after(text, &["rename", "retitle"]) {
        let (reference, title) = split(rest, &["to", "as", "into"], context)?;
        return Some(with_value(Field::Title, reference, title, context));
    }
    let rest = after(text, &["change", "update", "set", "edit", "modify", "correct"])?;
    let rest = after(rest, &["the"]).unwrap_or(rest);
    for (field, names) in FIELDS {
        if let Some(of) = after(rest, names).and_then(|rest| after(rest, &["of", "for", "on"])) {
            let (reference, value) = split(of, &["to", "as"], context)?;
            return Some(with_value(field, reference, value, context));
        }
    }
    let Some((reference, value)) = split(rest, &["to", "as", "into"], context) else {
        let example = "What shall change? For example: change task 1 to “Call mom tonight”.";
        return (resolve(rest, context, Preference::Any) != Meaning::Unsaid)
            .then(|| Plan::say(Intent::UpdateTask, example));
    };
    for (field, names) in FIELDS {
        if let Some(reference) = before(reference, names) {
            let reference = before(reference, &["'s"])
                .unwrap_or(reference)
                .trim_end_matches("'s");
            return Some(with_value(field, reference, value, context));
        }
    }
    let field = match (unquoted(value), priority(value)) {
        (None, Some(_)) if value.to_ascii_lowercase().contains("priority") => Field::Priority,
        _ => Field::Title,
    };
    Some(with_value(field, reference, value, context))
}

fn with_value(field: Field, reference: &str, value: &str, context: &Context<'_>) -> Plan {
    let mut patch = TaskPatch::default();
    let plain = unquoted(value).unwrap_or(value).trim();
    let mistake = match field {
        Field::Title if plain.chars().count() > TITLE_LIMIT || plain.chars().any(char::is_control) => {
            Some("A title is one line of at most 255 characters")
        }
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
        Field::Status => match plain.to_ascii_lowercase().replace(' ', "_").parse() {
            Ok(status) => {
                patch.status = Change::Set(status);
                None
            }
            Err(_) => Some("A status is pending, in progress, completed or cancelled"),
        },
        Field::Due => match read_date(plain, context) {
            Some(due) => {
                patch.due_date = Change::Set(due);
                patch.timezone = Change::Set(context.zone);
                None
            }
            None => Some("I did not understand the date; say for example “tomorrow at 9:00” or “2026-12-31”"),
        },
    };
    match mistake {
        Some(mistake) => Plan::say(Intent::UpdateTask, format!("{mistake}, so I changed nothing.")),
        None => update(reference, patch, Preference::Open, context),
    }
}

fn update(reference: &str, patch: TaskPatch, preference: Preference, context: &Context<'_>) -> Plan {
    let call = ToolCall::UpdateTask {
        task_id: 0,
        patch: Box::new(patch),
    };
    about(reference, Intent::UpdateTask, call, preference, context)
}

/// Where to split a sentence into the task and the new value. Titles and values may contain the word themselves,
/// so a quoted value counts most, then a whole title before it, then the first place that leaves a known task.
fn split<'a>(text: &'a str, words: &[&str], context: &Context<'_>) -> Option<(&'a str, &'a str)> {
    let all = splits(text, words);
    let task = |left: &'a str| {
        FIELDS
            .iter()
            .find_map(|(_, names)| before(left, names))
            .unwrap_or(left)
    };
    let is_title = |left: &str| context.tasks.iter().any(|known| fold(&known.title) == fold(left));
    let is_known = |left: &str| {
        let meaning = resolve(left, context, Preference::Open);
        matches!(meaning, Meaning::Tasks(_) | Meaning::OneOf(_) | Meaning::All(_))
    };
    all.iter()
        .find(|(_, right)| unquoted(right).is_some())
        .or_else(|| all.iter().find(|(left, _)| is_title(task(left))))
        .or_else(|| all.iter().find(|(left, _)| is_known(task(left))))
        .or(all.first())
        .copied()
}

fn is_no_act(plan: &Plan) -> bool {
    !matches!(plan.step, super::Step::Act(_))
}
