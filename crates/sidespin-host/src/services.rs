//! Service invocation: the HTTP trigger's way into components, offered to the capability that sends requests.

use futures::FutureExt;
use futures::future::BoxFuture;
use sidespin_app::ComponentId;
use sidespin_capability_outbound_http::Services;
use sidespin_trigger_http::HttpServices;
use wasmtime_wasi_http::{Error, WasiBody};

use crate::data::InstanceData;

/// The components of this process.
pub(crate) struct LocalServices(pub(crate) HttpServices<InstanceData>);

impl Services for LocalServices {
    fn call(
        &self,
        component: ComponentId,
        request: http::Request<WasiBody>,
    ) -> BoxFuture<'static, Result<http::Response<WasiBody>, Error>> {
        let services = self.0.clone();
        async move { services.call(&component, request).await }.boxed()
    }

    fn has(&self, component: &ComponentId) -> bool {
        self.0.has(component)
    }
}
