//! The store as its users see it, whatever stands behind it.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use crate::clock::{Clock, SystemClock};
use crate::job::LAST_TIME;
use crate::postgres::{PostgresConfig, PostgresStore};
use crate::sqlite::{self, SqliteStore};
use crate::{Claim, Job, JobStoreError, Outlook, Repeat, Schedule, Settlement};

/// All jobs of an application. Cheap to clone.
#[derive(Clone)]
pub struct JobStore {
    backend: Backend,
}

#[derive(Clone)]
enum Backend {
    Sqlite(SqliteStore),
    Postgres(Arc<PostgresStore>),
}

impl std::fmt::Debug for JobStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let backend = match self.backend {
            Backend::Sqlite(_) => "Sqlite",
            Backend::Postgres(_) => "Postgres",
        };
        formatter.debug_tuple("JobStore").field(&backend).finish()
    }
}

/// Does the same with either backend.
macro_rules! either {
    ($store:expr, $backend:ident => $do:expr) => {
        match &$store.backend {
            Backend::Sqlite($backend) => $do,
            Backend::Postgres($backend) => $do,
        }
    };
}

impl JobStore {
    /// Opens a SQLite file, which is created if it is missing. Blocks; call it before or off the async workers.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, JobStoreError> {
        Self::open_with_clock(path, Arc::new(SystemClock))
    }

    /// The same by another clock than this machine's.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn open_with_clock(path: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Result<Self, JobStoreError> {
        let backend = Backend::Sqlite(SqliteStore::open(path.into(), clock)?);
        Ok(Self { backend })
    }

    /// Opens a SQLite file beside the host that fires its jobs, to look at them and change them.
    ///
    /// # Errors
    /// There is no file, or it cannot be used.
    pub fn open_existing(path: impl Into<PathBuf>) -> Result<Self, JobStoreError> {
        let path = path.into();
        if !sqlite::exists(&path) {
            return Err(JobStoreError::Missing { path });
        }
        Self::open(path)
    }

    /// Uses a Postgres, which is connected to when it is needed.
    #[must_use]
    pub fn postgres(config: PostgresConfig) -> Self {
        Self {
            backend: Backend::Postgres(Arc::new(PostgresStore::new(config))),
        }
    }

    /// Makes sure that the store answers, and that its clock is known.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn connect(&self) -> Result<(), JobStoreError> {
        match &self.backend {
            Backend::Sqlite(_) => Ok(()),
            Backend::Postgres(store) => store.connect().await,
        }
    }

    /// Listens for what other processes do to the jobs and, in Postgres, renews the leases of claims. Whoever claims must
    /// poll this for as long as any claim is not settled. Does not end.
    pub async fn attend(&self) {
        either!(self, store => store.attend().await);
    }

    /// What time it is for the jobs: milliseconds since the Unix epoch.
    #[must_use]
    pub fn now(&self) -> u64 {
        either!(self, store => store.now())
    }

    /// Keeps a job; one of the same name is replaced, and a firing of it that has not begun will not happen.
    ///
    /// # Errors
    /// Nothing was changed, unless the connection to Postgres broke before the answer.
    pub async fn put(&self, schedule: Schedule) -> Result<(), JobStoreError> {
        let schedule = checked(schedule)?;
        let put = either!(self, store => store.put(schedule, false).await);
        put.map(|_created| ())
    }

    /// Keeps a job unless there is one of its name; a job exists until its last firing is over. Answers whether it was
    /// created.
    ///
    /// # Errors
    /// Nothing was changed, unless the connection to Postgres broke before the answer.
    pub async fn put_if_absent(&self, schedule: Schedule) -> Result<bool, JobStoreError> {
        let schedule = checked(schedule)?;
        either!(self, store => store.put(schedule, true).await)
    }

    /// Moves a job to another time, from which its repetition counts. Answers whether there was one.
    ///
    /// # Errors
    /// Nothing was changed, unless the connection to Postgres broke before the answer.
    pub async fn reschedule(&self, owner: &str, name: &str, due: u64) -> Result<bool, JobStoreError> {
        check(due)?;
        either!(self, store => store.reschedule(owner, name, due).await)
    }

    /// Fires a job now. One that repeats still fires at the time that was planned. Answers whether there was one.
    ///
    /// # Errors
    /// Nothing was changed, unless the connection to Postgres broke before the answer.
    pub async fn run(&self, owner: &str, name: &str) -> Result<bool, JobStoreError> {
        either!(self, store => store.run(owner, name).await)
    }

    /// Forgets a job. Answers whether there was one.
    ///
    /// # Errors
    /// Nothing was changed, unless the connection to Postgres broke before the answer.
    pub async fn cancel(&self, owner: &str, name: &str) -> Result<bool, JobStoreError> {
        either!(self, store => store.cancel(owner, name).await)
    }

    /// Up to `limit` jobs of one owner or of all, each owner's in the order of their firing, without their payloads.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn list(&self, owner: Option<&str>, limit: u64) -> Result<Vec<Job>, JobStoreError> {
        check(limit)?;
        either!(self, store => store.list(owner, limit).await)
    }

    /// Everything about one job.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn get(&self, owner: &str, name: &str) -> Result<Option<Job>, JobStoreError> {
        either!(self, store => store.get(owner, name).await)
    }

    /// How many jobs an owner has. Counts to `limit` and no further, because counting takes time.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn pending(&self, owner: &str, limit: u64) -> Result<u64, JobStoreError> {
        check(limit)?;
        either!(self, store => store.pending(owner, limit).await)
    }

    /// Claims up to `limit` of an owner's firings that are due at `now`, and tells when there will be more. A job of which
    /// a firing is being worked on is left out.
    ///
    /// # Errors
    /// Nothing was claimed; or, if the connection to Postgres broke, it is due again when the lease is over.
    pub async fn claim_due(&self, owner: &str, now: u64, limit: usize) -> Result<Outlook, JobStoreError> {
        check(now)?;
        either!(self, store => store.claim_due(owner, now, limit).await)
    }

    /// Ends a firing. A job that was replaced, moved or cancelled meanwhile stays as it is. Answers whether the claim still
    /// stood; if not, another host has taken the firing over, and nothing was changed.
    ///
    /// # Errors
    /// The firing is still claimed; settle it again.
    pub async fn settle(&self, claim: Claim, settlement: Settlement) -> Result<bool, JobStoreError> {
        if let Settlement::Retry { at } | Settlement::Postpone { at } | Settlement::Next { due: at } =
            settlement
        {
            check(at)?;
        }
        either!(self, store => store.settle(claim, settlement).await)
    }

    /// Changes whenever there may be something else to claim, or at another time, than the last outlook said.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        either!(self, store => store.changes())
    }

    /// How often the database has been asked for anything through this store: by an idle one never.
    #[must_use]
    pub fn operations(&self) -> u64 {
        either!(self, store => store.operations())
    }

    /// Tells the host that fires the jobs of a SQLite file that they have changed. Postgres does so by itself.
    pub fn wake_others(&self) {
        if let Backend::Sqlite(store) = &self.backend {
            store.wake_others();
        }
    }
}

/// As it is kept: with the time at which it fires first.
fn checked(mut schedule: Schedule) -> Result<Schedule, JobStoreError> {
    check(schedule.due)?;
    if let Some(Repeat::Every(interval)) = schedule.repeat {
        check(interval)?;
    }
    if let Some(repeat) = &schedule.repeat {
        schedule.due = repeat.first(schedule.due).ok_or(JobStoreError::NeverFires)?;
    }
    Ok(schedule)
}

/// Databases' integers are signed.
fn check(value: u64) -> Result<(), JobStoreError> {
    if value > LAST_TIME {
        return Err(JobStoreError::OutOfRange { value });
    }
    Ok(())
}
