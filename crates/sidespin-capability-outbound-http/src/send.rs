//! Sends one request: to another component, or to a granted host at an address that may be reached.

use std::sync::Arc;

use sidespin_app::ComponentId;
use sidespin_outbound::Destination;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use crate::ComponentAccess;
use crate::client::Patience;

/// The policy behind `wasi:http`'s client, for one instance.
#[derive(Debug)]
pub struct OutboundHooks {
    access: Arc<ComponentAccess>,
}

impl OutboundHooks {
    pub(crate) fn new(access: Arc<ComponentAccess>) -> Self {
        Self { access }
    }
}

type Sent = Result<
    (
        http::Response<WasiBody>,
        Box<dyn Future<Output = Result<(), Error>> + Send>,
    ),
    Error,
>;

impl WasiHttpHooks for OutboundHooks {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _response_processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        Box::new(send(Arc::clone(&self.access), request, options))
    }
}

async fn send(
    access: Arc<ComponentAccess>,
    request: http::Request<WasiBody>,
    options: Option<RequestOptions>,
) -> Sent {
    let destination = Destination::parse(&request.uri().to_string(), "https").map_err(|error| {
        tracing::warn!(component = %access.component, %error, "an outbound request has no usable address");
        Error::HttpRequestUriInvalid
    })?;
    if !access.allowed.allows(&destination) {
        let hint = access
            .allowed
            .denial_hint(access.component.as_str(), &destination);
        tracing::warn!(component = %access.component, "an outbound request was denied; {hint}");
        return Err(Error::HttpRequestDenied);
    }
    let patience = Patience::of(options.unwrap_or_default());
    let response = match destination.component() {
        Some(component) => call_component(&access, ComponentId::from(component), request, patience).await?,
        None => access.client().send(request, patience).await?,
    };
    // The connection is driven by a task of its own.
    Ok((response, Box::new(std::future::ready(Ok(())))))
}

/// In this process where it runs, elsewhere where the runtime configuration says.
async fn call_component(
    access: &ComponentAccess,
    component: ComponentId,
    request: http::Request<WasiBody>,
    patience: Patience,
) -> Result<http::Response<WasiBody>, Error> {
    if let Some(services) = access.services.get().filter(|services| services.has(&component)) {
        return services.call(component, request).await;
    }
    if access.remote.has(&component) {
        return access
            .remote
            .call(&access.component, &component, request, patience)
            .await;
    }
    tracing::warn!(
        component = %access.component,
        "`{component}.spin.internal` was called, but no component `{component}` with an HTTP trigger runs here; \
         name its URL under `[service_invocation]` in runtime-config.toml"
    );
    Err(Error::DestinationNotFound)
}
