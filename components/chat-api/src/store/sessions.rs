//! Sessions that are over. Their refresh tokens are gone with their rows; their access tokens would still be good for a
//! while, so the sessions' names are kept for that long.

use todo_service::database::{Connection, DatabaseError};

/// Ends a session: none of its tokens is good any more.
pub(crate) async fn end(connection: &impl Connection, session: &str, now: i64) -> Result<(), DatabaseError> {
    let note = "INSERT INTO chat_ended_sessions (session, ended_at) VALUES (?, ?) ON CONFLICT DO NOTHING";
    connection.execute(note, &[session.into(), now.into()]).await?;
    let statement = "DELETE FROM chat_refresh_tokens WHERE family = ?";
    connection.execute(statement, &[session.into()]).await.map(drop)
}

/// Ends all sessions of a user. Whoever calls it excludes others of the user, so that none begins meanwhile.
pub(crate) async fn end_all(
    connection: &impl Connection,
    user_id: &str,
    now: i64,
) -> Result<(), DatabaseError> {
    let note = "INSERT INTO chat_ended_sessions (session, ended_at)
        SELECT DISTINCT family, ? FROM chat_refresh_tokens WHERE user_id = ? ON CONFLICT DO NOTHING";
    connection.execute(note, &[now.into(), user_id.into()]).await?;
    let statement = "DELETE FROM chat_refresh_tokens WHERE user_id = ?";
    connection.execute(statement, &[user_id.into()]).await.map(drop)
}

/// Ends all that lets a user in: sessions, and what personal API tokens have opened. The tokens themselves are for the caller
/// to remove.
pub(crate) async fn end_everything(
    connection: &impl Connection,
    user_id: &str,
    now: i64,
) -> Result<(), DatabaseError> {
    let note = "INSERT INTO chat_ended_sessions (session, ended_at)
        SELECT id, ? FROM chat_api_tokens WHERE user_id = ? ON CONFLICT DO NOTHING";
    connection.execute(note, &[now.into(), user_id.into()]).await?;
    end_all(connection, user_id, now).await
}

/// The sessions that have ended since a time, each with its own.
pub(crate) async fn ended_since(
    connection: &impl Connection,
    since: i64,
) -> Result<Vec<(String, i64)>, DatabaseError> {
    let statement = "SELECT session, ended_at FROM chat_ended_sessions WHERE ended_at >= ?";
    let rows = connection.execute(statement, &[since.into()]).await?;
    rows.iter()
        .map(|row| Ok((row.text(0)?.to_owned(), row.integer(1)?)))
        .collect()
}

/// Forgets the sessions that ended before this time.
pub(crate) async fn prune(connection: &impl Connection, before: i64) -> Result<(), DatabaseError> {
    let statement = "DELETE FROM chat_ended_sessions WHERE ended_at < ?";
    connection.execute(statement, &[before.into()]).await.map(drop)
}
