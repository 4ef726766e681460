//! The table that says which changes were made, when, and from what.

use super::Migration;
use crate::database::{Connection, DatabaseError, Dialect, Row};

/// A change that was made.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) number: i64,
    pub(super) made_at: String,
    pub(super) name: Option<String>,
    /// Of its statements; nothing where a release made it that kept none.
    pub(super) checksum: Option<String>,
}

/// What the table got later than its other columns.
const LATER_COLUMNS: [&str; 2] = ["name", "checksum"];

pub(super) fn of(done: &[Done], number: i64) -> Option<&Done> {
    done.iter().find(|done| done.number == number)
}

pub(super) fn is_changed(done: &[Done], number: i64, migration: &Migration, dialect: Dialect) -> bool {
    of(done, number)
        .and_then(|done| done.checksum.as_ref())
        .is_some_and(|checksum| *checksum != migration.checksum(dialect))
}

/// What was made, the first one first; nothing where there is no table.
pub(super) async fn read(connection: &impl Connection, table: &str) -> Result<Vec<Done>, DatabaseError> {
    let columns = columns(connection, table).await?;
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let [name, checksum] = LATER_COLUMNS.map(|column| {
        let is_there = columns.iter().any(|there| there == column);
        if is_there { column } else { "NULL" }
    });
    let query = format!("SELECT version, applied_at, {name}, {checksum} FROM {table} ORDER BY version");
    let rows = connection.execute(&query, &[]).await?;
    rows.iter().map(done).collect()
}

fn done(row: &Row) -> Result<Done, DatabaseError> {
    Ok(Done {
        number: row.integer(0)?,
        made_at: row.text(1)?.to_owned(),
        name: row.optional_text(2)?.map(str::to_owned),
        checksum: row.optional_text(3)?.map(str::to_owned),
    })
}

async fn columns(connection: &impl Connection, table: &str) -> Result<Vec<String>, DatabaseError> {
    let query = connection.dialect().columns();
    let rows = connection.execute(query, &[table.into()]).await?;
    rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
}

/// Makes the table, or what an older one lacks.
pub(super) async fn prepare(connection: &impl Connection, table: &str) -> Result<(), DatabaseError> {
    let there = columns(connection, table).await?;
    if there.is_empty() {
        let create = format!(
            "CREATE TABLE {table} (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL, name TEXT, checksum TEXT)"
        );
        return connection.execute(&create, &[]).await.map(drop);
    }
    for column in LATER_COLUMNS {
        if !there.iter().any(|there| there == column) {
            let add = format!("ALTER TABLE {table} ADD COLUMN {column} TEXT");
            connection.execute(&add, &[]).await?;
        }
    }
    Ok(())
}

pub(super) async fn insert(
    connection: &impl Connection,
    table: &str,
    number: i64,
    name: &str,
    checksum: &str,
) -> Result<(), DatabaseError> {
    let now = connection.dialect().now();
    let statement =
        format!("INSERT INTO {table} (version, applied_at, name, checksum) VALUES (?, {now}, ?, ?)");
    let parameters = [number.into(), name.into(), checksum.into()];
    connection.execute(&statement, &parameters).await.map(drop)
}

/// Notes what an older release did not.
pub(super) async fn complete(
    connection: &impl Connection,
    table: &str,
    number: i64,
    name: &str,
    checksum: &str,
) -> Result<(), DatabaseError> {
    let statement =
        format!("UPDATE {table} SET name = ?, checksum = ? WHERE version = ? AND checksum IS NULL");
    let parameters = [name.into(), checksum.into(), number.into()];
    connection.execute(&statement, &parameters).await.map(drop)
}

pub(super) async fn remove(
    connection: &impl Connection,
    table: &str,
    number: i64,
) -> Result<(), DatabaseError> {
    let statement = format!("DELETE FROM {table} WHERE version = ?");
    connection.execute(&statement, &[number.into()]).await.map(drop)
}

pub(super) async fn drop_table(connection: &impl Connection, table: &str) -> Result<(), DatabaseError> {
    connection
        .execute(&format!("DROP TABLE {table}"), &[])
        .await
        .map(drop)
}
