//! The port through which a service reaches its tables: SQLite or Postgres of the host in a component, a file or a
//! real server in a native test.
//!
//! Statements are written once, in the SQL that both databases share, with `?` for parameters; where they differ
//! stands in [`dialect`].

pub mod dialect;
#[cfg(target_arch = "wasm32")]
mod host;
#[cfg(all(not(target_arch = "wasm32"), feature = "testing"))]
pub mod testing;

#[cfg(target_arch = "wasm32")]
pub use host::{HostConnection, HostDatabase};
use thiserror::Error;

pub use self::dialect::Dialect;

/// A value of a column or a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// No value.
    Null,
    /// A number, or a boolean as 0 and 1.
    Integer(i64),
    /// Text.
    Text(String),
}

impl From<i64> for Value {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One row of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(pub Vec<Value>);

impl Row {
    /// The number in a column, counted from 0.
    ///
    /// # Errors
    /// The column holds something else.
    pub fn integer(&self, column: usize) -> Result<i64, DatabaseError> {
        self.optional_integer(column)?.ok_or(DatabaseError::Content {
            column,
            expected: "a number",
        })
    }

    /// The number in a column that may be null.
    ///
    /// # Errors
    /// The column holds something else.
    pub fn optional_integer(&self, column: usize) -> Result<Option<i64>, DatabaseError> {
        match self.0.get(column) {
            Some(Value::Integer(integer)) => Ok(Some(*integer)),
            Some(Value::Null) => Ok(None),
            _ => Err(DatabaseError::Content {
                column,
                expected: "a number",
            }),
        }
    }

    /// Whether there is no value in a column, counted from 0.
    #[must_use]
    pub fn is_null(&self, column: usize) -> bool {
        matches!(self.0.get(column), None | Some(Value::Null))
    }

    /// The text in a column, counted from 0.
    ///
    /// # Errors
    /// The column holds something else.
    pub fn text(&self, column: usize) -> Result<&str, DatabaseError> {
        self.optional_text(column)?.ok_or(DatabaseError::Content {
            column,
            expected: "text",
        })
    }

    /// The text in a column that may be null.
    ///
    /// # Errors
    /// The column holds something else.
    pub fn optional_text(&self, column: usize) -> Result<Option<&str>, DatabaseError> {
        match self.0.get(column) {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Null) => Ok(None),
            _ => Err(DatabaseError::Content {
                column,
                expected: "text",
            }),
        }
    }
}

/// Why the database did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// It refused the statement or could not be reached; the reason is its own.
    #[error("the database failed: {reason}")]
    Failed {
        /// In the database's words.
        reason: String,
    },
    /// Its tables are not those that this release works with; the reason names the remedy.
    #[error("the database's tables do not fit: {reason}")]
    Schema {
        /// Which, why, and what to do.
        reason: String,
    },
    /// A row is not as the query expects it.
    #[error("column {column} of a result is not {expected}")]
    Content {
        /// Counted from 0.
        column: usize,
        /// What should have been there.
        expected: &'static str,
    },
}

/// Gives connections.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread: its futures need not be Send"
)]
pub trait Database {
    /// A connection on loan.
    type Connection: Connection;

    /// A connection that nobody else uses until it is dropped. What it has not committed is then rolled back.
    async fn connect(&self) -> Result<Self::Connection, DatabaseError>;

    /// Whether its tables are changed by a command alone, and not by services when they start. Said of Postgres; in a file
    /// nobody else would.
    async fn is_migrated_by_command(&self) -> bool {
        false
    }
}

/// Runs statements.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread: its futures need not be Send"
)]
pub trait Connection {
    /// Which database it leads to.
    fn dialect(&self) -> Dialect;

    /// Runs one statement and answers with all its rows.
    async fn execute(&self, statement: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError>;
}

/// Does the work in one transaction that is a writer's from its beginning: what it reads stays true until it
/// commits, for no other transaction of this kind runs meanwhile. An error undoes everything.
///
/// # Errors
/// The work's own, or the database's.
pub async fn in_transaction<C, T, E>(
    connection: &C,
    work: impl AsyncFnOnce(&C) -> Result<T, E>,
) -> Result<T, E>
where
    C: Connection,
    E: From<DatabaseError>,
{
    run_in_transaction(connection, None, work).await
}

/// Does the work in one transaction that excludes others on the same subjects, such as users, from its beginning:
/// what it reads of them stays true until it commits. On SQLite, which has one writer, it excludes all.
///
/// # Errors
/// The work's own, or the database's.
pub async fn in_transaction_on<C, T, E>(
    connection: &C,
    subjects: &[&str],
    work: impl AsyncFnOnce(&C) -> Result<T, E>,
) -> Result<T, E>
where
    C: Connection,
    E: From<DatabaseError>,
{
    run_in_transaction(connection, Some(subjects), work).await
}

async fn run_in_transaction<C, T, E>(
    connection: &C,
    subjects: Option<&[&str]>,
    work: impl AsyncFnOnce(&C) -> Result<T, E>,
) -> Result<T, E>
where
    C: Connection,
    E: From<DatabaseError>,
{
    let dialect = connection.dialect();
    connection.execute(dialect.begin(), &[]).await?;
    let result = async {
        if let Some((statement, parameters)) = dialect.lock(subjects) {
            connection.execute(&statement, &parameters).await?;
        }
        let done = work(connection).await?;
        connection.execute("COMMIT", &[]).await?;
        Ok(done)
    };
    let result = result.await;
    if result.is_err() {
        // Where even this fails the connection is given back, which rolls back as well.
        connection.execute("ROLLBACK", &[]).await.ok();
    }
    result
}
