//! Tasks that come again: making the next occurrence, taking it back, skipping one, and the end of a series.
//!
//! The last occurrence of a series alone has a next one. It is made when `recurring-task` has heard of the completion, which may
//! be late or twice; what holds then is what the database says of the task, not what the event said.

use todo_domain::problem::Code;
use todo_domain::recurrence::{Missed, RecurrenceAnchor, SkipError, next_task, skip};
use todo_domain::task::{Status, Task};
use todo_domain::validation::{Applied, Change as FieldChange, TaskPatch, apply};
use todo_service::database::Connection;

use crate::failure::Failure;
use crate::store::tasks::{self, Later, Reference, Stored};
use crate::store::{bin, users};
use crate::tasks::{Change, Past};
use crate::unit::Unit;

/// The occurrence after a task, if it is there.
pub(crate) async fn next_occurrence(
    connection: &impl Connection,
    user_id: &str,
    task: &Task,
) -> Result<Option<Task>, Failure> {
    let found = later(connection, user_id, task, Later::First).await?;
    Ok(found
        .filter(|stored| !stored.is_deleted)
        .map(|stored| stored.task))
}

async fn later(
    connection: &impl Connection,
    user_id: &str,
    task: &Task,
    which: Later,
) -> Result<Option<Stored>, Failure> {
    let (Some(series_id), Some(occurrence)) = (&task.series_id, task.occurrence) else {
        return Ok(None);
    };
    Ok(tasks::find_later(connection, user_id, series_id, occurrence.into(), which).await?)
}

