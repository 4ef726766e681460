//! The database that the manifest grants: Postgres where the variable `database_url` says so, otherwise SQLite's
//! `default`.

mod postgres;
mod sqlite;

use std::cell::RefCell;

use spin_sdk::{pg, sqlite as lite};

use super::{Connection, Database, DatabaseError, Dialect, Row, Value};

/// The variable with the address of a Postgres database; empty or missing: SQLite.
const VARIABLE: &str = "database_url";

thread_local! {
    /// The variable's value, which stays the same while an instance lives.
    static URL: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The host's database.
#[derive(Clone, Copy, Debug, Default)]
pub struct HostDatabase;

impl Database for HostDatabase {
    type Connection = HostConnection;

    async fn connect(&self) -> Result<HostConnection, DatabaseError> {
        let url = url().await;
        if url.is_empty() {
            return sqlite::connect().await.map(HostConnection::Sqlite);
        }
        postgres::connect(url).await.map(HostConnection::Postgres)
    }
}

async fn url() -> String {
    if let Some(url) = URL.with_borrow(Clone::clone) {
        return url;
    }
    let url = crate::component::variable(VARIABLE).await.trim().to_owned();
    URL.set(Some(url.clone()));
    url
}

/// A connection to the host's database.
pub enum HostConnection {
    /// To a file.
    Sqlite(lite::Connection),
    /// To a server.
    Postgres(pg::Connection),
}

impl std::fmt::Debug for HostConnection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("HostConnection")
            .field(&self.dialect())
            .finish()
    }
}

impl Connection for HostConnection {
    fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    async fn execute(&self, statement: &str, parameters: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        match self {
            Self::Sqlite(connection) => sqlite::execute(connection, statement, parameters).await,
            Self::Postgres(connection) => postgres::execute(connection, statement, parameters).await,
        }
    }
}
