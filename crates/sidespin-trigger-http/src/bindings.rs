//! What an HTTP component exports: `wasi:http/handler@0.3` or `wasi:http/incoming-handler@0.2`.

use std::sync::Arc;

use sidespin_app::{Diagnostic, TriggerEntry};
use sidespin_trigger::{Bindings, Instances, PoolConfig};
use wasmtime::Store;
use wasmtime_wasi_http::handler::{Proxy, ProxyPre};
use wasmtime_wasi_http::{WasiHttpView, p2, p3};

/// The exports of one component, found once.
pub(crate) struct HttpBindings<T: 'static> {
    pre: ProxyPre<T>,
}

impl<T: WasiHttpView + 'static> HttpBindings<T> {
    pub(crate) fn new(entry: &TriggerEntry, instances: &Arc<dyn Instances<T>>) -> Result<Self, Diagnostic> {
        let component = &entry.component;
        let Some(instance_pre) = instances.instance_pre(component) else {
            return Err(Diagnostic::new(format!(
                "the HTTP trigger names a component `{component}` that is not loaded"
            ))
            .at(entry.location.clone())
            .hint(format!("declare `[component.{component}]`")));
        };
        if let Ok(pre) = p3::bindings::ServicePre::new(instance_pre.clone()) {
            return Ok(Self {
                pre: ProxyPre::P3(pre),
            });
        }
        match p2::bindings::ProxyPre::new(instance_pre) {
            Ok(pre) => Ok(Self { pre: ProxyPre::P2(pre) }),
            Err(_missing) => Err(Diagnostic::new(format!(
                "component `{component}` has an HTTP trigger but exports no HTTP handler"
            ))
            .at(entry.location.clone())
            .hint("export `wasi:http/handler@0.3.0` or `wasi:http/incoming-handler@0.2.0`; with the Rust SDK, put `#[http_service]` on the handler")),
        }
    }

    /// A 0.2 handler takes one request in its life, as the interface was made for; a 0.3 one is reused.
    pub(crate) fn pool_config(&self, config: &PoolConfig) -> PoolConfig {
        match self.pre {
            ProxyPre::P2(_) => PoolConfig {
                concurrency: 1,
                uses: 1,
                ..config.clone()
            },
            ProxyPre::P3(_) => config.clone(),
        }
    }
}

impl<T: WasiHttpView + 'static> Bindings for HttpBindings<T> {
    type Data = T;
    type Exports = Proxy;

    async fn instantiate(&self, store: &mut Store<T>) -> wasmtime::Result<Proxy> {
        self.pre.instantiate_async(store).await
    }
}
