//! The bin: deleted tasks stay in it for a while, and then go for good.

use todo_domain::problem::Code;
use todo_domain::task::Task;
use todo_service::database::{Connection, Database, in_transaction_on};

use crate::app::App;
use crate::failure::Failure;
use crate::platform::Platform;
use crate::store::{bin, changes, tasks};
use crate::unit::Unit;

/// How long a deleted task can be restored, in milliseconds.
pub(crate) const KEPT_FOR: i64 = 30 * 24 * 3600 * 1000;

/// Users, and tasks of a user, that are looked at together. What is left comes with the next firing of the job.
const BATCH: i64 = 100;

impl<P: Platform> App<P> {
    /// Removes what has been in the bin for too long.
    pub(crate) async fn empty_bins(
        &self,
        connection: &<P::Database as Database>::Connection,
    ) -> Result<(), Failure> {
        let before = self.platform.now().saturating_sub(KEPT_FOR);
        for user_id in bin::users_before(connection, before, BATCH).await? {
            // One user's tasks at a time, so that nobody restores one meanwhile.
            in_transaction_on(connection, &[&user_id], async |connection| {
                let task_ids = bin::before(connection, &user_id, before, BATCH).await?;
                bin::remove(connection, &task_ids).await
            })
            .await?;
        }
        Ok(())
    }
}

impl<C: Connection> Unit<'_, C> {
    /// Removes a task of the bin, and its subtasks there. That it is deleted has been told before.
    pub(crate) async fn remove(&self, task: &Task) -> Result<(), Failure> {
        if task.deleted_at.is_none() {
            let detail = "the task is not in the bin; delete it first";
            return Err(Failure::new(Code::Conflict, detail));
        }
        let mut task_ids = tasks::subtasks_in_bin(self.connection, self.user_id, &task.id).await?;
        task_ids.push(task.id.clone());
        // Nor can anything before it be undone: the order of changes has a hole now.
        changes::forget_all(self.connection, self.user_id).await?;
        Ok(bin::remove(self.connection, &task_ids).await?)
    }
}
