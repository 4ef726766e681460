//! One component's jobs: waits for the next, fires it, settles it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use prometheus_client::encoding::EncodeLabelSet;
use sidespin_app::ComponentId;
use sidespin_job_store::{Due, JobStore, Settlement};
use sidespin_telemetry::{Counter, Family, Histogram, Metrics, latency_histogram};
use sidespin_trigger::{Outcome, Pool, TriggerError};
use sidespin_world::job_worker::exports::sidespin::jobs::job_handler::{Failure, Job};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::bindings::JobBindings;
use crate::config::EntryConfig;

/// The longest sleep. The clock may be set while the trigger sleeps; it is looked at again at least this often.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// How long to wait before asking a store again that did not answer.
const STORE_PAUSE: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FiringLabels {
    component: String,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ComponentLabels {
    component: String,
}

/// What is counted of jobs.
#[derive(Debug, Clone)]
pub(crate) struct JobMetrics {
    firings: Family<FiringLabels, Counter>,
    lateness: Family<ComponentLabels, Histogram>,
}

impl JobMetrics {
    pub(crate) fn register(metrics: &Metrics) -> Self {
        Self {
            firings: metrics.register("job_firings", "Attempts at firing a job, by result", Family::default()),
            lateness: metrics.register(
                "job_lateness_seconds",
                "Time from a job's due time to its first attempt",
                Family::new_with_constructor(latency_histogram),
            ),
        }
    }

    fn count(&self, component: &ComponentId, outcome: &Outcome) {
        let result = match outcome {
            Outcome::Done => "done",
            Outcome::Retry { .. } => "retry",
            Outcome::Reject { .. } => "reject",
            Outcome::Trapped { .. } => "trapped",
        };
        self.firings.get_or_create(&FiringLabels { component: component.to_string(), result }).inc();
    }
}

/// Fires one component's jobs.
pub(crate) struct Worker<T: Send + 'static> {
    inner: Arc<Inner<T>>,
}

struct Inner<T: Send + 'static> {
    component: ComponentId,
    config: EntryConfig,
    pool: Pool<JobBindings<T>>,
    store: Arc<JobStore>,
    metrics: JobMetrics,
}

impl<T: Send + 'static> Worker<T> {
    pub(crate) fn new(
        component: ComponentId,
        config: EntryConfig,
        pool: Pool<JobBindings<T>>,
        store: Arc<JobStore>,
        metrics: JobMetrics,
    ) -> Self {
        Self { inner: Arc::new(Inner { component, config, pool, store, metrics }) }
    }

    pub(crate) fn component(&self) -> &ComponentId {
        &self.inner.component
    }

    pub(crate) async fn run(self, shutdown: CancellationToken) -> Result<(), TriggerError> {
        let inner = self.inner;
        let owner = inner.component.as_str();
        let mut changes = inner.store.changes();
        let mut firing = JoinSet::new();
        while !shutdown.is_cancelled() {
            changes.mark_unchanged();
            let room = inner.config.concurrency.saturating_sub(firing.len());
            let sleep = match inner.store.claim_due(owner, now(), room).await {
                Ok(outlook) => {
                    for due in outlook.due {
                        firing.spawn(Arc::clone(&inner).fire(due));
                    }
                    // With all hands full it is the end of a firing that matters, not the next due time.
                    let full = firing.len() >= inner.config.concurrency;
                    outlook.next.filter(|_| !full).map_or(LONGEST_SLEEP, until)
                }
                Err(error) => {
                    tracing::error!(component = owner, %error, "the jobs cannot be read");
                    STORE_PAUSE
                }
            };
            tokio::select! {
                () = tokio::time::sleep(sleep) => {}
                changed = changes.changed() => if changed.is_err() { break },
                Some(_ended) = firing.join_next(), if !firing.is_empty() => {}
                () = shutdown.cancelled() => {}
            }
        }
        while firing.join_next().await.is_some() {}
        Ok(())
    }
}

impl<T: Send + 'static> Inner<T> {
    async fn fire(self: Arc<Self>, due: Due) {
        let name = due.claim.name().to_owned();
        if due.attempt == 1 {
            let late = Duration::from_millis(now().saturating_sub(due.due));
            let labels = ComponentLabels { component: self.component.to_string() };
            self.metrics.lateness.get_or_create(&labels).observe(late.as_secs_f64());
        }
        let attempt = due.attempt;
        let job = Job { name: name.clone(), due: due.due, attempt, payload: due.payload };
        let outcome = self.invoke(job).await;
        self.metrics.count(&self.component, &outcome);
        let settlement = self.settlement(&name, attempt, outcome);
        // A claim that cannot be settled stays claimed until the restart, when the job is due again.
        if let Err(error) = self.store.settle(due.claim, settlement).await {
            tracing::error!(component = %self.component, job = name, %error, "the end of a firing is not recorded");
        }
    }

    async fn invoke(&self, job: Job) -> Outcome {
        let called = self
            .pool
            .call(move |accessor, worker| {
                async move { worker.sidespin_jobs_job_handler().call_handle_job(accessor, job).await }.boxed()
            })
            .await;
        match called {
            Ok(Ok(())) => Outcome::Done,
            Ok(Err(Failure::Retry(reason))) => Outcome::Retry { reason },
            Ok(Err(Failure::Reject(reason))) => Outcome::Reject { reason },
            Err(error) => Outcome::Trapped { reason: error.to_string() },
        }
    }

    fn settlement(&self, name: &str, attempt: u32, outcome: Outcome) -> Settlement {
        let component = &self.component;
        match outcome {
            Outcome::Done => Settlement::Over { now: now() },
            Outcome::Reject { reason } => {
                tracing::warn!(%component, job = name, "the job gave its firing up: {reason}");
                Settlement::Over { now: now() }
            }
            Outcome::Retry { reason } | Outcome::Trapped { reason } if attempt < self.config.retry.attempts => {
                let pause = self.config.retry.pause(attempt);
                tracing::warn!(%component, job = name, attempt, ?pause, "a firing failed and is repeated: {reason}");
                Settlement::Retry { at: now().saturating_add(millis(pause)) }
            }
            Outcome::Retry { reason } | Outcome::Trapped { reason } => {
                tracing::error!(%component, job = name, attempt, "a firing failed for the last time: {reason}");
                Settlement::Over { now: now() }
            }
        }
    }
}

fn until(due: u64) -> Duration {
    Duration::from_millis(due.saturating_sub(now())).min(LONGEST_SLEEP)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Milliseconds since the Unix epoch.
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, millis)
}
