//! Why an operation had no effect.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

/// Why an operation had no effect.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JobStoreError {
    /// The file cannot be used.
    #[error("the jobs in `{}` cannot be read or written", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// SQLite's words. Shared, because one commit may hold many operations.
        #[source]
        source: Arc<rusqlite::Error>,
    },
    /// There is no file.
    #[error("there is no `{}`", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Postgres cannot be reached, or does not let us in.
    #[error("the jobs' Postgres at {server} does not answer: {reason}")]
    Unreachable {
        /// Host and port.
        server: String,
        /// What happened.
        reason: String,
    },
    /// Postgres refused a statement, or the connection broke while it ran: then it is not known whether it had its effect.
    #[error("the jobs' Postgres at {server} failed")]
    Postgres {
        /// Host and port.
        server: String,
        /// Its words.
        #[source]
        source: tokio_postgres::Error,
    },
    /// Postgres did not answer in time.
    #[error("the jobs' Postgres at {server} has not answered for {} s", after.as_secs())]
    TimedOut {
        /// Host and port.
        server: String,
        /// How long was waited.
        after: Duration,
    },
    /// A time or an interval is beyond what can be stored.
    #[error("{value} is not a time or an interval in milliseconds that can be kept")]
    OutOfRange {
        /// The number.
        value: u64,
    },
    /// A rule that names no time from its start on.
    #[error("the rule names no time from its start on")]
    NeverFires,
    /// More operations wait than there is room for.
    #[error("too many changes to jobs wait for the disk")]
    Overloaded,
    /// The thread that writes is gone.
    #[error("the job store has been closed")]
    Closed,
}
