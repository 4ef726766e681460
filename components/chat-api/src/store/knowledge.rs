//! What the operator has given the assistant to know: entries of the FAQ, documents and products, and the passages in which they
//! are found. An entry has passages while it is active and not deleted.

pub(crate) mod candidates;
pub(crate) mod log;
pub(crate) mod search;
pub(crate) mod vectors;

use serde::Serialize;
use todo_domain::time::Timestamp;
use todo_knowledge::Kind;
use todo_service::database::{Connection, DatabaseError, Row, Value};

/// How many passages there may be, and entries of the FAQ.
pub(crate) const MOST_PASSAGES: i64 = 20_000;
pub(crate) const MOST_FAQ: i64 = 2_000;

const COLUMNS: &str =
    "kind, id, title, content, category, tags, is_active, version, created_at, updated_at, deleted_at";

/// An entry, as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Entry {
    pub(crate) id: String,
    #[serde(skip)]
    pub(crate) kind: Kind,
    pub(crate) title: String,
    pub(crate) content: String,
    pub(crate) category: String,
    pub(crate) tags: Vec<String>,
    pub(crate) is_active: bool,
    pub(crate) version: i64,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deleted_at: Option<Timestamp>,
}

fn entry(row: &Row) -> Result<Entry, DatabaseError> {
    let wrong = |column, expected| DatabaseError::Content { column, expected };
    let time = |column| {
        let time = Timestamp::from_millis(row.integer(column)?);
        time.ok_or_else(|| wrong(column, "a time"))
    };
    Ok(Entry {
        kind: Kind::parse(row.text(0)?).ok_or_else(|| wrong(0, "a kind"))?,
        id: row.text(1)?.to_owned(),
        title: row.text(2)?.to_owned(),
        content: row.text(3)?.to_owned(),
        category: row.text(4)?.to_owned(),
        tags: serde_json::from_str(row.text(5)?).map_err(|_not_json| wrong(5, "tags"))?,
        is_active: row.integer(6)? != 0,
        version: row.integer(7)?,
        created_at: time(8)?,
        updated_at: time(9)?,
        deleted_at: row.optional_integer(10)?.and_then(Timestamp::from_millis),
    })
}

/// An entry, deleted or not.
pub(crate) async fn find(
    connection: &impl Connection,
    kind: Kind,
    id: &str,
) -> Result<Option<Entry>, DatabaseError> {
    let statement = format!("SELECT {COLUMNS} FROM chat_knowledge WHERE kind = ? AND id = ?");
    let rows = connection
        .execute(&statement, &[kind.as_str().into(), id.into()])
        .await?;
    rows.first().map(entry).transpose()
}

/// Entries of a kind that are not deleted, in the order of their ids, after one; of one category if it is said.
pub(crate) async fn page(
    connection: &impl Connection,
    kind: Kind,
    category: Option<&str>,
    after: &str,
    limit: i64,
) -> Result<Vec<Entry>, DatabaseError> {
    let mut parameters: Vec<Value> = vec![kind.as_str().into()];
    parameters.extend(category.map(Value::from));
    parameters.extend([after.into(), limit.into()]);
    let of_category = category.map_or("", |_category| "AND category = ?");
    let statement = format!(
        "SELECT {COLUMNS} FROM chat_knowledge WHERE kind = ? {of_category} AND id > ? AND deleted_at IS NULL
            ORDER BY id LIMIT ?"
    );
    let rows = connection.execute(&statement, &parameters).await?;
    rows.iter().map(entry).collect()
}

/// The categories of entries that are not deleted, each with how many it has.
pub(crate) async fn categories(
    connection: &impl Connection,
    kind: Kind,
) -> Result<Vec<(String, i64)>, DatabaseError> {
    let statement = "SELECT category, count(*) FROM chat_knowledge WHERE kind = ? AND deleted_at IS NULL
        GROUP BY category ORDER BY category";
    let rows = connection.execute(statement, &[kind.as_str().into()]).await?;
    rows.iter()
        .map(|row| Ok((row.text(0)?.to_owned(), row.integer(1)?)))
        .collect()
}

/// How many entries of a kind there are, with the deleted ones that are still kept.
pub(crate) async fn count(connection: &impl Connection, kind: Kind) -> Result<i64, DatabaseError> {
    let statement = "SELECT count(*) FROM chat_knowledge WHERE kind = ?";
    let rows = connection.execute(statement, &[kind.as_str().into()]).await?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}

/// Keeps an entry, in place of what was there of it, with the passages in which it is found. Call it in a transaction.
pub(crate) async fn put(connection: &impl Connection, entry: &Entry) -> Result<usize, DatabaseError> {
    let statement = "INSERT INTO chat_knowledge
            (kind, id, title, content, category, tags, is_active, version, created_at, updated_at, deleted_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (kind, id) DO UPDATE SET title = excluded.title, content = excluded.content,
            category = excluded.category, tags = excluded.tags, is_active = excluded.is_active, version = excluded.version,
            updated_at = excluded.updated_at, deleted_at = excluded.deleted_at";
    let parameters = [
        entry.kind.as_str().into(),
        entry.id.as_str().into(),
        entry.title.as_str().into(),
        entry.content.as_str().into(),
        entry.category.as_str().into(),
        serde_json::to_string(&entry.tags).unwrap_or_default().into(),
        i64::from(entry.is_active).into(),
        entry.version.into(),
        entry.created_at.millis().into(),
        entry.updated_at.millis().into(),
        entry.deleted_at.map(Timestamp::millis).into(),
    ];
    connection.execute(statement, &parameters).await?;
    search::index(connection, entry).await
}

/// Removes an entry for good. Answers whether there was one.
pub(crate) async fn remove(
    connection: &impl Connection,
    kind: Kind,
    id: &str,
) -> Result<bool, DatabaseError> {
    search::forget(connection, kind, id).await?;
    let statement = "DELETE FROM chat_knowledge WHERE kind = ? AND id = ? RETURNING 1";
    let rows = connection
        .execute(statement, &[kind.as_str().into(), id.into()])
        .await?;
    Ok(!rows.is_empty())
}

/// Removes entries for good that were deleted before a time. They have no passages any more.
pub(crate) async fn prune(connection: &impl Connection, before: i64) -> Result<(), DatabaseError> {
    let statement = "DELETE FROM chat_knowledge WHERE deleted_at < ?";
    connection.execute(statement, &[before.into()]).await.map(drop)
}
