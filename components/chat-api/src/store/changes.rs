//! What was before each change of a user's tasks, as long as it can be undone.

use todo_domain::events::TaskData;
use todo_domain::task::Task;
use todo_service::database::{Connection, DatabaseError, Row};

/// Most changes that are kept of a user, but for those of one unit, which stay together.
const KEPT: i64 = 1_000;

/// How often a user's changes are counted: looking each time would cost more than the rows.
const TRIMMED_EVERY: i64 = 64;

/// A change that can be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// What was done together has one number.
    pub(crate) unit: i64,
    pub(crate) task_id: String,
    /// The event that told of it.
    pub(crate) event_id: String,
    /// That event's type.
    pub(crate) kind: String,
    /// The task before it; nothing if it was made by it.
    pub(crate) before: Option<Task>,
    /// Milliseconds since the Unix epoch.
    pub(crate) at: i64,
}

/// Keeps a change, under the number of its update.
pub(crate) async fn append(
    connection: &impl Connection,
    user_id: &str,
    seq: i64,
    change: &Kept,
) -> Result<(), DatabaseError> {
    let document = change
        .before
        .clone()
        .map(|before| TaskData::new(before, Vec::new()));
    let document = document.as_ref().map(serde_json::to_string).transpose();
    let document = document.map_err(|error| DatabaseError::Failed {
        reason: error.to_string(),
    })?;
    let statement =
        "INSERT INTO chat_changes (user_id, seq, unit, task_id, event_id, kind, document, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let parameters = [
        user_id.into(),
        seq.into(),
        change.unit.into(),
        change.task_id.as_str().into(),
        change.event_id.as_str().into(),
        change.kind.as_str().into(),
        document.into(),
        change.at.into(),
    ];
    connection.execute(statement, &parameters).await?;
    if seq % TRIMMED_EVERY == 0 {
        let oldest = change.unit.saturating_sub(KEPT);
        let statement = "DELETE FROM chat_changes WHERE user_id = ? AND unit < ?";
        connection
            .execute(statement, &[user_id.into(), oldest.into()])
            .await?;
    }
    Ok(())
}

/// What a user did last, if it was not before `since`: the changes that were made together, the last one first.
pub(crate) async fn last(
    connection: &impl Connection,
    user_id: &str,
    since: i64,
) -> Result<Vec<Kept>, DatabaseError> {
    let statement = "SELECT unit, task_id, event_id, kind, document, created_at FROM chat_changes
        WHERE user_id = ?1 AND unit = (SELECT max(unit) FROM chat_changes WHERE user_id = ?1) AND created_at >= ?2
        ORDER BY seq DESC";
    let rows = connection
        .execute(statement, &[user_id.into(), since.into()])
        .await?;
    rows.iter().map(kept).collect()
}

fn kept(row: &Row) -> Result<Kept, DatabaseError> {
    let wrong = |_error: serde_json::Error| DatabaseError::Content {
        column: 4,
        expected: "a task",
    };
    let data: Option<TaskData> = row
        .optional_text(4)?
        .map(serde_json::from_str)
        .transpose()
        .map_err(wrong)?;
    Ok(Kept {
        unit: row.integer(0)?,
        task_id: row.text(1)?.to_owned(),
        event_id: row.text(2)?.to_owned(),
        kind: row.text(3)?.to_owned(),
        before: data.map(|data| data.task),
        at: row.integer(5)?,
    })
}

/// Forgets what was done together and has been undone.
pub(crate) async fn forget(
    connection: &impl Connection,
    user_id: &str,
    unit: i64,
) -> Result<(), DatabaseError> {
    let statement = "DELETE FROM chat_changes WHERE user_id = ? AND unit = ?";
    connection
        .execute(statement, &[user_id.into(), unit.into()])
        .await
        .map(drop)
}

/// Forgets all changes of a user.
pub(crate) async fn forget_all(connection: &impl Connection, user_id: &str) -> Result<(), DatabaseError> {
    let statement = "DELETE FROM chat_changes WHERE user_id = ?";
    connection.execute(statement, &[user_id.into()]).await.map(drop)
}

/// Forgets the changes made before this time.
pub(crate) async fn prune(connection: &impl Connection, before: i64) -> Result<(), DatabaseError> {
    let statement = "DELETE FROM chat_changes WHERE created_at < ?";
    connection.execute(statement, &[before.into()]).await.map(drop)
}
