//! One task of a file, from its fields to a checked draft. All readers end here, so that a task is right or wrong in the
//! same way wherever it comes from, and the API's own checks are the only ones.

use serde_json::{Map, Value};
use todo_domain::due::Due;
use todo_domain::recurrence::SeriesAnchor;
use todo_domain::task::{Status, Task};
use todo_domain::time::Timestamp;
use todo_domain::validation::{FieldError, NewTask, TaskDraft};

use crate::UID_LIMIT;

/// Highest number of an occurrence: the next one is counted from the anchor, step by step.
const OCCURRENCE_LIMIT: u64 = 100_000;

/// A task that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedTask {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// What the file calls it: the same task has the same name in every file.
    pub uid: Option<String>,
    /// What the task is.
    pub draft: TaskDraft,
    /// When it was made, where the file says so.
    pub created_at: Option<Timestamp>,
    /// When it was completed, where the file says so.
    pub completed_at: Option<Timestamp>,
    /// The series that it is a part of; a recurring task without one begins its own.
    pub series: Option<Series>,
}

/// The place of a task in a series of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// What the file calls the series.
    pub id: String,
    /// The task's number in it.
    pub occurrence: u32,
    /// Where it is counted from.
    pub anchor: SeriesAnchor,
}

impl ImportedTask {
    /// The new task. `series_id` is what the series is called from now on; without one the task begins a series of
    /// its own. Times of the future become the present.
    pub fn into_task(self, new: NewTask, series_id: Option<String>) -> Task {
        let now = new.now;
        let mut task = self.draft.into_task(new);
        task.created_at = self.created_at.unwrap_or(now).min(now);
        if task.status == Status::Completed {
            task.completed_at = Some(self.completed_at.unwrap_or(now).min(now));
        }
        if let (Some(series), Some(series_id)) = (self.series, series_id) {
            task.series_id = Some(series_id);
            task.occurrence = Some(series.occurrence);
            task.series_anchor = Some(series.anchor);
        }
        task
    }
}

/// Fields as they were found, under their names in the API.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) line: u64,
    fields: Map<String, Value>,
    /// The lines of fields that have one of their own.
    lines: Vec<(String, u64)>,
    /// What the format calls a field.
    name: fn(&str) -> &str,
}

impl Record {
    pub(crate) fn new(line: u64, name: fn(&str) -> &str) -> Self {
        Self {
            line,
            fields: Map::new(),
            lines: Vec::new(),
            name,
        }
    }

    pub(crate) fn of(line: u64, fields: Map<String, Value>) -> Self {
        Self {
            fields,
            ..Self::new(line, |field| field)
        }
    }

    pub(crate) fn set(&mut self, field: &str, value: impl Into<Value>) {
        self.fields.insert(field.to_owned(), value.into());
    }

    /// Sets a field that stands in a line of its own. A list's entries have lines as `reminders[0]`.
    pub(crate) fn set_in_line(&mut self, line: u64, field: &str, value: impl Into<Value>) {
        self.set(field, value);
        self.note_line(line, field);
    }

    pub(crate) fn note_line(&mut self, line: u64, field: impl Into<String>) {
        self.lines.push((field.into(), line));
    }

