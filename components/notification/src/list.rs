//! A user's notifications: listed, and marked as read.

use todo_domain::events::Notification;
use todo_domain::time::Timestamp;
use todo_service::answer::{Failure, Page};
use todo_service::cursor::CursorKey;
use todo_service::database::{Connection, DatabaseError, Row};
use todo_service::query::{Query, one_more};

const COLUMNS: &str = "number, id, type, title, message, task_id, created_at, read_at";

fn notification(row: &Row) -> Result<(i64, Notification), DatabaseError> {
    let time = |column| {
        let wrong = DatabaseError::Content {
            column,
            expected: "a time",
        };
        Timestamp::from_millis(row.integer(column)?).ok_or(wrong)
    };
    let notification = Notification {
        id: row.text(1)?.to_owned(),
        notification_type: row.text(2)?.to_owned(),
        title: row.text(3)?.to_owned(),
        message: row.text(4)?.to_owned(),
        task_id: row.optional_text(5)?.map(str::to_owned),
        created_at: time(6)?,
        read_at: if row.is_null(7) { None } else { Some(time(7)?) },
    };
    Ok((row.integer(0)?, notification))
}

/// One page, the newest first.
pub(crate) async fn page(
    connection: &impl Connection,
    key: &CursorKey,
    user_id: &str,
    query: &Query,
) -> Result<Page<Notification>, Failure> {
    let limit = query.limit()?;
    let condition = match query.flag("unread")? {
        None => "user_id = ?",
        Some(true) => "user_id = ? AND read_at IS NULL",
        Some(false) => "user_id = ? AND read_at IS NOT NULL",
    };
    let question = format!("{condition} {user_id}");
    let before = query.position(key, &question)?.unwrap_or(i64::MAX);
    let total = match query.flag("count")? {
        Some(true) => Some(count(connection, condition, user_id).await?),
        _ => None,
    };
    let statement = format!(
        "SELECT {COLUMNS} FROM notification_items WHERE {condition} AND number < ? ORDER BY number DESC LIMIT ?"
    );
    // One more than wanted tells whether there is a next page.
    let values = [user_id.into(), before.into(), one_more(limit).into()];
    let rows = connection.execute(&statement, &values).await?;
    let items = rows.iter().map(notification).collect::<Result<Vec<_>, _>>()?;
    let page = Page::of(items, limit, total, |(number, _)| key.seal(&question, *number));
    Ok(page.map(|(_, notification)| notification))
}

/// The notification of this id, of whomever it is.
pub(crate) async fn find(
    connection: &impl Connection,
    id: &str,
) -> Result<Option<Notification>, DatabaseError> {
    let statement = format!("SELECT {COLUMNS} FROM notification_items WHERE id = ?");
    let rows = connection.execute(&statement, &[id.into()]).await?;
    Ok(rows
        .first()
        .map(notification)
        .transpose()?
        .map(|(_, notification)| notification))
}

async fn count(connection: &impl Connection, condition: &str, user_id: &str) -> Result<i64, DatabaseError> {
    let statement = format!("SELECT count(*) FROM notification_items WHERE {condition}");
    let rows = connection.execute(&statement, &[user_id.into()]).await?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}

/// Marks a user's notification as read or unread. The time of the first reading stays.
pub(crate) async fn mark(
    connection: &impl Connection,
    user_id: &str,
    id: &str,
    read: bool,
    now: Timestamp,
) -> Result<Notification, Failure> {
    let statement = format!(
        "UPDATE notification_items SET read_at = CASE WHEN ?1 = 1 THEN coalesce(read_at, ?2) END
            WHERE id = ?3 AND user_id = ?4 RETURNING {COLUMNS}"
    );
    let values = [
        i64::from(read).into(),
        now.millis().into(),
        id.into(),
        user_id.into(),
    ];
    let rows = connection.execute(&statement, &values).await?;
    let row = rows.first().ok_or_else(Failure::not_found)?;
    Ok(notification(row)?.1)
}

/// Marks all of a user's notifications as read. Answers how many were not.
pub(crate) async fn mark_all(
    connection: &impl Connection,
    user_id: &str,
    now: Timestamp,
) -> Result<usize, DatabaseError> {
    let statement =
        "UPDATE notification_items SET read_at = ? WHERE user_id = ? AND read_at IS NULL RETURNING number";
    Ok(connection
        .execute(statement, &[now.millis().into(), user_id.into()])
        .await?
        .len())
}
