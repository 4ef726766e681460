//! What can be done with tasks. The REST API and the assistant both come here, so that a task is made and changed, checked
//! and told of in one way only.

use todo_domain::events::{
    ReminderData, ReminderEventType, SyncData, TaskData, TaskEventType, job_name, reminder_event, task_event,
    task_sync,
};
use todo_domain::task::Task;
use todo_domain::time::Timestamp;
use todo_domain::validation::{
    Applied, Change as FieldChange, NewTask, TaskDraft, TaskPatch, apply, complete, differences, reopen,
    replace,
};
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

impl Change {
    /// The task that the changed one is to be a part of, as the client names it.
    fn parent(&mut self) -> Option<&mut String> {
        match self {
            Self::Replace(draft) => draft.parent_id.as_mut(),
            Self::Patch(TaskPatch {
                parent_id: FieldChange::Set(reference),
                ..
            }) => Some(reference),
            _ => None,
        }
    }
}

/// Which reminders of the past still come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Past {
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

/// The user's task, deleted or not.
pub(crate) async fn find_any(
    connection: &impl Connection,
    user_id: &str,
    reference: &str,
) -> Result<Stored, Failure> {
    let reference = Reference::parse(reference).ok_or_else(Failure::not_found)?;
    tasks::find(connection, user_id, &reference)
        .await?
        .ok_or_else(Failure::not_found)
}

impl<C: Connection> Unit<'_, C> {
    /// Makes a task.
    pub(crate) async fn create(&self, mut draft: TaskDraft) -> Result<Task, Failure> {
        if let Some(reference) = &draft.parent_id {
            draft.parent_id = Some(self.parent(reference, None).await?);
        }
        let task = self.make(draft).await?;
        self.recount(task.parent_id.as_deref()).await?;
        Ok(task)
    }

    /// Makes a task whose parent is known, and does not tell the parent.
    pub(crate) async fn make(&self, draft: TaskDraft) -> Result<Task, Failure> {
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

    /// Tells of a new task, and schedules its reminders.
    pub(crate) async fn created(&self, task: &Task, update: i64) -> Result<(), Failure> {
        self.tell_change(TaskEventType::Created, None, task, Vec::new(), update)
            .await?;
        for time in task.remind_times() {
            self.add_reminder(task, time).await?;
        }
        Ok(())
    }

    /// Changes a task. Nothing is written or told where nothing is different.
    pub(crate) async fn change(&self, before: &Task, mut change: Change) -> Result<Applied, Failure> {
        if let Some(reference) = change.parent()
            && before.parent_id.as_ref() != Some(&*reference)
        {
            *reference = self.parent(reference, Some(before)).await?;
        }
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
        let came_back = !before.status.is_open();
        self.keep(
            before,
            &applied,
            if came_back { Past::IsOver } else { Past::Comes },
        )
        .await?;
        self.follow_series(before, task).await?;
        if (before.status, &before.parent_id) != (task.status, &task.parent_id) {
            self.recount(before.parent_id.as_deref()).await?;
            if before.parent_id != task.parent_id {
                self.recount(task.parent_id.as_deref()).await?;
            }
        }
        Ok(applied)
    }

    /// Keeps a changed task and tells of it, and makes its reminders those that it has now.
    pub(crate) async fn keep(&self, before: &Task, applied: &Applied, past: Past) -> Result<(), Failure> {
        let task = &applied.task;
        let kind = TaskEventType::of_change(before, task);
        self.save(before, task, kind, applied.changed.clone()).await?;
        let times = task.remind_times();
        if times != before.remind_times() {
            self.follow_reminders(task, &times, past).await?;
        }
        Ok(())
    }

    /// Deletes a task and its subtasks, so that they can still be restored.
    pub(crate) async fn delete(&self, before: &Task) -> Result<Task, Failure> {
        if !before.subtasks.is_empty() {
            for subtask in tasks::subtasks(self.connection, self.user_id, &before.id, None).await? {
                self.delete_alone(&subtask).await?;
            }
        }
        let task = self.delete_alone(before).await?;
        self.recount(task.parent_id.as_deref()).await?;
        Ok(task)
    }

    /// Deletes a task, but neither its subtasks nor does it tell its parent.
    pub(crate) async fn delete_alone(&self, before: &Task) -> Result<Task, Failure> {
        let task = self.touched(before);
        self.put_in_bin(before, task).await
    }

    /// Deletes a task that becomes another one by it.
    pub(crate) async fn put_in_bin(&self, before: &Task, task: Task) -> Result<Task, Failure> {
        let task = Task {
            deleted_at: Some(self.now),
            ..task
        };
        self.save(before, &task, TaskEventType::Deleted, Vec::new())
            .await?;
        if !before.remind_times().is_empty() {
            self.follow_reminders(&task, &[], Past::IsOver).await?;
        }
        Ok(task)
    }

    /// Brings a deleted task back, with the subtasks that were deleted with it; one that is not deleted stays as it is.
    pub(crate) async fn restore(&self, reference: &str) -> Result<Task, Failure> {
        let before = find_any(self.connection, self.user_id, reference).await?.task;
        let Some(deleted_at) = before.deleted_at else {
            return Ok(before);
        };
        let parent_id = self.parent_to_return_to(&before).await?;
        let subtasks = tasks::subtasks(
            self.connection,
            self.user_id,
            &before.id,
            Some(deleted_at.millis()),
        )
        .await?;
        for subtask in &subtasks {
            self.restore_alone(subtask, Some(before.id.clone())).await?;
        }
        let task = self.restore_alone(&before, parent_id).await?;
        self.recount(task.parent_id.as_deref()).await?;
        Ok(task)
    }

    async fn restore_alone(&self, before: &Task, parent_id: Option<String>) -> Result<Task, Failure> {
        let mut task = Task {
            deleted_at: None,
            parent_id,
            ..self.touched(before)
        };
        task.subtasks = tasks::count_subtasks(self.connection, self.user_id, &task.id).await?;
        let changed = differences(before, &task);
        self.save(before, &task, TaskEventType::Updated, changed).await?;
        self.follow_reminders(&task, &task.remind_times(), Past::IsOver)
            .await?;
        Ok(task)
    }

    /// Keeps a changed task and tells of it.
    pub(crate) async fn save(
        &self,
        before: &Task,
        task: &Task,
        kind: TaskEventType,
        changed: Vec<String>,
    ) -> Result<(), Failure> {
        tasks::update(self.connection, self.user_id, before, task).await?;
        let (_number, update) = self.count_up(false).await?;
        self.tell_change(kind, Some(before), task, changed, update).await
    }

    /// The task with another version, for a change that lies outside of its fields.
    pub(crate) fn touched(&self, task: &Task) -> Task {
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
        before: Option<&Task>,
        task: &Task,
        changed: Vec<String>,
        update: i64,
    ) -> Result<(), Failure> {
        let data = TaskData::new(task.clone(), changed);
        let (event_id, _body) = self.publish(|origin| task_event(origin, kind, &data))?;
        self.keep_before(update, event_id, kind, &task.id, before).await?;
        let sync = SyncData {
            change: kind,
            task_id: task.id.clone(),
            task: (kind != TaskEventType::Deleted).then(|| task.clone()),
            sequence: u64::try_from(update).ok(),
        };
        let (_event_id, body) = self.publish(|origin| task_sync(origin, &sync))?;
        self.keep_update(update, &body).await
    }

    /// Makes the kept reminders those at these times: cancels what is too many, schedules what is missing.
    pub(crate) async fn follow_reminders(
        &self,
        task: &Task,
        times: &[Timestamp],
        past: Past,
    ) -> Result<(), Failure> {
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
