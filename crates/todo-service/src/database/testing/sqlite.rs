//! SQLite in a file.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::super::{DatabaseError, Row, Value};

/// How often a writer that finds another one at work looks again.
const BUSY_STEPS: i32 = 10_000;

/// Opens the file as the host does, so that what works here works there.
pub(super) fn open(path: &Path) -> Result<Connection, DatabaseError> {
    let connection = Connection::open(path).map_err(failed)?;
    connection
        .busy_handler(Some(|tries| {
            std::thread::sleep(Duration::from_millis(1));
            tries < BUSY_STEPS
        }))
        .map_err(failed)?;
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .map_err(failed)?;
    connection
        .pragma_update(None, "foreign_keys", true)
        .map_err(failed)?;
    Ok(connection)
}

pub(super) fn execute(
    connection: &Connection,
    statement: &str,
    parameters: &[Value],
) -> Result<Vec<Row>, DatabaseError> {
    let mut prepared = connection.prepare_cached(statement).map_err(failed)?;
    let width = prepared.column_count();
    let parameters = rusqlite::params_from_iter(parameters.iter().map(|value| match value {
        Value::Null => rusqlite::types::Value::Null,
        Value::Integer(integer) => rusqlite::types::Value::Integer(*integer),
        Value::Text(text) => rusqlite::types::Value::Text(text.clone()),
    }));
    let mut cursor = prepared.query(parameters).map_err(failed)?;
    let mut rows = Vec::new();
    while let Some(row) = cursor.next().map_err(failed)? {
        let values = (0..width).map(|column| match row.get_ref(column).map_err(failed)? {
            ValueRef::Null => Ok(Value::Null),
            ValueRef::Integer(integer) => Ok(Value::Integer(integer)),
            ValueRef::Text(text) => Ok(Value::Text(String::from_utf8_lossy(text).into_owned())),
            ValueRef::Real(_) | ValueRef::Blob(_) => Err(DatabaseError::Content {
                column,
                expected: "a number or text",
            }),
        });
        rows.push(Row(values.collect::<Result<_, _>>()?));
    }
    Ok(rows)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn failed(error: rusqlite::Error) -> DatabaseError {
    DatabaseError::Failed {
        reason: error.to_string(),
    }
}
