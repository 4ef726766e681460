//! The bin: deleted tasks, and their end.

use todo_service::database::{Connection, DatabaseError, Value};

use crate::store::search;

/// Users who have tasks in the bin that were deleted before a time.
pub(crate) async fn users_before(
    connection: &impl Connection,
    before: i64,
    limit: i64,
) -> Result<Vec<String>, DatabaseError> {
    let statement =
        "SELECT DISTINCT user_id FROM chat_tasks WHERE deleted_at IS NOT NULL AND deleted_at < ? LIMIT ?";
    texts(connection, statement, &[before.into(), limit.into()]).await
}

/// A user's tasks in the bin that were deleted before a time.
pub(crate) async fn before(
    connection: &impl Connection,
    user_id: &str,
    before: i64,
    limit: i64,
) -> Result<Vec<String>, DatabaseError> {
    let statement = "SELECT id FROM chat_tasks
        WHERE deleted_at IS NOT NULL AND deleted_at < ? AND user_id = ? ORDER BY id LIMIT ?";
    texts(
        connection,
        statement,
        &[before.into(), user_id.into(), limit.into()],
    )
    .await
}

/// Removes tasks of the bin with all that hangs on them.
pub(crate) async fn remove(connection: &impl Connection, task_ids: &[String]) -> Result<(), DatabaseError> {
    if task_ids.is_empty() {
        return Ok(());
    }
    let ids: Vec<Value> = task_ids.iter().map(|id| id.as_str().into()).collect();
    let among = format!("(?{})", ", ?".repeat(ids.len().saturating_sub(1)));
    let occurrences = format!(
        "INSERT INTO chat_past_occurrences (series_id, occurrence) SELECT series_id, occurrence FROM chat_tasks
            WHERE id IN {among} AND series_id IS NOT NULL AND occurrence IS NOT NULL ON CONFLICT DO NOTHING"
    );
    connection.execute(&occurrences, &ids).await?;
    search::forget(connection, &ids).await?;
    for statement in [
        "DELETE FROM chat_task_tags WHERE task_id IN",
        "DELETE FROM chat_reminders WHERE task_id IN",
        "DELETE FROM chat_tasks WHERE id IN",
    ] {
        connection.execute(&format!("{statement} {among}"), &ids).await?;
    }
    Ok(())
}

/// Whether an occurrence of a series from this number on was there once and was removed.
pub(crate) async fn had_occurrence_from(
    connection: &impl Connection,
    series_id: &str,
    occurrence: i64,
) -> Result<bool, DatabaseError> {
    let statement = "SELECT 1 FROM chat_past_occurrences WHERE series_id = ? AND occurrence >= ? LIMIT 1";
    let rows = connection
        .execute(statement, &[series_id.into(), occurrence.into()])
        .await?;
    Ok(!rows.is_empty())
}

async fn texts(
    connection: &impl Connection,
    statement: &str,
    parameters: &[Value],
) -> Result<Vec<String>, DatabaseError> {
    let rows = connection.execute(statement, parameters).await?;
    rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
}
