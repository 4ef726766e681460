//! Stores in a SQLite file.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use crate::backend::{Backend, Done, PAGE, Page, StoreError, Swap};

/// How long a writer waits for one in another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS key_value (
    store TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (store, key)
) WITHOUT ROWID";

const GET: &str = "SELECT value FROM key_value WHERE store = ?1 AND key = ?2";

const SET: &str = "INSERT INTO key_value (store, key, value) VALUES (?1, ?2, ?3)
    ON CONFLICT (store, key) DO UPDATE SET value = excluded.value";

const DELETE: &str = "DELETE FROM key_value WHERE store = ?1 AND key = ?2";

const KEYS: &str =
    "SELECT key FROM key_value WHERE store = ?1 AND (?2 IS NULL OR key > ?2) ORDER BY key LIMIT ?3";

/// A file that holds any number of stores. Opened when it is first used.
#[derive(Debug)]
pub(crate) struct StoreFile {
    path: PathBuf,
    connection: Mutex<Option<Connection>>,
}

impl StoreFile {
    /// The stores in this file, which is created when it is first used.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            connection: Mutex::new(None),
        }
    }

    /// Makes each value the value of its key, all or none. Blocks.
    pub(crate) fn set_all(&self, label: &str, pairs: &[(String, String)]) -> Result<(), StoreError> {
        if pairs.is_empty() {
            return Ok(());
        }
        let pairs = pairs.iter().map(|(key, value)| (key.as_str(), value.as_bytes()));
        self.change(|connection| set_all(connection, label, pairs))
    }

    fn read<R>(&self, work: impl FnOnce(&Connection) -> Result<R, StoreError>) -> Result<R, StoreError> {
        let mut slot = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match slot.take() {
            Some(connection) => connection,
            None => self.open()?,
        };
        work(slot.insert(connection))
    }

    /// Does something in a transaction that is the file's only one that writes, so that what it reads stays as it is.
    fn change<R>(&self, work: impl FnOnce(&Connection) -> Result<R, StoreError>) -> Result<R, StoreError> {
        self.read(|connection| {
            let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        })
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

/// One store in a file.
#[derive(Debug)]
pub(crate) struct SqliteStore {
    pub(crate) label: Arc<str>,
    pub(crate) file: Arc<StoreFile>,
}

impl SqliteStore {
    /// Does it on a thread that may block.
    fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&StoreFile, &str) -> Result<R, StoreError> + Send + 'static,
    ) -> Done<'static, R> {
        let (file, label) = (Arc::clone(&self.file), Arc::clone(&self.label));
        async move {
            let running = tokio::task::spawn_blocking(move || work(&file, &label));
            running.await.map_err(|_ended| StoreError::Interrupted)?
        }
        .boxed()
    }
}

impl Backend for SqliteStore {
    fn get(&self, key: String) -> Done<'_, Option<Vec<u8>>> {
        self.run(move |file, label| file.read(|connection| get(connection, label, &key)))
    }

    fn exists(&self, key: String) -> Done<'_, bool> {
        self.run(move |file, label| {
            file.read(|connection| {
                let mut statement =
                    connection.prepare_cached("SELECT 1 FROM key_value WHERE store = ?1 AND key = ?2")?;
                Ok(statement.exists((label, key))?)
            })
        })
    }

    fn set(&self, pairs: Vec<(String, Vec<u8>)>) -> Done<'_, ()> {
        self.run(move |file, label| {
            let pairs = pairs.iter().map(|(key, value)| (key.as_str(), value.as_slice()));
            file.change(|connection| set_all(connection, label, pairs))
        })
    }

    fn delete(&self, keys: Vec<String>) -> Done<'_, ()> {
        self.run(move |file, label| {
            file.change(|connection| {
                let mut statement = connection.prepare_cached(DELETE)?;
                for key in &keys {
                    statement.execute((label, key))?;
                }
                Ok(())
            })
        })
    }

    fn get_many(&self, keys: Vec<String>, limit: usize) -> Done<'_, Vec<Option<Vec<u8>>>> {
        self.run(move |file, label| {
            // A transaction, so that all are of one moment.
            file.read(|connection| {
                let transaction = connection.unchecked_transaction()?;
                let mut size: usize = 0;
                let mut values = Vec::with_capacity(keys.len());
                for key in &keys {
                    let value = get(&transaction, label, key)?;
                    size = size.saturating_add(value.as_ref().map_or(0, Vec::len));
                    if size > limit {
                        return Err(StoreError::AnswerTooLarge { limit });
                    }
                    values.push(value);
                }
                Ok(values)
            })
        })
    }

    fn keys(&self, cursor: Option<String>) -> Done<'_, Page> {
        self.run(move |file, label| {
            file.read(|connection| {
                let mut statement = connection.prepare_cached(KEYS)?;
                let rows = statement.query_map((label, cursor, PAGE), |row| row.get(0))?;
                let keys: Vec<String> = rows.collect::<rusqlite::Result<_>>()?;
                let cursor = keys.last().filter(|_last| keys.len() == PAGE).cloned();
                Ok(Page { keys, cursor })
            })
        })
    }

    fn increment(&self, key: String, delta: i64) -> Done<'_, i64> {
        self.run(move |file, label| {
            file.change(|connection| {
                let number = match get(connection, label, &key)? {
                    Some(value) => number(&value)?,
                    None => 0,
                };
                let sum = number.checked_add(delta).ok_or(StoreError::Overflow)?;
                set_all(connection, label, [(key.as_str(), sum.to_string().as_bytes())])?;
                Ok(sum)
            })
        })
    }

    fn swap(&self, key: String, seen: Option<Vec<u8>>, value: Vec<u8>) -> Done<'_, Swap> {
        self.run(move |file, label| {
            file.change(|connection| {
                let present = get(connection, label, &key)?;
                if present != seen {
                    return Ok(Swap::Lost(present));
                }
                set_all(connection, label, [(key.as_str(), value.as_slice())])?;
                Ok(Swap::Done)
            })
        })
    }
}

fn get(connection: &Connection, label: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = connection.prepare_cached(GET)?;
    Ok(statement.query_row((label, key), |row| row.get(0)).optional()?)
}

fn set_all<'a>(
    connection: &Connection,
    label: &str,
    pairs: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(SET)?;
    for (key, value) in pairs {
        statement.execute((label, key, value))?;
    }
    Ok(())
}

/// As strict as Redis: `+7` and `007` are no numbers.
fn number(value: &[u8]) -> Result<i64, StoreError> {
    let text = std::str::from_utf8(value).map_err(|_no_text| StoreError::NotANumber)?;
    let number: i64 = text.parse().map_err(|_no_number| StoreError::NotANumber)?;
    if number.to_string() != text {
        return Err(StoreError::NotANumber);
    }
    Ok(number)
}
