//! `wasi:http` out of a component, 0.2 and 0.3: to the hosts that the manifest grants, and to the application's other
//! components, which `http://<component>.spin.internal` names. Those are called inside this process, or where the runtime
//! configuration says that they are.

mod client;
mod connector;
mod send;
mod service;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use futures::future::BoxFuture;
use sidespin_app::{App, ComponentId, Diagnostic};
use sidespin_capability::{Capability, Lend};
use sidespin_expressions::Variables;
use sidespin_invocation::ServiceToken;
use sidespin_outbound::AllowedHosts;
use sidespin_telemetry::Metrics;
use wasmtime::component::{HasData, Linker};
use wasmtime_wasi_http::{Error, WasiBody, WasiHttp, WasiHttpCtx, WasiHttpCtxView};

pub use send::OutboundHooks;
pub use service::OutboundHttpConfig;

use crate::client::Client;
use crate::connector::Reach;
use crate::service::Services as RemoteServices;

/// Connections to one host that a component keeps without a request on them.
const IDLE_CONNECTIONS: usize = 8;

/// The capability.
#[derive(Debug)]
pub struct OutboundHttp;

impl HasData for OutboundHttp {
    type Data<'a> = WasiHttpCtxView<'a>;
}

/// Calls another component of the application.
pub trait Services: Send + Sync {
    /// Hands a request to `component` and answers with its response.
    fn call(
        &self,
        component: ComponentId,
        request: http::Request<WasiBody>,
    ) -> BoxFuture<'static, Result<http::Response<WasiBody>, Error>>;

    /// Whether `component` runs in this process and takes HTTP requests.
    fn has(&self, component: &ComponentId) -> bool;
}

/// The way to the other components. Known only once they are running, hence filled in late, once.
#[derive(Clone, Default)]
pub struct ServiceDirectory(Arc<OnceLock<Arc<dyn Services>>>);

impl std::fmt::Debug for ServiceDirectory {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("ServiceDirectory")
            .field(&self.0.get().is_some())
            .finish()
    }
}

impl ServiceDirectory {
    /// Opens the way. Opening it twice keeps the first.
    pub fn open(&self, services: Arc<dyn Services>) {
        self.0.get_or_init(|| services);
    }

    pub(crate) fn get(&self) -> Option<&Arc<dyn Services>> {
        self.0.get()
    }
}

/// What the instances of one component share.
#[derive(Debug)]
pub struct ComponentAccess {
    pub(crate) component: ComponentId,
    pub(crate) allowed: Arc<AllowedHosts>,
    pub(crate) services: ServiceDirectory,
    pub(crate) remote: Arc<RemoteServices>,
    /// Made for the first request that leaves the process; most components never send one.
    client: OnceLock<Client>,
}

impl ComponentAccess {
    fn new(
        component: ComponentId,
        allowed: AllowedHosts,
        services: ServiceDirectory,
        remote: Arc<RemoteServices>,
    ) -> Self {
        Self {
            component,
            allowed: Arc::new(allowed),
            services,
            remote,
            client: OnceLock::new(),
        }
    }

    pub(crate) fn client(&self) -> &Client {
        self.client.get_or_init(|| {
            let reach = Reach::Granted {
                component: self.component.clone(),
                allowed: Arc::clone(&self.allowed),
            };
            Client::new(reach, IDLE_CONNECTIONS)
        })
    }
}

/// What the capability takes from the rest of the host.
#[derive(Debug, Clone)]
pub struct OutboundHttpNeeds {
    /// For templates in `allowed_outbound_hosts` and the runtime configuration.
    pub variables: Arc<Variables>,
    /// The way to the other components.
    pub services: ServiceDirectory,
    /// What the application's processes show each other.
    pub token: Option<ServiceToken>,
    /// Where calls to other processes are counted.
    pub metrics: Metrics,
}

/// One instance's state.
#[derive(Debug)]
pub struct OutboundHttpState {
    context: WasiHttpCtx,
    hooks: OutboundHooks,
}

impl OutboundHttpState {
    /// The view that wasmtime's `wasi:http` works on; incoming requests are converted through it too.
    pub fn view<'a>(&'a mut self, table: &'a mut wasmtime::component::ResourceTable) -> WasiHttpCtxView<'a> {
        WasiHttpCtxView {
            hooks: &mut self.hooks,
            table,
            ctx: &mut self.context,
        }
    }
}

fn view<T: Lend<OutboundHttp>>(data: &mut T) -> WasiHttpCtxView<'_> {
    let (state, table) = data.lend();
    state.view(table)
}

impl Capability for OutboundHttp {
    const NAME: &'static str = "outbound HTTP";
    const SERVES: &'static [&'static str] = &["wasi:http/*@0.2", "wasi:http/*@0.3"];

    const CONFIG_KEYS: &'static [&'static str] = &["service_invocation"];

    type Config = OutboundHttpConfig;
    type Needs = OutboundHttpNeeds;
    type AppState = BTreeMap<ComponentId, Arc<ComponentAccess>>;
    type InstanceState = OutboundHttpState;

    fn link<T: Lend<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        use wasmtime_wasi_http::{p2, p3};

        p2::bindings::http::outgoing_handler::add_to_linker::<T, WasiHttp>(linker, view)?;
        let options = p2::bindings::http::types::LinkOptions::default();
        p2::bindings::http::types::add_to_linker::<T, WasiHttp>(linker, &options, view)?;
        p3::bindings::http::client::add_to_linker::<T, WasiHttp>(linker, view)?;
        p3::bindings::http::types::add_to_linker::<T, WasiHttp>(linker, view)
    }

    fn configure(app: &App, config: Self::Config, needs: Self::Needs) -> Result<Self::AppState, Diagnostic> {
        let OutboundHttpNeeds {
            variables,
            services,
            token,
            metrics,
        } = needs;
        let remote = RemoteServices::new(config, &variables, token.as_ref(), &metrics)?;
        let remote = Arc::new(remote);
        app.components
            .values()
            .map(|component| {
                let access = ComponentAccess::new(
                    component.id.clone(),
                    component.allowed_hosts(&variables)?,
                    services.clone(),
                    Arc::clone(&remote),
                );
                Ok((component.id.clone(), Arc::new(access)))
            })
            .collect()
    }

    fn instantiate(state: &Self::AppState, component: &ComponentId) -> Self::InstanceState {
        let access = state.get(component).cloned().unwrap_or_else(|| {
            let (allowed, services) = (AllowedHosts::default(), ServiceDirectory::default());
            Arc::new(ComponentAccess::new(
                component.clone(),
                allowed,
                services,
                Arc::default(),
            ))
        });
        OutboundHttpState {
            context: WasiHttpCtx::new(),
            hooks: OutboundHooks::new(access),
        }
    }
}
