//! Tasks within tasks, one level deep.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::Task;
use crate::due::Due;
use crate::recurrence::RecurrenceAnchor;
use crate::validation::TaskDraft;

/// Most subtasks of a task.
pub const SUBTASKS_LIMIT: u32 = 100;

/// How many subtasks a task has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subtasks {
    /// All but the deleted ones.
    pub total: u32,
    /// Those of them that are completed.
    pub completed: u32,
}

impl Subtasks {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }
}

impl Task {
    /// The same subtask, not yet begun, for another occurrence of its parent: its dates are moved as the parent's was.
    pub fn again_under(&self, old_parent: &Self, new_parent: &Self) -> TaskDraft {
        let zone = self.zone();
        let days = match (old_parent.due_date, new_parent.due_date) {
            (Some(old), Some(new)) => new.local_day(zone) - old.local_day(zone),
            _ => TimeDelta::zero(),
        };
        let moved = |due: Due| match due {
            Due::Day(day) => day.checked_add_signed(days).map(Due::Day),
            Due::Time(time) => {
                let local = zone.local(time).checked_add_signed(days);
                local.and_then(|local| zone.resolve(local)).map(Due::Time)
            }
        };
        let due_date = self.due_date.map(|due| moved(due).unwrap_or(due));
        let reminders = match (self.due_date, due_date) {
            (Some(from), Some(to)) => self
                .reminders
                .iter()
                .map(|reminder| reminder.moved(from, to, zone))
                .collect(),
            // Times of their own do not come again.
            _ => Vec::new(),
        };
        TaskDraft {
            title: self.title.clone(),
            description: self.description.clone(),
            status: None,
            priority: self.priority,
            tags: self.tags.clone(),
            due_date,
            timezone: self.timezone,
            reminders,
            recurrence_rule: None,
            recurrence_anchor: RecurrenceAnchor::Due,
            parent_id: Some(new_parent.id.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::task::tests::sample;

    #[test]
    fn a_subtask_keeps_its_distance_to_its_parent_also_across_a_clock_change() {
        let mut parents = [sample(1, "a"), sample(2, "a")];
        for (parent, due) in parents.iter_mut().zip(["2026-03-28", "2026-03-30"]) {
            parent.due_date = Some(due.parse().unwrap());
        }
        let [old, new] = parents;
        let mut child = sample(3, "b");
        child.timezone = Some("Europe/Berlin".parse().unwrap());
        for (due, expected) in [
            ("2026-03-27", "2026-03-29"),
            ("2026-03-27T08:00:00Z", "2026-03-29T07:00:00Z"),
        ] {
            child.due_date = Some(due.parse().unwrap());
            let draft = child.again_under(&old, &new);
            assert_eq!(draft.due_date, Some(expected.parse().unwrap()));
            assert_eq!(draft.parent_id.as_ref(), Some(&new.id));
        }
        child.due_date = None;
        assert_eq!(child.again_under(&old, &new).due_date, None);
    }
}
