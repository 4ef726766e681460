//! SQLite of the host.

use spin_sdk::sqlite;

use super::super::{DatabaseError, Row, Value};

pub(super) async fn connect() -> Result<sqlite::Connection, DatabaseError> {
    sqlite::Connection::open_default().await.map_err(failed)
}

pub(super) async fn execute(
    connection: &sqlite::Connection,
    statement: &str,
    parameters: &[Value],
) -> Result<Vec<Row>, DatabaseError> {
    let parameters = parameters.iter().cloned().map(sqlite::Value::from);
    let result = connection.execute(statement, parameters).await.map_err(failed)?;
    let rows = result.collect().await.map_err(failed)?;
    rows.into_iter().map(row).collect()
}

fn row(row: sqlite::RowResult) -> Result<Row, DatabaseError> {
    let values = row
        .values
        .into_iter()
        .enumerate()
        .map(|(column, value)| match value {
            sqlite::Value::Null => Ok(Value::Null),
            sqlite::Value::Integer(integer) => Ok(Value::Integer(integer)),
            sqlite::Value::Text(text) => Ok(Value::Text(text)),
            sqlite::Value::Real(_) | sqlite::Value::Blob(_) => Err(DatabaseError::Content {
                column,
                expected: "a number or text",
            }),
        });
    values.collect::<Result<_, _>>().map(Row)
}

impl From<Value> for sqlite::Value {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(integer) => Self::Integer(integer),
            Value::Text(text) => Self::Text(text),
        }
    }
}

fn failed(error: sqlite::Error) -> DatabaseError {
    DatabaseError::Failed {
        reason: error.to_string(),
    }
}
