//! `wasi:keyvalue`, in terms of [`Store`]. Its functions do not let the component's other tasks go on while they wait.

use sidespin_world::keyvalue::{atomics, batch, store as wit};
use wasmtime::component::Resource;

use crate::backend::StoreError;
use crate::cas::Cas;
use crate::{KeyValueView, Store};

/// Bytes of values that an instance's handles for swaps may hold in the host's memory.
const HELD_LIMIT: usize = 32 << 20;

impl From<StoreError> for wit::Error {
    fn from(error: StoreError) -> Self {
        Self::Other(error.for_guest())
    }
}

type Answered<R> = wasmtime::Result<Result<R, wit::Error>>;

impl KeyValueView<'_> {
    fn bucket(&self, resource: &Resource<wit::Bucket>) -> wasmtime::Result<Store> {
        let resource = Resource::<Store>::new_borrow(resource.rep());
        Ok(self.table.get(&resource)?.clone())
    }

    fn hold(&mut self, cas: Cas) -> Result<Resource<atomics::Cas>, wit::Error> {
        let size = cas.size();
        if self.instance.held.saturating_add(size) > HELD_LIMIT {
            return Err(wit::Error::Other(format!(
                "the handles for swaps hold more than {HELD_LIMIT} bytes; drop some"
            )));
        }
        let resource = self
            .table
            .push(cas)
            .map_err(|_full| wit::Error::Other("too many handles are open; drop some".to_owned()))?;
        self.instance.held = self.instance.held.saturating_add(size);
        Ok(Resource::new_own(resource.rep()))
    }

    fn release(&mut self, resource: &Resource<atomics::Cas>) -> wasmtime::Result<Cas> {
        let cas = self.table.delete(Resource::<Cas>::new_own(resource.rep()))?;
        self.instance.held = self.instance.held.saturating_sub(cas.size());
        Ok(cas)
    }
}

impl wit::Host for KeyValueView<'_> {
    fn open(&mut self, identifier: String) -> Answered<Resource<wit::Bucket>> {
        let Some(store) = self.instance.granted.get(&identifier).cloned() else {
            return Ok(Err(wit::Error::AccessDenied));
        };
        let pushed = self.table.push(store);
        Ok(pushed
            .map(|resource| Resource::new_own(resource.rep()))
            .map_err(|_full| wit::Error::Other("too many stores are open; drop some".to_owned())))
    }
}

impl wit::HostBucket for KeyValueView<'_> {
    async fn get(&mut self, bucket: Resource<wit::Bucket>, key: String) -> Answered<Option<Vec<u8>>> {
        Ok(self.bucket(&bucket)?.get(key).await.map_err(Into::into))
    }

    async fn set(&mut self, bucket: Resource<wit::Bucket>, key: String, value: Vec<u8>) -> Answered<()> {
        Ok(self.bucket(&bucket)?.set(key, value).await.map_err(Into::into))
    }

    async fn delete(&mut self, bucket: Resource<wit::Bucket>, key: String) -> Answered<()> {
        Ok(self.bucket(&bucket)?.delete(vec![key]).await.map_err(Into::into))
    }

    async fn exists(&mut self, bucket: Resource<wit::Bucket>, key: String) -> Answered<bool> {
        Ok(self.bucket(&bucket)?.exists(key).await.map_err(Into::into))
    }

    async fn list_keys(
        &mut self,
        bucket: Resource<wit::Bucket>,
        cursor: Option<String>,
    ) -> Answered<wit::KeyResponse> {
        let page = self.bucket(&bucket)?.keys(cursor).await;
        Ok(page
            .map(|page| wit::KeyResponse {
                keys: page.keys,
                cursor: page.cursor,
            })
            .map_err(Into::into))
    }

    fn drop(&mut self, bucket: Resource<wit::Bucket>) -> wasmtime::Result<()> {
        self.table.delete(Resource::<Store>::new_own(bucket.rep()))?;
        Ok(())
    }
}

impl batch::Host for KeyValueView<'_> {
    async fn get_many(
        &mut self,
        bucket: Resource<wit::Bucket>,
        keys: Vec<String>,
    ) -> Answered<Vec<(String, Option<Vec<u8>>)>> {
        Ok(self.bucket(&bucket)?.get_many(keys).await.map_err(Into::into))
    }

    async fn set_many(
        &mut self,
        bucket: Resource<wit::Bucket>,
        pairs: Vec<(String, Vec<u8>)>,
    ) -> Answered<()> {
        Ok(self.bucket(&bucket)?.set_many(pairs).await.map_err(Into::into))
    }

    async fn delete_many(&mut self, bucket: Resource<wit::Bucket>, keys: Vec<String>) -> Answered<()> {
        Ok(self.bucket(&bucket)?.delete(keys).await.map_err(Into::into))
    }
}

impl atomics::Host for KeyValueView<'_> {
    async fn increment(&mut self, bucket: Resource<wit::Bucket>, key: String, delta: i64) -> Answered<i64> {
        let store = self.bucket(&bucket)?;
        Ok(store.increment(key, delta).await.map_err(Into::into))
    }

    async fn swap(
        &mut self,
        cas: Resource<atomics::Cas>,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), atomics::CasError>> {
        let cas = self.release(&cas)?;
        Ok(match cas.swap(value).await {
            Ok(None) => Ok(()),
            Ok(Some(newer)) => Err(match self.hold(newer) {
                Ok(resource) => atomics::CasError::CasFailed(resource),
                Err(error) => atomics::CasError::StoreError(error),
            }),
            Err(error) => Err(atomics::CasError::StoreError(error.into())),
        })
    }
}

impl atomics::HostCas for KeyValueView<'_> {
    async fn new(&mut self, bucket: Resource<wit::Bucket>, key: String) -> Answered<Resource<atomics::Cas>> {
        let store = self.bucket(&bucket)?;
        Ok(match Cas::look(store, key).await {
            Ok(cas) => self.hold(cas),
            Err(error) => Err(error.into()),
        })
    }

    fn current(&mut self, cas: Resource<atomics::Cas>) -> Answered<Option<Vec<u8>>> {
        let cas = self.table.get(&Resource::<Cas>::new_borrow(cas.rep()))?;
        Ok(Ok(cas.seen().cloned()))
    }

    fn drop(&mut self, cas: Resource<atomics::Cas>) -> wasmtime::Result<()> {
        self.release(&cas)?;
        Ok(())
    }
}
