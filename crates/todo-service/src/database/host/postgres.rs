//! Postgres by way of the host.

use spin_sdk::pg::{Connection, DbValue, Error, ParameterValue, PgError, QueryError};

use super::super::dialect::{for_postgres, text_for_postgres};
use super::super::{DatabaseError, Row, Value};

pub(super) async fn connect(url: String) -> Result<Connection, DatabaseError> {
    Connection::open(url).await.map_err(failed)
}

pub(super) async fn execute(
    connection: &Connection,
    statement: &str,
    parameters: &[Value],
) -> Result<Vec<Row>, DatabaseError> {
    let statement = for_postgres(statement, parameters);
    let parameters: Vec<_> = parameters.iter().map(parameter).collect();
    let mut result = connection.query(statement, parameters).await.map_err(failed)?;
    let mut rows = Vec::new();
    while let Some(values) = result.rows().next().await {
        rows.push(row(values)?);
    }
    result.result().await.map_err(failed)?;
    Ok(rows)
}

fn parameter(value: &Value) -> ParameterValue {
    match value {
        Value::Null => ParameterValue::DbNull,
        Value::Integer(integer) => ParameterValue::Int64(*integer),
        Value::Text(text) => ParameterValue::Str(text_for_postgres(text)),
    }
}

fn row(values: Vec<DbValue>) -> Result<Row, DatabaseError> {
    let values = values.into_iter().enumerate().map(|(column, value)| {
        let wrong = DatabaseError::Content {
            column,
            expected: "a number or text",
        };
        Ok(match value {
            DbValue::DbNull => Value::Null,
            // What is a number in SQLite.
            DbValue::Boolean(boolean) => Value::Integer(boolean.into()),
            DbValue::Int16(integer) => Value::Integer(integer.into()),
            DbValue::Int32(integer) => Value::Integer(integer.into()),
            DbValue::Int64(integer) => Value::Integer(integer),
            DbValue::Str(text) => Value::Text(text),
            _ => return Err(wrong),
        })
    });
    values.collect::<Result<_, _>>().map(Row)
}

fn failed(error: Error) -> DatabaseError {
    let reason = match error {
        Error::PgError(PgError::QueryFailed(QueryError::DbError(error))) => error.as_text,
        Error::PgError(
            PgError::ConnectionFailed(text)
            | PgError::BadParameter(text)
            | PgError::QueryFailed(QueryError::Text(text))
            | PgError::ValueConversionFailed(text)
            | PgError::Other(text),
        ) => text,
        Error::Decode(text) => text,
    };
    DatabaseError::Failed { reason }
}
