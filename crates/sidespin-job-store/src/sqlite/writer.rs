//! The thread that writes. Whatever waits when it begins a transaction is committed by it, and every caller is told once
//! that has worked or failed as a whole.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use tokio::sync::{oneshot, watch};

use super::claims::Claims;
use super::database::Database;
use crate::JobStoreError;

/// Operations that may wait.
const QUEUE: usize = 10_000;
/// Operations in one transaction, so that the first does not wait for long.
const GROUP: usize = 256;

/// One operation, with the way to tell its caller how it went.
pub(super) trait Operation: Send {
    /// Does it, inside of the transaction.
    fn apply(&mut self, database: &mut Database, claims: &mut Claims) -> rusqlite::Result<()>;

    /// Whether others may find something else to claim after it.
    fn is_change(&self) -> bool;

    /// Tells the caller, after the transaction.
    fn announce(self: Box<Self>, failure: Option<JobStoreError>);
}

/// An operation given by a function.
pub(super) struct Task<R, F> {
    pub(super) work: Option<F>,
    pub(super) is_change: bool,
    pub(super) result: Option<R>,
    pub(super) reply: oneshot::Sender<Result<R, JobStoreError>>,
}

impl<R, F> Operation for Task<R, F>
where
    R: Send,
    F: FnOnce(&mut Database, &mut Claims) -> rusqlite::Result<R> + Send,
{
    fn apply(&mut self, database: &mut Database, claims: &mut Claims) -> rusqlite::Result<()> {
        if let Some(work) = self.work.take() {
            self.result = Some(work(database, claims)?);
        }
        Ok(())
    }

    fn is_change(&self) -> bool {
        self.is_change
    }

    fn announce(self: Box<Self>, failure: Option<JobStoreError>) {
        let answer = match (failure, self.result) {
            (Some(failure), _) => Err(failure),
            (None, Some(result)) => Ok(result),
            (None, None) => Err(JobStoreError::Closed),
        };
        // The operation stands even if its caller has gone away.
        drop(self.reply.send(answer));
    }
}

/// The way to the thread.
pub(super) type Operations = SyncSender<Box<dyn Operation>>;

/// Opens the file and starts the thread, which ends with the last sender.
pub(super) fn start(path: PathBuf, changed: watch::Sender<u64>) -> Result<Operations, JobStoreError> {
    let database = Database::open(&path).map_err(|source| JobStoreError::Database {
        path: path.clone(),
        source: Arc::new(source),
    })?;
    let (operations, inbox) = sync_channel(QUEUE);
    let writer = Writer {
        path,
        database,
        claims: Claims::default(),
        changed,
    };
    std::thread::Builder::new()
        .name("job-store".to_owned())
        .spawn(move || writer.run(&inbox))
        .map_err(|_error| JobStoreError::Closed)?;
    Ok(operations)
}

struct Writer {
    path: PathBuf,
    database: Database,
    claims: Claims,
    changed: watch::Sender<u64>,
}

impl Writer {
    fn run(mut self, inbox: &Receiver<Box<dyn Operation>>) {
        while let Ok(first) = inbox.recv() {
            let mut group = vec![first];
            group.extend(inbox.try_iter().take(GROUP - 1));
            match self.transact(&mut group) {
                Ok(()) => {
                    self.claims.commit();
                    let is_change = group.iter().any(|operation| operation.is_change());
                    group.into_iter().for_each(|operation| operation.announce(None));
                    if is_change {
                        self.changed.send_modify(|version| *version += 1);
                    }
                }
                Err(error) => self.fail(group, error),
            }
        }
    }

    fn transact(&mut self, group: &mut [Box<dyn Operation>]) -> rusqlite::Result<()> {
        self.database.execute("BEGIN IMMEDIATE")?;
        for operation in group {
            operation.apply(&mut self.database, &mut self.claims)?;
        }
        self.database.execute("COMMIT")
    }

    fn fail(&mut self, group: Vec<Box<dyn Operation>>, error: rusqlite::Error) {
        tracing::error!(%error, path = %self.path.display(), "jobs could not be written");
        if let Err(error) = self.database.execute("ROLLBACK") {
            // There is nothing to roll back when the transaction has not begun, or has ended by itself.
            tracing::debug!(%error, "nothing to roll back");
        }
        self.claims.roll_back();
        let source = Arc::new(error);
        for operation in group {
            let failure = JobStoreError::Database {
                path: self.path.clone(),
                source: Arc::clone(&source),
            };
            operation.announce(Some(failure));
        }
    }
}
