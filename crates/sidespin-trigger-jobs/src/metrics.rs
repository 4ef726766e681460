//! What is counted of firings.

use std::time::Duration;

use sidespin_app::ComponentId;
use sidespin_telemetry::{
    Counter, EncodeLabelSet, EncodeLabelValue, Family, Gauge, Histogram, Metrics, latency_histogram,
};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FiringLabels {
    component: String,
    outcome: FiringOutcome,
}

/// What became of a firing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum FiringOutcome {
    /// Done.
    Done,
    /// To be tried again.
    Again,
    /// Given up: rejected, or out of attempts.
    GivenUp,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ComponentLabels {
    component: String,
}

/// Firings by component.
#[derive(Debug, Clone)]
pub(crate) struct JobsMetrics {
    firings: Family<FiringLabels, Counter>,
    delay: Family<ComponentLabels, Histogram>,
    lost: Family<ComponentLabels, Counter>,
    pending: Family<ComponentLabels, Gauge>,
}

impl JobsMetrics {
    pub(crate) fn register(metrics: &Metrics) -> Self {
        Self {
            firings: metrics.register(
                "job_firings",
                "Firings of jobs given to components",
                Family::default(),
            ),
            delay: metrics.register(
                "job_delay_seconds",
                "Time from when a job was due to its first attempt",
                Family::new_with_constructor(latency_histogram),
            ),
            lost: metrics.register(
                "job_claims_lost",
                "Firings that another host took over while they were worked on",
                Family::default(),
            ),
            pending: metrics.register(
                "job_pending",
                "Jobs that are kept, counted up to 100000 and at most once a minute",
                Family::default(),
            ),
        }
    }

    pub(crate) fn count(&self, component: &ComponentId, outcome: FiringOutcome) {
        let labels = FiringLabels {
            component: component.to_string(),
            outcome,
        };
        self.firings.get_or_create(&labels).inc();
    }

    pub(crate) fn begun(&self, component: &ComponentId, delay: Duration) {
        self.delay
            .get_or_create(&labels(component))
            .observe(delay.as_secs_f64());
    }

    pub(crate) fn lost(&self, component: &ComponentId) {
        self.lost.get_or_create(&labels(component)).inc();
    }

    pub(crate) fn pending(&self, component: &ComponentId, count: u64) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.pending.get_or_create(&labels(component)).set(count);
    }
}

fn labels(component: &ComponentId) -> ComponentLabels {
    ComponentLabels {
        component: component.to_string(),
    }
}