impl<C: Connection> Unit<'_, C> {
    /// Makes the occurrence after a task that was told to be completed, unless a later one is there. Answers it, and whether it was
    /// made; nothing if none is to come: the task is not in that state any more, the series has ended, or what came later is
    /// gone for good.
    pub(crate) async fn create_next(&self, told: &Task) -> Result<Option<(Task, bool)>, Failure> {
        // It is not the user who does this.
        self.is_not_undoable();
        let reference = Reference::Id(told.id.clone());
        let Some(stored) = tasks::find(self.connection, self.user_id, &reference).await? else {
            return self.next_of_removed(told).await;
        };
        let present = stored.task;
        let is_as_told = present.status == Status::Completed
            && present.completed_at == told.completed_at
            && (&present.series_id, present.occurrence) == (&told.series_id, told.occurrence);
        if !is_as_told {
            return Ok(None);
        }
        if let Some(stored) = later(self.connection, self.user_id, &present, Later::First).await? {
            return Ok(Some((stored.task, false)));
        }
        let Some(next) = next_task(&present) else {
            return Ok(None);
        };
        if bin::had_occurrence_from(self.connection, &next.series_id, next.occurrence.into()).await? {
            return Ok(None);
        }
        // Subtasks that were deleted with their parent were its parts until then.
        let deleted_at = present.deleted_at.map(|time| time.millis());
        let subtasks = tasks::subtasks(self.connection, self.user_id, &present.id, deleted_at).await?;
        let (new, update) = self.new_task().await?;
        let mut task = next.into_task(new);
        task.subtasks.total = u32::try_from(subtasks.len()).unwrap_or(u32::MAX);
        if !tasks::insert(self.connection, self.user_id, &task).await? {
            return Err(Failure::internal(
                "the next place in a user's own series was taken",
            ));
        }
        self.created(&task, update).await?;
        for subtask in &subtasks {
            self.make(subtask.again_under(&present, &task)).await?;
        }
        Ok(Some((task, true)))
    }

    /// What is gone for good is gone on with by nobody; what never was is not this user's.
    async fn next_of_removed(&self, told: &Task) -> Result<Option<(Task, bool)>, Failure> {
        let (Some(series_id), Some(occurrence)) = (&told.series_id, told.occurrence) else {
            return Err(Failure::not_found());
        };
        if !bin::had_occurrence_from(self.connection, series_id, occurrence.into()).await? {
            // Whose account was deleted has no series any more, and late events of it are nobody's mistake.
            let user = users::by_id(self.connection, self.user_id).await?;
            return if user.is_none() {
                Ok(None)
            } else {
                Err(Failure::not_found())
            };
        }
        let next = later(self.connection, self.user_id, told, Later::First).await?;
        Ok(next.map(|stored| (stored.task, false)))
    }

    /// What a change of an occurrence means for those after it.
    pub(crate) async fn follow_series(&self, before: &Task, after: &Task) -> Result<(), Failure> {
        if before.status == Status::Completed && after.status != Status::Completed {
            self.take_back_next(before).await?;
        }
        if before.is_recurring && !after.is_recurring {
            self.end_later(before).await?;
        }
        Ok(())
    }

    /// Takes back the occurrence that came of a completion which is none any more, if nobody has touched it. It goes to the bin as
    /// a series of its own: its place is free for the one that comes when the task is completed again.
    async fn take_back_next(&self, reopened: &Task) -> Result<(), Failure> {
        let Some(next) = next_occurrence(self.connection, self.user_id, reopened).await? else {
            return Ok(());
        };
        let subtasks = tasks::subtasks(self.connection, self.user_id, &next.id, None).await?;
        let is_untouched = |task: &Task| task.version == 1 && task.status == Status::Pending;
        if !is_untouched(&next) || !subtasks.iter().all(is_untouched) {
            return Ok(());
        }
        for subtask in &subtasks {
            self.delete_alone(subtask).await?;
        }
        let alone = Task {
            series_id: Some(next.id.clone()),
            ..self.touched(&next)
        };
        self.put_in_bin(&next, alone).await.map(drop)
    }

    /// Ends the series of a task: neither it nor what came after it has a next occurrence. Those that are there stay. Answers the
    /// task, and the last occurrence where that is another one.
    pub(crate) async fn end_series(&self, before: &Task) -> Result<(Task, Option<Task>), Failure> {
        if !before.is_recurring && before.series_id.is_none() {
            let detail = "the task does not repeat and is no part of a series";
            return Err(Failure::new(Code::Conflict, detail));
        }
        let task = if before.is_recurring {
            self.change(before, Change::Patch(without_rule())).await?.task
        } else {
            self.end_later(before).await?;
            before.clone()
        };
        let last = later(self.connection, self.user_id, &task, Later::Last).await?;
        Ok((
            task,
            last.filter(|stored| !stored.is_deleted).map(|stored| stored.task),
        ))
    }

    /// Takes the rule from the last occurrence after a task, which is the only one that can have a next. One in the bin keeps it, as
    /// it keeps everything.
    async fn end_later(&self, task: &Task) -> Result<(), Failure> {
        let last = later(self.connection, self.user_id, task, Later::Last).await?;
        let last = last.filter(|stored| !stored.is_deleted && stored.task.is_recurring);
        let Some(Stored { task: last, .. }) = last else {
            return Ok(());
        };
        let applied = apply(&last, without_rule(), self.now)?;
        self.keep(&last, &applied, Past::IsOver).await
    }

    /// Moves a recurring task to its next occurrence, and its subtasks with it.
    pub(crate) async fn skip(&self, before: &Task, missed: Missed) -> Result<Applied, Failure> {
        if let Some(next) = next_occurrence(self.connection, self.user_id, before).await? {
            let detail = format!(
                "the next occurrence is there already, as task {}; complete or delete this one",
                next.number
            );
            return Err(Failure::new(Code::Conflict, detail));
        }
        // What was deleted was skipped already.
        let last = later(self.connection, self.user_id, before, Later::Last).await?;
        let taken = last.and_then(|stored| stored.task.occurrence).unwrap_or_default();
        let refused = |error: SkipError| Failure::new(Code::Conflict, error.to_string());
        let mut applied = skip(before, taken, missed, self.now).map_err(refused)?;
        for subtask in tasks::subtasks(self.connection, self.user_id, &before.id, None).await? {
            let again = apply(&subtask, begun_again(&subtask, before, &applied.task), self.now)?;
            if !again.changed.is_empty() {
                self.keep(&subtask, &again, Past::IsOver).await?;
            }
        }
        if before.subtasks.completed > 0 {
            applied.task.subtasks.completed = 0;
            applied.changed.push("subtasks".to_owned());
        }
        self.keep(before, &applied, Past::IsOver).await?;
        Ok(applied)
    }
}

fn without_rule() -> TaskPatch {
    TaskPatch {
        recurrence_rule: FieldChange::Clear,
        recurrence_anchor: FieldChange::Set(RecurrenceAnchor::Due),
        ..TaskPatch::default()
    }
}

/// What makes a subtask one of the next occurrence: open again, at the same distance to its parent.
fn begun_again(subtask: &Task, old_parent: &Task, new_parent: &Task) -> TaskPatch {
    let again = subtask.again_under(old_parent, new_parent);
    let is_dated = again.due_date.is_some();
    TaskPatch {
        status: FieldChange::Set(Status::Pending),
        due_date: again.due_date.into(),
        // Times of their own stay what they are.
        reminders: if is_dated {
            FieldChange::Set(again.reminders)
        } else {
            FieldChange::Keep
        },
        ..TaskPatch::default()
    }
}
