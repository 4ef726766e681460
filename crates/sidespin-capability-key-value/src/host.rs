//! The interface's functions, in terms of [`Stores`](crate::Stores).

use sidespin_world::key_value::key_value as wit;
use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};

use crate::sqlite::StoresError;
use crate::{KeyValue, KeyValueView, Store};

impl From<StoresError> for wit::Error {
    fn from(error: StoresError) -> Self {
        Self::Other(error.to_string())
    }
}

impl wit::Host for KeyValueView<'_> {}

impl wit::HostStore for KeyValueView<'_> {
    fn drop(&mut self, resource: Resource<wit::Store>) -> wasmtime::Result<()> {
        self.table.delete(Resource::<Store>::new_own(resource.rep()))?;
        Ok(())
    }
}

fn store<T: Send>(
    accessor: &Accessor<T, KeyValue>,
    resource: &Resource<wit::Store>,
) -> wasmtime::Result<Store> {
    accessor.with(|mut access| {
        let store = access
            .get()
            .table
            .get(&Resource::<Store>::new_borrow(resource.rep()))?;
        Ok(store.clone())
    })
}

impl<T: Send> wit::HostStoreWithStore<T> for KeyValue {
    async fn open(
        accessor: &Accessor<T, Self>,
        label: String,
    ) -> wasmtime::Result<Result<Resource<wit::Store>, wit::Error>> {
        Ok(accessor.with(|mut access| {
            let view = access.get();
            let store = view.granted.get(&label).ok_or(wit::Error::AccessDenied)?.clone();
            let resource = view
                .table
                .push(store)
                .map_err(|_full| wit::Error::StoreTableFull)?;
            Ok(Resource::new_own(resource.rep()))
        }))
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Store>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, wit::Error>> {
        let store = store(accessor, &resource)?;
        Ok(store.stores.get(store.label, key).await.map_err(Into::into))
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Store>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), wit::Error>> {
        let store = store(accessor, &resource)?;
        Ok(store
            .stores
            .set(store.label, key, value)
            .await
            .map_err(Into::into))
    }

    async fn delete(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Store>,
        key: String,
    ) -> wasmtime::Result<Result<(), wit::Error>> {
        let store = store(accessor, &resource)?;
        Ok(store.stores.delete(store.label, key).await.map_err(Into::into))
    }

    async fn exists(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Store>,
        key: String,
    ) -> wasmtime::Result<Result<bool, wit::Error>> {
        let store = store(accessor, &resource)?;
        let value = store.stores.get(store.label, key).await;
        Ok(value.map(|value| value.is_some()).map_err(Into::into))
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Store>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), wit::Error>>)> {
        let store = store(accessor, &resource)?;
        let (keys, ended) = match store.stores.keys(store.label).await {
            Ok(keys) => (keys, Ok(())),
            Err(error) => (Vec::new(), Err(wit::Error::from(error))),
        };
        accessor.with(|mut access| {
            let keys = StreamReader::new(&mut access, keys)?;
            let ended = FutureReader::new(&mut access, async { wasmtime::error::Ok(ended) })?;
            Ok((keys, ended))
        })
    }
}
