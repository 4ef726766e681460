//! From one line of text to a task: what [`quick_add`] understands, in the terms of this application.

use std::ops::Range;

use quick_add::{QuickAdd, Span, utf16_ranges};
use serde::Serialize;
use serde_json::Value;

use crate::due::Due;
use crate::recurrence::RecurrenceAnchor;
use crate::task::{Lead, Priority, Reminder};
use crate::text::fold;
use crate::time::Timestamp;
use crate::validation::{FieldError, TaskDraft};
use crate::zone::Zone;

const FIELDS: [&str; 2] = ["text", "timezone"];

/// The body of a quick addition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuickRequest {
    /// What was typed.
    pub text: String,
    /// Where the user is; UTC where absent.
    pub timezone: Option<Zone>,
}

/// A text that makes a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuickTask {
    /// The task.
    pub draft: TaskDraft,
    /// What was understood where.
    pub spans: Vec<SpanView>,
    /// What is worth a hint: the task can be made all the same.
    pub hints: Vec<HintView>,
}

/// A part of the text that was understood, as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpanView {
    /// Where it begins, in UTF-16 code units, as JavaScript counts.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// `due`, `repeat`, `reminder`, `priority`, `tag` or `escape`.
    pub kind: &'static str,
    /// The part itself.
    pub text: String,
}

/// A part of the text that looks like something but is not, and stays in the title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HintView {
    /// What about it.
    pub message: String,
    /// The part itself.
    pub text: String,
}

impl QuickRequest {
    /// Reads a body, collecting every mistake.
    pub fn parse(body: &Value) -> Result<Self, Vec<FieldError>> {
        let Some(object) = body.as_object() else {
            return Err(vec![FieldError::new("", "the body must be a JSON object")]);
        };
        let mut errors: Vec<FieldError> = object
            .keys()
            .filter(|name| !FIELDS.contains(&name.as_str()))
            .map(|name| {
                let name: String = name.chars().take(60).collect();
                FieldError::new(name, "is not a field of a quick addition")
            })
            .collect();
        let text = match object.get("text") {
            None | Some(Value::Null) => Err("is required"),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err("must be a string"),
        };
        let text = text
            .map_err(|message| errors.push(FieldError::new("text", message)))
            .ok();
        let timezone = match object.get("timezone").filter(|value| !value.is_null()) {
            None => None,
            Some(value) => Zone::parse(value.as_str().unwrap_or_default())
                .map_err(|error| errors.push(FieldError::new("timezone", error.to_string())))
                .ok(),
        };
        match text {
            Some(text) if errors.is_empty() => Ok(Self { text, timezone }),
            _ => Err(errors),
        }
    }

    /// The task that the text makes at this time, or every reason why it makes none.
    pub fn read(&self, now: Timestamp) -> Result<QuickTask, Vec<FieldError>> {
        let zone = self.timezone.unwrap_or_default();
        let found = quick_add::parse(&self.text, zone.at(now));
        let errors = refusals(&found);
        if !errors.is_empty() {
            return Err(in_text(errors.into_iter()));
        }
        let draft = draft(&found, zone).ok_or_else(|| {
            let message = "a date lies outside of the years 1970 to 9999".to_owned();
            in_text(std::iter::once(message))
        })?;
        // What a body must fulfil holds here as well: the length of the title, the number of reminders, a possible rule.
        TaskDraft::parse(&Value::Object(draft.to_json())).map_err(|errors| {
            let messages = errors
                .into_iter()
                .map(|error| format!("its {} {}", error.field, error.message));
            in_text(messages)
        })?;
        Ok(QuickTask {
            draft,
            spans: spans(&self.text, &found.spans),
            hints: hints(&self.text, &found),
        })
    }
}

/// Why no task can be made of what was understood.
pub(crate) fn refusals(found: &QuickAdd) -> Vec<String> {
    let problems = found.problems.iter();
    problems
        .filter(|problem| problem.prevents_adding())
        .map(ToString::to_string)
        .collect()
}

/// The task that was understood; none if a time lies outside of the years that are kept.
pub(crate) fn draft(found: &QuickAdd, zone: Zone) -> Option<TaskDraft> {
    let due_date = match found.due {
        None => None,
        Some(due) => Some(from_quick_add(due)?),
    };
    let mut reminders = Vec::new();
    for reminder in &found.reminders {
        reminders.push(match reminder {
            quick_add::Reminder::Before(lead) => Reminder::Before(Lead::parse(&lead.to_string())?),
            quick_add::Reminder::At(time) => Reminder::At(Timestamp::from_millis(time.timestamp_millis())?),
        });
    }
    let is_placed = due_date.is_some() || !reminders.is_empty();
    Some(TaskDraft {
        title: found.title.clone(),
        due_date,
        timezone: is_placed.then_some(zone),
        reminders,
        recurrence_rule: found.repeat.as_ref().map(|repeat| repeat.rule.clone()),
        recurrence_anchor: match &found.repeat {
            Some(repeat) if repeat.after_completion => RecurrenceAnchor::Completion,
            _ => RecurrenceAnchor::Due,
        },
        priority: found.priority.map(priority).unwrap_or_default(),
        tags: tags(&found.tags),
        ..TaskDraft::default()
    })
}

/// Tags that are one to this application, which looks at accents as little as at case, once.
fn tags(found: &[String]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in found {
        if !tags.iter().any(|known| fold(known) == fold(tag)) {
            tags.push(tag.clone());
        }
    }
    tags
}

/// The same due date; none outside of the years that are kept.
pub fn from_quick_add(due: quick_add::Due) -> Option<Due> {
    match due {
        quick_add::Due::Day(day) => Some(Due::Day(day)),
        quick_add::Due::Time(time) => Timestamp::from_millis(time.timestamp_millis()).map(Due::Time),
    }
}

fn priority(priority: quick_add::Priority) -> Priority {
    match priority {
        quick_add::Priority::Low => Priority::Low,
        quick_add::Priority::Medium => Priority::Medium,
        quick_add::Priority::High => Priority::High,
        quick_add::Priority::Urgent => Priority::Urgent,
    }
}

fn in_text(messages: impl Iterator<Item = String>) -> Vec<FieldError> {
    messages.map(|message| FieldError::new("text", message)).collect()
}

fn spans(text: &str, spans: &[Span]) -> Vec<SpanView> {
    let ranges = utf16_ranges(text, spans);
    ranges
        .into_iter()
        .zip(spans)
        .map(|(range, span)| SpanView {
            start: range.start,
            end: range.end,
            kind: span.kind.as_str(),
            text: text.get(span.range.clone()).unwrap_or_default().to_owned(),
        })
        .collect()
}

fn hints(text: &str, found: &QuickAdd) -> Vec<HintView> {
    let of_text = |range: Range<usize>| text.get(range).unwrap_or_default().to_owned();
    found
        .problems
        .iter()
        .map(|problem| HintView {
            message: problem.to_string(),
            text: problem.range().map(of_text).unwrap_or_default(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
