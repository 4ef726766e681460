//! The cron trigger: calls components at the ticks of an expression.
//!
//! Each entry is a job of the store with the expression as its name, claimed at its tick like any other: so a tick is one call
//! across all hosts on one Postgres, a run that was interrupted by a crash is repeated, and no entry runs twice at once. What is
//! decided here is when the next tick is.

mod bindings;
mod config;
mod entry;
mod metrics;
mod ticks;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use sidespin_app::{App, ComponentId, Diagnostic};
use sidespin_job_store::JobStore;
use sidespin_telemetry::Metrics;
use sidespin_trigger::{Instances, Pool, PoolConfig, Trigger, TriggerContext, TriggerError};

use crate::bindings::CronBindings;
use crate::config::EntryConfig;
use crate::entry::{Calls, Entries};
use crate::metrics::CronMetrics;
use crate::ticks::Ticks;

/// A store that does not answer is asked again after this.
const STORE_AGAIN: Duration = Duration::from_secs(1);

/// What the trigger takes from the rest of the host.
#[derive(Debug, Clone)]
pub struct CronNeeds {
    /// Where the ticks are claimed.
    pub store: Arc<JobStore>,
    /// How instances are kept.
    pub pool: PoolConfig,
    /// Where ticks are counted.
    pub metrics: Metrics,
}

/// All components of an application that are called by cron.
pub struct CronTrigger {
    store: Arc<JobStore>,
    metrics: CronMetrics,
    components: BTreeMap<ComponentId, Component>,
}

/// One component with the ticks of all of its entries, by the names of their jobs.
struct Component {
    ticks: BTreeMap<String, Ticks>,
    calls: Arc<dyn Calls>,
}

impl std::fmt::Debug for CronTrigger {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("CronTrigger")
            .field(&self.components.keys().collect::<Vec<_>>())
            .finish()
    }
}

impl<T: Send + 'static> Trigger<T> for CronTrigger {
    const TYPE: &'static str = "cron";

    type Needs = CronNeeds;

    fn new(app: &App, needs: CronNeeds, instances: &Arc<dyn Instances<T>>) -> Result<Self, Diagnostic> {
        let mut components = BTreeMap::new();
        for entry in app.triggers_of("cron") {
            let ticks = EntryConfig::ticks(entry)?;
            if !components.contains_key(&entry.component) {
                let bindings = CronBindings::new(entry, instances)?;
                let pool = Pool::new(
                    entry.component.clone(),
                    bindings,
                    Arc::clone(instances),
                    needs.pool.clone(),
                );
                let component = Component {
                    ticks: BTreeMap::new(),
                    calls: Arc::new(pool),
                };
                components.insert(entry.component.clone(), component);
            }
            let name = ticks.to_string();
            let known = components.get_mut(&entry.component);
            if known.is_some_and(|component| component.ticks.insert(name, ticks).is_some()) {
                return Err(Diagnostic::new(format!(
                    "component `{}` has two cron triggers with one expression",
                    entry.component
                ))
                .at(entry.location_of("cron_expression").cloned())
                .hint("remove one of them: one tick is one call"));
            }
        }
        Ok(Self {
            store: needs.store,
            metrics: CronMetrics::register(&needs.metrics),
            components,
        })
    }

    async fn run(self, context: TriggerContext) -> Result<(), TriggerError> {
        let running = self
            .components
            .into_iter()
            .map(|(component, Component { ticks, calls })| {
                let entries = Entries {
                    store: Arc::clone(&self.store),
                    component,
                    ticks,
                    calls,
                    metrics: self.metrics.clone(),
                    context: context.clone(),
                };
                entries.run()
            });
        join_all(running).await;
        context.ready(false);
        Ok(())
    }
}
