//! The interface's functions, in terms of [`Database`].

use std::sync::Arc;

use sidespin_world::sqlite::sqlite as wit;
use wasmtime::component::{Accessor, FutureReader, Resource, ResourceTable, StreamReader};

use crate::database::{Database, DatabaseError, PooledConnection};
use crate::{Granted, Sqlite, SqliteView};

/// Connections that one instance may have open at once.
const OPEN_CONNECTIONS: usize = 256;

/// A connection in the resource table; empty while a statement runs on it.
struct Open {
    connection: Option<PooledConnection>,
}

impl wit::Host for SqliteView<'_> {}

impl SqliteView<'_> {
    fn database(&self, name: &str) -> Result<Arc<Database>, wit::Error> {
        database(self.granted, name)
    }

    fn keep(&mut self, connection: PooledConnection) -> Result<Resource<wit::Connection>, wit::Error> {
        keep(self.table, connection)
    }
}

fn database(granted: &Granted, name: &str) -> Result<Arc<Database>, wit::Error> {
    granted
        .get(name)
        .ok_or(wit::Error::AccessDenied)?
        .clone()
        .ok_or(wit::Error::NoSuchDatabase)
}

fn keep(
    table: &mut ResourceTable,
    connection: PooledConnection,
) -> Result<Resource<wit::Connection>, wit::Error> {
    match table.push(Open {
        connection: Some(connection),
    }) {
        Ok(resource) => Ok(Resource::new_own(resource.rep())),
        Err(_full) => Err(wit::Error::Io(format!(
            "more than {OPEN_CONNECTIONS} connections are open"
        ))),
    }
}

/// The table's entry behind a handle that the guest holds.
fn entry(resource: &Resource<wit::Connection>) -> Resource<Open> {
    Resource::new_borrow(resource.rep())
}

fn borrow(
    table: &mut ResourceTable,
    resource: &Resource<wit::Connection>,
) -> wasmtime::Result<Option<PooledConnection>> {
    Ok(table.get_mut(&entry(resource))?.connection.take())
}

fn restore(table: &mut ResourceTable, resource: &Resource<wit::Connection>, connection: PooledConnection) {
    // The guest may have dropped its handle meanwhile; then the connection goes back to the pool right here.
    if let Ok(open) = table.get_mut(&entry(resource)) {
        open.connection = Some(connection);
    }
}

async fn connect(database: Arc<Database>) -> Result<PooledConnection, wit::Error> {
    if let Some(connection) = database.connect_idle() {
        return Ok(connection);
    }
    match tokio::task::spawn_blocking(move || database.connect()).await {
        Ok(connected) => connected.map_err(wit::Error::from),
        Err(_ended) => Err(DatabaseError::Interrupted.into()),
    }
}

/// Runs a statement on a thread that may block, and brings the connection back.
async fn run(
    mut connection: PooledConnection,
    statement: String,
    parameters: Vec<wit::Value>,
) -> Result<(PooledConnection, Result<wit::QueryResult, wit::Error>), wit::Error> {
    let running = tokio::task::spawn_blocking(move || {
        let result = connection
            .execute(&statement, &parameters)
            .map_err(wit::Error::from);
        (connection, result)
    });
    running.await.map_err(|_ended| DatabaseError::Interrupted.into())
}

impl<T: Send> wit::HostConnectionWithStore<T> for Sqlite {
    async fn open_async(
        accessor: &Accessor<T, Self>,
        name: String,
    ) -> wasmtime::Result<Result<Resource<wit::Connection>, wit::Error>> {
        let database = match accessor.with(|mut access| access.get().database(&name)) {
            Ok(database) => database,
            Err(error) => return Ok(Err(error)),
        };
        Ok(match connect(database).await {
            Ok(connection) => accessor.with(|mut access| access.get().keep(connection)),
            Err(error) => Err(error),
        })
    }

    async fn execute_async(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Connection>,
        statement: String,
        parameters: Vec<wit::Value>,
    ) -> wasmtime::Result<
        Result<
            (
                Vec<String>,
                StreamReader<wit::RowResult>,
                FutureReader<Result<(), wit::Error>>,
            ),
            wit::Error,
        >,
    > {
        let Some(connection) = accessor.with(|mut access| borrow(access.get().table, &resource))? else {
            return Ok(Err(wit::Error::InvalidConnection));
        };
        let (connection, result) = match run(connection, statement, parameters).await {
            Ok(ran) => ran,
            Err(error) => return Ok(Err(error)),
        };
        accessor.with(|mut access| {
            restore(access.get().table, &resource, connection);
            let wit::QueryResult { columns, rows } = match result {
                Ok(result) => result,
                Err(error) => return Ok(Err(error)),
            };
            let rows = StreamReader::new(&mut access, rows)?;
            let ended = FutureReader::new(&mut access, async { wasmtime::error::Ok(Ok(())) })?;
            Ok(Ok((columns, rows, ended)))
        })
    }

    async fn last_insert_rowid_async(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Connection>,
    ) -> wasmtime::Result<i64> {
        accessor.with(|mut access| rowid(access.get().table, &resource))
    }

    async fn changes_async(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Connection>,
    ) -> wasmtime::Result<u64> {
        accessor.with(|mut access| changes(access.get().table, &resource))
    }
}

fn rowid(table: &ResourceTable, resource: &Resource<wit::Connection>) -> wasmtime::Result<i64> {
    Ok(table
        .get(&entry(resource))?
        .connection
        .as_ref()
        .map_or(0, PooledConnection::last_insert_rowid))
}

fn changes(table: &ResourceTable, resource: &Resource<wit::Connection>) -> wasmtime::Result<u64> {
    Ok(table
        .get(&entry(resource))?
        .connection
        .as_ref()
        .map_or(0, PooledConnection::changes))
}

impl wit::HostConnection for SqliteView<'_> {
    async fn open(
        &mut self,
        name: String,
    ) -> wasmtime::Result<Result<Resource<wit::Connection>, wit::Error>> {
        let database = match self.database(&name) {
            Ok(database) => database,
            Err(error) => return Ok(Err(error)),
        };
        Ok(match connect(database).await {
            Ok(connection) => self.keep(connection),
            Err(error) => Err(error),
        })
    }

    async fn execute(
        &mut self,
        resource: Resource<wit::Connection>,
        statement: String,
        parameters: Vec<wit::Value>,
    ) -> wasmtime::Result<Result<wit::QueryResult, wit::Error>> {
        let Some(connection) = borrow(self.table, &resource)? else {
            return Ok(Err(wit::Error::InvalidConnection));
        };
        Ok(match run(connection, statement, parameters).await {
            Ok((connection, result)) => {
                restore(self.table, &resource, connection);
                result
            }
            Err(error) => Err(error),
        })
    }

    async fn last_insert_rowid(&mut self, resource: Resource<wit::Connection>) -> wasmtime::Result<i64> {
        rowid(self.table, &resource)
    }

    async fn changes(&mut self, resource: Resource<wit::Connection>) -> wasmtime::Result<u64> {
        changes(self.table, &resource)
    }

    fn drop(&mut self, resource: Resource<wit::Connection>) -> wasmtime::Result<()> {
        self.table.delete(Resource::<Open>::new_own(resource.rep()))?;
        Ok(())
    }
}
