//! One database file and the connections to it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, Statement};
use sidespin_world::sqlite::sqlite as wit;
use thiserror::Error;

use crate::writers::{Turn, Writers};

/// Open connections that are kept for the next caller. More can be open at once; these stay.
const IDLE_CONNECTIONS: usize = 16;

/// How long a writer waits for the others of this process before it gives up.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a writer that finds another process at work looks again. SQLite's own steps grow to 100 ms.
const BUSY_STEP: Duration = Duration::from_millis(1);

/// How often it looks before it gives up: about ten seconds.
const BUSY_STEPS: i32 = 10_000;

/// Bytes that one statement may answer with; more needs a LIMIT.
const LARGEST_RESULT: usize = 64 << 20;

/// Compiled statements that a connection keeps.
const CACHED_STATEMENTS: usize = 128;

/// Why a statement or a connection failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// SQLite's own error.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Too many rows.
    #[error("the result is larger than {LARGEST_RESULT} bytes; use LIMIT")]
    ResultTooLarge,
    /// Others wrote all the while.
    #[error("the database is locked: others have been writing for {PATIENCE:?}; keep transactions short")]
    Locked,
    /// The thread that ran the statement ended.
    #[error("the statement was interrupted")]
    Interrupted,
}

impl From<DatabaseError> for wit::Error {
    fn from(error: DatabaseError) -> Self {
        match &error {
            DatabaseError::Sqlite(rusqlite::Error::SqliteFailure(failure, _))
                if failure.code == ErrorCode::DiskFull =>
            {
                Self::DatabaseFull
            }
            _ => Self::Io(error.to_string()),
        }
    }
}

/// A database file. Connections are opened when they are first needed.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    writers: Arc<Writers>,
}

impl Database {
    /// The database in this file, which is created when it is first used.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::new(Vec::new()),
            writers: Arc::default(),
        }
    }

    /// A connection that nobody else uses until it is dropped. Blocks; call it off the async workers.
    ///
    /// # Errors
    /// The file cannot be opened or is not a database.
    pub fn connect(self: &Arc<Self>) -> Result<PooledConnection, DatabaseError> {
        let connection = match self.take_idle() {
            Some(connection) => connection,
            None => self.open()?,
        };
        Ok(PooledConnection {
            connection: Some(connection),
            turn: None,
            database: Arc::clone(self),
        })
    }

    pub(crate) fn connect_idle(self: &Arc<Self>) -> Option<PooledConnection> {
        let connection = self.take_idle()?;
        Some(PooledConnection {
            connection: Some(connection),
            turn: None,
            database: Arc::clone(self),
        })
    }

    fn take_idle(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn open(&self) -> Result<Connection, DatabaseError> {
        let connection = Connection::open(&self.path)?;
        connection.busy_handler(Some(|tries| {
            std::thread::sleep(BUSY_STEP);
            tries < BUSY_STEPS
        }))?;
        // With a write-ahead log readers and the writer do not wait for each other. FULL syncs each commit: what was
        // acknowledged survives the machine, not only the process.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        Ok(connection)
    }

    fn give_back(&self, connection: Connection) {
        if !connection.is_autocommit() && connection.execute_batch("ROLLBACK").is_err() {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_CONNECTIONS {
            idle.push(connection);
        }
    }
}

/// A connection on loan. Dropping it rolls back what was not committed.
#[derive(Debug)]
pub struct PooledConnection {
    connection: Option<Connection>,
    /// Held from the first statement that writes to the end of its transaction. After the connection, so that a
    /// transaction which was left open is rolled back before the next one begins.
    turn: Option<Turn>,
    database: Arc<Database>,
}

impl PooledConnection {
    /// Runs any number of statements and drops their results. Blocks.
    ///
    /// # Errors
    /// SQLite refuses one of them; those before it were run.
    pub fn execute_batch(&self, statements: &str) -> Result<(), DatabaseError> {
        match &self.connection {
            Some(connection) => Ok(connection.execute_batch(statements)?),
            None => Err(DatabaseError::Interrupted),
        }
    }

    /// Runs one statement. Blocks; call it off the async workers.
    ///
    /// # Errors
    /// SQLite refuses the statement, or its result is too large.
    pub fn execute(
        &mut self,
        statement: &str,
        parameters: &[wit::Value],
    ) -> Result<wit::QueryResult, DatabaseError> {
        let connection = self.connection.as_ref().ok_or(DatabaseError::Interrupted)?;
        let mut prepared = connection.prepare_cached(statement)?;
        if self.turn.is_none() && !prepared.readonly() {
            self.turn = Some(
                self.database
                    .writers
                    .wait(PATIENCE)
                    .ok_or(DatabaseError::Locked)?,
            );
        }
        let result = query(&mut prepared, parameters);
        if connection.is_autocommit() {
            self.turn = None;
        }
        result
    }

    /// The rowid of the last insert, 0 before the first.
    #[must_use]
    pub fn last_insert_rowid(&self) -> i64 {
        self.connection.as_ref().map_or(0, Connection::last_insert_rowid)
    }

    /// The rows that the last statement changed.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.connection.as_ref().map_or(0, Connection::changes)
    }
}

fn query(prepared: &mut Statement<'_>, parameters: &[wit::Value]) -> Result<wit::QueryResult, DatabaseError> {
    let columns = prepared
        .column_names()
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    let width = columns.len();
    let parameters = rusqlite::params_from_iter(parameters.iter().map(Parameter));
    let mut rows = Vec::new();
    let mut bytes = 0;
    let mut cursor = prepared.query(parameters)?;
    while let Some(row) = cursor.next()? {
        let mut values = Vec::with_capacity(width);
        for column in 0..width {
            let (value, size) = value(row.get_ref(column)?);
            bytes += size;
            values.push(value);
        }
        if bytes > LARGEST_RESULT {
            return Err(DatabaseError::ResultTooLarge);
        }
        rows.push(wit::RowResult { values });
    }
    Ok(wit::QueryResult { columns, rows })
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.database.give_back(connection);
        }
    }
}

struct Parameter<'a>(&'a wit::Value);

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            wit::Value::Integer(integer) => ValueRef::Integer(*integer),
            wit::Value::Real(real) => ValueRef::Real(*real),
            wit::Value::Text(text) => ValueRef::Text(text.as_bytes()),
            wit::Value::Blob(blob) => ValueRef::Blob(blob),
            wit::Value::Null => ValueRef::Null,
        }))
    }
}

fn value(column: ValueRef<'_>) -> (wit::Value, usize) {
    match column {
        ValueRef::Null => (wit::Value::Null, 1),
        ValueRef::Integer(integer) => (wit::Value::Integer(integer), 8),
        ValueRef::Real(real) => (wit::Value::Real(real), 8),
        ValueRef::Text(text) => (
            wit::Value::Text(String::from_utf8_lossy(text).into_owned()),
            text.len(),
        ),
        ValueRef::Blob(blob) => (wit::Value::Blob(blob.to_vec()), blob.len()),
    }
}
