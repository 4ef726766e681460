//! The browsers that a user wants messages pushed to.

use serde::Serialize;
use todo_delivery::push::{PushError, Receiver};
use todo_domain::problem::Code;
use todo_domain::time::Timestamp;
use todo_service::answer::Failure;
use todo_service::database::{Connection, DatabaseError, Row, in_transaction_on};

use crate::erase::refuse_erased;

/// How many browsers a user can have.
const MOST: usize = 20;

/// A browser, as its user sees it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) endpoint: String,
    created_at: Timestamp,
    #[serde(skip)]
    p256dh: String,
    #[serde(skip)]
    auth: String,
}

impl Subscription {
    pub(crate) fn new(
        id: String,
        endpoint: String,
        p256dh: String,
        auth: String,
        created_at: Timestamp,
    ) -> Self {
        Self {
            id,
            endpoint,
            created_at,
            p256dh,
            auth,
        }
    }

    /// Whom its messages are encrypted for.
    pub(crate) fn receiver(&self) -> Result<Receiver, PushError> {
        Receiver::parse(&self.p256dh, &self.auth)
    }
}

fn subscription(row: &Row) -> Result<Subscription, DatabaseError> {
    let wrong = DatabaseError::Content {
        column: 4,
        expected: "a time",
    };
    Ok(Subscription {
        id: row.text(0)?.to_owned(),
        endpoint: row.text(1)?.to_owned(),
        p256dh: row.text(2)?.to_owned(),
        auth: row.text(3)?.to_owned(),
        created_at: Timestamp::from_millis(row.integer(4)?).ok_or(wrong)?,
    })
}

/// A user's browsers, the first one first.
pub(crate) async fn of_user(
    connection: &impl Connection,
    user_id: &str,
) -> Result<Vec<Subscription>, DatabaseError> {
    let statement = "SELECT id, endpoint, p256dh, auth, created_at FROM notification_subscriptions
        WHERE user_id = ? ORDER BY id";
    let rows = connection.execute(statement, &[user_id.into()]).await?;
    rows.iter().map(subscription).collect()
}

/// Keeps a browser; one that is known gets new keys, and belongs to who uses it now. Answers whether it is new to the user.
pub(crate) async fn put(
    connection: &impl Connection,
    user_id: &str,
    new: Subscription,
) -> Result<(Subscription, bool), Failure> {
    in_transaction_on(connection, &[user_id], async |connection| {
        refuse_erased(connection, user_id).await?;
        let known = of_user(connection, user_id).await?;
        let is_new = known.iter().all(|known| known.endpoint != new.endpoint);
        if is_new && known.len() >= MOST {
            let detail = format!("there are {MOST} subscriptions already; delete one");
            return Err(Failure::new(Code::Conflict, detail));
        }
        let statement =
            "INSERT INTO notification_subscriptions (id, user_id, endpoint, p256dh, auth, created_at)
            VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (endpoint) DO UPDATE SET user_id = excluded.user_id,
                p256dh = excluded.p256dh, auth = excluded.auth
            RETURNING id, endpoint, p256dh, auth, created_at";
        let values = [
            new.id.as_str().into(),
            user_id.into(),
            new.endpoint.as_str().into(),
            new.p256dh.as_str().into(),
            new.auth.as_str().into(),
            new.created_at.millis().into(),
        ];
        let rows = connection.execute(statement, &values).await?;
        let kept = rows.first().map(subscription).transpose()?.unwrap_or(new);
        Ok((kept, is_new))
    })
    .await
}

/// Forgets a user's browser. Answers whether there was one.
pub(crate) async fn remove(
    connection: &impl Connection,
    user_id: &str,
    endpoint: &str,
) -> Result<bool, DatabaseError> {
    let statement = "DELETE FROM notification_subscriptions WHERE user_id = ? AND endpoint = ? RETURNING id";
    let removed = connection
        .execute(statement, &[user_id.into(), endpoint.into()])
        .await?;
    Ok(!removed.is_empty())
}

/// The browser of this id, if its user still has it.
pub(crate) async fn find(
    connection: &impl Connection,
    user_id: &str,
    id: &str,
) -> Result<Option<Subscription>, DatabaseError> {
    let subscriptions = of_user(connection, user_id).await?;
    Ok(subscriptions
        .into_iter()
        .find(|subscription| subscription.id == id))
}

/// Forgets a browser that does not listen any more.
pub(crate) async fn forget(connection: &impl Connection, id: &str) -> Result<(), DatabaseError> {
    let statement = "DELETE FROM notification_subscriptions WHERE id = ?";
    connection.execute(statement, &[id.into()]).await.map(drop)
}
