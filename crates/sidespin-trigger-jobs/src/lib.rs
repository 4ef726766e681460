//! The jobs trigger: gives components the jobs that they have scheduled, when they are due.
//!
//! The store's own loop claims them; what is decided here is what an answer means. A firing is settled when its component has
//! answered: what was interrupted by a crash fires again.

mod bindings;
mod config;
mod firing;
mod metrics;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join_all;
use sidespin_app::{App, ComponentId, Diagnostic};
use sidespin_job_store::JobStore;
use sidespin_telemetry::Metrics;
use sidespin_trigger::{Instances, Pool, PoolConfig, Trigger, TriggerContext, TriggerError};

use crate::bindings::JobsBindings;
use crate::config::EntryConfig;
use crate::firing::Firings;
use crate::metrics::JobsMetrics;

/// What the trigger takes from the rest of the host.
#[derive(Debug, Clone)]
pub struct JobsNeeds {
    /// Where the jobs are; shared with the capability that schedules them.
    pub store: Arc<JobStore>,
    /// How instances are kept.
    pub pool: PoolConfig,
    /// Where firings are counted.
    pub metrics: Metrics,
}

/// All components of an application that have jobs.
pub struct JobsTrigger<T: Send + 'static> {
    store: Arc<JobStore>,
    metrics: JobsMetrics,
    entries: BTreeMap<ComponentId, (EntryConfig, Pool<JobsBindings<T>>)>,
}

impl<T: Send + 'static> std::fmt::Debug for JobsTrigger<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("JobsTrigger")
            .field(&self.entries.keys().collect::<Vec<_>>())
            .finish()
    }
}

impl<T: Send + 'static> Trigger<T> for JobsTrigger<T> {
    const TYPE: &'static str = "jobs";

    type Needs = JobsNeeds;

    fn new(app: &App, needs: JobsNeeds, instances: &Arc<dyn Instances<T>>) -> Result<Self, Diagnostic> {
        let mut entries = BTreeMap::new();
        for entry in app.triggers_of(Self::TYPE) {
            let config = EntryConfig::parse(entry)?;
            let bindings = JobsBindings::new(entry, instances)?;
            let pool = Pool::new(
                entry.component.clone(),
                bindings,
                Arc::clone(instances),
                needs.pool.clone(),
            );
            if entries.insert(entry.component.clone(), (config, pool)).is_some() {
                return Err(Diagnostic::new(format!("component `{}` has two jobs triggers", entry.component))
                    .at(entry.location.clone())
                    .hint("remove one of them: a component's jobs are its own, so there is nothing to tell them apart"));
            }
        }
        Ok(Self {
            store: needs.store,
            metrics: JobsMetrics::register(&needs.metrics),
            entries,
        })
    }

    async fn run(self, context: TriggerContext) -> Result<(), TriggerError> {
        let running = self.entries.into_iter().map(|(component, (config, pool))| {
            let firings = Firings {
                store: Arc::clone(&self.store),
                component,
                config,
                calls: Arc::new(pool),
                metrics: self.metrics.clone(),
                context: context.clone(),
            };
            firings.run()
        });
        join_all(running).await;
        context.ready(false);
        Ok(())
    }
}
