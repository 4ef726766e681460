//! The times at which to remind of tasks.

use todo_service::database::{Connection, DatabaseError, Row};

/// A time that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) remind_at: i64,
    pub(crate) has_fired: bool,
}

/// The times of a task.
pub(crate) async fn of_task(connection: &impl Connection, task_id: &str) -> Result<Vec<Kept>, DatabaseError> {
    let statement = "SELECT remind_at, fired_at IS NOT NULL FROM chat_reminders WHERE task_id = ?";
    let kept = |row: &Row| {
        Ok(Kept {
            remind_at: row.integer(0)?,
            has_fired: row.integer(1)? != 0,
        })
    };
    connection
        .execute(statement, &[task_id.into()])
        .await?
        .iter()
        .map(kept)
        .collect()
}

/// Keeps a time.
pub(crate) async fn insert(
    connection: &impl Connection,
    user_id: &str,
    task_id: &str,
    remind_at: i64,
) -> Result<(), DatabaseError> {
    let statement = "INSERT INTO chat_reminders (task_id, remind_at, user_id) VALUES (?, ?, ?)";
    connection
        .execute(statement, &[task_id.into(), remind_at.into(), user_id.into()])
        .await
        .map(drop)
}

/// Forgets a time.
pub(crate) async fn remove(
    connection: &impl Connection,
    task_id: &str,
    remind_at: i64,
) -> Result<(), DatabaseError> {
    let statement = "DELETE FROM chat_reminders WHERE task_id = ? AND remind_at = ?";
    connection
        .execute(statement, &[task_id.into(), remind_at.into()])
        .await
        .map(drop)
}

/// Notes that a time has come. Answers with the user whom it concerns, the first time; nothing if it has come before or is
/// not kept any more.
pub(crate) async fn fire(
    connection: &impl Connection,
    task_id: &str,
    remind_at: i64,
    now: i64,
) -> Result<Option<String>, DatabaseError> {
    let statement = "UPDATE chat_reminders SET fired_at = ?
        WHERE task_id = ? AND remind_at = ? AND fired_at IS NULL RETURNING user_id";
    let rows = connection
        .execute(statement, &[now.into(), task_id.into(), remind_at.into()])
        .await?;
    rows.first().map(|row| row.text(0).map(str::to_owned)).transpose()
}
