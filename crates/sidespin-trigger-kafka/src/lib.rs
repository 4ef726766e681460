//! The Kafka trigger: messages of topics to components, in order by key, tried again, and put aside when they do not work.
//!
//! Each `[[trigger.kafka]]` entry is one member of one consumer group. Its messages are spread over *lanes* by their keys;
//! a lane has one call at a time, so that messages with one key never overtake each other. An offset is committed when
//! everything up to it has been handled or put aside: what was interrupted comes again, and nothing is lost.

mod answer;
mod bindings;
mod config;
mod dead_letter;
mod lane;
mod member;
mod metrics;
mod offsets;
mod topics;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::future::try_join_all;
use sidespin_app::{App, ComponentId, Diagnostic};
use sidespin_kafka_client::{Connection, Producer};
use sidespin_telemetry::Metrics;
use sidespin_trigger::{Instances, Pool, PoolConfig, Trigger, TriggerContext, TriggerError};
use tokio::sync::oneshot;

use crate::bindings::KafkaBindings;
use crate::config::EntryConfig;
use crate::member::{Calls, Member};
use crate::metrics::KafkaMetrics;

/// Every topic that the application's Kafka entries read, or write dead letters to.
///
/// # Errors
/// An entry is not well formed.
pub fn topics(app: &App) -> Result<BTreeSet<String>, Diagnostic> {
    let mut topics = BTreeSet::new();
    for entry in app.triggers_of("kafka") {
        topics.extend(EntryConfig::parse(&app.name, entry)?.all_topics());
    }
    Ok(topics)
}

/// What the trigger takes from the rest of the host.
#[derive(Debug, Clone)]
pub struct KafkaTriggerNeeds {
    /// The cluster.
    pub connection: Connection,
    /// What writes dead letters; shared with the capability.
    pub producer: Producer,
    /// Whether topics may be missing, so that they must be waited for: not in the embedded broker, which has made them.
    pub topics_may_be_missing: bool,
    /// How instances are kept.
    pub pool: PoolConfig,
    /// Where messages are counted.
    pub metrics: Metrics,
}

/// All Kafka entries of an application.
pub struct KafkaTrigger<T: Send + 'static> {
    connection: Connection,
    producer: Producer,
    topics_may_be_missing: bool,
    metrics: KafkaMetrics,
    entries: Vec<(EntryConfig, Pool<KafkaBindings<T>>)>,
}

impl<T: Send + 'static> std::fmt::Debug for KafkaTrigger<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let entries = self.entries.iter().map(|(entry, _pool)| entry);
        formatter
            .debug_tuple("KafkaTrigger")
            .field(&entries.collect::<Vec<_>>())
            .finish()
    }
}

impl<T: Send + 'static> Trigger<T> for KafkaTrigger<T> {
    const TYPE: &'static str = "kafka";

    type Needs = KafkaTriggerNeeds;

    fn new(
        app: &App,
        needs: KafkaTriggerNeeds,
        instances: &Arc<dyn Instances<T>>,
    ) -> Result<Self, Diagnostic> {
        let mut pools: BTreeMap<ComponentId, Pool<KafkaBindings<T>>> = BTreeMap::new();
        let mut entries: Vec<(EntryConfig, Pool<KafkaBindings<T>>)> = Vec::new();
        for entry in app.triggers_of(Self::TYPE) {
            let config = EntryConfig::parse(&app.name, entry)?;
            config.refuse_shared(entry, entries.iter().map(|(other, _pool)| other))?;
            let pool = match pools.get(&entry.component) {
                Some(pool) => pool.clone(),
                None => {
                    let bindings = KafkaBindings::new(entry, instances)?;
                    let instances = Arc::clone(instances);
                    Pool::new(entry.component.clone(), bindings, instances, needs.pool.clone())
                }
            };
            pools.insert(entry.component.clone(), pool.clone());
            entries.push((config, pool));
        }
        Ok(Self {
            connection: needs.connection,
            producer: needs.producer,
            topics_may_be_missing: needs.topics_may_be_missing,
            metrics: KafkaMetrics::register(&needs.metrics),
            entries,
        })
    }

    async fn run(self, context: TriggerContext) -> Result<(), TriggerError> {
        let mut all_joined = Vec::new();
        let mut members = Vec::new();
        for (entry, pool) in self.entries {
            let (joined, has_joined) = oneshot::channel();
            all_joined.push(has_joined);
            let calls: Arc<dyn Calls> = Arc::new(pool);
            let member = Member::new(entry, calls, self.producer.clone(), self.metrics.clone(), joined);
            let (connection, context) = (&self.connection, &context);
            members.push(async move {
                if self.topics_may_be_missing {
                    topics::wait_for(member.entry(), connection, context).await;
                }
                member.run(connection, context).await
            });
        }
        let announcing = async {
            // A member that ends before it has joined is told of by its own error.
            if try_join_all(all_joined).await.is_ok() {
                context.ready(true);
            }
        };
        let (result, ()) = futures::join!(try_join_all(members), announcing);
        context.ready(false);
        result.map(|_all| ())
    }
}
