//! The Redis trigger: messages of channels to components, at most once.
//!
//! Redis keeps no message: what is published while nobody listens, or while the connection is away, is gone. So is a message
//! that its component fails on, because there is nobody to ask for it again, and one that finds its entry's queue full. Each is
//! counted. What must not be lost belongs into a topic of Kafka.

mod bindings;
mod config;
mod entry;
mod metrics;
mod queue;
mod source;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use sidespin_app::{App, ComponentId, Diagnostic};
use sidespin_expressions::Variables;
use sidespin_telemetry::Metrics;
use sidespin_trigger::{Instances, Pool, PoolConfig, Trigger, TriggerContext, TriggerError};

use crate::bindings::RedisBindings;
use crate::config::{EntryConfig, Settings};
use crate::entry::{Calls, Entry};
use crate::metrics::RedisMetrics;

/// What the trigger takes from the rest of the host.
#[derive(Debug, Clone)]
pub struct RedisNeeds {
    /// For templates in addresses and channels.
    pub variables: Arc<Variables>,
    /// How instances are kept.
    pub pool: PoolConfig,
    /// Where messages are counted.
    pub metrics: Metrics,
}

/// All Redis entries of an application.
pub struct RedisTrigger<T: Send + 'static> {
    metrics: RedisMetrics,
    entries: Vec<(EntryConfig, Pool<RedisBindings<T>>)>,
}

impl<T: Send + 'static> std::fmt::Debug for RedisTrigger<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let entries = self.entries.iter().map(|(entry, _pool)| entry);
        formatter
            .debug_tuple("RedisTrigger")
            .field(&entries.collect::<Vec<_>>())
            .finish()
    }
}

impl<T: Send + 'static> Trigger<T> for RedisTrigger<T> {
    const TYPE: &'static str = "redis";

    type Needs = RedisNeeds;

    fn new(app: &App, needs: RedisNeeds, instances: &Arc<dyn Instances<T>>) -> Result<Self, Diagnostic> {
        let settings = Settings::of(app)?;
        let mut pools: BTreeMap<ComponentId, Pool<RedisBindings<T>>> = BTreeMap::new();
        let mut entries = Vec::new();
        for entry in app.triggers_of(Self::TYPE) {
            let config = EntryConfig::parse(entry, &settings, &needs.variables)?;
            let pool = match pools.get(&entry.component) {
                Some(pool) => pool.clone(),
                None => {
                    let bindings = RedisBindings::new(entry, instances)?;
                    let instances = Arc::clone(instances);
                    Pool::new(entry.component.clone(), bindings, instances, needs.pool.clone())
                }
            };
            pools.insert(entry.component.clone(), pool.clone());
            entries.push((config, pool));
        }
        Ok(Self {
            metrics: RedisMetrics::register(&needs.metrics),
            entries,
        })
    }

    async fn run(self, context: TriggerContext) -> Result<(), TriggerError> {
        let listening = Listening::new(self.entries.len(), &context);
        let running = self.entries.into_iter().map(|(config, pool)| {
            let calls: Arc<dyn Calls> = Arc::new(pool);
            Entry::new(config, calls, self.metrics.clone()).run(&context.shutdown, &listening)
        });
        join_all(running).await;
        context.ready(false);
        Ok(())
    }
}

/// Which of the entries have a connection. The trigger is ready when all do.
pub(crate) struct Listening<'a> {
    context: &'a TriggerContext,
    /// Counted without a race, because all entries run in one task.
    missing: AtomicUsize,
}

impl<'a> Listening<'a> {
    pub(crate) fn new(entries: usize, context: &'a TriggerContext) -> Self {
        Self {
            context,
            missing: AtomicUsize::new(entries),
        }
    }

    /// An entry has got its connection.
    pub(crate) fn found(&self, part: &str) {
        self.context.problem(part, None);
        if self.missing.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.context.ready(true);
        }
    }

    /// An entry has lost it.
    pub(crate) fn lost(&self, part: &str, reason: &str) {
        self.missing.fetch_add(1, Ordering::Relaxed);
        self.context.ready(false);
        self.still_missing(part, reason);
    }

    /// An entry could not get it.
    pub(crate) fn still_missing(&self, part: &str, reason: &str) {
        self.context.problem(part, Some(reason.to_owned()));
    }
}
