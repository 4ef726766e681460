//! What goes to the server with a statement, and what comes back.

use futures::TryStreamExt as _;
use sidespin_world::postgres::postgres as wit;
use tokio_postgres::{Column, RowStream, Statement};

use crate::error::PostgresError;
use crate::value::{self, Encoded};

/// Bytes that one statement may answer with; more needs a LIMIT.
const LARGEST_RESULT: usize = 64 << 20;

/// The rows of a statement.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) columns: Vec<wit::Column>,
    pub(crate) rows: Vec<wit::Row>,
}

/// Reads all rows.
pub(crate) async fn read(columns: &[Column], sent: RowStream) -> Result<Rows, PostgresError> {
    let mut sent = std::pin::pin!(sent);
    let (mut size, mut found) = (0, Vec::new());
    while let Some(row) = sent
        .try_next()
        .await
        .map_err(|error| PostgresError::of_statement(&error))?
    {
        add_size(&mut size, row.raw_size_bytes())?;
        found.push(value::decode_row(&row));
    }
    Ok(Rows {
        columns: columns.iter().map(value::column).collect(),
        // A value that cannot be told is told of when all have come: the connection is then ready for the next.
        rows: found.into_iter().collect::<Result<_, _>>()?,
    })
}

/// Reads all rows and answers how many were touched.
pub(crate) async fn count(sent: RowStream) -> Result<u64, PostgresError> {
    let mut sent = std::pin::pin!(sent);
    let mut size = 0;
    while let Some(row) = sent
        .try_next()
        .await
        .map_err(|error| PostgresError::of_statement(&error))?
    {
        add_size(&mut size, row.raw_size_bytes())?;
    }
    Ok(sent.rows_affected().unwrap_or_default())
}

/// The parameters of a statement in the server's format.
pub(crate) fn encode(
    statement: &Statement,
    parameters: &[wit::ParameterValue],
) -> Result<Vec<Encoded>, PostgresError> {
    let types = statement.params();
    if types.len() != parameters.len() {
        return Err(PostgresError::ParameterCount {
            expected: types.len(),
            given: parameters.len(),
        });
    }
    let encoded = (1..)
        .zip(parameters)
        .zip(types)
        .map(|((number, parameter), kind)| {
            Encoded::of(parameter, kind).map_err(|error| PostgresError::Parameter { number, error })
        });
    encoded.collect()
}

fn add_size(read: &mut usize, size: usize) -> Result<(), PostgresError> {
    // A value takes more room here than on the wire.
    *read = read.saturating_add(size).saturating_add(64);
    if *read > LARGEST_RESULT {
        return Err(PostgresError::ResultTooLarge {
            limit: LARGEST_RESULT,
        });
    }
    Ok(())
}
