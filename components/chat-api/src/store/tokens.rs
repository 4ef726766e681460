//! Personal API tokens. What is kept of a token's text is its hash.

use serde::Serialize;
use todo_domain::api_token::Scopes;
use todo_domain::time::Timestamp;
use todo_service::database::{Connection, DatabaseError, Row};

/// A use is noted at most once in so many milliseconds: reads would else become writes.
const USE_RESOLUTION: i64 = 60_000;

/// A token, as its owner sees it: without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Token {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) scopes: Scopes,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) last_used_at: Option<Timestamp>,
}

/// A token that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) scopes: Scopes,
    /// In milliseconds since the Unix epoch.
    pub(crate) expires_at: Option<i64>,
}

fn token(row: &Row) -> Result<Token, DatabaseError> {
    let time =
        |column| Ok::<_, DatabaseError>(row.optional_integer(column)?.and_then(Timestamp::from_millis));
    Ok(Token {
        id: row.text(0)?.to_owned(),
        name: row.text(1)?.to_owned(),
        scopes: Scopes::read(row.text(2)?),
        created_at: time(3)?,
        expires_at: time(4)?,
        last_used_at: time(5)?,
    })
}

/// Keeps a new token. Answers whether its user is there.
pub(crate) async fn insert(
    connection: &impl Connection,
    user_id: &str,
    hash: String,
    token: &Token,
) -> Result<bool, DatabaseError> {
    let statement = "INSERT INTO chat_api_tokens (hash, id, name, scopes, created_at, expires_at, user_id)
        SELECT ?, ?, ?, ?, ?, ?, id FROM chat_users WHERE id = ? RETURNING 1";
    let parameters = [
        hash.into(),
        token.id.as_str().into(),
        token.name.as_str().into(),
        token.scopes.to_string().into(),
        token.created_at.map(Timestamp::millis).into(),
        token.expires_at.map(Timestamp::millis).into(),
        user_id.into(),
    ];
    Ok(!connection.execute(statement, &parameters).await?.is_empty())
}

/// A user's tokens, the oldest first, those that have ended too.
pub(crate) async fn of_user(
    connection: &impl Connection,
    user_id: &str,
) -> Result<Vec<Token>, DatabaseError> {
    let statement = "SELECT id, name, scopes, created_at, expires_at, last_used_at FROM chat_api_tokens
        WHERE user_id = ? ORDER BY created_at, id";
    let rows = connection.execute(statement, &[user_id.into()]).await?;
    rows.iter().map(token).collect()
}

/// Forgets a user's token. Answers whether there was one.
pub(crate) async fn remove(
    connection: &impl Connection,
    user_id: &str,
    id: &str,
) -> Result<bool, DatabaseError> {
    let statement = "DELETE FROM chat_api_tokens WHERE user_id = ? AND id = ? RETURNING id";
    let rows = connection
        .execute(statement, &[user_id.into(), id.into()])
        .await?;
    Ok(!rows.is_empty())
}

/// The token with this hash, if it has not ended, and a note that it was used.
pub(crate) async fn show(
    connection: &impl Connection,
    hash: &str,
    now: i64,
) -> Result<Option<Shown>, DatabaseError> {
    let statement = "SELECT user_id, scopes, expires_at, last_used_at, id FROM chat_api_tokens
        WHERE hash = ? AND (expires_at IS NULL OR expires_at > ?)";
    let rows = connection.execute(statement, &[hash.into(), now.into()]).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    if row
        .optional_integer(3)?
        .is_none_or(|used| used <= now.saturating_sub(USE_RESOLUTION))
    {
        let statement = "UPDATE chat_api_tokens SET last_used_at = ? WHERE hash = ?";
        connection.execute(statement, &[now.into(), hash.into()]).await?;
    }
    Ok(Some(Shown {
        id: row.text(4)?.to_owned(),
        user_id: row.text(0)?.to_owned(),
        scopes: Scopes::read(row.text(1)?),
        expires_at: row.optional_integer(2)?,
    }))
}
