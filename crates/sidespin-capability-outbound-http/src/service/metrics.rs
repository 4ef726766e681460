//! What is counted of calls to components in other processes.

use std::time::Duration;

use sidespin_app::ComponentId;
use sidespin_telemetry::{
    Counter, EncodeLabelSet, EncodeLabelValue, Family, Gauge, Histogram, Metrics, latency_histogram,
};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    component: String,
    service: String,
    outcome: CallOutcome,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum CallOutcome {
    /// A response came, other than that the service is not to be reached.
    Answered,
    /// None came, after all attempts.
    Failed,
    /// Not sent, because the circuit breaker is open.
    Open,
    /// Not sent, because too many were under way.
    Crowded,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ServiceLabels {
    service: String,
}

/// Calls by service.
#[derive(Debug, Clone)]
pub(crate) struct ServiceMetrics {
    calls: Family<CallLabels, Counter>,
    duration: Family<ServiceLabels, Histogram>,
    retries: Family<ServiceLabels, Counter>,
    open: Family<ServiceLabels, Gauge>,
}

impl ServiceMetrics {
    pub(crate) fn register(metrics: &Metrics) -> Self {
        Self {
            calls: metrics.register(
                "service_calls",
                "Calls to components in other processes",
                Family::default(),
            ),
            duration: metrics.register(
                "service_call_duration_seconds",
                "Time until the head of the response, all attempts included",
                Family::new_with_constructor(latency_histogram),
            ),
            retries: metrics.register(
                "service_call_retries",
                "Attempts after the first one",
                Family::default(),
            ),
            open: metrics.register(
                "service_breaker_open",
                "1 while nothing is sent to a service that did not answer",
                Family::default(),
            ),
        }
    }

    pub(crate) fn count(&self, component: &ComponentId, service: &str, outcome: CallOutcome) {
        let labels = CallLabels {
            component: component.to_string(),
            service: service.to_owned(),
            outcome,
        };
        self.calls.get_or_create(&labels).inc();
    }

    pub(crate) fn took(&self, service: &str, duration: Duration) {
        let histogram = self.duration.get_or_create(&labels(service));
        histogram.observe(duration.as_secs_f64());
    }

    pub(crate) fn retried(&self, service: &str) {
        self.retries.get_or_create(&labels(service)).inc();
    }

    pub(crate) fn open(&self, service: &str, is_open: bool) {
        self.open.get_or_create(&labels(service)).set(i64::from(is_open));
    }
}

fn labels(service: &str) -> ServiceLabels {
    ServiceLabels {
        service: service.to_owned(),
    }
}
