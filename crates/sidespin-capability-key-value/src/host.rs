//! `spin:key-value`, in terms of [`Store`].

use sidespin_world::key_value::key_value as wit;
use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};

use crate::backend::StoreError;
use crate::{KeyValue, KeyValueView, Store};

impl From<StoreError> for wit::Error {
    fn from(error: StoreError) -> Self {
        Self::Other(error.for_guest())
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
        let resource = Resource::<Store>::new_borrow(resource.rep());
        Ok(access.get().table.get(&resource)?.clone())
    })
}

type Answered<R> = wasmtime::Result<Result<R, wit::Error>>;

impl<T: Send> wit::HostStoreWithStore<T> for KeyValue {
    async fn open(accessor: &Accessor<T, Self>, label: String) -> Answered<Resource<wit::Store>> {
        Ok(accessor.with(|mut access| {
            let view = access.get();
            let granted = view.instance.granted.get(&label);
            let store = granted.ok_or(wit::Error::AccessDenied)?.clone();
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
    ) -> Answered<Option<Vec<u8>>> {
        let store = store(accessor, &resource)?;
        Ok(store.get(key).await.map_err(Into::into))
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Store>,
        key: String,
        value: Vec<u8>,
    ) -> Answered<()> {
        let store = store(accessor, &resource)?;
        Ok(store.set(key, value).await.map_err(Into::into))
    }

    async fn delete(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Store>,
        key: String,
    ) -> Answered<()> {
        let store = store(accessor, &resource)?;
        Ok(store.delete(vec![key]).await.map_err(Into::into))
    }

    async fn exists(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Store>,
        key: String,
    ) -> Answered<bool> {
        let store = store(accessor, &resource)?;
        Ok(store.exists(key).await.map_err(Into::into))
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        resource: Resource<wit::Store>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), wit::Error>>)> {
        let store = store(accessor, &resource)?;
        let (keys, ended) = match store.all_keys().await {
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
