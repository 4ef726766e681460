//! The two bodies, read from JSON.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{FieldError, fields};
use crate::due::Due;
use crate::recurrence::{RecurrenceAnchor, Rule};
use crate::task::{Priority, Reminder, Status};
use crate::zone::Zone;

/// The fields of a task that a client sets.
const WRITABLE: [&str; 12] = [
    "title",
    "description",
    "status",
    "priority",
    "tags",
    "due_date",
    "timezone",
    "reminders",
    "recurrence_rule",
    "recurrence_anchor",
    "is_recurring",
    "parent_id",
];

/// The fields of a task that only the server sets; sent back, they are ignored.
const READ_ONLY: [&str; 10] = [
    "id",
    "number",
    "series_id",
    "occurrence",
    "created_at",
    "updated_at",
    "completed_at",
    "version",
    "subtasks",
    "deleted_at",
];

/// The body of a creation or a replacement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TaskDraft {
    /// Trimmed, 1–255 characters.
    pub title: String,
    /// Up to 5,000 characters; empty is none.
    pub description: Option<String>,
    /// Where it stands; a creation takes pending, a replacement what is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// How urgent it is.
    pub priority: Priority,
    /// Trimmed, each once.
    pub tags: Vec<String>,
    /// When it is due.
    pub due_date: Option<Due>,
    /// The zone it lives in.
    pub timezone: Option<Zone>,
    /// When to remind.
    pub reminders: Vec<Reminder>,
    /// The rule by which it comes again; known to parse.
    pub recurrence_rule: Option<String>,
    /// What the next due date is counted from.
    #[serde(skip_serializing_if = "RecurrenceAnchor::is_due")]
    pub recurrence_anchor: RecurrenceAnchor,
    /// The task that it is a part of, as it was named: an id or a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
}

/// What a merge patch does with one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// Absent: stays as it is.
    #[default]
    Keep,
    /// `null`: emptied, or put back to its default.
    Clear,
    /// A value.
    Set(T),
}

/// The body of a merge patch (RFC 7396).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskPatch {
    /// A task cannot be without a title, so this is never [`Change::Clear`].
    pub title: Change<String>,
    /// The description.
    pub description: Change<String>,
    /// The status; cleared means pending.
    pub status: Change<Status>,
    /// The priority; cleared means medium.
    pub priority: Change<Priority>,
    /// All tags; cleared means none.
    pub tags: Change<Vec<String>>,
    /// The due date.
    pub due_date: Change<Due>,
    /// The zone.
    pub timezone: Change<Zone>,
    /// All reminders; cleared means none.
    pub reminders: Change<Vec<Reminder>>,
    /// The rule; cleared ends the series.
    pub recurrence_rule: Change<String>,
    /// What the next due date is counted from; cleared means the due date.
    pub recurrence_anchor: Change<RecurrenceAnchor>,
    /// The task that it is a part of, as it was named: an id or a number.
    pub parent_id: Change<String>,
}

impl TaskDraft {
    /// Reads a body, collecting every mistake.
    pub fn parse(body: &Value) -> Result<Self, Vec<FieldError>> {
        let patch = TaskPatch::parse(body);
        let (patch, mut errors) = match patch {
            Ok(patch) => (patch, Vec::new()),
            Err(errors) => (TaskPatch::default(), errors),
        };
        let object = body.as_object();
        if object.is_some_and(|object| !object.contains_key("title")) {
            errors.push(FieldError::new("title", "is required"));
        }
        if object.and_then(|object| object.get("is_recurring")) == Some(&Value::Bool(true))
            && !matches!(
                object.and_then(|object| object.get("recurrence_rule")),
                Some(Value::String(_))
            )
        {
            errors.push(FieldError::new(
                "recurrence_rule",
                "is required for a recurring task",
            ));
        }
        let draft = Self {
            title: patch.title.or_default(),
            description: patch.description.into_option(),
            status: patch.status.into_option(),
            priority: patch.priority.or_default(),
            tags: patch.tags.or_default(),
            due_date: patch.due_date.into_option(),
            timezone: patch.timezone.into_option(),
            reminders: patch.reminders.or_default(),
            recurrence_rule: patch.recurrence_rule.into_option(),
            recurrence_anchor: patch.recurrence_anchor.or_default(),
            parent_id: patch.parent_id.into_option(),
        };
        if errors.is_empty() {
            errors.extend(fields::reminders_without_due(&draft.reminders, draft.due_date));
            let rule = draft.recurrence_rule.as_deref();
            errors.extend(fields::rule_of_subtask(rule, draft.parent_id.as_deref()));
            errors.extend(fields::anchor_without_rule(draft.recurrence_anchor, rule));
        }
        if errors.is_empty() { Ok(draft) } else { Err(errors) }
    }

