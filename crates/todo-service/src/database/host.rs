//! The `default` database that the manifest grants.

use spin_sdk::sqlite;

use super::{Connection, Database, DatabaseError, Row, Value};

/// The host's database.
#[derive(Clone, Copy, Debug, Default)]
pub struct HostDatabase;

impl Database for HostDatabase {
    type Connection = sqlite::Connection;

    async fn connect(&self) -> Result<Self::Connection, DatabaseError> {
        sqlite::Connection::open_default().await.map_err(failed)
    }
}

impl Connection for sqlite::Connection {
    async fn execute(&self, statement: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        let parameters = parameters.iter().cloned().map(sqlite::Value::from);
        let result = Self::execute(self, statement, parameters).await.map_err(failed)?;
        let rows = result.collect().await.map_err(failed)?;
        rows.into_iter().map(row).collect()
    }
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
