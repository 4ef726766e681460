//! What is counted of messages.

use std::time::Duration;

use sidespin_app::ComponentId;
use sidespin_telemetry::{
    Counter, EncodeLabelSet, EncodeLabelValue, Family, Gauge, Histogram, Metrics, latency_histogram,
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
struct PartitionLabels {
    component: String,
    topic: String,
    partition: i32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RebalanceLabels {
    component: String,
    change: Rebalance,
}

/// How the partitions of a member changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum Rebalance {
    /// It got some, or none of many.
    Assigned,
    /// It gives some to another member.
    Revoked,
    /// The group went on without it.
    Lost,
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
    size: Family<ComponentLabels, Histogram>,
    lag: Family<PartitionLabels, Gauge>,
    rebalances: Family<RebalanceLabels, Counter>,
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
            size: metrics.register(
                "kafka_batch_messages",
                "Messages given to a component in one call",
                Family::new_with_constructor(|| {
                    Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1000.0])
                }),
            ),
            lag: metrics.register(
                "kafka_consumer_lag",
                "Messages of a partition that are not committed yet",
                Family::default(),
            ),
            rebalances: metrics.register(
                "kafka_rebalances",
                "Changes of the partitions that a component reads",
                Family::default(),
            ),
        }
    }

    pub(crate) fn count(
        &self,
        component: &ComponentId,
        topic: &str,
        outcome: MessageOutcome,
        messages: usize,
    ) {
        let labels = MessageLabels {
            component: component.to_string(),
            topic: topic.to_owned(),
            outcome,
        };
        self.messages.get_or_create(&labels).inc_by(messages as u64);
    }

    pub(crate) fn lag(&self, component: &ComponentId, topic: &str, partition: i32, messages: u64) {
        let labels = PartitionLabels {
            component: component.to_string(),
            topic: topic.to_owned(),
            partition,
        };
        let messages = i64::try_from(messages).unwrap_or(i64::MAX);
        self.lag.get_or_create(&labels).set(messages);
    }

    /// A partition is another member's business now, and with it its lag.
    pub(crate) fn forget_lag(&self, component: &ComponentId, topic: &str, partition: i32) {
        self.lag.remove(&PartitionLabels {
            component: component.to_string(),
            topic: topic.to_owned(),
            partition,
        });
    }

    pub(crate) fn rebalance(&self, component: &ComponentId, change: Rebalance) {
        let labels = RebalanceLabels {
            component: component.to_string(),
            change,
        };
        self.rebalances.get_or_create(&labels).inc();
    }

    /// A component has been given so many messages at once.
    pub(crate) fn batch(&self, component: &ComponentId, messages: usize, duration: Duration) {
        let labels = ComponentLabels {
            component: component.to_string(),
        };
        #[expect(
            clippy::cast_precision_loss,
            reason = "a batch has at most a thousand messages"
        )]
        self.size.get_or_create(&labels).observe(messages as f64);
        self.duration
            .get_or_create(&labels)
            .observe(duration.as_secs_f64());
    }
}
