//! The bindings' traits: finds the handle's server and lets [`Connection`] do the work.

use sidespin_world::redis::redis as wit;
use wasmtime::component::{Accessor, Resource};

use crate::connection::Connection;
use crate::{Redis, RedisView};

impl wit::Host for RedisView<'_> {}

impl wit::HostConnection for RedisView<'_> {
    fn drop(&mut self, resource: Resource<wit::Connection>) -> wasmtime::Result<()> {
        self.table
            .delete(Resource::<Connection>::new_own(resource.rep()))?;
        Ok(())
    }
}

fn connection<T: Send>(
    accessor: &Accessor<T, Redis>,
    resource: &Resource<wit::Connection>,
) -> wasmtime::Result<Connection> {
    accessor.with(|mut access| {
        let resource = Resource::<Connection>::new_borrow(resource.rep());
        Ok(access.get().table.get(&resource)?.clone())
    })
}

type Answered<R> = wasmtime::Result<Result<R, wit::Error>>;

impl<T: Send> wit::HostConnectionWithStore<T> for Redis {
    async fn open(accessor: &Accessor<T, Self>, address: String) -> Answered<Resource<wit::Connection>> {
        let access = accessor.with(|mut access| access.get().access.clone());
        let connection = match access.open(&address).await {
            Ok(connection) => connection,
            Err(error) => return Ok(Err(error)),
        };
        Ok(accessor.with(|mut access| {
            let pushed = access.get().table.push(connection);
            pushed
                .map(|resource| Resource::new_own(resource.rep()))
                .map_err(|_full| wit::Error::TooManyConnections)
        }))
    }

    async fn publish(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Connection>,
        channel: String,
        payload: Vec<u8>,
    ) -> Answered<()> {
        let connection = connection(accessor, &resource)?;
        Ok(connection.publish(&channel, &payload).await)
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Connection>,
        key: String,
    ) -> Answered<Option<Vec<u8>>> {
        Ok(connection(accessor, &resource)?.get(&key).await)
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Connection>,
        key: String,
        value: Vec<u8>,
    ) -> Answered<()> {
        Ok(connection(accessor, &resource)?.set(&key, &value).await)
    }

    async fn incr(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Connection>,
        key: String,
    ) -> Answered<i64> {
        Ok(connection(accessor, &resource)?.incr(&key).await)
    }

    async fn del(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Connection>,
        keys: Vec<String>,
    ) -> Answered<u32> {
        Ok(connection(accessor, &resource)?.del(&keys).await)
    }

    async fn sadd(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Connection>,
        key: String,
        values: Vec<String>,
    ) -> Answered<u32> {
        Ok(connection(accessor, &resource)?.sadd(&key, &values).await)
    }

    async fn smembers(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Connection>,
        key: String,
    ) -> Answered<Vec<String>> {
        Ok(connection(accessor, &resource)?.smembers(&key).await)
    }

    async fn srem(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Connection>,
        key: String,
        values: Vec<String>,
    ) -> Answered<u32> {
        Ok(connection(accessor, &resource)?.srem(&key, &values).await)
    }

    async fn execute(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Connection>,
        command: String,
        arguments: Vec<wit::RedisParameter>,
    ) -> Answered<Vec<wit::RedisResult>> {
        let connection = connection(accessor, &resource)?;
        Ok(connection.execute(&command, &arguments).await)
    }
}
