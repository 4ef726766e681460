//! What is counted of ticks.

use std::time::Duration;

use sidespin_app::ComponentId;
use sidespin_telemetry::{
    Counter, EncodeLabelSet, EncodeLabelValue, Family, Histogram, Metrics, latency_histogram,
};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TickLabels {
    component: String,
    outcome: TickOutcome,
}

/// What became of a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum TickOutcome {
    /// The component did its work.
    Done,
    /// It answered with an error, or not at all.
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ComponentLabels {
    component: String,
}

/// Ticks by component.
#[derive(Debug, Clone)]
pub(crate) struct CronMetrics {
    ticks: Family<TickLabels, Counter>,
    delay: Family<ComponentLabels, Histogram>,
    lost: Family<ComponentLabels, Counter>,
}

impl CronMetrics {
    pub(crate) fn register(metrics: &Metrics) -> Self {
        Self {
            ticks: metrics.register(
                "cron_ticks",
                "Ticks that components were called for",
                Family::default(),
            ),
            delay: metrics.register(
                "cron_delay_seconds",
                "Time from a tick to the call of its component",
                Family::new_with_constructor(latency_histogram),
            ),
            lost: metrics.register(
                "cron_claims_lost",
                "Ticks that another host took over while they were worked on",
                Family::default(),
            ),
        }
    }

    pub(crate) fn begun(&self, component: &ComponentId, delay: Duration) {
        self.delay
            .get_or_create(&labels(component))
            .observe(delay.as_secs_f64());
    }

    pub(crate) fn count(&self, component: &ComponentId, outcome: TickOutcome) {
        let labels = TickLabels {
            component: component.to_string(),
            outcome,
        };
        self.ticks.get_or_create(&labels).inc();
    }

    pub(crate) fn lost(&self, component: &ComponentId) {
        self.lost.get_or_create(&labels(component)).inc();
    }
}

fn labels(component: &ComponentId) -> ComponentLabels {
    ComponentLabels {
        component: component.to_string(),
    }
}
