//! Jobs in a SQLite file, which one process fires. One thread writes; operations that come while it is busy share a commit.

mod claims;
mod database;
mod wake;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::TrySendError;

use tokio::sync::{oneshot, watch};

use crate::clock::Clock;
use crate::{Claim, Job, JobStoreError, Outlook, Schedule, Settlement};
use claims::Claims;
use database::Database;
use writer::{Operations, Task};

/// A handle on the thread that writes. Cheap to clone.
#[derive(Clone)]
pub(crate) struct SqliteStore {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    operations: Operations,
    asked: Arc<AtomicU64>,
    changed: watch::Sender<u64>,
}

impl SqliteStore {
    pub(crate) fn open(path: PathBuf, clock: Arc<dyn Clock>) -> Result<Self, JobStoreError> {
        let changed = watch::Sender::new(0);
        let operations = writer::start(path.clone(), changed.clone())?;
        Ok(Self {
            path,
            clock,
            operations,
            asked: Arc::default(),
            changed,
        })
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.now()
    }

    pub(crate) fn operations(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Listens for other processes that have changed the file.
    pub(crate) async fn attend(&self) {
        wake::listen(&self.path, &self.changed).await;
    }

    /// Tells the process that fires that the file has changed.
    pub(crate) fn wake_others(&self) {
        wake::send(&self.path);
    }

    pub(crate) async fn put(&self, schedule: Schedule, only_if_absent: bool) -> Result<bool, JobStoreError> {
        self.change(move |database, _| database.put(&schedule, only_if_absent))
            .await
    }

    pub(crate) async fn reschedule(&self, owner: &str, name: &str, due: u64) -> Result<bool, JobStoreError> {
        let (owner, name) = (owner.to_owned(), name.to_owned());
        self.change(move |database, _| database.reschedule(&owner, &name, due))
            .await
    }

    pub(crate) async fn run(&self, owner: &str, name: &str) -> Result<bool, JobStoreError> {
        let (owner, name, now) = (owner.to_owned(), name.to_owned(), self.now());
        self.change(move |database, _| database.run(&owner, &name, now))
            .await
    }

    pub(crate) async fn cancel(&self, owner: &str, name: &str) -> Result<bool, JobStoreError> {
        let (owner, name) = (owner.to_owned(), name.to_owned());
        self.change(move |database, _| database.cancel(&owner, &name))
            .await
    }

    pub(crate) async fn pending(&self, owner: &str, limit: u64) -> Result<u64, JobStoreError> {
        let owner = owner.to_owned();
        self.ask(false, move |database, _| database.pending(&owner, limit))
            .await
    }

    pub(crate) async fn list(&self, owner: Option<&str>, limit: u64) -> Result<Vec<Job>, JobStoreError> {
        let owner = owner.map(str::to_owned);
        self.ask(false, move |database, _| database.list(owner.as_deref(), limit))
            .await
    }

    pub(crate) async fn get(&self, owner: &str, name: &str) -> Result<Option<Job>, JobStoreError> {
        let (owner, name) = (owner.to_owned(), name.to_owned());
        self.ask(false, move |database, _| database.get(&owner, &name))
            .await
    }

    pub(crate) async fn claim_due(
        &self,
        owner: &str,
        now: u64,
        limit: usize,
    ) -> Result<Outlook, JobStoreError> {
        let owner = owner.to_owned();
        self.ask(false, move |database, claims| {
            database.claim_due(&owner, now, limit, claims)
        })
        .await
    }

    pub(crate) async fn settle(&self, claim: Claim, settlement: Settlement) -> Result<bool, JobStoreError> {
        // Whoever claimed it looks for more by itself.
        self.ask(false, move |database, claims| {
            let holds = claims.holds(&claim);
            if holds {
                database.settle(&claim, settlement)?;
                claims.remove(claim);
            }
            Ok(holds)
        })
        .await
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
        self.asked.fetch_add(1, Ordering::Relaxed);
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

/// Whether the file is there, for those who must not make one.
pub(crate) fn exists(path: &Path) -> bool {
    path.is_file()
}
