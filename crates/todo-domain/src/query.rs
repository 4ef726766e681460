//! Listing tasks: reading the query, choosing, ordering, and cutting into pages.
//!
//! Everything works on tasks in memory and nothing is ever made into SQL, so a hostile value can at most match no
//! task.

use chrono::{Days, NaiveDate};

use crate::due::Due;
use crate::task::{Priority, Status, Task};
use crate::text::fold;
use crate::time::Timestamp;
use crate::zone::Zone;

pub mod cursor;
mod order;
mod page;
mod parse;
pub mod search;

pub use cursor::{Cursor, InvalidCursor};
pub use order::{SortField, SortKey};
pub use page::{Page, Viewer};
pub use parse::{CURSOR_LIMIT, SEARCH_LIMIT, SORT_LIMIT};
pub use search::Search;

/// Items of a page where the query does not say.
pub const DEFAULT_LIMIT: usize = 20;
/// Most items of a page.
pub const MAXIMUM_LIMIT: usize = 100;

/// Which tasks, in which order, how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskQuery {
    /// Any of these; empty: any at all.
    pub status: Vec<Status>,
    /// Any of these; empty: any at all.
    pub priority: Vec<Priority>,
    /// Compared without case and accents.
    pub tags: Vec<String>,
    /// How the tags must be there.
    pub tag_mode: TagMode,
    /// What must all occur in title, description or tags, see [`Search`].
    pub search: Option<String>,
    /// Due before this time, or before this day begins.
    pub due_before: Option<Due>,
    /// Due at this time or later, or from this day on.
    pub due_after: Option<Due>,
    /// Due in relation to now.
    pub due: Option<DueFilter>,
    /// With or without a rule.
    pub recurring: Option<bool>,
    /// Parts of one task, or of none.
    pub parent: Option<ParentFilter>,
    /// The deleted ones, which are not listed otherwise.
    pub deleted: bool,
    /// Never empty; where the query does not say, the best hits of a search first, otherwise the newest tasks.
    pub sort: Vec<SortKey>,
    /// 1–100.
    pub limit: usize,
    /// Where the page before ended, as the client sent it.
    pub cursor: Option<String>,
    /// Whether to count all that match.
    pub count: bool,
    /// The zone of "today", where the client says.
    pub timezone: Option<Zone>,
}

/// How the tags of a query must be among the tags of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TagMode {
    /// At least one.
    #[default]
    Any,
    /// Every one.
    All,
    /// Not one.
    None,
}

/// Which tasks, by what they are a part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParentFilter {
    /// Those that are no subtasks.
    None,
    /// The subtasks of one task, by its id; until storage has looked it up, by what the client calls it.
    Of(String),
}

/// When, in relation to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DueFilter {
    /// On this day.
    Today,
    /// Today or on the six days after.
    Week,
    /// Open, and the deadline has passed.
    Overdue,
    /// Without a due date.
    None,
}

impl TaskQuery {
    /// Whether a task is chosen. `zone` is where the viewer is; a task's own zone goes before it when a due day
    /// becomes a deadline.
    pub fn matches(&self, task: &Task, now: Timestamp, zone: Zone) -> bool {
        let deadline = task
            .due_date
            .map(|due| due.deadline(task.timezone.unwrap_or(zone)));
        let bound = |due: Due| match due {
            Due::Time(time) => time,
            Due::Day(day) => zone.start_of_day(day).unwrap_or_else(|| due.deadline(zone)),
        };
        (self.status.is_empty() || self.status.contains(&task.status))
            && (self.priority.is_empty() || self.priority.contains(&task.priority))
            && self.tags_match(task)
            && self
                .search
                .as_deref()
                .is_none_or(|search| Search::parse(search).finds(task))
            && self
                .due_before
                .is_none_or(|limit| deadline.is_some_and(|deadline| deadline < bound(limit)))
            && self
                .due_after
                .is_none_or(|limit| deadline.is_some_and(|deadline| deadline >= bound(limit)))
            && self.due.is_none_or(|filter| filter.includes(task, now, zone))
            && self
                .recurring
                .is_none_or(|recurring| task.is_recurring == recurring)
            && self.parent.as_ref().is_none_or(|filter| match filter {
                ParentFilter::None => task.parent_id.is_none(),
                ParentFilter::Of(id) => task.parent_id.as_ref() == Some(id),
            })
            && task.deleted_at.is_some() == self.deleted
    }

    /// One text for the filter and the order; equal for queries that list the same tasks in the same order. A
    /// cursor is bound to it.
    pub fn canonical(&self) -> String {
        let mut tags: Vec<String> = self.tags.iter().map(|tag| fold(tag)).collect();
        tags.sort_unstable();
        let mut status = self.status.clone();
        status.sort_unstable();
        let mut priority = self.priority.clone();
        priority.sort_unstable();
        serde_json::json!([
            status,
            priority,
            tags,
            if self.tags.is_empty() {
                String::new()
            } else {
                format!("{:?}", self.tag_mode)
            },
            self.search.as_deref().map(fold),
            self.due_before,
            self.due_after,
            self.due.map(DueFilter::as_str),
            self.recurring,
            self.sort.iter().map(ToString::to_string).collect::<Vec<_>>(),
            self.timezone,
            self.parent.as_ref().map(|filter| match filter {
                ParentFilter::None => "none",
                ParentFilter::Of(id) => id,
            }),
            self.deleted,
        ])
        .to_string()
    }

    fn tags_match(&self, task: &Task) -> bool {
        if self.tags.is_empty() {
            return true;
        }
        let has = |wanted: &String| task.tags.iter().any(|tag| fold(tag) == fold(wanted));
        match self.tag_mode {
            TagMode::Any => self.tags.iter().any(has),
            TagMode::All => self.tags.iter().all(has),
            TagMode::None => !self.tags.iter().any(has),
        }
    }
}

impl DueFilter {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Today, Self::Week, Self::Overdue, Self::None];

    /// Reads the name that queries and tools use.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "today" => Ok(Self::Today),
            "week" => Ok(Self::Week),
            "overdue" => Ok(Self::Overdue),
            "none" => Ok(Self::None),
            _ => Err("must be `today`, `week`, `overdue` or `none`"),
        }
    }

    /// The name that queries and tools use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Week => "week",
            Self::Overdue => "overdue",
            Self::None => "none",
        }
    }

    /// Whether a task is due so; `zone` is where the viewer is.
    pub fn includes(self, task: &Task, now: Timestamp, zone: Zone) -> bool {
        let today = zone.local(now).date();
        let day: Option<NaiveDate> = task.due_date.map(|due| due.local_day(zone));
        match self {
            Self::Today => day == Some(today),
            Self::Week => {
                let end = today.checked_add_days(Days::new(7)).unwrap_or(NaiveDate::MAX);
                day.is_some_and(|day| (today..end).contains(&day))
            }
            Self::Overdue => {
                let deadline = task
                    .due_date
                    .map(|due| due.deadline(task.timezone.unwrap_or(zone)));
                task.status.is_open() && deadline.is_some_and(|deadline| deadline < now)
            }
            Self::None => day.is_none(),
        }
    }
}

#[cfg(test)]
mod tests;