    pub(crate) fn finish(mut self) -> Result<ImportedTask, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut noted = |result: Result<Option<Timestamp>, FieldError>| {
            result.unwrap_or_else(|error| {
                errors.push(error);
                None
            })
        };
        let created_at = noted(self.time("created_at"));
        let completed_at = noted(self.time("completed_at"));
        let uid = self.uid().unwrap_or_else(|error| {
            errors.push(error);
            None
        });
        let series = self.series().unwrap_or_else(|error| {
            errors.push(error);
            None
        });
        let fields = Value::Object(std::mem::take(&mut self.fields));
        let draft = TaskDraft::parse(&fields).unwrap_or_else(|mistakes| {
            errors.extend(mistakes);
            TaskDraft::default()
        });
        if errors.is_empty() {
            let is_recurring = draft.recurrence_rule.is_some();
            return Ok(ImportedTask {
                line: self.line,
                uid,
                draft,
                created_at,
                completed_at,
                series: series.filter(|_| is_recurring),
            });
        }
        Err(errors.into_iter().map(|error| self.placed(error)).collect())
    }

    /// The mistake where it is, in the format's words.
    fn placed(&self, error: FieldError) -> FieldError {
        let base = error.field.split('[').next().unwrap_or_default();
        let line_of = |wanted: &str| {
            let found = self.lines.iter().find(|(field, _line)| field == wanted);
            found.map(|(_field, line)| *line)
        };
        let line = line_of(&error.field)
            .or_else(|| line_of(base))
            .unwrap_or(self.line);
        let name = (self.name)(base);
        let field = if name == base { error.field.as_str() } else { name };
        FieldError::new(field, error.message).in_line(line)
    }

    fn time(&mut self, field: &str) -> Result<Option<Timestamp>, FieldError> {
        let text = match self.fields.remove(field) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text,
            Some(_) => return Err(FieldError::new(field, "must be a string")),
        };
        let time = Timestamp::parse(&text).map_err(|error| FieldError::new(field, error.to_string()))?;
        Ok(Some(time))
    }

    fn uid(&mut self) -> Result<Option<String>, FieldError> {
        let uid = match self.fields.remove("id") {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(uid)) => uid,
            Some(_) => return Err(FieldError::new("id", "must be a string")),
        };
        if uid.is_empty() || uid.chars().count() > UID_LIMIT || uid.chars().any(char::is_control) {
            let message = format!("must have 1 to {UID_LIMIT} characters, none of them a control character");
            return Err(FieldError::new("id", message));
        }
        Ok(Some(uid))
    }

    fn series(&mut self) -> Result<Option<Series>, FieldError> {
        let [id, occurrence, anchor] =
            ["series_id", "occurrence", "series_anchor"].map(|field| self.fields.remove(field));
        let (Some(id), Some(occurrence), Some(anchor)) = (present(id), present(occurrence), present(anchor))
        else {
            return Ok(None);
        };
        let wrong = |field, message: &str| FieldError::new(field, message);
        let id = id.as_str().filter(|id| (1..=UID_LIMIT).contains(&id.len()));
        let id = id.ok_or_else(|| wrong("series_id", "must be a short text"))?;
        let number = |value: &Value| match value {
            Value::String(text) => text.parse().ok(),
            value => value.as_u64(),
        };
        let occurrence = number(&occurrence)
            .filter(|number| (1..=OCCURRENCE_LIMIT).contains(number))
            .and_then(|number| u32::try_from(number).ok());
        let occurrence =
            occurrence.ok_or_else(|| wrong("occurrence", "must be a number from 1 to 100000"))?;
        let anchor = match &anchor {
            Value::String(text) => anchor_of_text(text),
            value => serde_json::from_value(value.clone()).ok(),
        };
        let anchor = anchor.filter(|anchor| (1..=occurrence).contains(&anchor.occurrence));
        let anchor = anchor.ok_or_else(|| {
            let message = "must be an occurrence up to this one and its due date, like `1@2026-01-31`";
            wrong("series_anchor", message)
        })?;
        Ok(Some(Series {
            id: id.to_owned(),
            occurrence,
            anchor,
        }))
    }
}

fn present(value: Option<Value>) -> Option<Value> {
    value.filter(|value| !value.is_null())
}

/// An anchor as it stands in formats that know only text: `1@2026-01-31`.
pub(crate) fn anchor_text(anchor: &SeriesAnchor) -> String {
    format!("{}@{}", anchor.occurrence, anchor.due)
}

fn anchor_of_text(text: &str) -> Option<SeriesAnchor> {
    let (occurrence, due) = text.split_once('@')?;
    Some(SeriesAnchor {
        due: Due::parse(due).ok()?,
        occurrence: occurrence.parse().ok()?,
    })
}
