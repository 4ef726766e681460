//! A store as components know it: a label, what it is made on, and its limits.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::backend::{Backend, Page, StoreError, Swap};

/// Bytes of a key.
pub(crate) const KEY_LIMIT: usize = 1024;
/// Bytes of a value. What is larger belongs into a database or an object store.
pub(crate) const VALUE_LIMIT: usize = 16 << 20;
/// Keys in one call.
pub(crate) const BATCH_LIMIT: usize = 1000;
/// Bytes of the values in one call.
pub(crate) const BATCH_BYTES: usize = 32 << 20;
/// Bytes of all keys in a list that is not cut into pages.
const LIST_BYTES: usize = 32 << 20;

/// One store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    backend: Arc<dyn Backend>,
}

impl Store {
    pub(crate) fn new(backend: Arc<dyn Backend>) -> Self {
        Self { backend }
    }

    pub(crate) async fn get(&self, key: String) -> Result<Option<Vec<u8>>, StoreError> {
        check_key(&key)?;
        self.backend.get(key).await
    }

    pub(crate) async fn exists(&self, key: String) -> Result<bool, StoreError> {
        check_key(&key)?;
        self.backend.exists(key).await
    }

    pub(crate) async fn set(&self, key: String, value: Vec<u8>) -> Result<(), StoreError> {
        self.set_many(vec![(key, value)]).await
    }

    pub(crate) async fn set_many(&self, pairs: Vec<(String, Vec<u8>)>) -> Result<(), StoreError> {
        check_batch(pairs.len())?;
        for (key, value) in &pairs {
            check_key(key)?;
            check("a value", value.len(), VALUE_LIMIT)?;
        }
        let size = pairs.iter().map(|(_key, value)| value.len()).sum();
        check("a batch of values", size, BATCH_BYTES)?;
        if pairs.is_empty() {
            return Ok(());
        }
        self.backend.set(pairs).await
    }

    pub(crate) async fn delete(&self, keys: Vec<String>) -> Result<(), StoreError> {
        check_keys(&keys)?;
        if keys.is_empty() {
            return Ok(());
        }
        self.backend.delete(keys).await
    }

    /// The values in the order of their keys, each with its key.
    pub(crate) async fn get_many(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, StoreError> {
        check_keys(&keys)?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let values = self.backend.get_many(keys.clone(), BATCH_BYTES).await?;
        Ok(keys.into_iter().zip(values).collect())
    }

    pub(crate) async fn keys(&self, cursor: Option<String>) -> Result<Page, StoreError> {
        self.backend.keys(cursor).await
    }

    /// All keys, each once. A store that is changed meanwhile may show the change or not.
    pub(crate) async fn all_keys(&self) -> Result<Vec<String>, StoreError> {
        let mut keys = BTreeSet::new();
        let mut size: usize = 0;
        let mut cursor = None;
        loop {
            let page = self.backend.keys(cursor).await?;
            for key in page.keys {
                let length = key.len();
                if keys.insert(key) {
                    size = size.saturating_add(length.saturating_add(size_of::<String>()));
                }
            }
            check("a list of keys", size, LIST_BYTES)?;
            cursor = page.cursor;
            if cursor.is_none() {
                return Ok(keys.into_iter().collect());
            }
        }
    }

    pub(crate) async fn increment(&self, key: String, delta: i64) -> Result<i64, StoreError> {
        check_key(&key)?;
        self.backend.increment(key, delta).await
    }

    pub(crate) async fn swap(
        &self,
        key: String,
        seen: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<Swap, StoreError> {
        check_key(&key)?;
        check("a value", value.len(), VALUE_LIMIT)?;
        self.backend.swap(key, seen, value).await
    }
}

fn check_keys(keys: &[String]) -> Result<(), StoreError> {
    check_batch(keys.len())?;
    keys.iter().try_for_each(|key| check_key(key))
}

fn check_batch(keys: usize) -> Result<(), StoreError> {
    check("a batch", keys, BATCH_LIMIT)
}

fn check_key(key: &str) -> Result<(), StoreError> {
    check("a key", key.len(), KEY_LIMIT)
}

fn check(what: &'static str, size: usize, limit: usize) -> Result<(), StoreError> {
    if size > limit {
        return Err(StoreError::TooLarge { what, size, limit });
    }
    Ok(())
}
