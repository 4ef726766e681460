//! Who people are elsewhere: their names at the second issuer, and the accounts that these lead to. Such an account has no
//! password and takes up no address.

use todo_service::database::{Connection, DatabaseError};

use super::users::User;

/// Whom a name at an issuer stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) user_id: String,
    /// Where mails may go; empty if the issuer has told no address.
    pub(crate) email: String,
}

/// Whom a name stands for, if that account exists.
pub(crate) async fn find(
    connection: &impl Connection,
    issuer: &str,
    subject: &str,
) -> Result<Option<Identity>, DatabaseError> {
    let statement = "SELECT i.user_id, i.email FROM chat_identities i JOIN chat_users u ON u.id = i.user_id
        WHERE i.issuer = ? AND i.subject = ?";
    let rows = connection
        .execute(statement, &[issuer.into(), subject.into()])
        .await?;
    let identity = rows.first().map(|row| {
        Ok(Identity {
            user_id: row.text(0)?.to_owned(),
            email: row.text(1)?.to_owned(),
        })
    });
    identity.transpose()
}

/// Makes the account of a name that has none. In a transaction: an account without its name could never be found.
pub(crate) async fn insert(
    connection: &impl Connection,
    issuer: &str,
    subject: &str,
    user: &User,
    now: i64,
) -> Result<(), DatabaseError> {
    let statement =
        "INSERT INTO chat_identities (issuer, subject, user_id, email, created_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (issuer, subject) DO NOTHING RETURNING user_id";
    let parameters = [
        issuer.into(),
        subject.into(),
        user.id.as_str().into(),
        user.email.as_str().into(),
        now.into(),
    ];
    if connection.execute(statement, &parameters).await?.is_empty() {
        return Ok(());
    }
    // What stands for the address is none, so nobody can sign up or log in with it; no password has an empty hash.
    let statement =
        "INSERT INTO chat_users (id, email, name, password_hash, created_at) VALUES (?, ?, ?, '', ?)";
    let parameters = [
        user.id.as_str().into(),
        format!("issuer:{}", user.id).into(),
        user.name.as_str().into(),
        now.into(),
    ];
    connection.execute(statement, &parameters).await.map(drop)
}

/// Keeps the address that the issuer tells now.
pub(crate) async fn set_email(
    connection: &impl Connection,
    issuer: &str,
    subject: &str,
    email: &str,
) -> Result<(), DatabaseError> {
    let statement = "UPDATE chat_identities SET email = ? WHERE issuer = ? AND subject = ?";
    connection
        .execute(statement, &[email.into(), issuer.into(), subject.into()])
        .await
        .map(drop)
}
