//! What is counted of HTTP requests.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use sidespin_app::ComponentId;
use sidespin_telemetry::{Counter, EncodeLabelSet, Family, Histogram, Metrics, latency_histogram};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    component: Arc<str>,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ComponentLabels {
    component: Arc<str>,
}

/// Requests by component, public and between components alike.
#[derive(Debug, Clone)]
pub(crate) struct HttpMetrics {
    requests: Family<RequestLabels, Counter>,
    duration: Family<ComponentLabels, Histogram>,
}

impl HttpMetrics {
    pub(crate) fn register(metrics: &Metrics) -> Self {
        Self {
            requests: metrics.register("http_requests", "HTTP requests answered", Family::default()),
            duration: metrics.register(
                "http_request_duration_seconds",
                "Time from a request's head to its response's head",
                Family::new_with_constructor(latency_histogram),
            ),
        }
    }

    pub(crate) fn count(&self, component: &ComponentId, status: StatusCode, duration: Duration) {
        let component = Arc::from(component);
        let labels = RequestLabels {
            component: Arc::clone(&component),
            status: status.as_u16(),
        };
        self.requests.get_or_create(&labels).inc();
        self.duration
            .get_or_create(&ComponentLabels { component })
            .observe(duration.as_secs_f64());
    }
}
