//! A database for native tests: a temporary file, or a real server; with as many connections as a test wants, and
//! failures on demand.

pub mod plans;
mod postgres;
mod sqlite;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use tempfile::TempDir;

use self::plans::FullScan;
use self::postgres::PostgresConnection;
use super::{Connection, Database, DatabaseError, Dialect, Row, Value};

/// Names the database of a server on which [`TestDatabase::new`] makes its databases.
const SERVER: &str = "TODO_TEST_POSTGRES";

/// Runs all tests of this test program once more, on a database of a Postgres server. `but` are parts of the names of those
/// that are not run: the caller, and what is about SQLite alone. Answers with the statements of the service that read whole
/// tables.
///
/// # Panics
/// A test fails.
#[must_use]
pub fn again_on_postgres(url: &str, but: &[&str]) -> Vec<FullScan> {
    again(Some(url), but)
}

/// The same on SQLite.
///
/// # Panics
/// A test fails.
#[must_use]
pub fn again_on_sqlite(but: &[&str]) -> Vec<FullScan> {
    again(None, but)
}

#[expect(clippy::panic, reason = "a test that fails panics")]
fn again(url: Option<&str>, but: &[&str]) -> Vec<FullScan> {
    let Ok(folder) = tempfile::tempdir() else {
        panic!("there is no room for temporary files");
    };
    let plans = folder.path().join("plans");
    let program = std::env::current_exe().unwrap_or_default();
    let mut command = std::process::Command::new(program);
    command.env(plans::FILE, &plans);
    if let Some(url) = url {
        command.env(SERVER, url);
    }
    for name in but {
        command.args(["--skip", name]);
    }
    match command.output() {
        Ok(output) if output.status.success() => plans::read(&plans),
        Ok(output) => panic!("once more: {}", String::from_utf8_lossy(&output.stdout)),
        Err(error) => panic!("the tests cannot be run again: {error}"),
    }
}

/// A database. Clones share it and its failures.
#[derive(Clone, Debug)]
pub struct TestDatabase {
    place: Place,
    /// How many more statements succeed before all fail.
    remaining: Rc<Cell<Option<u64>>>,
    is_migrated_by_command: Rc<Cell<bool>>,
}

#[derive(Clone, Debug)]
enum Place {
    File {
        path: PathBuf,
        /// Goes, and the file with it, when the last clone does.
        _folder: Option<Rc<TempDir>>,
    },
    Server {
        url: String,
    },
}

impl TestDatabase {
    /// An empty database: in a file, or where [`again_on_postgres`] says.
    ///
    /// # Errors
    /// There is no room for temporary files, or the server does not answer.
    pub fn new() -> std::io::Result<Self> {
        if let Ok(url) = std::env::var(SERVER) {
            return postgres::fresh_schema(&url)
                .map(Self::postgres)
                .map_err(std::io::Error::other);
        }
        let folder = tempfile::tempdir()?;
        Ok(Self::of(Place::File {
            path: folder.path().join("test.db"),
            _folder: Some(Rc::new(folder)),
        }))
    }

    /// The database in this file, which stays.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self::of(Place::File {
            path: path.to_path_buf(),
            _folder: None,
        })
    }

    /// A database of a Postgres server.
    #[must_use]
    pub fn postgres(url: String) -> Self {
        Self::of(Place::Server { url })
    }

    fn of(place: Place) -> Self {
        Self {
            place,
            remaining: Rc::default(),
            is_migrated_by_command: Rc::default(),
        }
    }

    /// From now on the tables are left to a command.
    pub fn leave_to_command(&self) {
        self.is_migrated_by_command.set(true);
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
        let kind = match &self.place {
            Place::File { path, .. } => Kind::Sqlite(sqlite::open(path)?),
            Place::Server { url } => Kind::Postgres(PostgresConnection::open(url).await?),
        };
        Ok(TestConnection {
            kind,
            remaining: Rc::clone(&self.remaining),
        })
    }

    async fn is_migrated_by_command(&self) -> bool {
        self.is_migrated_by_command.get()
    }
}

/// A connection to the database.
#[derive(Debug)]
pub struct TestConnection {
    kind: Kind,
    remaining: Rc<Cell<Option<u64>>>,
}

#[derive(Debug)]
enum Kind {
    Sqlite(rusqlite::Connection),
    Postgres(PostgresConnection),
}

impl Connection for TestConnection {
    fn dialect(&self) -> Dialect {
        match self.kind {
            Kind::Sqlite(_) => Dialect::Sqlite,
            Kind::Postgres(_) => Dialect::Postgres,
        }
    }

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
        let result = self.run(statement, parameters).await;
        if result.is_ok() && plans::is_wanted(statement) {
            self.explain(statement, parameters).await?;
        }
        result
    }
}

impl TestConnection {
    async fn run(&self, statement: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        match &self.kind {
            Kind::Sqlite(connection) => sqlite::execute(connection, statement, parameters),
            Kind::Postgres(connection) => connection.execute(statement, parameters).await,
        }
    }

    /// Has the database tell how it goes about a statement.
    async fn explain(&self, statement: &str, parameters: &[Value]) -> Result<(), DatabaseError> {
        let dialect = self.dialect();
        let plan = match dialect {
            Dialect::Sqlite => {
                let explain = format!("EXPLAIN QUERY PLAN {statement}");
                self.run(&explain, parameters).await?
            }
            Dialect::Postgres => {
                self.run("SET enable_seqscan = off", &[]).await?;
                let plan = self.run(&format!("EXPLAIN {statement}"), parameters).await?;
                self.run("SET enable_seqscan = on", &[]).await?;
                plan
            }
        };
        plans::judge(dialect, statement, &plan);
        Ok(())
    }
}
