//! What can be done with tasks. The REST API and the assistant both come here, so that a task is made and changed, checked
//! and told of in one way only.

use todo_domain::events::{
    ReminderData, ReminderEventType, SyncData, TaskData, TaskEventType, job_name, reminder_event, task_event,
    task_sync,
};
use todo_domain::recurrence::NextOccurrence;
use todo_domain::task::Task;
use todo_domain::time::Timestamp;
use todo_domain::validation::{Applied, NewTask, TaskDraft, TaskPatch, apply, complete, reopen, replace};
use todo_service::database::Connection;
use todo_service::outbox::Entry;

use crate::failure::Failure;
use crate::store::reminders;
use crate::store::tasks::{self, Reference, Stored};
use crate::unit::Unit;

/// How a task is to be changed.
pub(crate) enum Change {
    Replace(TaskDraft),
    Patch(TaskPatch),
    Complete,
    Reopen,
    /// Completes an open task and reopens any other.
    Toggle,
}

/// Which reminders of the past still come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Past {
    /// They come at once: somebody has just asked for them.
    Comes,
    /// They do not: the task has only come back.
    IsOver,
}

/// The user's task. One that is deleted, or another user's, does not exist.
pub(crate) async fn find(
    connection: &impl Connection,
    user_id: &str,
    reference: &str,
) -> Result<Task, Failure> {
    let stored = find_any(connection, user_id, reference).await?;
    if stored.is_deleted {
        Err(Failure::not_found())
    } else {
        Ok(stored.task)
    }
}

async fn find_any(connection: &impl Connection, user_id: &str, reference: &str) -> Result<Stored, Failure> {
    let reference = Reference::parse(reference).ok_or_else(Failure::not_found)?;
    tasks::find(connection, user_id, &reference)
        .await?
        .ok_or_else(Failure::not_found)
}

/// The occurrence after a task, if it was created.
pub(crate) async fn next_occurrence(
    connection: &impl Connection,
    user_id: &str,
    task: &Task,
) -> Result<Option<Task>, Failure> {
    let (Some(series_id), Some(occurrence)) = (&task.series_id, task.occurrence) else {
        return Ok(None);
    };
    let next = i64::from(occurrence).saturating_add(1);
    let found = tasks::find_occurrence(connection, user_id, series_id, next).await?;
    Ok(found
        .filter(|stored| !stored.is_deleted)
        .map(|stored| stored.task))
}

