//! What a store is made on: the few operations that every kind of store has, and how they fail.

use std::fmt;

use futures::future::BoxFuture;
use sidespin_redis_client::RedisError;
use thiserror::Error;

/// What an operation comes to.
pub(crate) type Done<'a, R> = BoxFuture<'a, Result<R, StoreError>>;

/// Keys in one page of a list.
pub(crate) const PAGE: usize = 1000;

/// Values by key. Limits have been checked by [`Store`](crate::store::Store) before anything comes here.
///
/// Every operation is atomic: it happens as a whole or not at all, and no other one sees a part of it.
pub(crate) trait Backend: fmt::Debug + Send + Sync {
    fn get(&self, key: String) -> Done<'_, Option<Vec<u8>>>;

    fn exists(&self, key: String) -> Done<'_, bool>;

    /// Makes each value the value of its key; of a key that is given twice, the last.
    fn set(&self, pairs: Vec<(String, Vec<u8>)>) -> Done<'_, ()>;

    fn delete(&self, keys: Vec<String>) -> Done<'_, ()>;

    /// The values of `keys`, in their order; fails if they are larger than `limit` together.
    fn get_many(&self, keys: Vec<String>, limit: usize) -> Done<'_, Vec<Option<Vec<u8>>>>;

    /// Some of the keys, from where `cursor` says on.
    fn keys(&self, cursor: Option<String>) -> Done<'_, Page>;

    /// Adds to a number that is kept as decimal digits, 0 if there is none, and answers the sum.
    fn increment(&self, key: String, delta: i64) -> Done<'_, i64>;

    /// Makes `value` the value of `key` if it still has the one that was `seen`.
    fn swap(&self, key: String, seen: Option<Vec<u8>>, value: Vec<u8>) -> Done<'_, Swap>;
}

/// Some of a store's keys.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) keys: Vec<String>,
    /// Where to go on; nothing at the end.
    pub(crate) cursor: Option<String>,
}

/// What came of a swap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Swap {
    /// The value is the new one.
    Done,
    /// Somebody was faster; this is the value now.
    Lost(Option<Vec<u8>>),
}

/// Why a store did not do it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// SQLite's own error.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Redis is away, or refuses.
    #[error("{0}")]
    Redis(#[from] RedisError),
    /// The thread that did the work ended.
    #[error("the operation was interrupted")]
    Interrupted,
    /// A value that is to be counted up is no number.
    #[error("the value of the key is not a whole number of 64 bits, written in decimal digits")]
    NotANumber,
    /// A sum that is no longer one.
    #[error("the sum is larger than a number of 64 bits")]
    Overflow,
    /// More than is taken.
    #[error("{what} of {size} is over the limit of {limit}")]
    TooLarge {
        /// Of what there is too much.
        what: &'static str,
        /// How much there is.
        size: usize,
        /// How much there may be.
        limit: usize,
    },
    /// Values that are too large to be answered together.
    #[error("the values of the keys are larger than {limit} bytes together; ask for fewer at once")]
    AnswerTooLarge {
        /// How large they may be.
        limit: usize,
    },
    /// A cursor that this store has not given.
    #[error("the cursor is not one that this store has given")]
    Cursor,
}

impl StoreError {
    /// What a component is told. Where the store is, is not its business; the log has that.
    pub(crate) fn for_guest(&self) -> String {
        match self {
            Self::Redis(error) => {
                tracing::warn!(%error, "a key-value store did not do what it was asked to");
                let text = match error {
                    RedisError::Refused { code, .. } if code == "WRONGTYPE" => {
                        "what is kept under the key is not a plain value"
                    }
                    RedisError::TimedOut { .. } | RedisError::Lost { .. } => {
                        "the store stopped answering; whether the operation was done is not known"
                    }
                    error if error.is_transient() => "the store cannot be reached; nothing was done",
                    _ => "the store refused the operation; the host's log has the reason",
                };
                text.to_owned()
            }
            error => error.to_string(),
        }
    }
}
