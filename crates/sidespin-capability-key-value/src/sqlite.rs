//! Stores in a SQLite file.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};
use thiserror::Error;

/// How long a writer waits for one in another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS key_value (
    store TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (store, key)
) WITHOUT ROWID";

const SET: &str = "INSERT INTO key_value (store, key, value) VALUES (?1, ?2, ?3)
    ON CONFLICT (store, key) DO UPDATE SET value = excluded.value";

/// Why a store did not answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoresError {
    /// SQLite's own error.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The thread that did the work ended.
    #[error("the operation was interrupted")]
    Interrupted,
}

/// A file that holds any number of stores. Opened when it is first used.
#[derive(Debug)]
pub struct Stores {
    path: PathBuf,
    connection: Mutex<Option<Connection>>,
}

impl Stores {
    /// The stores in this file, which is created when it is first used.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            connection: Mutex::new(None),
        }
    }

    /// The value of `key`, if it has one.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn get(self: &Arc<Self>, store: Arc<str>, key: String) -> Result<Option<Vec<u8>>, StoresError> {
        self.run(move |connection| {
            connection
                .prepare_cached("SELECT value FROM key_value WHERE store = ?1 AND key = ?2")?
                .query_row((&*store, &key), |row| row.get(0))
                .optional()
        })
        .await
    }

    /// Makes `value` the value of `key`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub async fn set(
        self: &Arc<Self>,
        store: Arc<str>,
        key: String,
        value: Vec<u8>,
    ) -> Result<(), StoresError> {
        self.run(move |connection| {
            connection.prepare_cached(SET)?.execute((&*store, &key, &value))?;
            Ok(())
        })
        .await
    }

    /// Forgets `key`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub async fn delete(self: &Arc<Self>, store: Arc<str>, key: String) -> Result<(), StoresError> {
        self.run(move |connection| {
            connection
                .prepare_cached("DELETE FROM key_value WHERE store = ?1 AND key = ?2")?
                .execute((&*store, &key))?;
            Ok(())
        })
        .await
    }

    /// All keys of one store.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn keys(self: &Arc<Self>, store: Arc<str>) -> Result<Vec<String>, StoresError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached("SELECT key FROM key_value WHERE store = ?1")?;
            let keys = statement.query_map([&*store], |row| row.get(0))?;
            keys.collect()
        })
        .await
    }

    /// Makes each value the value of its key, all or none. Blocks.
    pub(crate) fn set_all(&self, store: &str, pairs: &[(String, String)]) -> Result<(), StoresError> {
        if pairs.is_empty() {
            return Ok(());
        }
        self.run_blocking(|connection| {
            let transaction = connection.unchecked_transaction()?;
            for (key, value) in pairs {
                transaction
                    .prepare_cached(SET)?
                    .execute((store, key, value.as_bytes()))?;
            }
            transaction.commit()
        })
    }

    async fn run<R: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection) -> rusqlite::Result<R> + Send + 'static,
    ) -> Result<R, StoresError> {
        let stores = Arc::clone(self);
        let running = tokio::task::spawn_blocking(move || stores.run_blocking(work));
        running.await.map_err(|_ended| StoresError::Interrupted)?
    }

    fn run_blocking<R>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<R>,
    ) -> Result<R, StoresError> {
        let mut slot = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match slot.take() {
            Some(connection) => connection,
            None => self.open()?,
        };
        Ok(work(slot.insert(connection))?)
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open(&self.path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(SCHEMA)?;
        Ok(connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn values_survive_the_process_and_stores_do_not_see_each_other() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kv.db");
        let (mine, yours): (Arc<str>, Arc<str>) = ("mine".into(), "yours".into());
        let stores = Arc::new(Stores::new(path.clone()));
        stores
            .set(mine.clone(), "key".to_owned(), vec![0, 255])
            .await
            .unwrap();
        drop(stores);

        let stores = Arc::new(Stores::new(path));
        assert_eq!(
            stores.get(mine.clone(), "key".to_owned()).await.unwrap(),
            Some(vec![0, 255])
        );
        assert_eq!(stores.get(yours.clone(), "key".to_owned()).await.unwrap(), None);
        assert_eq!(stores.keys(yours).await.unwrap(), Vec::<String>::new());
        stores.delete(mine.clone(), "key".to_owned()).await.unwrap();
        stores.delete(mine.clone(), "key".to_owned()).await.unwrap();
        assert_eq!(stores.keys(mine).await.unwrap(), Vec::<String>::new());
    }
}
