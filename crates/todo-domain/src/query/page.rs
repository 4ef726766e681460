//! One page of a list.

use serde::Serialize;

use super::{Cursor, InvalidCursor, TaskQuery};
use crate::task::Task;
use crate::time::Timestamp;
use crate::zone::Zone;

/// Who looks at a list, when and where, and the key that cursors are signed with.
#[derive(Clone, Copy, Debug)]
pub struct Viewer<'a> {
    /// The user whose tasks these are.
    pub user_id: &'a str,
    /// The time.
    pub now: Timestamp,
    /// The zone of "today", unless the query names another.
    pub zone: Zone,
    /// The secret key of cursors.
    pub cursor_key: &'a [u8],
}

/// A page, as the API answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// What brings the next page; none on the last.
    pub next_cursor: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
    /// How many match on all pages, if the query asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<usize>,
}

impl TaskQuery {
    /// Chooses, orders and cuts one page out of all the user's tasks.
    pub fn page(&self, tasks: Vec<Task>, viewer: Viewer<'_>) -> Result<Page<Task>, InvalidCursor> {
        let zone = self.timezone.unwrap_or(viewer.zone);
        let scope = format!("tasks\n{}\n{}", viewer.user_id, self.canonical());
        let after = match &self.cursor {
            Some(text) => Some(Cursor::open(text, viewer.cursor_key, &scope)?),
            None => None,
        };
        let mut chosen: Vec<_> = tasks
            .into_iter()
            .filter(|task| self.matches(task, viewer.now, zone))
            .map(|task| (self.position(&task, zone), task))
            .collect();
        let total = self.count.then_some(chosen.len());
        if let Some(Cursor(after)) = after {
            chosen.retain(|(position, _)| self.compare_positions(position, &after).is_gt());
        }
        chosen.sort_unstable_by(|(left, _), (right, _)| self.compare_positions(left, right));
        let has_more = chosen.len() > self.limit;
        chosen.truncate(self.limit);
        let next_cursor = match chosen.last() {
            Some((position, _)) if has_more => Some(Cursor(position.clone()).seal(viewer.cursor_key, &scope)),
            _ => None,
        };
        Ok(Page {
            items: chosen.into_iter().map(|(_, task)| task).collect(),
            next_cursor,
            has_more,
            total,
        })
    }
}
