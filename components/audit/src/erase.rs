//! Forgetting a user: the chain goes, and a note stays that it was there.
//!
//! Each user has a chain of their own, so nobody else's has a hole after it. The note has no payload: when, because of which
//! event, how many entries there were, and the hash of the last one, by which a copy that somebody kept can still be held
//! against what was here. Nothing is recorded of a user any more of whom there is such a note, however late it comes.

use std::collections::HashSet;

use todo_service::database::{Connection, DatabaseError, Value};
use todo_service::rate_limit::RateLimits;

use crate::record::{Event, head};
use crate::schema;

/// How many users one statement names.
const AT_ONCE: usize = 64;

/// Those of the users who are to be forgotten.
pub(crate) async fn erased(
    connection: &impl Connection,
    users: &[&str],
) -> Result<HashSet<String>, DatabaseError> {
    let users: HashSet<&str> = users.iter().copied().collect();
    let users: Vec<Value> = users.into_iter().map(Value::from).collect();
    let mut erased = HashSet::new();
    for users in users.chunks(AT_ONCE) {
        let statement = format!(
            "SELECT user_id FROM audit_erasures WHERE user_id IN (?{})",
            ", ?".repeat(users.len().saturating_sub(1))
        );
        for row in connection.execute(&statement, users).await? {
            erased.insert(row.text(0)?.to_owned());
        }
    }
    Ok(erased)
}

/// When a user's chain was erased, if it was.
pub(crate) async fn erased_at(
    connection: &impl Connection,
    user_id: &str,
) -> Result<Option<i64>, DatabaseError> {
    let statement = "SELECT time FROM audit_erasures WHERE user_id = ?";
    let rows = connection.execute(statement, &[user_id.into()]).await?;
    rows.first().map(|row| row.integer(0)).transpose()
}

/// Erases a user's chain, inside of a transaction that excludes others of the user. The note comes first: it is what lets the
/// entries go.
pub(crate) async fn erase(connection: &impl Connection, event: &Event) -> Result<(), DatabaseError> {
    let user_id: Value = event.userid.as_str().into();
    let head = head(connection, &event.userid).await?;
    let note = "INSERT INTO audit_erasures (user_id, event_id, time, entries, hash) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (user_id) DO NOTHING";
    let values = [
        user_id.clone(),
        event.id.as_str().into(),
        event.time.millis().into(),
        i64::try_from(head.seq).unwrap_or(i64::MAX).into(),
        head.hash.into(),
    ];
    connection.execute(note, &values).await?;
    for statement in [
        "DELETE FROM audit_entries WHERE user_id = ?",
        "DELETE FROM audit_heads WHERE user_id = ?",
    ] {
        connection
            .execute(statement, std::slice::from_ref(&user_id))
            .await?;
    }
    RateLimits::forget(connection, schema::RATE_LIMITS, &event.userid, &[]).await
}