impl<C: Connection> Unit<'_, C> {
    /// Makes a task.
    pub(crate) async fn create(&self, draft: TaskDraft) -> Result<Task, Failure> {
        let (new, update) = self.new_task().await?;
        let task = draft.into_task(new);
        if !tasks::insert(self.connection, self.user_id, &task).await? {
            return Err(Failure::internal(
                "a new task's place in its own series was taken",
            ));
        }
        self.created(&task, update).await?;
        Ok(task)
    }

    /// Makes the next task of a series, unless it is there. Answers it, and whether it was made.
    pub(crate) async fn create_occurrence(&self, next: NextOccurrence) -> Result<(Task, bool), Failure> {
        let occurrence = i64::from(next.occurrence);
        let series_id = next.series_id.clone();
        if let Some(stored) =
            tasks::find_occurrence(self.connection, self.user_id, &series_id, occurrence).await?
        {
            return Ok((stored.task, false));
        }
        let (new, update) = self.new_task().await?;
        let task = next.into_task(new);
        if !tasks::insert(self.connection, self.user_id, &task).await? {
            // The series is another user's: such an event is none that this service sent.
            return Err(Failure::not_found());
        }
        self.created(&task, update).await?;
        Ok((task, true))
    }

    pub(crate) async fn new_task(&self) -> Result<(NewTask, i64), Failure> {
        let (number, update) = self.count_up(true).await?;
        let number = u32::try_from(number).map_err(|error| Failure::internal(error.to_string()))?;
        Ok((
            NewTask {
                id: (self.new_id)(),
                number,
                now: self.now,
            },
            update,
        ))
    }

    async fn created(&self, task: &Task, update: i64) -> Result<(), Failure> {
        self.tell_change(TaskEventType::Created, task, Vec::new(), update)
            .await?;
        for time in task.remind_times() {
            self.add_reminder(task, time).await?;
        }
        Ok(())
    }

    /// Changes a task. Nothing is written or told where nothing is different.
    pub(crate) async fn change(&self, before: &Task, change: Change) -> Result<Applied, Failure> {
        let applied = match change {
            Change::Replace(draft) => replace(before, draft, self.now)?,
            Change::Patch(patch) => apply(before, patch, self.now)?,
            Change::Complete => complete(before, self.now),
            Change::Reopen => reopen(before, self.now),
            Change::Toggle if before.status.is_open() => complete(before, self.now),
            Change::Toggle => reopen(before, self.now),
        };
        if applied.changed.is_empty() {
            return Ok(applied);
        }
        let task = &applied.task;
        tasks::update(self.connection, self.user_id, before, task, None).await?;
        let kind = TaskEventType::of_change(before, task);
        let (_number, update) = self.count_up(false).await?;
        self.tell_change(kind, task, applied.changed.clone(), update)
            .await?;
        let times = task.remind_times();
        if times != before.remind_times() {
            let came_back = !before.status.is_open();
            self.follow_reminders(task, &times, if came_back { Past::IsOver } else { Past::Comes })
                .await?;
        }
        Ok(applied)
    }

    /// Deletes a task, so that it can still be restored.
    pub(crate) async fn delete(&self, before: &Task) -> Result<Task, Failure> {
        let task = self.touched(before);
        tasks::update(
            self.connection,
            self.user_id,
            before,
            &task,
            Some(self.now.millis()),
        )
        .await?;
        let (_number, update) = self.count_up(false).await?;
        self.tell_change(TaskEventType::Deleted, &task, Vec::new(), update)
            .await?;
        if !before.remind_times().is_empty() {
            self.follow_reminders(&task, &[], Past::IsOver).await?;
        }
        Ok(task)
    }

    /// Brings a deleted task back; one that is not deleted stays as it is.
    pub(crate) async fn restore(&self, reference: &str) -> Result<Task, Failure> {
        let Stored {
            task: before,
            is_deleted,
        } = find_any(self.connection, self.user_id, reference).await?;
        if !is_deleted {
            return Ok(before);
        }
        let task = self.touched(&before);
        tasks::update(self.connection, self.user_id, &before, &task, None).await?;
        let (_number, update) = self.count_up(false).await?;
        self.tell_change(
            TaskEventType::Updated,
            &task,
            vec!["deleted_at".to_owned()],
            update,
        )
        .await?;
        self.follow_reminders(&task, &task.remind_times(), Past::IsOver)
            .await?;
        Ok(task)
    }

    /// The task with another version, for a change that lies outside of its fields.
    fn touched(&self, task: &Task) -> Task {
        let updated_at = self.now.max(task.updated_at);
        Task {
            version: task.version.saturating_add(1),
            updated_at,
            ..task.clone()
        }
    }

    pub(crate) async fn tell_change(
        &self,
        kind: TaskEventType,
        task: &Task,
        changed: Vec<String>,
        update: i64,
    ) -> Result<(), Failure> {
        let data = TaskData::new(task.clone(), changed);
        self.publish(|origin| task_event(origin, kind, &data))?;
        let sync = SyncData {
            change: kind,
            task_id: task.id.clone(),
            task: (kind != TaskEventType::Deleted).then(|| task.clone()),
            sequence: u64::try_from(update).ok(),
        };
        let body = self.publish(|origin| task_sync(origin, &sync))?;
        self.keep_update(update, &body).await
    }

    /// Makes the kept reminders those at these times: cancels what is too many, schedules what is missing.
    async fn follow_reminders(&self, task: &Task, times: &[Timestamp], past: Past) -> Result<(), Failure> {
        let kept = reminders::of_task(self.connection, &task.id).await?;
        for old in kept.iter().filter(|kept| !kept.has_fired) {
            let Some(time) = Timestamp::from_millis(old.remind_at).filter(|time| !times.contains(time))
            else {
                continue;
            };
            reminders::remove(self.connection, &task.id, old.remind_at).await?;
            self.tell(Entry::Cancel {
                name: job_name(&task.id, time),
            });
            self.tell_reminder(ReminderEventType::Cancelled, task, time)?;
        }
        for time in times {
            let is_known = kept.iter().any(|kept| kept.remind_at == time.millis());
            let is_over = past == Past::IsOver && *time <= self.now;
            if !is_known && !is_over {
                self.add_reminder(task, *time).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn add_reminder(&self, task: &Task, time: Timestamp) -> Result<(), Failure> {
        reminders::insert(self.connection, self.user_id, &task.id, time.millis()).await?;
        self.tell_reminder(ReminderEventType::Scheduled, task, time)?;
        self.tell(Entry::Schedule {
            name: job_name(&task.id, time),
            due: time.millis(),
        });
        Ok(())
    }

    /// Tells that the time of a reminder has come, or that there is one, or is one no more.
    pub(crate) fn tell_reminder(
        &self,
        kind: ReminderEventType,
        task: &Task,
        time: Timestamp,
    ) -> Result<(), Failure> {
        let data = ReminderData::new(task, self.user_id, time);
        let data = if kind == ReminderEventType::Triggered {
            data.triggered(self.now)
        } else {
            data
        };
        self.publish(|origin| reminder_event(origin, kind, &data))
            .map(drop)
    }
}
