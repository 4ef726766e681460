//! What is counted of messages.

use std::time::Duration;

use sidespin_app::ComponentId;
use sidespin_telemetry::{
    Counter, EncodeLabelSet, EncodeLabelValue, Family, Histogram, Metrics, latency_histogram,
};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MessageLabels {
    component: String,
    topic: String,
    outcome: MessageOutcome,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum MessageOutcome {
    /// Handled.
    Done,
    /// To be delivered again.
    Again,
    /// Put aside.
    DeadLettered,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ComponentLabels {
    component: String,
}

/// Messages by component.
#[derive(Debug, Clone)]
pub(crate) struct KafkaMetrics {
    messages: Family<MessageLabels, Counter>,
    duration: Family<ComponentLabels, Histogram>,
}

impl KafkaMetrics {
    pub(crate) fn register(metrics: &Metrics) -> Self {
        Self {
            messages: metrics.register(
                "kafka_messages",
                "Messages given to components",
                Family::default(),
            ),
            duration: metrics.register(
                "kafka_batch_duration_seconds",
                "Time that a component took for a batch of messages",
                Family::new_with_constructor(latency_histogram),
            ),
        }
    }

    pub(crate) fn count(&self, component: &ComponentId, topic: &str, outcome: MessageOutcome) {
        let labels = MessageLabels {
            component: component.to_string(),
            topic: topic.to_owned(),
            outcome,
        };
        self.messages.get_or_create(&labels).inc();
    }

    pub(crate) fn batch(&self, component: &ComponentId, duration: Duration) {
        let labels = ComponentLabels {
            component: component.to_string(),
        };
        self.duration
            .get_or_create(&labels)
            .observe(duration.as_secs_f64());
    }
}
