//! Tasks within tasks, one level deep: who may be whose parent, and what a parent is told of its parts.

use todo_domain::events::TaskEventType;
use todo_domain::problem::Code;
use todo_domain::task::{SUBTASKS_LIMIT, Task};
use todo_service::database::Connection;

use crate::failure::Failure;
use crate::store::tasks::{self, Reference};
use crate::tasks::find;
use crate::unit::Unit;

impl<C: Connection> Unit<'_, C> {
    /// The id of the task that a new task, or this one, is to be a part of.
    pub(crate) async fn parent(&self, reference: &str, child: Option<&Task>) -> Result<String, Failure> {
        let wrong = |message: String| Err(Failure::field("parent_id", message));
        let parent = match find(self.connection, self.user_id, reference).await {
            Ok(parent) => parent,
            Err(failure) if failure.code() == Code::NotFound => {
                return wrong("names no task of yours".to_owned());
            }
            Err(failure) => return Err(failure),
        };
        if child.is_some_and(|child| child.id == parent.id) {
            return wrong("must name another task".to_owned());
        }
        if parent.parent_id.is_some() {
            return wrong("names a subtask, which cannot have subtasks of its own".to_owned());
        }
        if child.is_some_and(|child| !child.subtasks.is_empty()) {
            return wrong("cannot be that of a task which has subtasks itself".to_owned());
        }
        let is_there = child.is_some_and(|child| child.parent_id.as_ref() == Some(&parent.id));
        if parent.subtasks.total >= SUBTASKS_LIMIT && !is_there {
            return wrong(format!(
                "names a task that has {SUBTASKS_LIMIT} subtasks, and no room for more"
            ));
        }
        Ok(parent.id)
    }

    /// Whose part a task is when it comes back from the bin.
    pub(crate) async fn parent_to_return_to(&self, task: &Task) -> Result<Option<String>, Failure> {
        let Some(parent_id) = &task.parent_id else {
            return Ok(None);
        };
        let reference = Reference::Id(parent_id.clone());
        match tasks::find(self.connection, self.user_id, &reference).await? {
            Some(parent) if parent.is_deleted => {
                let detail = format!(
                    "the task is a part of task {}; restore that first",
                    parent.task.number
                );
                Err(Failure::new(Code::Conflict, detail))
            }
            Some(parent)
                if parent.task.parent_id.is_none() && parent.task.subtasks.total < SUBTASKS_LIMIT =>
            {
                Ok(Some(parent.task.id))
            }
            // The parent is gone for ever, or has become a part itself, or is full.
            Some(_) | None => Ok(None),
        }
    }

    /// Brings the counts of a parent up to date, and tells of it.
    pub(crate) async fn recount(&self, parent_id: Option<&str>) -> Result<(), Failure> {
        let Some(parent_id) = parent_id else {
            return Ok(());
        };
        let reference = Reference::Id(parent_id.to_owned());
        let stored = tasks::find(self.connection, self.user_id, &reference).await?;
        let Some(before) = stored
            .filter(|stored| !stored.is_deleted)
            .map(|stored| stored.task)
        else {
            return Ok(());
        };
        let subtasks = tasks::count_subtasks(self.connection, self.user_id, parent_id).await?;
        if subtasks == before.subtasks {
            return Ok(());
        }
        let parent = Task {
            subtasks,
            ..self.touched(&before)
        };
        self.save(
            &before,
            &parent,
            TaskEventType::Updated,
            vec!["subtasks".to_owned()],
        )
        .await
    }
}
