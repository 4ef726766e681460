//! What each user's browsers were told, so that one that was away can be told again.

use todo_service::database::{Connection, DatabaseError, Row};

/// An update as it went out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Update {
    pub(crate) seq: i64,
    /// The CloudEvent.
    pub(crate) body: String,
}

/// Keeps an update.
pub(crate) async fn append(
    connection: &impl Connection,
    user_id: &str,
    seq: i64,
    body: &str,
    now: i64,
) -> Result<(), DatabaseError> {
    let statement = "INSERT INTO chat_updates (user_id, seq, body, created_at) VALUES (?, ?, ?, ?)";
    connection
        .execute(statement, &[user_id.into(), seq.into(), body.into(), now.into()])
        .await
        .map(drop)
}

/// The updates after this one, the oldest first.
pub(crate) async fn after(
    connection: &impl Connection,
    user_id: &str,
    seq: i64,
    limit: i64,
) -> Result<Vec<Update>, DatabaseError> {
    let statement = "SELECT seq, body FROM chat_updates WHERE user_id = ? AND seq > ? ORDER BY seq LIMIT ?";
    let rows = connection
        .execute(statement, &[user_id.into(), seq.into(), limit.into()])
        .await?;
    let update = |row: &Row| {
        Ok(Update {
            seq: row.integer(0)?,
            body: row.text(1)?.to_owned(),
        })
    };
    rows.iter().map(update).collect()
}

/// The number of the user's last update, and of the oldest one that is kept. Nothing if there is no such user.
pub(crate) async fn range(
    connection: &impl Connection,
    user_id: &str,
) -> Result<Option<(i64, i64)>, DatabaseError> {
    let statement = "SELECT last_update,
            coalesce((SELECT min(seq) FROM chat_updates WHERE user_id = ?1), last_update + 1)
        FROM chat_users WHERE id = ?1";
    let rows = connection.execute(statement, &[user_id.into()]).await?;
    rows.first()
        .map(|row| Ok((row.integer(0)?, row.integer(1)?)))
        .transpose()
}

/// Forgets the updates from before this time, and of each user all but the last so many.
pub(crate) async fn prune(connection: &impl Connection, before: i64, keep: i64) -> Result<(), DatabaseError> {
    connection
        .execute("DELETE FROM chat_updates WHERE created_at < ?", &[before.into()])
        .await?;
    let statement = "DELETE FROM chat_updates
        WHERE seq <= (SELECT last_update - ? FROM chat_users WHERE chat_users.id = chat_updates.user_id)";
    connection.execute(statement, &[keep.into()]).await.map(drop)
}
