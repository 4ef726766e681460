//! Tasks on their way out and in, and the secret addresses of calendars.

use std::collections::HashSet;

use todo_domain::task::Task;
use todo_service::database::{Connection, DatabaseError, Value};

use crate::store::tasks;

/// How many values one statement names: few enough for every database.
const AT_ONCE: usize = 100;

/// Which tasks are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// All that are not deleted.
    All,
    /// Those that are open, and those that were changed since this time.
    Current { since: i64 },
}

/// Tasks in the order of their numbers, after one of them.
pub(crate) async fn page(
    connection: &impl Connection,
    user_id: &str,
    which: Which,
    after: i64,
    limit: usize,
) -> Result<Vec<Task>, DatabaseError> {
    let mut parameters: Vec<Value> = vec![user_id.into(), after.into()];
    let condition = match which {
        Which::All => "",
        Which::Current { since } => {
            parameters.push(since.into());
            "AND (status IN ('pending', 'in_progress') OR updated_at >= ?)"
        }
    };
    let statement = format!(
        "SELECT {} FROM chat_tasks WHERE user_id = ? AND number > ? AND deleted_at IS NULL {condition}
        ORDER BY number LIMIT ?",
        tasks::COLUMNS
    );
    parameters.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
    let rows = connection.execute(&statement, &parameters).await?;
    rows.iter()
        .map(|row| tasks::stored(row).map(|stored| stored.task))
        .collect()
}

/// Those of the names that tasks of the user have: their own ids, or what they were called when they were imported.
pub(crate) async fn known(
    connection: &impl Connection,
    user_id: &str,
    uids: &[&str],
) -> Result<HashSet<String>, DatabaseError> {
    let mut known = HashSet::new();
    for uids in uids.chunks(AT_ONCE) {
        let places = format!("?{}", ", ?".repeat(uids.len().saturating_sub(1)));
        let parameters: Vec<Value> = std::iter::once(user_id)
            .chain(uids.iter().copied())
            .map(Value::from)
            .collect();
        for statement in [
            format!(
                "SELECT id FROM chat_tasks WHERE user_id = ? AND deleted_at IS NULL AND id IN ({places})"
            ),
            format!(
                "SELECT i.uid FROM chat_imports AS i JOIN chat_tasks AS t ON t.id = i.task_id
                WHERE i.user_id = ? AND t.deleted_at IS NULL AND i.uid IN ({places})"
            ),
        ] {
            for row in connection.execute(&statement, &parameters).await? {
                known.insert(row.text(0)?.to_owned());
            }
        }
    }
    Ok(known)
}

/// Keeps what imported tasks were called; each name stands for the last task that had it.
pub(crate) async fn note_uids(
    connection: &impl Connection,
    user_id: &str,
    uids: &[(String, String)],
) -> Result<(), DatabaseError> {
    for uids in uids.chunks(AT_ONCE) {
        let statement = format!(
            "INSERT INTO chat_imports (user_id, uid, task_id) VALUES (?, ?, ?){}
            ON CONFLICT (user_id, uid) DO UPDATE SET task_id = excluded.task_id",
            ", (?, ?, ?)".repeat(uids.len().saturating_sub(1))
        );
        let parameters: Vec<Value> = uids
            .iter()
            .flat_map(|(uid, task_id)| [user_id, uid.as_str(), task_id.as_str()])
            .map(Value::from)
            .collect();
        connection.execute(&statement, &parameters).await?;
    }
    Ok(())
}

/// Keeps the hash of the secret part of a user's calendar address, in place of any other. Answers whether the user is there.
pub(crate) async fn set_feed(
    connection: &impl Connection,
    user_id: &str,
    hash: String,
    now: i64,
) -> Result<bool, DatabaseError> {
    let statement = "INSERT INTO chat_calendar_feeds (user_id, hash, created_at)
        SELECT id, ?, ? FROM chat_users WHERE id = ?
        ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, created_at = excluded.created_at RETURNING 1";
    let rows = connection
        .execute(statement, &[hash.into(), now.into(), user_id.into()])
        .await?;
    Ok(!rows.is_empty())
}

/// Forgets a user's calendar address.
pub(crate) async fn remove_feed(connection: &impl Connection, user_id: &str) -> Result<(), DatabaseError> {
    connection
        .execute(
            "DELETE FROM chat_calendar_feeds WHERE user_id = ?",
            &[user_id.into()],
        )
        .await
        .map(drop)
}

/// Since when a user has had their calendar address, if there is one.
pub(crate) async fn feed_of(
    connection: &impl Connection,
    user_id: &str,
) -> Result<Option<i64>, DatabaseError> {
    let statement = "SELECT created_at FROM chat_calendar_feeds WHERE user_id = ?";
    let rows = connection.execute(statement, &[user_id.into()]).await?;
    rows.first().map(|row| row.integer(0)).transpose()
}

/// Whose calendar has this hash, and the number of the last change of their tasks.
pub(crate) async fn feed(
    connection: &impl Connection,
    hash: String,
) -> Result<Option<(String, i64)>, DatabaseError> {
    let statement =
        "SELECT u.id, u.last_update FROM chat_calendar_feeds AS f JOIN chat_users AS u ON u.id = f.user_id
        WHERE f.hash = ?";
    let rows = connection.execute(statement, &[hash.into()]).await?;
    rows.first()
        .map(|row| Ok((row.text(0)?.to_owned(), row.integer(1)?)))
        .transpose()
}
