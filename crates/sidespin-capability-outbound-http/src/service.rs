//! Components that run in another process: where they are, and how a call survives what happens on the way.
//!
//! Attempts after the first one are made only where they cannot do something twice: nothing was sent yet, or the method is
//! idempotent (RFC 9110, section 9.2.2), or the request has an `Idempotency-Key`. A service that does not answer is left alone
//! for a while by the circuit breaker, and is never asked more at once than it may be.

mod config;
mod metrics;
mod replay;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderName, Request, Response, StatusCode, Uri, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use sidespin_app::{ComponentId, Diagnostic};
use sidespin_expressions::Variables;
use sidespin_invocation::ServiceToken;
use sidespin_resilience::{BreakerPolicy, CircuitBreaker, RetryPolicy, Transition};
use sidespin_telemetry::{Metrics, TraceContext};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime_wasi_http::{Error, WasiBody};

pub use config::OutboundHttpConfig;

use self::config::ServiceConfig;
use self::metrics::{CallOutcome, ServiceMetrics};
use self::replay::Replay;
use crate::client::{Client, Patience};
use crate::connector::Reach;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Connections to a service that are kept without a request on them.
const IDLE_CONNECTIONS: usize = 64;

/// Between attempts. Short: the caller waits.
const BACKOFF: Duration = Duration::from_millis(50);
const MAX_BACKOFF: Duration = Duration::from_secs(1);

/// The components that run elsewhere, by name.
#[derive(Debug, Default)]
pub(crate) struct Services(BTreeMap<ComponentId, Arc<Service>>);

/// One of them.
#[derive(Debug)]
struct Service {
    name: String,
    scheme: Scheme,
    authority: Authority,
    /// Goes before every path; no slash at its end.
    base: String,
    token: Option<ServiceToken>,
    timeout: Duration,
    retry: RetryPolicy,
    open_after: u32,
    open_for: Duration,
    breaker: CircuitBreaker,
    places: Arc<Semaphore>,
    client: Client,
    metrics: ServiceMetrics,
}

impl Services {
    pub(crate) fn new(
        config: OutboundHttpConfig,
        variables: &Variables,
        token: Option<&ServiceToken>,
        metrics: &Metrics,
    ) -> Result<Self, Diagnostic> {
        if config.service_invocation.is_empty() {
            return Ok(Self::default());
        }
        let metrics = ServiceMetrics::register(metrics);
        let mut services = BTreeMap::new();
        for (name, config) in config.service_invocation {
            if let Some(service) = Service::new(&name, &config, variables, token, &metrics)? {
                services.insert(ComponentId::from(name.as_str()), Arc::new(service));
            }
        }
        Ok(Self(services))
    }

    pub(crate) fn has(&self, component: &ComponentId) -> bool {
        self.0.contains_key(component)
    }

    /// Sends a request to `component`, whose URI names it.
    pub(crate) async fn call(
        &self,
        caller: &ComponentId,
        component: &ComponentId,
        request: Request<WasiBody>,
        patience: Patience,
    ) -> Result<Response<WasiBody>, Error> {
        let service = self.0.get(component).ok_or(Error::DestinationNotFound)?;
        let Ok(place) = Arc::clone(&service.places).try_acquire_owned() else {
            service.metrics.count(caller, &service.name, CallOutcome::Crowded);
            tracing::warn!(component = %caller, service = service.name, "a call was not sent: as many are under way as `max_concurrent` allows");
            return Err(Error::ConnectionLimitReached);
        };
        let begun = Instant::now();
        let answered = service.send(request, patience).await;
        service.metrics.took(&service.name, begun.elapsed());
        let outcome = match &answered {
            Ok(response) if !is_unavailable(response.status()) => CallOutcome::Answered,
            Err(Error::DestinationUnavailable) => CallOutcome::Open,
            Ok(_) | Err(_) => CallOutcome::Failed,
        };
        service.metrics.count(caller, &service.name, outcome);
        answered.map(|response| response.map(|body| Placed { body, _place: place }.boxed_unsync()))
    }
}

