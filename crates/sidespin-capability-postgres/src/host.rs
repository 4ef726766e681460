//! The interface's functions, in terms of [`Lease`].

use std::sync::Arc;

use sidespin_world::postgres::postgres as wit;
use tokio::sync::Mutex;
use wasmtime::component::{Accessor, FutureReader, Resource, ResourceTable, StreamReader};

use crate::lease::Lease;
use crate::rows::Rows;
use crate::tls::Trust;
use crate::{ComponentAccess, Postgres, PostgresView};

/// A connection in the resource table. Statements of several tasks wait for each other.
type Open = Arc<Mutex<Lease>>;

/// What a builder has been told.
#[derive(Clone)]
struct Builder {
    address: String,
    authority: Option<String>,
}

type Answer<T> = wasmtime::Result<Result<T, wit::Error>>;

impl wit::Host for PostgresView<'_> {}

fn connection(table: &ResourceTable, resource: &Resource<wit::Connection>) -> wasmtime::Result<Open> {
    let open = table.get(&Resource::<Open>::new_borrow(resource.rep()))?;
    Ok(Arc::clone(open))
}

fn builder(table: &ResourceTable, resource: &Resource<wit::ConnectionBuilder>) -> wasmtime::Result<Builder> {
    Ok(table
        .get(&Resource::<Builder>::new_borrow(resource.rep()))?
        .clone())
}

fn keep(table: &mut ResourceTable, lease: Lease) -> wasmtime::Result<Resource<wit::Connection>> {
    let resource = table.push(Arc::new(Mutex::new(lease)))?;
    Ok(Resource::new_own(resource.rep()))
}

async fn connect(access: &ComponentAccess, builder: Builder) -> Result<Lease, wit::Error> {
    let Builder { address, authority } = builder;
    Ok(access.pools().connect(address, authority).await?)
}

async fn open<T: Send>(
    accessor: &Accessor<T, Postgres>,
    builder: Builder,
) -> Answer<Resource<wit::Connection>> {
    let access = accessor.with(|mut access| Arc::clone(access.get().access));
    match connect(&access, builder).await {
        Ok(lease) => accessor
            .with(|mut access| keep(access.get().table, lease))
            .map(Ok),
        Err(error) => Ok(Err(error)),
    }
}

impl<T: Send> wit::HostConnectionBuilderWithStore<T> for Postgres {
    async fn build_async(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::ConnectionBuilder>,
    ) -> Answer<Resource<wit::Connection>> {
        let builder = accessor.with(|mut access| builder(access.get().table, &resource))?;
        open(accessor, builder).await
    }
}

impl wit::HostConnectionBuilder for PostgresView<'_> {
    fn new(&mut self, address: String) -> wasmtime::Result<Resource<wit::ConnectionBuilder>> {
        let resource = self.table.push(Builder {
            address,
            authority: None,
        })?;
        Ok(Resource::new_own(resource.rep()))
    }

    fn set_ca_root(&mut self, resource: Resource<wit::ConnectionBuilder>, certificate: String) -> Answer<()> {
        if let Err(error) = Trust::new(Some(&certificate)) {
            return Ok(Err(error.into()));
        }
        let builder = Resource::<Builder>::new_borrow(resource.rep());
        self.table.get_mut(&builder)?.authority = Some(certificate);
        Ok(Ok(()))
    }

    async fn build(
        &mut self,
        resource: Resource<wit::ConnectionBuilder>,
    ) -> Answer<Resource<wit::Connection>> {
        let builder = builder(self.table, &resource)?;
        match connect(self.access, builder).await {
            Ok(lease) => keep(self.table, lease).map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    fn drop(&mut self, resource: Resource<wit::ConnectionBuilder>) -> wasmtime::Result<()> {
        self.table.delete(Resource::<Builder>::new_own(resource.rep()))?;
        Ok(())
    }
}

async fn query(
    open: Open,
    statement: String,
    parameters: Vec<wit::ParameterValue>,
) -> Result<Rows, wit::Error> {
    Ok(open.lock().await.query(&statement, &parameters).await?)
}

async fn execute(
    open: Open,
    statement: String,
    parameters: Vec<wit::ParameterValue>,
) -> Result<u64, wit::Error> {
    Ok(open.lock().await.execute(&statement, &parameters).await?)
}

impl<T: Send> wit::HostConnectionWithStore<T> for Postgres {
    async fn open_async(accessor: &Accessor<T, Self>, address: String) -> Answer<Resource<wit::Connection>> {
        let builder = Builder {
            address,
            authority: None,
        };
        open(accessor, builder).await
    }

    async fn query_async(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Connection>,
        statement: String,
        parameters: Vec<wit::ParameterValue>,
    ) -> Answer<(
        Vec<wit::Column>,
        StreamReader<wit::Row>,
        FutureReader<Result<(), wit::Error>>,
    )> {
        let open = accessor.with(|mut access| connection(access.get().table, &resource))?;
        let Rows { columns, rows } = match query(open, statement, parameters).await {
            Ok(rows) => rows,
            Err(error) => return Ok(Err(error)),
        };
        accessor.with(|mut access| {
            let rows = StreamReader::new(&mut access, rows)?;
            let ended = FutureReader::new(&mut access, async { wasmtime::error::Ok(Ok(())) })?;
            Ok(Ok((columns, rows, ended)))
        })
    }

    async fn execute_async(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Connection>,
        statement: String,
        parameters: Vec<wit::ParameterValue>,
    ) -> Answer<u64> {
        let open = accessor.with(|mut access| connection(access.get().table, &resource))?;
        Ok(execute(open, statement, parameters).await)
    }
}

impl wit::HostConnection for PostgresView<'_> {
    async fn open(&mut self, address: String) -> Answer<Resource<wit::Connection>> {
        let builder = Builder {
            address,
            authority: None,
        };
        match connect(self.access, builder).await {
            Ok(lease) => keep(self.table, lease).map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn query(
        &mut self,
        resource: Resource<wit::Connection>,
        statement: String,
        parameters: Vec<wit::ParameterValue>,
    ) -> Answer<wit::RowSet> {
        let open = connection(self.table, &resource)?;
        let rows = query(open, statement, parameters).await;
        Ok(rows.map(|Rows { columns, rows }| wit::RowSet { columns, rows }))
    }

    async fn execute(
        &mut self,
        resource: Resource<wit::Connection>,
        statement: String,
        parameters: Vec<wit::ParameterValue>,
    ) -> Answer<u64> {
        let open = connection(self.table, &resource)?;
        Ok(execute(open, statement, parameters).await)
    }

    fn drop(&mut self, resource: Resource<wit::Connection>) -> wasmtime::Result<()> {
        self.table.delete(Resource::<Open>::new_own(resource.rep()))?;
        Ok(())
    }
}
