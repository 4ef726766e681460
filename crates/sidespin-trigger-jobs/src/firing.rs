//! One component's jobs: claimed when they are due, given to it, settled by its answer.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::future::{BoxFuture, OptionFuture};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use sidespin_app::ComponentId;
use sidespin_job_store::{Claim, Due, JobStore, Outlook, Settlement};
use sidespin_trigger::Outcome;
use tokio_util::sync::CancellationToken;

use crate::config::EntryConfig;
use crate::metrics::{FiringOutcome, JobsMetrics};

/// The clock that jobs go by may be set, and the machine may sleep; this bounds how late that is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// A store that does not answer is asked again after this.
const STORE_AGAIN: Duration = Duration::from_secs(1);

/// What came back from a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// What it answered, or that it did not.
    Called(Outcome),
    /// It was never asked: the host is out of room, or cannot make an instance.
    NotCalled { reason: String },
}

/// The way to the component.
pub(crate) trait Calls: Send + Sync {
    /// Gives it a firing.
    fn call(&self, firing: &Due) -> BoxFuture<'static, Answer>;
}

/// One component's jobs.
pub(crate) struct Firings {
    pub(crate) store: Arc<JobStore>,
    pub(crate) component: ComponentId,
    pub(crate) config: EntryConfig,
    pub(crate) calls: Arc<dyn Calls>,
    pub(crate) metrics: JobsMetrics,
}

impl Firings {
    /// Fires until `shutdown` is cancelled and what is in flight is settled.
    pub(crate) async fn run(self, shutdown: &CancellationToken) {
        let mut changes = self.store.changes();
        let mut running: FuturesUnordered<BoxFuture<'_, ()>> = FuturesUnordered::new();
        while !shutdown.is_cancelled() {
            // Before the look at the store, so that a change after it is not missed.
            changes.mark_unchanged();
            let room = self.config.concurrency.saturating_sub(running.len());
            let (due, sleep) = self.look(room).await;
            for firing in due {
                running.push(self.fire(firing).boxed());
            }
            let is_full = running.len() >= self.config.concurrency;
            // Without room there is nothing to wake up for but a firing that ends.
            let timer = OptionFuture::from((!is_full).then(|| tokio::time::sleep(sleep)));
            tokio::select! {
                () = shutdown.cancelled() => {}
                Some(()) = running.next() => {}
                Some(()) = timer => {}
                Ok(()) = changes.changed(), if !is_full => {}
            }
        }
        while running.next().await.is_some() {}
    }

    /// What to fire now, and when to look again.
    async fn look(&self, room: usize) -> (Vec<Due>, Duration) {
        let now = now();
        match self.store.claim_due(self.component.as_str(), now, room).await {
            Ok(Outlook { due, next }) => {
                let sleep = next.map_or(LONGEST_SLEEP, |next| {
                    Duration::from_millis(next.saturating_sub(now))
                });
                (due, sleep.min(LONGEST_SLEEP))
            }
            Err(error) => {
                tracing::error!(component = %self.component, %error, "the jobs that are due are not known");
                (Vec::new(), STORE_AGAIN)
            }
        }
    }

    async fn fire(&self, firing: Due) {
        if firing.attempt == 1 {
            self.metrics.begun(
                &self.component,
                Duration::from_millis(now().saturating_sub(firing.due)),
            );
        }
        let answer = self.calls.call(&firing).await;
        let settlement = self.judge(&firing, answer);
        self.settle(firing.claim, settlement).await;
    }

    fn judge(&self, firing: &Due, answer: Answer) -> Settlement {
        let (component, job, attempt) = (&self.component, firing.claim.name(), firing.attempt);
        let (outcome, settlement) = match answer {
            Answer::Called(Outcome::Done) => (FiringOutcome::Done, Settlement::Over { now: now() }),
            Answer::Called(Outcome::Reject { reason }) => {
                tracing::warn!(%component, job, attempt, reason, "a job was rejected and is given up");
                (FiringOutcome::GivenUp, Settlement::Over { now: now() })
            }
            Answer::Called(Outcome::Retry { reason } | Outcome::Trapped { reason })
                if attempt >= self.config.retry.attempts =>
            {
                tracing::error!(%component, job, attempt, reason, "a job is given up after its last attempt");
                (FiringOutcome::GivenUp, Settlement::Over { now: now() })
            }
            Answer::Called(Outcome::Retry { reason } | Outcome::Trapped { reason }) => {
                tracing::warn!(%component, job, attempt, reason, "a job will be tried again");
                let at = later(self.config.retry.delay(attempt));
                (FiringOutcome::Again, Settlement::Retry { at })
            }
            Answer::NotCalled { reason } => {
                tracing::warn!(%component, job, attempt, reason, "a job waits for an instance");
                let at = later(self.config.retry.delay(attempt));
                (FiringOutcome::Again, Settlement::Postpone { at })
            }
        };
        self.metrics.count(component, outcome);
        settlement
    }

    /// A firing that is not settled would never come back, so this does not give up.
    async fn settle(&self, claim: Claim, settlement: Settlement) {
        while let Err(error) = self.store.settle(claim.clone(), settlement).await {
            tracing::error!(component = %self.component, job = claim.name(), %error, "a firing could not be recorded");
            tokio::time::sleep(STORE_AGAIN).await;
        }
    }
}

/// Milliseconds since the Unix epoch.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn later(delay: Duration) -> u64 {
    now().saturating_add(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
