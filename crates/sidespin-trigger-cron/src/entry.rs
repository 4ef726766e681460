//! One component's entries: each a job that fires at its tick and then waits for the next.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use sidespin_app::ComponentId;
use sidespin_job_store::{Due, Firing, JobStore, JobStoreError, Schedule, Settlement, Worker};
use sidespin_trigger::{Outcome, TriggerContext};

use crate::STORE_AGAIN;
use crate::metrics::{CronMetrics, TickOutcome};
use crate::ticks::Ticks;

/// More entries than any component has.
const MOST_ENTRIES: u64 = 10_000;
/// When a host without room for a tick tries it again.
const ROOM_AGAIN: u64 = 200;

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
    /// Calls it for a tick, milliseconds since the Unix epoch.
    fn call(&self, tick: u64) -> BoxFuture<'static, Answer>;
}

/// One component's entries.
pub(crate) struct Entries {
    pub(crate) store: Arc<JobStore>,
    pub(crate) component: ComponentId,
    /// By the names of their jobs.
    pub(crate) ticks: BTreeMap<String, Ticks>,
    pub(crate) calls: Arc<dyn Calls>,
    pub(crate) metrics: CronMetrics,
    pub(crate) context: TriggerContext,
}

impl Entries {
    /// Ticks until shutdown and what is in flight is settled.
    pub(crate) async fn run(self) {
        let shutdown = self.context.shutdown.clone();
        while let Err(error) = self.prepare().await {
            tracing::error!(component = %self.component, %error, "the cron entries could not be kept");
            self.store(Some(&error));
            tokio::select! {
                () = tokio::time::sleep(STORE_AGAIN) => {}
                () = shutdown.cancelled() => return,
            }
        }
        let firing = Firing {
            store: Arc::clone(&self.store),
            owner: self.owner(),
            // All may tick at once; none ticks beside itself.
            concurrency: self.ticks.len(),
            worker: Arc::new(self),
        };
        firing.run(&shutdown).await;
    }

    /// A name that no component has, so that its own jobs are others.
    fn owner(&self) -> String {
        format!("cron/{}", self.component)
    }

    /// Keeps a job for each entry, and forgets those of entries that the manifest has no more.
    async fn prepare(&self) -> Result<(), JobStoreError> {
        self.store.connect().await?;
        let owner = self.owner();
        for job in self.store.list(Some(&owner), MOST_ENTRIES).await? {
            if !self.ticks.contains_key(&job.name) {
                tracing::info!(component = %self.component, entry = job.name, "a cron entry is not in the manifest any more");
                self.store.cancel(&owner, &job.name).await?;
            }
        }
        let now = self.store.now();
        for (name, ticks) in &self.ticks {
            // The expression was found to tick; if that is over, there is nothing to wait for.
            let Some(due) = ticks.after(now) else { continue };
            let schedule = Schedule {
                owner: owner.clone(),
                name: name.clone(),
                due,
                repeat: None,
                payload: Vec::new(),
            };
            self.store.put_if_absent(schedule).await?;
        }
        Ok(())
    }

    /// After the tick and after the present: what was missed, or passed during the work, is left out.
    fn next(&self, firing: &Due, now: u64) -> Settlement {
        let ticks = self.ticks.get(firing.claim.name());
        match ticks.and_then(|ticks| ticks.after(now.max(firing.due))) {
            Some(due) => Settlement::Next { due },
            None => Settlement::Over { now },
        }
    }
}

impl Worker for Entries {
    fn work<'a>(&'a self, firing: &'a Due) -> BoxFuture<'a, Settlement> {
        async move {
            let (component, entry) = (&self.component, firing.claim.name());
            let delay = self.store.now().saturating_sub(firing.due);
            self.metrics.begun(component, Duration::from_millis(delay));
            let answer = self.calls.call(firing.due).await;
            let now = self.store.now();
            let outcome = match answer {
                Answer::NotCalled { reason } => {
                    tracing::warn!(%component, entry, reason, "a tick waits for an instance");
                    return Settlement::Postpone {
                        at: now.saturating_add(ROOM_AGAIN),
                    };
                }
                Answer::Called(Outcome::Done) => TickOutcome::Done,
                Answer::Called(
                    Outcome::Retry { reason } | Outcome::Reject { reason } | Outcome::Trapped { reason },
                ) => {
                    // The next tick is its second chance.
                    tracing::error!(%component, entry, reason, "a component failed at a tick");
                    TickOutcome::Failed
                }
            };
            self.metrics.count(component, outcome);
            self.next(firing, now)
        }
        .boxed()
    }

    fn lost(&self, _firing: &Due) {
        self.metrics.lost(&self.component);
    }

    fn store(&self, problem: Option<&JobStoreError>) {
        self.context.ready(true);
        self.context
            .problem(self.component.as_str(), problem.map(ToString::to_string));
    }
}

#[cfg(test)]
mod tests;