impl Service {
    fn new(
        name: &str,
        config: &ServiceConfig,
        variables: &Variables,
        token: Option<&ServiceToken>,
        metrics: &ServiceMetrics,
    ) -> Result<Option<Self>, Diagnostic> {
        let Some(url) = config.url(name, variables)? else {
            return Ok(None);
        };
        let wrong = || {
            Diagnostic::new(format!("the URL of service `{name}` cannot be called"))
                .hint("write a URL such as \"http://audit.example.svc:80\"")
        };
        let uri: Uri = url.as_str().parse().map_err(|_invalid| wrong())?;
        let parts = uri.into_parts();
        let breaker = BreakerPolicy {
            failures: config.open_after,
            pause: config.open_for,
        };
        Ok(Some(Self {
            name: name.to_owned(),
            scheme: parts.scheme.ok_or_else(wrong)?,
            authority: parts.authority.ok_or_else(wrong)?,
            base: url.path().trim_end_matches('/').to_owned(),
            token: token.cloned(),
            timeout: config.timeout,
            retry: RetryPolicy {
                attempts: config.attempts,
                backoff: BACKOFF,
                max_backoff: MAX_BACKOFF,
            },
            open_after: config.open_after,
            open_for: config.open_for,
            breaker: CircuitBreaker::new(breaker),
            places: Arc::new(Semaphore::new(config.max_concurrent as usize)),
            client: Client::new(Reach::Configured, IDLE_CONNECTIONS),
            metrics: metrics.clone(),
        }))
    }

    async fn send(
        &self,
        request: Request<WasiBody>,
        patience: Patience,
    ) -> Result<Response<WasiBody>, Error> {
        let (mut parts, body) = request.into_parts();
        parts.uri = self.uri(&parts.uri)?;
        // The connection's own authority is sent instead.
        parts.headers.remove(header::HOST);
        sidespin_invocation::address(&mut parts.headers, &self.name, self.token.as_ref());
        TraceContext::advance(&mut parts.headers);
        let is_repeatable = parts.method.is_idempotent() || parts.headers.contains_key(IDEMPOTENCY_KEY);
        let body = Replay::new(body);
        let patience = Patience {
            head: patience.head.min(self.timeout),
            ..patience
        };
        let mut attempt = 1;
        loop {
            let admission = self
                .breaker
                .admit(Instant::now())
                .map_err(|_rest| Error::DestinationUnavailable)?;
            let request = Request::from_parts(parts.clone(), body.body());
            let answered = self.client.send(request, patience).await;
            let failure = Failure::of(&answered);
            let transition = match &failure {
                None => admission.succeeded(),
                Some(_failed) => admission.failed(Instant::now()),
            };
            self.tell(transition, failure.as_ref());
            let Some(failure) = failure else {
                return answered;
            };
            let may_again = !failure.was_sent || (is_repeatable && body.is_whole());
            let delay = self
                .retry
                .delay(attempt)
                .max(failure.not_before.unwrap_or_default());
            if attempt >= self.retry.attempts || !may_again || delay > MAX_BACKOFF {
                return answered;
            }
            tracing::debug!(service = self.name, attempt, reason = %failure.reason, "a call is tried again");
            self.metrics.retried(&self.name);
            tokio::time::sleep(delay).await;
            attempt += 1;
        }
    }

    /// The same path at the service's own address.
    fn uri(&self, asked: &Uri) -> Result<Uri, Error> {
        let path = asked.path_and_query().map_or("/", PathAndQuery::as_str);
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(format!("{}{path}", self.base))
            .build()
            .map_err(|_invalid| Error::HttpRequestUriInvalid)
    }

    fn tell(&self, transition: Option<Transition>, failure: Option<&Failure>) {
        match transition {
            None => {}
            Some(Transition::Opened) => {
                self.metrics.open(&self.name, true);
                let reason = failure.map_or("", |failure| failure.reason.as_str());
                tracing::warn!(
                    service = self.name,
                    reason,
                    "{} calls in a row had no answer; none are sent for {:?}",
                    self.open_after,
                    self.open_for
                );
            }
            Some(Transition::Closed) => {
                self.metrics.open(&self.name, false);
                tracing::info!(service = self.name, "the service answers again");
            }
        }
    }
}

/// What is wrong with an attempt.
struct Failure {
    reason: String,
    /// Whether the service may have seen the request.
    was_sent: bool,
    /// The service asks for so much time.
    not_before: Option<Duration>,
}

impl Failure {
    fn of(answered: &Result<Response<WasiBody>, Error>) -> Option<Self> {
        match answered {
            Ok(response) if is_unavailable(response.status()) => Some(Self {
                reason: response.status().to_string(),
                was_sent: true,
                not_before: retry_after(response.headers()),
            }),
            Ok(_response) => None,
            Err(error) => Some(Self {
                reason: error.to_string(),
                was_sent: !matches!(
                    error,
                    Error::Connect(_) | Error::ConnectionTimeout | Error::DestinationNotFound | Error::Tls(_)
                ),
                not_before: None,
            }),
        }
    }
}

/// Statuses by which whoever stands before a service says that it was not reached, or that it is too busy.
fn is_unavailable(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    )
}

/// Its form in seconds; dates are for people who come back another day.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    seconds.parse().ok().map(Duration::from_secs)
}

/// A response's body, with the place that the call takes until its end.
struct Placed {
    body: WasiBody,
    _place: OwnedSemaphorePermit,
}

impl Body for Placed {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
