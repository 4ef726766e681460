//! The HTTP trigger: routes as Spin has them, requests to components, components to each other.

mod bindings;
mod config;
mod dispatch;
mod headers;
mod metrics;
mod problem;
mod router;
mod server;
mod tls;
mod upload;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use sidespin_app::{App, ComponentId, Diagnostic};
use sidespin_invocation::ServiceToken;
use sidespin_telemetry::Metrics;
use sidespin_trigger::{Instances, Pool, PoolConfig, Trigger, TriggerContext, TriggerError};
use wasmtime_wasi_http::WasiHttpView;

use crate::bindings::HttpBindings;
use crate::config::{EntryConfig, RouteConfig};
use crate::metrics::HttpMetrics;
use crate::router::Router;
use crate::server::Ways;
use crate::tls::Tls;

pub use dispatch::HttpServices;
pub use tls::TlsFiles;

/// What the trigger takes from the rest of the host.
#[derive(Debug, Clone)]
pub struct HttpNeeds {
    /// Where to listen; port 0 for a free one.
    pub listen: SocketAddr,
    /// The identity to serve HTTPS with; HTTP without one.
    pub tls: Option<TlsFiles>,
    /// How instances are kept.
    pub pool: PoolConfig,
    /// Where requests are counted.
    pub metrics: Metrics,
    /// What other processes of the application show to call a component of this one.
    pub service_token: Option<ServiceToken>,
}

/// All HTTP routes of an application.
pub struct HttpTrigger<T: WasiHttpView + 'static> {
    listen: SocketAddr,
    tls: Option<Tls>,
    router: Router,
    services: HttpServices<T>,
    service_token: Option<ServiceToken>,
}

impl<T: WasiHttpView + 'static> std::fmt::Debug for HttpTrigger<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("HttpTrigger")
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}

impl<T: WasiHttpView + 'static> HttpTrigger<T> {
    /// The way to the components from inside of the process.
    #[must_use]
    pub fn services(&self) -> HttpServices<T> {
        self.services.clone()
    }
}

impl<T: WasiHttpView + 'static> Trigger<T> for HttpTrigger<T> {
    const TYPE: &'static str = "http";

    type Needs = HttpNeeds;

    fn new(app: &App, needs: HttpNeeds, instances: &Arc<dyn Instances<T>>) -> Result<Self, Diagnostic> {
        let mut routes = Vec::new();
        let mut pools: BTreeMap<ComponentId, Pool<HttpBindings<T>>> = BTreeMap::new();
        for entry in app.triggers_of(Self::TYPE) {
            let config = EntryConfig::parse(entry)?;
            if let RouteConfig::Public(pattern) = config.route {
                routes.push((pattern, entry));
            }
            if pools.contains_key(&entry.component) {
                continue;
            }
            let bindings = HttpBindings::new(entry, instances)?;
            let pool_config = bindings.pool_config(&needs.pool);
            let pool = Pool::new(
                entry.component.clone(),
                bindings,
                Arc::clone(instances),
                pool_config,
            );
            pools.insert(entry.component.clone(), pool);
        }
        let metrics = HttpMetrics::register(&needs.metrics);
        Ok(Self {
            listen: needs.listen,
            tls: needs.tls.as_ref().map(Tls::read).transpose()?,
            router: Router::new(routes)?,
            services: HttpServices::new(pools, metrics),
            service_token: needs.service_token,
        })
    }

    async fn run(self, context: TriggerContext) -> Result<(), TriggerError> {
        let Self {
            listen,
            tls,
            router,
            services,
            service_token,
        } = self;
        let ways = Ways {
            router,
            services,
            service_token,
        };
        server::run(listen, tls, ways, context).await
    }
}
