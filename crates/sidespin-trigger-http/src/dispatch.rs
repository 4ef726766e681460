//! One request to one component.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt;
use futures::channel::oneshot;
use sidespin_app::ComponentId;
use sidespin_telemetry::TraceContext;
use sidespin_trigger::{CallError, Pool};
use wasmtime::AsContextMut;
use wasmtime_wasi_http::handler::{ExpirationError, Prepared};
use wasmtime_wasi_http::{Error, WasiBody, WasiHttpView, p2, p3};

use crate::bindings::HttpBindings;
use crate::metrics::HttpMetrics;

/// The components that take HTTP requests. Cheap to clone.
pub struct HttpServices<T: WasiHttpView + 'static> {
    inner: Arc<Inner<T>>,
}

struct Inner<T: WasiHttpView + 'static> {
    pools: BTreeMap<ComponentId, Pool<HttpBindings<T>>>,
    metrics: HttpMetrics,
}

impl<T: WasiHttpView + 'static> Clone for HttpServices<T> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<T: WasiHttpView + 'static> std::fmt::Debug for HttpServices<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.inner.pools.keys()).finish()
    }
}

/// Why there is no response.
#[derive(Debug)]
pub(crate) enum DispatchError {
    /// No such component takes requests.
    Unknown,
    /// The component was not reached, or did not answer.
    Call(CallError),
    /// The component answered with an error instead of a response.
    Guest(String),
}

impl<T: WasiHttpView + 'static> HttpServices<T> {
    pub(crate) fn new(pools: BTreeMap<ComponentId, Pool<HttpBindings<T>>>, metrics: HttpMetrics) -> Self {
        Self {
            inner: Arc::new(Inner { pools, metrics }),
        }
    }

    /// Whether `component` takes requests.
    #[must_use]
    pub fn has(&self, component: &ComponentId) -> bool {
        self.inner.pools.contains_key(component)
    }

    /// Hands a request to `component`, whether its route is public or private. The request's URI is absolute.
    ///
    /// # Errors
    /// The component is unknown, traps, answers with an error, or takes too long.
    pub async fn call(
        &self,
        component: &ComponentId,
        request: http::Request<WasiBody>,
    ) -> Result<http::Response<WasiBody>, Error> {
        self.dispatch(component, request)
            .await
            .map_err(|error| match error {
                DispatchError::Unknown => Error::DestinationNotFound,
                DispatchError::Call(CallError::DeadlineExceeded { .. }) => Error::HttpResponseTimeout,
                DispatchError::Call(CallError::Overloaded { .. }) => Error::ConnectionLimitReached,
                DispatchError::Call(error) => Error::InternalError(Some(error.to_string())),
                DispatchError::Guest(message) => Error::InternalError(Some(message)),
            })
    }

    pub(crate) async fn dispatch(
        &self,
        component: &ComponentId,
        mut request: http::Request<WasiBody>,
    ) -> Result<http::Response<WasiBody>, DispatchError> {
        TraceContext::ensure(request.headers_mut());
        let pool = self.inner.pools.get(component).ok_or(DispatchError::Unknown)?;
        let began = Instant::now();
        let result = invoke(pool, request).await;
        let status = match &result {
            Ok(response) => response.status(),
            Err(error) => error.status(),
        };
        self.inner.metrics.count(component, status, began.elapsed());
        result
    }
}

async fn invoke<T: WasiHttpView + 'static>(
    pool: &Pool<HttpBindings<T>>,
    request: http::Request<WasiBody>,
) -> Result<http::Response<WasiBody>, DispatchError> {
    let answered = pool
        .call(move |accessor, proxy| {
            async move {
                let (reply, response) = oneshot::channel();
                let prepared = accessor.with(|mut access| {
                    Prepared::new(access.as_context_mut(), proxy, request, T::http, reply)
                })?;
                // The pool has its own deadline, so the call itself never expires.
                prepared.run(accessor, std::future::pending()).await?;
                match response.await {
                    Ok(Ok(response)) => Ok(Ok(response)),
                    Ok(Err(error)) => guest_error(error).map(Err),
                    Err(_dropped) => Err(ExpirationError.into()),
                }
            }
            .boxed()
        })
        .await
        .map_err(DispatchError::Call)?;
    answered.map_err(DispatchError::Guest)
}

/// What the guest said instead of a response, or the trap that kept it from saying anything.
fn guest_error(error: wasmtime::Error) -> wasmtime::Result<String> {
    if let Some(code) = error.downcast_ref::<p3::bindings::http::types::ErrorCode>() {
        return Ok(code.to_string());
    }
    if let Some(code) = error.downcast_ref::<p2::bindings::http::types::ErrorCode>() {
        return Ok(code.to_string());
    }
    if let Some(code) = error.downcast_ref::<Error>() {
        return Ok(code.to_string());
    }
    Err(error)
}
