//! Undoing what a user did last. It is a change like any other, with events of its own, but it is not undone itself: who asks
//! again undoes what was done before it.

use todo_domain::events::TaskEventType;
use todo_domain::problem::Code;
use todo_domain::task::Task;
use todo_domain::validation::differences;
use todo_service::database::Connection;

use crate::failure::Failure;
use crate::store::changes::{self, Kept};
use crate::store::tasks::{self, Reference};
use crate::tasks::Past;
use crate::unit::Unit;

/// How long a change can be undone, in milliseconds.
pub(crate) const UNDOABLE_FOR: i64 = 10 * 60 * 1000;

impl<C: Connection> Unit<'_, C> {
    /// Puts back what the last change changed: several tasks if they were changed together. `event_id` is the event that the
    /// client means; if it was not the last one, nothing is undone. Answers what was undone, and the tasks as they are now.
    pub(crate) async fn undo(&self, event_id: Option<&str>) -> Result<(Vec<Kept>, Vec<Task>), Failure> {
        let since = self.now.millis().saturating_sub(UNDOABLE_FOR);
        let undone = changes::last(self.connection, self.user_id, since).await?;
        let Some(unit) = undone.first().map(|change| change.unit) else {
            let detail = "nothing was changed in the last 10 minutes that can be undone";
            return Err(Failure::new(Code::Conflict, detail));
        };
        if event_id.is_some_and(|id| undone.iter().all(|change| change.event_id != id)) {
            let detail = "this is not the last change, or cannot be undone any more";
            return Err(Failure::new(Code::Conflict, detail));
        }
        self.is_not_undoable();
        for change in &undone {
            self.put_back(change).await?;
        }
        changes::forget(self.connection, self.user_id, unit).await?;
        let mut now = Vec::<Task>::new();
        for change in undone.iter().rev() {
            if now.iter().all(|task| task.id != change.task_id)
                && let Some(task) = self.find_by_id(&change.task_id).await?
            {
                now.push(task);
            }
        }
        Ok((undone, now))
    }

    async fn put_back(&self, change: &Kept) -> Result<(), Failure> {
        let Some(present) = self.find_by_id(&change.task_id).await? else {
            return Ok(());
        };
        let task = match &change.before {
            Some(before) => Task {
                version: present.version.saturating_add(1),
                updated_at: self.now.max(present.updated_at),
                ..before.clone()
            },
            // It was made by the change: it goes to the bin.
            None => Task {
                deleted_at: Some(self.now),
                ..self.touched(&present)
            },
        };
        let changed = differences(&present, &task);
        if changed.is_empty() {
            return Ok(());
        }
        let is_deleted = task.deleted_at.is_some();
        let (kind, changed) = match present.deleted_at {
            None if is_deleted => (TaskEventType::Deleted, Vec::new()),
            Some(_) => (TaskEventType::Updated, changed),
            None => (TaskEventType::of_change(&present, &task), changed),
        };
        self.save(&present, &task, kind, changed).await?;
        self.follow_series(&present, &task).await?;
        let times = if is_deleted {
            Vec::new()
        } else {
            task.remind_times()
        };
        self.follow_reminders(&task, &times, Past::IsOver).await
    }

    async fn find_by_id(&self, task_id: &str) -> Result<Option<Task>, Failure> {
        let reference = Reference::Id(task_id.to_owned());
        let stored = tasks::find(self.connection, self.user_id, &reference).await?;
        Ok(stored.map(|stored| stored.task))
    }
}
