//! The rules of the single fields.

use serde_json::Value;

use super::{DESCRIPTION_LIMIT, FieldError, REMINDERS_LIMIT, TAG_LIMIT, TAGS_LIMIT, TITLE_LIMIT};
use crate::due::Due;
use crate::recurrence::RecurrenceAnchor;
use crate::task::Reminder;
use crate::text::fold;

/// A name that came from outside, short enough to be shown in an error.
pub(crate) fn shown(name: &str) -> String {
    name.chars().take(60).collect()
}

/// The text with line ends and tabs kept and every other control character refused.
pub(crate) fn without_control_characters(text: &str) -> bool {
    !text
        .chars()
        .any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'))
}

pub(super) fn title(value: &Value) -> Result<String, FieldError> {
    let text = value
        .as_str()
        .ok_or_else(|| FieldError::new("title", "must be a string"))?
        .trim();
    if text.is_empty() {
        return Err(FieldError::new("title", "must not be empty"));
    }
    if text.chars().count() > TITLE_LIMIT {
        return Err(FieldError::new(
            "title",
            format!("must have at most {TITLE_LIMIT} characters"),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(FieldError::new(
            "title",
            "must be one line without control characters",
        ));
    }
    Ok(text.to_owned())
}

pub(super) fn description(value: &Value) -> Result<String, FieldError> {
    let text = value
        .as_str()
        .ok_or_else(|| FieldError::new("description", "must be a string"))?;
    if text.chars().count() > DESCRIPTION_LIMIT {
        return Err(FieldError::new(
            "description",
            format!("must have at most {DESCRIPTION_LIMIT} characters"),
        ));
    }
    if !without_control_characters(text) {
        return Err(FieldError::new(
            "description",
            "must not contain control characters",
        ));
    }
    Ok(text.to_owned())
}

/// Tags keep the form they were first written in; a second one that differs only in case is dropped.
pub(crate) fn tags(value: &Value) -> Result<Vec<String>, Vec<FieldError>> {
    let list = value
        .as_array()
        .ok_or_else(|| vec![FieldError::new("tags", "must be a list of strings")])?;
    if list.len() > TAGS_LIMIT * 10 {
        return Err(vec![FieldError::new(
            "tags",
            format!("must be at most {TAGS_LIMIT}"),
        )]);
    }
    let mut errors = Vec::new();
    let mut tags: Vec<String> = Vec::new();
    for (position, value) in list.iter().enumerate() {
        match value.as_str().ok_or("must be a string").and_then(tag) {
            Ok(tag) if tags.iter().any(|known| fold(known) == fold(tag)) => {}
            Ok(tag) => tags.push(tag.to_owned()),
            Err(message) => errors.push(FieldError::new(format!("tags[{position}]"), message)),
        }
    }
    if tags.len() > TAGS_LIMIT {
        errors.push(FieldError::new("tags", format!("must be at most {TAGS_LIMIT}")));
    }
    if errors.is_empty() { Ok(tags) } else { Err(errors) }
}

/// One tag, trimmed and without the `#` that people write before it.
pub(crate) fn tag(text: &str) -> Result<&str, &'static str> {
    let text = text.trim().trim_start_matches('#').trim();
    if text.is_empty() {
        return Err("must not be empty");
    }
    if text.chars().count() > TAG_LIMIT {
        return Err("must have at most 50 characters");
    }
    if text.chars().any(|letter| letter.is_control() || letter == ',') {
        return Err("must not contain control characters or commas");
    }
    Ok(text)
}

pub(super) fn reminders(value: &Value) -> Result<Vec<Reminder>, Vec<FieldError>> {
    let list = value
        .as_array()
        .ok_or_else(|| vec![FieldError::new("reminders", "must be a list")])?;
    if list.len() > REMINDERS_LIMIT {
        return Err(vec![FieldError::new(
            "reminders",
            format!("must be at most {REMINDERS_LIMIT}"),
        )]);
    }
    let mut errors = Vec::new();
    let mut reminders: Vec<Reminder> = Vec::new();
    for (position, value) in list.iter().enumerate() {
        match Reminder::parse(value) {
            Ok(reminder) if reminders.contains(&reminder) => {}
            Ok(reminder) => reminders.push(reminder),
            Err(error) => errors.push(FieldError::new(
                format!("reminders[{position}]"),
                error.to_string(),
            )),
        }
    }
    if errors.is_empty() {
        Ok(reminders)
    } else {
        Err(errors)
    }
}

/// A reminder that counts back from a due date needs one.
pub(super) fn reminders_without_due(reminders: &[Reminder], due: Option<Due>) -> Option<FieldError> {
    let position = reminders
        .iter()
        .position(|reminder| matches!(reminder, Reminder::Before(_)))?;
    due.is_none()
        .then(|| FieldError::new(format!("reminders[{position}]"), "`before` needs a `due_date`"))
}

/// The task that a subtask belongs to: an id or a number. Whether there is one is for storage to say.
pub(super) fn parent(value: &Value) -> Result<String, Vec<FieldError>> {
    let reference = match value {
        Value::String(text) if (1..=64).contains(&text.chars().count()) => Some(text.clone()),
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        _ => None,
    };
    reference.ok_or_else(|| {
        vec![FieldError::new(
            "parent_id",
            "must be the id or the number of a task",
        )]
    })
}

/// Subtasks come again with their parent, not by themselves.
pub(super) fn rule_of_subtask(rule: Option<&str>, parent_id: Option<&str>) -> Option<FieldError> {
    let both = rule.is_some() && parent_id.is_some();
    both.then(|| FieldError::new("recurrence_rule", "cannot be a subtask's; give it to its parent"))
}

/// Only what comes again can do so after its completion.
pub(super) fn anchor_without_rule(anchor: RecurrenceAnchor, rule: Option<&str>) -> Option<FieldError> {
    let is_wrong = !anchor.is_due() && rule.is_none();
    is_wrong.then(|| FieldError::new("recurrence_anchor", "`completion` needs a `recurrence_rule`"))
}
