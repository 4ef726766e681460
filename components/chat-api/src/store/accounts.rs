//! All that is kept of a user, and its removal: as many statements for a hundred thousand tasks as for one.

use todo_service::database::{Connection, DatabaseError, Value};
use todo_service::rate_limit::RateLimits;

use crate::limits;
use crate::store::search;

/// Each table with something of a user, by what is removed from it. Rows come before those by which they are found.
pub(crate) const HELD: &[&str] = &[
    "DELETE FROM chat_messages WHERE conversation_id IN (SELECT id FROM chat_conversations WHERE user_id = ?)",
    "DELETE FROM chat_conversations WHERE user_id = ?",
    "DELETE FROM chat_past_occurrences WHERE series_id IN (SELECT series_id FROM chat_tasks WHERE user_id = ?)",
    "DELETE FROM chat_task_tags WHERE user_id = ?",
    "DELETE FROM chat_reminders WHERE user_id = ?",
    "DELETE FROM chat_imports WHERE user_id = ?",
    "DELETE FROM chat_calendar_feeds WHERE user_id = ?",
    "DELETE FROM chat_changes WHERE user_id = ?",
    "DELETE FROM chat_updates WHERE user_id = ?",
    "DELETE FROM chat_idempotency WHERE user_id = ?",
    "DELETE FROM chat_token_budgets WHERE user_id = ?",
    "DELETE FROM chat_tasks WHERE user_id = ?",
    "DELETE FROM chat_refresh_tokens WHERE user_id = ?",
    "DELETE FROM chat_api_tokens WHERE user_id = ?",
    "DELETE FROM chat_identities WHERE user_id = ?",
    "DELETE FROM chat_users WHERE id = ?",
];

/// The names of the jobs of a user's reminders that are still to come.
pub(crate) const JOBS: &str = "SELECT 'reminder:' || task_id || ':' || remind_at AS name FROM chat_reminders
    WHERE user_id = ? AND fired_at IS NULL";

/// Removes everything of a user.
pub(crate) async fn remove(connection: &impl Connection, user_id: &str) -> Result<(), DatabaseError> {
    let user: [Value; 1] = [user_id.into()];
    search::forget_user(connection, user_id).await?;
    for statement in HELD {
        connection.execute(statement, &user).await?;
    }
    // Other counts do not show whose they are.
    RateLimits::forget(connection, limits::TABLE, user_id, &["chat"]).await
}
