//! Which tasks a list shows, and in which order.

use serde_json::{Map, Value};

use crate::due::Due;
use crate::query::{DueFilter, MAXIMUM_LIMIT, SortField, SortKey, TaskQuery};
use crate::task::{Priority, Status, Task};
use crate::zone::Zone;

/// What `list_tasks` lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Which, by status.
    pub status: ListStatus,
    /// Which, by due date in relation to now.
    pub due: Option<DueFilter>,
    /// Due at this time or later, or from this day on.
    pub due_after: Option<Due>,
    /// Due before this time, or before this day begins.
    pub due_before: Option<Due>,
    /// Completed at this time or later, or from this day on.
    pub completed_since: Option<Due>,
    /// Which, by priority.
    pub priority: Option<Priority>,
    /// Which, by tag.
    pub tag: Option<String>,
    /// Which, by words.
    pub search: Option<String>,
    /// In which order; by number if it is not said.
    pub sort: Option<ListSort>,
    /// How many at most.
    pub limit: Option<usize>,
}

/// Which tasks a list shows, by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ListStatus {
    /// Every task.
    #[default]
    All,
    /// What is still to do: pending and in progress.
    Pending,
    /// What is done.
    Completed,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListSort {
    /// What is due first.
    DueDate,
    /// The most urgent first, of these what is due first.
    Priority,
    /// What was made last.
    Newest,
}

impl ListStatus {
    /// The name among the arguments.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Pending => "pending",
            Self::Completed => "completed",
        }
    }

    /// Whether a task of this status is listed.
    pub fn includes(self, status: Status) -> bool {
        match self {
            Self::All => true,
            Self::Pending => status.is_open(),
            Self::Completed => status == Status::Completed,
        }
    }
}

impl ListSort {
    /// Every order.
    pub(crate) const ALL: [Self; 3] = [Self::DueDate, Self::Priority, Self::Newest];

    /// The name among the arguments.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DueDate => "due_date",
            Self::Priority => "priority",
            Self::Newest => "newest",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let known = Self::ALL.into_iter().find(|sort| sort.as_str() == text);
        known.ok_or("must be `due_date`, `priority` or `newest`")
    }
}

impl ListFilter {
    /// The query that finds these tasks; what it finds must still be [kept](Self::keeps).
    pub fn query(&self, zone: Zone) -> TaskQuery {
        let key = |field, descending| SortKey { field, descending };
        let sort = match (self.completed_since, self.sort) {
            // The last changes hold the last completions.
            (Some(_), _) => vec![key(SortField::UpdatedAt, true)],
            (None, Some(ListSort::DueDate)) => {
                vec![key(SortField::DueDate, false), key(SortField::Priority, true)]
            }
            (None, Some(ListSort::Priority)) => {
                vec![key(SortField::Priority, true), key(SortField::DueDate, false)]
            }
            (None, Some(ListSort::Newest) | None) => vec![key(SortField::CreatedAt, true)],
        };
        TaskQuery {
            status: Status::ALL
                .into_iter()
                .filter(|status| self.status.includes(*status))
                .collect(),
            due: self.due,
            due_after: self.due_after,
            due_before: self.due_before,
            priority: self.priority.iter().copied().collect(),
            tags: self.tag.iter().cloned().collect(),
            search: self.search.clone(),
            sort,
            limit: self.limit.unwrap_or(MAXIMUM_LIMIT),
            timezone: Some(zone),
            ..TaskQuery::default()
        }
    }

    /// Whether a task that the query found belongs to the list.
    pub fn keeps(&self, task: &Task, zone: Zone) -> bool {
        let Some(since) = self.completed_since else {
            return true;
        };
        let since = match since {
            Due::Time(time) => Some(time),
            Due::Day(day) => zone.start_of_day(day),
        };
        task.completed_at
            .is_some_and(|completed| since.is_some_and(|since| completed >= since))
    }

    pub(super) fn arguments(&self) -> Map<String, Value> {
        let text = |due: Option<Due>| due.map(|due| Value::from(due.to_string()));
        let members = [
            ("status", Some(Value::from(self.status.as_str()))),
            ("due", self.due.map(|due| due.as_str().into())),
            ("due_after", text(self.due_after)),
            ("due_before", text(self.due_before)),
            ("completed_since", text(self.completed_since)),
            ("priority", self.priority.map(|priority| priority.as_str().into())),
            ("tag", self.tag.as_deref().map(Value::from)),
            ("search", self.search.as_deref().map(Value::from)),
            ("sort", self.sort.map(|sort| sort.as_str().into())),
            ("limit", self.limit.map(Value::from)),
        ];
        members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }
}
