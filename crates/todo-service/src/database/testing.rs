//! A database in a temporary file, with as many connections as a test wants, and failures on demand.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rusqlite::types::ValueRef;
use tempfile::TempDir;

use super::{Connection, Database, DatabaseError, Row, Value};

/// A file with a database. Clones share it and its failures.
#[derive(Clone, Debug)]
pub struct TestDatabase {
    path: PathBuf,
    /// Goes, and the file with it, when the last clone does.
    _folder: Option<Rc<TempDir>>,
    /// How many more statements succeed before all fail.
    remaining: Rc<Cell<Option<u64>>>,
}

impl TestDatabase {
    /// An empty database.
    ///
    /// # Errors
    /// There is no room for temporary files.
    pub fn new() -> std::io::Result<Self> {
        let folder = tempfile::tempdir()?;
        Ok(Self {
            path: folder.path().join("test.db"),
            _folder: Some(Rc::new(folder)),
            remaining: Rc::default(),
        })
    }

    /// The database in this file, which stays.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            _folder: None,
            remaining: Rc::default(),
        }
    }

    /// From now on this many statements succeed and then every one fails, until [`Self::recover`].
    pub fn fail_after(&self, statements: u64) {
        self.remaining.set(Some(statements));
    }

    /// Statements succeed again.
    pub fn recover(&self) {
        self.remaining.set(None);
    }

    /// How many statements are left until failure; `None` while none fail.
    #[must_use]
    pub fn remaining(&self) -> Option<u64> {
        self.remaining.get()
    }
}

impl Database for TestDatabase {
    type Connection = TestConnection;

    async fn connect(&self) -> Result<TestConnection, DatabaseError> {
        let connection = rusqlite::Connection::open(&self.path).map_err(failed)?;
        // As the host does, so that what works here works there.
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .map_err(failed)?;
        connection
            .pragma_update(None, "foreign_keys", true)
            .map_err(failed)?;
        Ok(TestConnection {
            connection,
            remaining: Rc::clone(&self.remaining),
        })
    }
}

/// A connection to the file.
#[derive(Debug)]
pub struct TestConnection {
    connection: rusqlite::Connection,
    remaining: Rc<Cell<Option<u64>>>,
}

impl Connection for TestConnection {
    async fn execute(&self, statement: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        if let Some(remaining) = self.remaining.get() {
            let left = remaining.checked_sub(1);
            self.remaining.set(Some(left.unwrap_or_default()));
            if left.is_none() && statement != "ROLLBACK" {
                return Err(DatabaseError::Failed {
                    reason: "the test made it fail".to_owned(),
                });
            }
        }
        let mut prepared = self.connection.prepare(statement).map_err(failed)?;
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
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn failed(error: rusqlite::Error) -> DatabaseError {
    DatabaseError::Failed {
        reason: error.to_string(),
    }
}
