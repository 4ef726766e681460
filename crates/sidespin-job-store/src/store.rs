//! The store as its users see it: a handle on the thread that writes.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::TrySendError;

use thiserror::Error;
use tokio::sync::{oneshot, watch};

use crate::Claim;
use crate::claims::Claims;
use crate::database::Database;
use crate::writer::{self, Operations, Task};

/// What is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Whose job it is.
    pub owner: String,
    /// Unique for its owner.
    pub name: String,
    /// When it fires first: milliseconds since the Unix epoch.
    pub due: u64,
    /// Milliseconds from one firing to the next; nothing for a job that fires once.
    pub interval: Option<u64>,
    /// Handed to whoever does the work.
    pub payload: Vec<u8>,
}

/// A firing to be worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// What must be settled when the work is over.
    pub claim: Claim,
    /// When the firing was due. May be long ago.
    pub due: u64,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// What was scheduled.
    pub payload: Vec<u8>,
}

/// What there is to do for one owner.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outlook {
    /// To be worked on now, the longest due first.
    pub due: Vec<Due>,
    /// When there is something to claim next, if nothing changes; a time in the past when more is due than was asked for.
    pub next: Option<u64>,
}

/// How a firing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// It is over, done or given up: a repeating job waits for its next time after `now`, any other is forgotten.
    Over {
        /// Milliseconds since the Unix epoch.
        now: u64,
    },
    /// It fires again at this time, as its next attempt.
    Retry {
        /// Milliseconds since the Unix epoch.
        at: u64,
    },
    /// It counts as not begun, and does so at this time.
    Postpone {
        /// Milliseconds since the Unix epoch.
        at: u64,
    },
}

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
    /// A time or an interval is beyond what can be stored.
    #[error("{value} is not a time or an interval in milliseconds that can be kept")]
    OutOfRange {
        /// The number.
        value: u64,
    },
    /// More operations wait than there is room for.
    #[error("too many changes to jobs wait for the disk")]
    Overloaded,
    /// The thread that writes is gone.
    #[error("the job store has been closed")]
    Closed,
}

/// All jobs of an application, in one file. Cheap to clone.
#[derive(Clone)]
pub struct JobStore {
    operations: Operations,
    changed: watch::Receiver<u64>,
}

impl std::fmt::Debug for JobStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("JobStore").finish_non_exhaustive()
    }
}

impl JobStore {
    /// Opens the file, which is created if it is missing. Blocks; call it before or off the async workers.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, JobStoreError> {
        let (operations, changed) = writer::start(path.into())?;
        Ok(Self { operations, changed })
    }

    /// Keeps a job; one of the same name is replaced, and a firing of it that has not begun will not happen.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn put(&self, schedule: Schedule) -> Result<(), JobStoreError> {
        check([Some(schedule.due), schedule.interval])?;
        self.change(move |database, _| database.put(&schedule, false))
            .await
            .map(|_created| ())
    }

    /// Keeps a job unless there is one of its name; a job exists until its last firing is over. Answers whether it was
    /// created.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn put_if_absent(&self, schedule: Schedule) -> Result<bool, JobStoreError> {
        check([Some(schedule.due), schedule.interval])?;
        self.change(move |database, _| database.put(&schedule, true))
            .await
    }

    /// Moves a job to another time. Answers whether there was one.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn reschedule(&self, owner: &str, name: &str, due: u64) -> Result<bool, JobStoreError> {
        check([Some(due), None])?;
        let (owner, name) = (owner.to_owned(), name.to_owned());
        self.change(move |database, _| database.reschedule(&owner, &name, due))
            .await
    }

    /// Forgets a job. Answers whether there was one.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn cancel(&self, owner: &str, name: &str) -> Result<bool, JobStoreError> {
        let (owner, name) = (owner.to_owned(), name.to_owned());
        self.change(move |database, _| database.cancel(&owner, &name))
            .await
    }

    /// Claims up to `limit` of an owner's firings that are due at `now`, and tells when there will be more. A job of which
    /// a firing is being worked on is left out.
    ///
    /// # Errors
    /// Nothing was claimed.
    pub async fn claim_due(&self, owner: &str, now: u64, limit: usize) -> Result<Outlook, JobStoreError> {
        let owner = owner.to_owned();
        self.ask(false, move |database, claims| {
            database.claim_due(&owner, now, limit, claims)
        })
        .await
    }

    /// Ends a firing. A job that was replaced, moved or cancelled meanwhile stays as it is.
    ///
    /// # Errors
    /// The firing is still claimed; settle it again.
    pub async fn settle(&self, claim: Claim, settlement: Settlement) -> Result<(), JobStoreError> {
        if let Settlement::Retry { at } | Settlement::Postpone { at } = settlement {
            check([Some(at), None])?;
        }
        self.change(move |database, claims| {
            database.settle(&claim, settlement)?;
            claims.remove(claim);
            Ok(())
        })
        .await
    }

    /// Changes whenever there may be something else to claim, or at another time, than the last outlook said.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.clone()
    }

    async fn change<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Database, &mut Claims) -> rusqlite::Result<R> + Send + 'static,
    ) -> Result<R, JobStoreError> {
        self.ask(true, work).await
    }

    async fn ask<R: Send + 'static>(
        &self,
        is_change: bool,
        work: impl FnOnce(&mut Database, &mut Claims) -> rusqlite::Result<R> + Send + 'static,
    ) -> Result<R, JobStoreError> {
        let (reply, answer) = oneshot::channel();
        let task = Task {
            work: Some(work),
            is_change,
            result: None,
            reply,
        };
        self.operations
            .try_send(Box::new(task))
            .map_err(|refused| match refused {
                TrySendError::Full(_) => JobStoreError::Overloaded,
                TrySendError::Disconnected(_) => JobStoreError::Closed,
            })?;
        answer.await.map_err(|_gone| JobStoreError::Closed)?
    }
}

/// SQLite's integers are signed.
fn check(values: [Option<u64>; 2]) -> Result<(), JobStoreError> {
    match values
        .into_iter()
        .flatten()
        .find(|value| i64::try_from(*value).is_err())
    {
        Some(value) => Err(JobStoreError::OutOfRange { value }),
        None => Ok(()),
    }
}
