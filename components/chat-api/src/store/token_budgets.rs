//! How many tokens of a language model each user has had on a day, which all instances share.

use todo_service::database::{Connection, DatabaseError};

/// Takes tokens out of the day's budget before they are spent, unless they would be too many. Answers whether they were taken.
pub(crate) async fn reserve(
    connection: &impl Connection,
    user_id: &str,
    day: i64,
    tokens: i64,
    budget: i64,
) -> Result<bool, DatabaseError> {
    if tokens > budget {
        return Ok(false);
    }
    let statement = "INSERT INTO chat_token_budgets AS kept (user_id, day, used) VALUES (?, ?, ?)
        ON CONFLICT (user_id, day) DO UPDATE SET used = kept.used + excluded.used
            WHERE kept.used + excluded.used <= ?
        RETURNING used";
    let parameters = [user_id.into(), day.into(), tokens.into(), budget.into()];
    Ok(!connection.execute(statement, &parameters).await?.is_empty())
}

/// Corrects what was reserved to what was spent: more or less.
pub(crate) async fn settle(
    connection: &impl Connection,
    user_id: &str,
    day: i64,
    difference: i64,
) -> Result<(), DatabaseError> {
    let statement = "UPDATE chat_token_budgets SET used = CASE WHEN used + ?3 < 0 THEN 0 ELSE used + ?3 END
        WHERE user_id = ?1 AND day = ?2";
    let parameters = [user_id.into(), day.into(), difference.into()];
    connection.execute(statement, &parameters).await.map(drop)
}

/// Forgets the days before this one.
pub(crate) async fn prune(connection: &impl Connection, day: i64) -> Result<(), DatabaseError> {
    let statement = "DELETE FROM chat_token_budgets WHERE day < ?";
    connection.execute(statement, &[day.into()]).await.map(drop)
}
