//! `sidespin:kafka`: a component writes to and looks at the topics that its manifest entry grants.
//!
//! All components share one producer and one reader per topic. What a component reads here is ephemeral; work that must
//! not be lost comes through the Kafka trigger.

mod fan_out;
mod grants;
mod host;
mod hub;
mod metrics;
mod queue;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sidespin_app::{App, Component, ComponentId, Diagnostic};
use sidespin_capability::{Capability, Lend};
use sidespin_kafka_client::{Connection, Producer};
use sidespin_telemetry::Metrics;
use sidespin_world::kafka::{outbound_kafka, subscription, types};
use wasmtime::component::{HasData, Linker, ResourceTable};

use crate::grants::Grants;
use crate::hub::SubscriptionHub;
use crate::metrics::ProducerMetrics;

/// The capability.
#[derive(Debug)]
pub struct Kafka;

/// Every topic that some component of the application is granted.
///
/// # Errors
/// A grant is not well formed.
pub fn granted_topics(app: &App) -> Result<BTreeSet<String>, Diagnostic> {
    let mut topics = BTreeSet::new();
    for component in app.components.values() {
        topics.extend(Grants::of(component)?.into_topics());
    }
    Ok(topics)
}

/// What the capability takes from the rest of the host.
#[derive(Debug, Clone)]
pub struct KafkaNeeds {
    /// The cluster.
    pub connection: Connection,
    /// What writes to it; shared with the trigger, which writes dead letters.
    pub producer: Producer,
    /// Where messages are counted.
    pub metrics: Metrics,
}

/// What all instances share.
#[derive(Debug)]
pub struct KafkaState {
    granted: BTreeMap<ComponentId, Arc<Grants>>,
    producer: Producer,
    hub: SubscriptionHub,
    metrics: ProducerMetrics,
}

/// What one instance may do.
#[derive(Debug, Clone)]
pub struct KafkaInstance {
    component: ComponentId,
    granted: Arc<Grants>,
    producer: Producer,
    hub: SubscriptionHub,
    metrics: ProducerMetrics,
}

/// What host calls see of an instance.
#[derive(Debug)]
pub struct KafkaView<'a> {
    pub(crate) instance: &'a KafkaInstance,
    pub(crate) table: &'a mut ResourceTable,
}

impl HasData for Kafka {
    type Data<'a> = KafkaView<'a>;
}

impl Capability for Kafka {
    const NAME: &'static str = "kafka";
    const SERVES: &'static [&'static str] = &[
        "sidespin:kafka/outbound-kafka@0.1.0",
        "sidespin:kafka/subscription@0.1.0",
    ];

    type Config = BTreeMap<String, ()>;
    type Needs = KafkaNeeds;
    type AppState = KafkaState;
    type InstanceState = KafkaInstance;

    fn link<T: Lend<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        fn view<T: Lend<Kafka>>(data: &mut T) -> KafkaView<'_> {
            let (instance, table) = data.lend();
            KafkaView { instance, table }
        }
        types::add_to_linker::<T, Self>(linker, view)?;
        outbound_kafka::add_to_linker::<T, Self>(linker, view)?;
        subscription::add_to_linker::<T, Self>(linker, view)
    }

    fn configure(app: &App, _config: Self::Config, needs: KafkaNeeds) -> Result<KafkaState, Diagnostic> {
        let granted = app
            .components
            .values()
            .map(|component| Ok((component.id.clone(), Arc::new(Grants::of(component)?))))
            .collect::<Result<_, Diagnostic>>()?;
        Ok(KafkaState {
            granted,
            producer: needs.producer,
            hub: SubscriptionHub::new(needs.connection),
            metrics: ProducerMetrics::register(&needs.metrics),
        })
    }

    fn missing_grant(component: &Component) -> Option<String> {
        // A table that cannot be read has been refused before anyone asks.
        let has_none = Grants::of(component).is_ok_and(|grants| grants.is_empty());
        has_none.then(|| "tool.sidespin = { kafka_topics = [\"<topic>\"] }".to_owned())
    }

    fn instantiate(state: &KafkaState, component: &ComponentId) -> KafkaInstance {
        KafkaInstance {
            granted: state.granted.get(component).cloned().unwrap_or_default(),
            component: component.clone(),
            producer: state.producer.clone(),
            hub: state.hub.clone(),
            metrics: state.metrics.clone(),
        }
    }
}
