//! A value that was looked at, to be exchanged if it has not changed since.

use crate::backend::{StoreError, Swap};
use crate::store::Store;

/// The look at one key. The store compares values, so one that was changed and changed back counts as unchanged.
#[derive(Debug)]
pub(crate) struct Cas {
    store: Store,
    key: String,
    seen: Option<Vec<u8>>,
}

impl Cas {
    pub(crate) async fn look(store: Store, key: String) -> Result<Self, StoreError> {
        let seen = store.get(key.clone()).await?;
        Ok(Self { store, key, seen })
    }

    pub(crate) fn seen(&self) -> Option<&Vec<u8>> {
        self.seen.as_ref()
    }

    /// How much of the host's memory it takes.
    pub(crate) fn size(&self) -> usize {
        self.key.len() + self.seen.as_ref().map_or(0, Vec::len)
    }

    /// Exchanges the value; answers with a new look if somebody was faster.
    pub(crate) async fn swap(self, value: Vec<u8>) -> Result<Option<Self>, StoreError> {
        let Self { store, key, seen } = self;
        Ok(match store.swap(key.clone(), seen, value).await? {
            Swap::Done => None,
            Swap::Lost(seen) => Some(Self { store, key, seen }),
        })
    }
}
