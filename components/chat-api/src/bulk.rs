//! One change of many tasks, in the transaction of its unit: all of it is done, or nothing.

use todo_domain::bulk::{BulkAction, BulkRequest};
use todo_domain::problem::Code;
use todo_domain::task::Task;
use todo_domain::validation::FieldError;
use todo_service::database::Connection;

use crate::failure::Failure;
use crate::store::tasks::Stored;
use crate::tasks::{Change, find_any};
use crate::unit::Unit;

impl<C: Connection> Unit<'_, C> {
    /// Does it to each task, and answers the tasks as they then are, each once and in the order of the request.
    pub(crate) async fn bulk(&self, request: &BulkRequest) -> Result<Vec<Task>, Failure> {
        let chosen = self.choose(request).await?;
        for (place, id) in &chosen {
            let done = self.do_to_one(&request.action, id).await;
            done.map_err(|failure| failure.of_item(&format!("ids[{place}]")))?;
        }
        // As they are when all is done: one task's change can change another one.
        let mut tasks = Vec::with_capacity(chosen.len());
        for (_place, id) in &chosen {
            tasks.push(find_any(self.connection, self.user_id, id).await?.task);
        }
        Ok(tasks)
    }

    /// The ids of the tasks, with their places in the request. Every one that is not there is named.
    async fn choose(&self, request: &BulkRequest) -> Result<Vec<(usize, String)>, Failure> {
        let may_be_deleted = request.action == BulkAction::Restore;
        let (mut chosen, mut missing) = (Vec::<(usize, String)>::new(), Vec::new());
        for (place, id) in request.ids.iter().enumerate() {
            match find_any(self.connection, self.user_id, id).await {
                Ok(Stored { task, is_deleted }) if may_be_deleted || !is_deleted => {
                    if chosen.iter().all(|(_place, known)| *known != task.id) {
                        chosen.push((place, task.id));
                    }
                }
                Err(failure) if failure.code() != Code::NotFound => return Err(failure),
                Ok(_) | Err(_) => {
                    missing.push(FieldError::new(format!("ids[{place}]"), "names no task of yours"));
                }
            }
        }
        if missing.is_empty() {
            return Ok(chosen);
        }
        let detail = format!(
            "nothing was changed: {} of {} tasks are not here, or not yours",
            missing.len(),
            request.ids.len()
        );
        Err(Failure::new(Code::NotFound, detail).with_errors(missing))
    }

    async fn do_to_one(&self, action: &BulkAction, id: &str) -> Result<(), Failure> {
        let Stored { task, is_deleted } = find_any(self.connection, self.user_id, id).await?;
        if let Some(patch) = action.patch(&task).map_err(|error| vec![error])? {
            return self.change(&task, Change::Patch(patch)).await.map(drop);
        }
        match action {
            BulkAction::Complete => self.change(&task, Change::Complete).await.map(drop),
            BulkAction::Reopen => self.change(&task, Change::Reopen).await.map(drop),
            BulkAction::Delete if !is_deleted => self.delete(&task).await.map(drop),
            BulkAction::Restore => self.restore(id).await.map(drop),
            _ => Ok(()),
        }
    }
}
