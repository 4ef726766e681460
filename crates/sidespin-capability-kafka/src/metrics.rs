//! What is counted of the messages that components write.

use std::time::Duration;

use sidespin_app::ComponentId;
use sidespin_telemetry::{
    Counter, EncodeLabelSet, EncodeLabelValue, Family, Histogram, Metrics, latency_histogram,
};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MessageLabels {
    component: String,
    topic: String,
    outcome: Outcome,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum Outcome {
    /// All in-sync replicas have it.
    Written,
    /// The component was told that it was not written, or that nobody knows.
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ComponentLabels {
    component: String,
}

/// Messages by component.
#[derive(Debug, Clone)]
pub(crate) struct ProducerMetrics {
    messages: Family<MessageLabels, Counter>,
    duration: Family<ComponentLabels, Histogram>,
}

impl ProducerMetrics {
    pub(crate) fn register(metrics: &Metrics) -> Self {
        Self {
            messages: metrics.register(
                "kafka_produced",
                "Messages that components wrote or could not write",
                Family::default(),
            ),
            duration: metrics.register(
                "kafka_produce_duration_seconds",
                "Time from a component's call to the acknowledgement of all its messages",
                Family::new_with_constructor(latency_histogram),
            ),
        }
    }

    /// Counts the messages of one call, by topic.
    pub(crate) fn call<'a>(
        &self,
        component: &ComponentId,
        topics: impl IntoIterator<Item = (&'a str, u64)>,
        outcome: Outcome,
        took: Duration,
    ) {
        for (topic, count) in topics {
            let labels = MessageLabels {
                component: component.to_string(),
                topic: topic.to_owned(),
                outcome,
            };
            self.messages.get_or_create(&labels).inc_by(count);
        }
        let labels = ComponentLabels {
            component: component.to_string(),
        };
        self.duration.get_or_create(&labels).observe(took.as_secs_f64());
    }
}
