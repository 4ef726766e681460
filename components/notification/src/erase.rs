//! Forgetting a user whose account was deleted: everything goes in one transaction, the jobs too, and a note stays that keeps
//! what comes late from being kept. Whatever is written of a user is written only where there is no such note.

use todo_service::answer::Failure;
use todo_service::database::{Connection, DatabaseError, Value};
use todo_service::rate_limit::RateLimits;

use crate::schema::{OUTBOX, RATE_LIMITS};

/// The jobs of a user, by the tables that they are about.
const JOBS: &[&str] = &[
    "SELECT 'deliver:' || id AS name FROM notification_deliveries WHERE user_id = ? AND state = 'waiting'",
    "SELECT 'snooze:' || notification_id AS name FROM notification_snoozes WHERE user_id = ?",
    "SELECT 'digest:' || user_id AS name FROM notification_preferences WHERE user_id = ? AND digest_due IS NOT NULL",
];

/// Each table with something of a user.
const HELD: &[&str] = &[
    "DELETE FROM notification_deliveries WHERE user_id = ?",
    "DELETE FROM notification_snoozes WHERE user_id = ?",
    "DELETE FROM notification_subscriptions WHERE user_id = ?",
    "DELETE FROM notification_preferences WHERE user_id = ?",
    "DELETE FROM notification_items WHERE user_id = ?",
];

/// Erases what is kept of a user, inside of a transaction that excludes others of the user. Doing it again changes nothing.
pub(crate) async fn erase(
    connection: &impl Connection,
    user_id: &str,
    now: i64,
) -> Result<(), DatabaseError> {
    let user: [Value; 1] = [user_id.into()];
    let note = "INSERT INTO notification_erasures (user_id, erased_at) VALUES (?, ?) ON CONFLICT DO NOTHING";
    connection.execute(note, &[user_id.into(), now.into()]).await?;
    OUTBOX.forget_user(connection, user_id).await?;
    for names in JOBS {
        OUTBOX.cancel_all(connection, names, &user, now).await?;
    }
    for statement in HELD {
        connection.execute(statement, &user).await?;
    }
    RateLimits::forget(connection, RATE_LIMITS, user_id, &[]).await
}

/// Refuses a user who was erased and whose token is still good.
pub(crate) async fn refuse_erased(connection: &impl Connection, user_id: &str) -> Result<(), Failure> {
    let statement = "SELECT 1 FROM notification_erasures WHERE user_id = ?";
    let rows = connection.execute(statement, &[user_id.into()]).await?;
    if rows.is_empty() {
        Ok(())
    } else {
        Err(Failure::account_gone())
    }
}
