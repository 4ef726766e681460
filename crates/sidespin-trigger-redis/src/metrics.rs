//! What is counted of messages.

use std::time::Duration;

use sidespin_app::ComponentId;
use sidespin_telemetry::{
    Counter, EncodeLabelSet, EncodeLabelValue, Family, Histogram, Metrics, latency_histogram,
};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MessageLabels {
    component: String,
    channel: String,
    outcome: MessageOutcome,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum MessageOutcome {
    /// Handled.
    Done,
    /// The component answered with an error, or not at all.
    Failed,
    /// Never given to the component: too many were waiting.
    Dropped,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ChannelLabels {
    component: String,
    channel: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ComponentLabels {
    component: String,
}

/// Messages by component and channel.
#[derive(Debug, Clone)]
pub(crate) struct RedisMetrics {
    messages: Family<MessageLabels, Counter>,
    losses: Family<ChannelLabels, Counter>,
    duration: Family<ComponentLabels, Histogram>,
}

impl RedisMetrics {
    pub(crate) fn register(metrics: &Metrics) -> Self {
        Self {
            messages: metrics.register(
                "redis_messages",
                "Messages of Redis channels that were received",
                Family::default(),
            ),
            losses: metrics.register(
                "redis_connections_lost",
                "Times that a channel's connection was lost",
                Family::default(),
            ),
            duration: metrics.register(
                "redis_message_duration_seconds",
                "Time that a component took for a message",
                Family::new_with_constructor(latency_histogram),
            ),
        }
    }

    pub(crate) fn count(
        &self,
        component: &ComponentId,
        channel: &str,
        outcome: MessageOutcome,
        messages: u64,
    ) {
        if messages == 0 {
            return;
        }
        let labels = MessageLabels {
            component: component.to_string(),
            channel: channel.to_owned(),
            outcome,
        };
        self.messages.get_or_create(&labels).inc_by(messages);
    }

    pub(crate) fn lost(&self, component: &ComponentId, channel: &str) {
        let labels = ChannelLabels {
            component: component.to_string(),
            channel: channel.to_owned(),
        };
        self.losses.get_or_create(&labels).inc();
    }

    pub(crate) fn handled(&self, component: &ComponentId, duration: Duration) {
        let labels = ComponentLabels {
            component: component.to_string(),
        };
        self.duration
            .get_or_create(&labels)
            .observe(duration.as_secs_f64());
    }
}
