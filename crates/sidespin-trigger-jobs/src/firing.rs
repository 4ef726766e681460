//! One component's jobs: given to it when they are due, settled by its answer.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use sidespin_app::ComponentId;
use sidespin_job_store::{Due, Firing, JobStore, JobStoreError, Settlement, Worker};
use sidespin_trigger::{Outcome, TriggerContext};

use crate::config::EntryConfig;
use crate::metrics::{FiringOutcome, JobsMetrics};

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
    pub(crate) context: TriggerContext,
}

impl Firings {
    /// Fires until shutdown and what is in flight is settled.
    pub(crate) async fn run(self) {
        let shutdown = self.context.shutdown.clone();
        let firing = Firing {
            store: Arc::clone(&self.store),
            owner: self.component.to_string(),
            concurrency: self.config.concurrency,
            worker: Arc::new(self),
        };
        firing.run(&shutdown).await;
    }

    fn judge(&self, firing: &Due, answer: Answer) -> Settlement {
        let (component, job, attempt) = (&self.component, firing.claim.name(), firing.attempt);
        let now = self.store.now();
        let (outcome, settlement) = match answer {
            Answer::Called(Outcome::Done) => (FiringOutcome::Done, Settlement::Over { now }),
            Answer::Called(Outcome::Reject { reason }) => {
                tracing::warn!(%component, job, attempt, reason, "a job was rejected and is given up");
                (FiringOutcome::GivenUp, Settlement::Over { now })
            }
            Answer::Called(Outcome::Retry { reason } | Outcome::Trapped { reason })
                if attempt >= self.config.retry.attempts =>
            {
                tracing::error!(%component, job, attempt, reason, "a job is given up after its last attempt");
                (FiringOutcome::GivenUp, Settlement::Over { now })
            }
            Answer::Called(Outcome::Retry { reason } | Outcome::Trapped { reason }) => {
                tracing::warn!(%component, job, attempt, reason, "a job will be tried again");
                let at = later(now, self.config.retry.delay(attempt));
                (FiringOutcome::Again, Settlement::Retry { at })
            }
            Answer::NotCalled { reason } => {
                tracing::warn!(%component, job, attempt, reason, "a job waits for an instance");
                let at = later(now, self.config.retry.delay(attempt));
                (FiringOutcome::Again, Settlement::Postpone { at })
            }
        };
        self.metrics.count(component, outcome);
        settlement
    }
}

impl Worker for Firings {
    fn work<'a>(&'a self, firing: &'a Due) -> BoxFuture<'a, Settlement> {
        async move {
            if firing.attempt == 1 {
                let delay = self.store.now().saturating_sub(firing.due);
                self.metrics.begun(&self.component, Duration::from_millis(delay));
            }
            let answer = self.calls.call(firing).await;
            self.judge(firing, answer)
        }
        .boxed()
    }

    fn lost(&self, _firing: &Due) {
        self.metrics.lost(&self.component);
    }

    fn store(&self, problem: Option<&JobStoreError>) {
        // With the first answer the trigger is ready; before, nothing would fire.
        self.context.ready(true);
        self.context
            .problem(self.component.as_str(), problem.map(ToString::to_string));
    }

    fn pending(&self, count: u64) {
        self.metrics.pending(&self.component, count);
    }
}

fn later(now: u64, delay: Duration) -> u64 {
    now.saturating_add(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
