//! Accounts and the refresh tokens of their sessions.

use serde::Serialize;
use todo_service::database::{Connection, DatabaseError, Row};

/// An account, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) name: String,
}

fn user(row: &Row) -> Result<User, DatabaseError> {
    Ok(User {
        id: row.text(0)?.to_owned(),
        email: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
    })
}

/// Keeps a new account. Answers whether the address was free.
pub(crate) async fn insert(
    connection: &impl Connection,
    user: &User,
    password_hash: String,
    now: i64,
) -> Result<bool, DatabaseError> {
    let statement =
        "INSERT INTO chat_users (id, email, name, password_hash, created_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (email) DO NOTHING RETURNING id";
    let parameters = [
        user.id.as_str().into(),
        user.email.as_str().into(),
        user.name.as_str().into(),
        password_hash.into(),
        now.into(),
    ];
    Ok(!connection.execute(statement, &parameters).await?.is_empty())
}

/// The account of an address, and the hash of its password.
pub(crate) async fn by_email(
    connection: &impl Connection,
    email: &str,
) -> Result<Option<(User, String)>, DatabaseError> {
    let statement = "SELECT id, email, name, password_hash FROM chat_users WHERE email = ?";
    let rows = connection.execute(statement, &[email.into()]).await?;
    rows.first()
        .map(|row| Ok((user(row)?, row.text(3)?.to_owned())))
        .transpose()
}

/// The account of this id.
pub(crate) async fn by_id(connection: &impl Connection, id: &str) -> Result<Option<User>, DatabaseError> {
    // Whoever comes from the second issuer has the address that is told there.
    let statement = "SELECT u.id, coalesce(i.email, u.email), u.name FROM chat_users u
        LEFT JOIN chat_identities i ON i.user_id = u.id WHERE u.id = ?";
    let rows = connection.execute(statement, &[id.into()]).await?;
    rows.first().map(user).transpose()
}

/// The account of this id, and the hash of its password.
pub(crate) async fn with_password(
    connection: &impl Connection,
    id: &str,
) -> Result<Option<(User, String)>, DatabaseError> {
    let statement = "SELECT id, email, name, password_hash FROM chat_users WHERE id = ?";
    let rows = connection.execute(statement, &[id.into()]).await?;
    rows.first()
        .map(|row| Ok((user(row)?, row.text(3)?.to_owned())))
        .transpose()
}

/// Whether an account is there and has the password with this hash.
pub(crate) async fn has_password(
    connection: &impl Connection,
    id: &str,
    hash: &str,
) -> Result<bool, DatabaseError> {
    let statement = "SELECT 1 FROM chat_users WHERE id = ? AND password_hash = ?";
    let rows = connection.execute(statement, &[id.into(), hash.into()]).await?;
    Ok(!rows.is_empty())
}

/// Gives an account another password. Answers whether it was there and had the one before.
pub(crate) async fn set_password(
    connection: &impl Connection,
    id: &str,
    before: &str,
    hash: String,
) -> Result<bool, DatabaseError> {
    let statement = "UPDATE chat_users SET password_hash = ? WHERE id = ? AND password_hash = ? RETURNING id";
    let parameters = [hash.into(), id.into(), before.into()];
    Ok(!connection.execute(statement, &parameters).await?.is_empty())
}

/// A refresh token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    pub(crate) family: String,
    pub(crate) user_id: String,
    pub(crate) expires_at: i64,
    pub(crate) is_used: bool,
}

/// Keeps a new refresh token.
pub(crate) async fn insert_refresh_token(
    connection: &impl Connection,
    hash: String,
    family: &str,
    user_id: &str,
    expires_at: i64,
) -> Result<(), DatabaseError> {
    let statement = "INSERT INTO chat_refresh_tokens (hash, family, user_id, expires_at) VALUES (?, ?, ?, ?)";
    let parameters = [hash.into(), family.into(), user_id.into(), expires_at.into()];
    connection.execute(statement, &parameters).await.map(drop)
}

/// The refresh token with this hash.
pub(crate) async fn refresh_token(
    connection: &impl Connection,
    hash: &str,
) -> Result<Option<RefreshToken>, DatabaseError> {
    let statement =
        "SELECT family, user_id, expires_at, used_at IS NOT NULL FROM chat_refresh_tokens WHERE hash = ?";
    let rows = connection.execute(statement, &[hash.into()]).await?;
    let token = |row: &Row| {
        Ok(RefreshToken {
            family: row.text(0)?.to_owned(),
            user_id: row.text(1)?.to_owned(),
            expires_at: row.integer(2)?,
            is_used: row.integer(3)? != 0,
        })
    };
    rows.first().map(token).transpose()
}

/// Notes that a refresh token was used.
pub(crate) async fn use_refresh_token(
    connection: &impl Connection,
    hash: &str,
    now: i64,
) -> Result<(), DatabaseError> {
    let statement = "UPDATE chat_refresh_tokens SET used_at = ? WHERE hash = ?";
    connection
        .execute(statement, &[now.into(), hash.into()])
        .await
        .map(drop)
}

/// Forgets the tokens whose time is over.
pub(crate) async fn prune_refresh_tokens(
    connection: &impl Connection,
    now: i64,
) -> Result<(), DatabaseError> {
    connection
        .execute(
            "DELETE FROM chat_refresh_tokens WHERE expires_at < ?",
            &[now.into()],
        )
        .await
        .map(drop)
}