    /// The fields that say something, as a body that reads back to the same draft.
    pub fn to_json(&self) -> Map<String, Value> {
        let value = serde_json::to_value(self).unwrap_or_default();
        let Value::Object(mut fields) = value else {
            return Map::new();
        };
        fields.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()));
        if self.priority == Priority::default() {
            fields.remove("priority");
        }
        fields
    }
}

impl TaskPatch {
    /// Reads a merge patch, collecting every mistake.
    pub fn parse(body: &Value) -> Result<Self, Vec<FieldError>> {
        let Some(object) = body.as_object() else {
            return Err(vec![FieldError::new("", "the body must be a JSON object")]);
        };
        let mut errors = Vec::new();
        for name in object.keys() {
            if !WRITABLE.contains(&name.as_str()) && !READ_ONLY.contains(&name.as_str()) {
                errors.push(FieldError::new(fields::shown(name), "is not a field of a task"));
            }
        }
        let mut reader = Reader { object, errors };
        if object.get("title") == Some(&Value::Null) {
            reader.errors.push(FieldError::new("title", "cannot be removed"));
        }
        let mut patch = Self {
            title: reader.read("title", |value| fields::title(value).map_err(|error| vec![error])),
            description: reader.read("description", |value| {
                fields::description(value).map_err(|error| vec![error])
            }),
            status: reader.read_text("status", str::parse),
            priority: reader.read_text("priority", str::parse),
            tags: reader.read("tags", fields::tags),
            due_date: reader.read_text("due_date", Due::parse),
            timezone: reader.read_text("timezone", Zone::parse),
            reminders: reader.read("reminders", fields::reminders),
            recurrence_rule: reader.read_text("recurrence_rule", |text| {
                Rule::parse(text).map(|_| text.trim().to_owned())
            }),
            recurrence_anchor: reader.read_text("recurrence_anchor", str::parse),
            parent_id: reader.read("parent_id", fields::parent),
        };
        reader.read_is_recurring(&mut patch.recurrence_rule);
        if matches!(&patch.description, Change::Set(text) if text.is_empty()) {
            patch.description = Change::Clear;
        }
        if reader.errors.is_empty() {
            Ok(patch)
        } else {
            Err(reader.errors)
        }
    }

    /// The merge patch as JSON; reads back to the same patch.
    pub fn to_json(&self) -> Map<String, Value> {
        let fields = [
            ("title", self.title.to_json()),
            ("description", self.description.to_json()),
            ("status", self.status.to_json()),
            ("priority", self.priority.to_json()),
            ("tags", self.tags.to_json()),
            ("due_date", self.due_date.to_json()),
            ("timezone", self.timezone.to_json()),
            ("reminders", self.reminders.to_json()),
            ("recurrence_rule", self.recurrence_rule.to_json()),
            ("recurrence_anchor", self.recurrence_anchor.to_json()),
            ("parent_id", self.parent_id.to_json()),
        ];
        fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }
}

impl<T> Change<T> {
    /// The value that was set.
    pub fn into_option(self) -> Option<T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }

    fn to_json(&self) -> Option<Value>
    where
        T: Serialize,
    {
        match self {
            Self::Keep => None,
            Self::Clear => Some(Value::Null),
            Self::Set(value) => serde_json::to_value(value).ok(),
        }
    }

    fn or_default(self) -> T
    where
        T: Default,
    {
        self.into_option().unwrap_or_default()
    }
}

impl<T> From<Option<T>> for Change<T> {
    /// A replacement says something of every field: a value, or that there is none.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }
}

struct Reader<'a> {
    object: &'a Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Reader<'_> {
    fn read<T>(&mut self, name: &str, parse: impl FnOnce(&Value) -> Result<T, Vec<FieldError>>) -> Change<T> {
        match self.object.get(name) {
            None => Change::Keep,
            Some(Value::Null) => Change::Clear,
            Some(value) => match parse(value) {
                Ok(value) => Change::Set(value),
                Err(errors) => {
                    self.errors.extend(errors);
                    Change::Keep
                }
            },
        }
    }

    fn read_text<T, E: std::fmt::Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Change<T> {
        self.read(name, |value| {
            let text = value
                .as_str()
                .ok_or_else(|| vec![FieldError::new(name, "must be a string")])?;
            parse(text).map_err(|error| vec![FieldError::new(name, error.to_string())])
        })
    }

    /// `is_recurring` only mirrors the rule; `false` alone ends the series, as clients of older versions expect.
    fn read_is_recurring(&mut self, rule: &mut Change<String>) {
        match (self.object.get("is_recurring"), &rule) {
            (Some(Value::Bool(false)), Change::Set(_)) => {
                self.errors.push(FieldError::new(
                    "is_recurring",
                    "cannot be false beside a `recurrence_rule`",
                ));
            }
            (Some(Value::Bool(false)), Change::Keep) => *rule = Change::Clear,
            (None | Some(Value::Null | Value::Bool(_)), _) => {}
            (Some(_), _) => self
                .errors
                .push(FieldError::new("is_recurring", "must be true or false")),
        }
    }
}
