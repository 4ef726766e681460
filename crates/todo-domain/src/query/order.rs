//! The order of a list: by meaning, empty values last in either direction, and total.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Search, TaskQuery};
use crate::task::Task;
use crate::text::fold;
use crate::zone::Zone;

/// A field that a list can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortField {
    /// When it was made.
    CreatedAt,
    /// When it was last changed.
    UpdatedAt,
    /// The deadline.
    DueDate,
    /// By meaning: low, medium, high, urgent.
    Priority,
    /// Without regard to case and accents.
    Title,
    /// How well it fits the search: always the best first.
    Relevance,
}

/// A field and its direction; `-due_date` is descending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SortKey {
    /// The field.
    pub field: SortField,
    /// The greatest first.
    pub descending: bool,
}

/// What a task is compared by in one field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum SortValue {
    Number(i64),
    Text(String),
    Empty,
}

/// What a task is compared by as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    pub(super) values: Vec<SortValue>,
    pub(super) id: String,
}

impl TaskQuery {
    /// The order of two tasks in the list; only a task and itself are equal.
    pub fn compare(&self, left: &Task, right: &Task, zone: Zone) -> Ordering {
        self.compare_positions(&self.position(left, zone), &self.position(right, zone))
    }

    pub(super) fn position(&self, task: &Task, zone: Zone) -> Position {
        let value = |key: &SortKey| match key.field {
            SortField::Relevance => {
                let search = self.search.as_deref().unwrap_or_default();
                SortValue::Number(Search::parse(search).relevance(task))
            }
            field => field.value(task, zone),
        };
        let values = self.sort.iter().map(value).collect();
        Position {
            values,
            id: task.id.clone(),
        }
    }

    pub(super) fn compare_positions(&self, left: &Position, right: &Position) -> Ordering {
        for (key, (left, right)) in self.sort.iter().zip(left.values.iter().zip(&right.values)) {
            let ordering = match (left, right) {
                (SortValue::Empty, SortValue::Empty) => Ordering::Equal,
                (SortValue::Empty, _) => Ordering::Greater,
                (_, SortValue::Empty) => Ordering::Less,
                _ if key.descending => right.cmp(left),
                _ => left.cmp(right),
            };
            if ordering.is_ne() {
                return ordering;
            }
        }
        // Ids grow with time, so ties keep the direction of the list.
        let ordering = left.id.cmp(&right.id);
        if self.sort.first().is_some_and(|key| key.descending) {
            ordering.reverse()
        } else {
            ordering
        }
    }
}

impl SortField {
    fn value(self, task: &Task, zone: Zone) -> SortValue {
        match self {
            Self::CreatedAt => SortValue::Number(task.created_at.millis()),
            Self::UpdatedAt => SortValue::Number(task.updated_at.millis()),
            Self::DueDate => match task.due_date {
                Some(due) => SortValue::Number(due.deadline(task.timezone.unwrap_or(zone)).millis()),
                None => SortValue::Empty,
            },
            Self::Priority => SortValue::Number(task.priority as i64),
            Self::Title => SortValue::Text(fold(&task.title)),
            // It is the search that says it, not the task.
            Self::Relevance => SortValue::Empty,
        }
    }
}

impl SortKey {
    /// The best hits of a search first.
    pub const RELEVANCE: Self = Self {
        field: SortField::Relevance,
        descending: true,
    };
}

impl FromStr for SortKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, descending) = match text.strip_prefix('-') {
            Some(name) => (name, true),
            None => (text, false),
        };
        let field = match name {
            "created_at" | "created" => SortField::CreatedAt,
            "updated_at" | "updated" => SortField::UpdatedAt,
            "due_date" | "due" => SortField::DueDate,
            "priority" => SortField::Priority,
            "title" => SortField::Title,
            "relevance" => return Ok(Self::RELEVANCE),
            _ => {
                let message = "must name `created_at`, `updated_at`, `due_date`, `priority`, `title` or `relevance`, with `-` for descending";
                return Err(message.to_owned());
            }
        };
        Ok(Self { field, descending })
    }
}

impl fmt::Display for SortKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.field {
            SortField::CreatedAt => "created_at",
            SortField::UpdatedAt => "updated_at",
            SortField::DueDate => "due_date",
            SortField::Priority => "priority",
            SortField::Title => "title",
            SortField::Relevance => return formatter.write_str("relevance"),
        };
        write!(formatter, "{}{name}", if self.descending { "-" } else { "" })
    }
}
