//! Answers that were given, under the keys that clients chose.

use todo_service::database::{Connection, DatabaseError, Row};

/// A stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) fingerprint: String,
    pub(crate) status: i64,
    /// A JSON object of the headers that belong to the answer.
    pub(crate) headers: String,
    pub(crate) body: String,
    /// In milliseconds since the Unix epoch.
    pub(crate) created_at: i64,
}

/// The answer under this key, unless it was given before `since`.
pub(crate) async fn find(
    connection: &impl Connection,
    user_id: &str,
    key: &str,
    since: i64,
) -> Result<Option<Stored>, DatabaseError> {
    let statement = "SELECT fingerprint, status, headers, body, created_at FROM chat_idempotency
        WHERE user_id = ? AND key = ? AND created_at >= ?";
    let rows = connection
        .execute(statement, &[user_id.into(), key.into(), since.into()])
        .await?;
    let stored = |row: &Row| {
        Ok(Stored {
            fingerprint: row.text(0)?.to_owned(),
            status: row.integer(1)?,
            headers: row.text(2)?.to_owned(),
            body: row.text(3)?.to_owned(),
            created_at: row.integer(4)?,
        })
    };
    rows.first().map(stored).transpose()
}

/// In whose place an answer is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner<'a> {
    /// A user, who may have deleted the account meanwhile.
    User(&'a str),
    /// Somebody who showed a key, and has no account.
    Key(&'a str),
}

/// Keeps an answer, unless it is a user's who is not there any more; one that is too old to be found is replaced.
pub(crate) async fn insert(
    connection: &impl Connection,
    owner: Owner<'_>,
    key: &str,
    stored: Stored,
) -> Result<(), DatabaseError> {
    let (id, values) = match owner {
        Owner::User(id) => (
            id,
            "SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM chat_users WHERE id = ?1",
        ),
        Owner::Key(id) => (id, "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
    };
    let statement = format!(
        "INSERT INTO chat_idempotency
        (user_id, key, fingerprint, status, headers, body, created_at)
        {values}
        ON CONFLICT (user_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status,
            headers = excluded.headers, body = excluded.body, created_at = excluded.created_at"
    );
    let parameters = [
        id.into(),
        key.into(),
        stored.fingerprint.into(),
        stored.status.into(),
        stored.headers.into(),
        stored.body.into(),
        stored.created_at.into(),
    ];
    connection.execute(&statement, &parameters).await.map(drop)
}

/// Ends the work under a key that has this status: what was done so far is the answer, and where nothing was the key is free.
pub(crate) async fn release(
    connection: &impl Connection,
    user_id: &str,
    key: &str,
    status: i64,
) -> Result<(), DatabaseError> {
    let parameters = [user_id.into(), key.into(), status.into()];
    let statement = "DELETE FROM chat_idempotency WHERE user_id = ? AND key = ? AND status = ? AND body = ''";
    connection.execute(statement, &parameters).await?;
    let statement = "UPDATE chat_idempotency SET status = 200 WHERE user_id = ? AND key = ? AND status = ?";
    connection.execute(statement, &parameters).await.map(drop)
}

/// Forgets the answers given before this time.
pub(crate) async fn prune(connection: &impl Connection, before: i64) -> Result<(), DatabaseError> {
    connection
        .execute(
            "DELETE FROM chat_idempotency WHERE created_at < ?",
            &[before.into()],
        )
        .await
        .map(drop)
}
