//! The database that the manifest grants: Postgres where the variable `<service>_database_url` or `database_url` says so,
//! otherwise SQLite's `default`.

mod postgres;
mod sqlite;

use std::cell::RefCell;
use std::collections::BTreeMap;

use spin_sdk::{pg, sqlite as lite};

use super::{Connection, Database, DatabaseError, Dialect, Row, Value};
use crate::component::variable;

/// The variable with the address of a Postgres database, for services that have none of their own; empty or missing: SQLite.
const SHARED: &str = "database_url";

/// The variable that says who makes changes on Postgres: services when they start, or [`BY_COMMAND`] alone.
const MIGRATE: &str = "database_migrate";
const BY_COMMAND: &str = "by-command";

thread_local! {
    /// The addresses by service, which stay the same while an instance lives.
    static URLS: RefCell<BTreeMap<&'static str, String>> = const { RefCell::new(BTreeMap::new()) };
}

/// The host's database.
#[derive(Clone, Copy, Debug)]
pub struct HostDatabase {
    service: &'static str,
}

impl HostDatabase {
    /// The one of this service; of no service in particular if it is empty.
    #[must_use]
    pub const fn of(service: &'static str) -> Self {
        Self { service }
    }
}

impl Database for HostDatabase {
    type Connection = HostConnection;

    async fn connect(&self) -> Result<HostConnection, DatabaseError> {
        let url = url(self.service).await;
        if url.is_empty() {
            return sqlite::connect().await.map(HostConnection::Sqlite);
        }
        postgres::connect(url).await.map(HostConnection::Postgres)
    }

    async fn is_migrated_by_command(&self) -> bool {
        variable(MIGRATE).await.trim() == BY_COMMAND
    }
}

async fn url(service: &'static str) -> String {
    if let Some(url) = URLS.with_borrow(|urls| urls.get(service).cloned()) {
        return url;
    }
    let mut url = String::new();
    if !service.is_empty() {
        url = variable(&format!("{service}_{SHARED}")).await;
    }
    if url.trim().is_empty() {
        url = variable(SHARED).await;
    }
    let url = url.trim().to_owned();
    URLS.with_borrow_mut(|urls| urls.insert(service, url.clone()));
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
