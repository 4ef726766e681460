//! Fires one owner's jobs: claims them when they are due, has them worked on, settles them.
//!
//! It sleeps until the earliest is due and is woken by every change of the store. Nothing is asked of the store meanwhile: the
//! clock alone is looked at now and then, because it may be set, and because a machine may sleep.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{Due, JobStore, JobStoreError, Outlook, Settlement};

/// How late it is noticed that the clock was set forward.
const GLANCE: Duration = Duration::from_secs(1);
/// A store that does not answer is asked again after this.
const STORE_AGAIN: Duration = Duration::from_secs(1);
/// When something is due that could not be claimed: another host is at it this moment.
const CONTENDED: Duration = Duration::from_millis(10);
/// Jobs are counted no more often than this, and no further than that.
const COUNT_AGAIN: Duration = Duration::from_secs(60);
const COUNT_TO: u64 = 100_000;

/// Does the work of firings.
pub trait Worker: Send + Sync {
    /// Does the work of one, and says how it ended.
    fn work<'a>(&'a self, firing: &'a Due) -> BoxFuture<'a, Settlement>;

    /// Another host has taken a firing over while it was worked on here.
    fn lost(&self, firing: &Due) {
        let _nobody_is_told = firing;
    }

    /// The store does not answer, or does again.
    fn store(&self, problem: Option<&JobStoreError>) {
        let _nobody_is_told = problem;
    }

    /// How many jobs there are, counted up to 100,000, at most once a minute.
    fn pending(&self, count: u64) {
        let _nobody_is_told = count;
    }
}

/// One owner's jobs.
pub struct Firing {
    /// Where they are.
    pub store: Arc<JobStore>,
    /// Whose they are.
    pub owner: String,
    /// Firings that are worked on at once.
    pub concurrency: usize,
    /// What is done with them.
    pub worker: Arc<dyn Worker>,
}

impl std::fmt::Debug for Firing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Firing")
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

impl Firing {
    /// Fires until `shutdown` is cancelled and what is in flight is settled.
    pub async fn run(self, shutdown: &CancellationToken) {
        let mut changes = self.store.changes();
        let mut running = JoinSet::new();
        let mut counted = None;
        while !shutdown.is_cancelled() {
            // Before the look at the store, so that a change after it is not missed.
            changes.mark_unchanged();
            while let Some(ended) = running.try_join_next() {
                told(ended);
            }
            let (due, wait) = self.look(self.concurrency.saturating_sub(running.len())).await;
            for firing in due {
                running.spawn(fire(Arc::clone(&self.store), Arc::clone(&self.worker), firing));
            }
            self.count(&mut counted).await;
            // Without room there is nothing to wake up for but a firing that ends.
            let is_full = running.len() >= self.concurrency;
            tokio::select! {
                () = shutdown.cancelled() => {}
                Some(ended) = running.join_next() => told(ended),
                () = self.sleep(wait), if !is_full => {}
                Ok(()) = changes.changed(), if !is_full => {}
            }
        }
        while let Some(ended) = running.join_next().await {
            told(ended);
        }
    }

    /// What to fire now, and what to wait for then.
    async fn look(&self, room: usize) -> (Vec<Due>, Wait) {
        let looked = async {
            self.store.connect().await?;
            self.store.claim_due(&self.owner, self.store.now(), room).await
        };
        match looked.await {
            Ok(Outlook { due, next }) => {
                self.worker.store(None);
                let wait = match next {
                    // A firing that ends will be the next thing to look for.
                    None => Wait::Forever,
                    Some(next) if due.is_empty() && next <= self.store.now() => Wait::For(CONTENDED),
                    Some(next) => Wait::Until(next),
                };
                (due, wait)
            }
            Err(error) => {
                tracing::error!(owner = self.owner, %error, "the jobs that are due are not known");
                self.worker.store(Some(&error));
                (Vec::new(), Wait::For(STORE_AGAIN))
            }
        }
    }

    async fn sleep(&self, wait: Wait) {
        match wait {
            Wait::Forever => std::future::pending().await,
            Wait::For(time) => tokio::time::sleep(time).await,
            Wait::Until(next) => loop {
                let now = self.store.now();
                if now >= next {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(next - now).min(GLANCE)).await;
            },
        }
    }

    async fn count(&self, counted: &mut Option<Instant>) {
        if counted.is_some_and(|at| at.elapsed() < COUNT_AGAIN) {
            return;
        }
        if let Ok(count) = self.store.pending(&self.owner, COUNT_TO).await {
            *counted = Some(Instant::now());
            self.worker.pending(count);
        }
    }
}

/// What ends the sleep of an owner with room.
#[derive(Debug, Clone, Copy)]
enum Wait {
    /// A change alone.
    Forever,
    /// A time on the clock.
    Until(u64),
    /// Some time, whatever the clock says.
    For(Duration),
}

async fn fire(store: Arc<JobStore>, worker: Arc<dyn Worker>, firing: Due) {
    let settlement = worker.work(&firing).await;
    // A firing that is not settled would never come back, so this does not give up.
    loop {
        match store.settle(firing.claim.clone(), settlement).await {
            Ok(true) => return,
            Ok(false) => {
                tracing::warn!(
                    job = firing.claim.name(),
                    "another host has taken a firing over that was worked on here"
                );
                return worker.lost(&firing);
            }
            Err(error) => {
                tracing::error!(job = firing.claim.name(), %error, "the end of a firing could not be recorded");
                tokio::time::sleep(STORE_AGAIN).await;
            }
        }
    }
}

fn told(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a firing ended in a panic");
    }
}
