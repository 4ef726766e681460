//! Accepts connections, finds each request's component, and drains on shutdown.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::uri::Scheme;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header, request};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use sidespin_app::ComponentId;
use sidespin_invocation::ServiceToken;
use sidespin_trigger::{TriggerContext, TriggerError};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::either::Either;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use wasmtime_wasi_http::{Error, WasiBody, WasiHttpView};

use crate::dispatch::{DispatchError, HttpServices};
use crate::router::Router;
use crate::tls::Tls;
use crate::upload::Upload;
use crate::{headers, problem};

/// Connections open at once; further ones wait to be accepted. Room for many event streams, bounded all the same.
const CONNECTIONS: usize = 20_000;

/// How long a client may take to send a request's head. Slower ones would hold connections for nothing.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to wait after the system refused a connection, mostly because files ran out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The ways to the components.
pub(crate) struct Ways<T: WasiHttpView + 'static> {
    pub(crate) router: Router,
    pub(crate) services: HttpServices<T>,
    pub(crate) service_token: Option<ServiceToken>,
}

/// What every connection needs.
struct Application<T: WasiHttpView + 'static> {
    ways: Ways<T>,
    listening: SocketAddr,
    scheme: Scheme,
    shutdown: CancellationToken,
}

pub(crate) async fn run<T: WasiHttpView + 'static>(
    listen: SocketAddr,
    tls: Option<Tls>,
    ways: Ways<T>,
    context: TriggerContext,
) -> Result<(), TriggerError> {
    let refused = |source| TriggerError::Listen {
        what: "HTTP",
        address: listen,
        source,
        hint: "stop what uses the address, or give another one with `--listen`".to_owned(),
    };
    let listener = TcpListener::bind(listen).await.map_err(refused)?;
    let listening = listener.local_addr().map_err(refused)?;
    for (pattern, component) in ways.router.patterns() {
        tracing::debug!(%component, "{listening}{pattern}");
    }
    let shutdown = context.shutdown.clone();
    let application = Arc::new(Application {
        ways,
        listening,
        scheme: if tls.is_some() {
            Scheme::HTTPS
        } else {
            Scheme::HTTP
        },
        shutdown: shutdown.clone(),
    });
    context.listening(listening);
    context.ready(true);

    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    builder.http2().timer(TokioTimer::new());
    let builder = Arc::new(builder);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = shutdown.cancelled() => break,
        };
        let Some((stream, client, place)) = accepted else {
            continue;
        };
        let application = Arc::clone(&application);
        let described_client = headers::of_client(client);
        let service = service_fn(move |request| {
            let application = Arc::clone(&application);
            let client = described_client.clone();
            async move { Ok::<_, Infallible>(application.answer(request, client.as_ref()).await) }
        });
        let (builder, tls, watcher) = (Arc::clone(&builder), tls.clone(), graceful.watcher());
        tokio::spawn(async move {
            let stream = match tls {
                None => Either::Left(stream),
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => Either::Right(stream),
                    Err(error) => {
                        tracing::debug!(%client, %error, "a client did not complete the TLS handshake");
                        return;
                    }
                },
            };
            let connection = builder
                .serve_connection(TokioIo::new(stream), service)
                .into_owned();
            let connection = watcher.watch(connection);
            if let Err(error) = connection.await {
                tracing::debug!(%client, %error, "a connection ended in an error");
            }
            drop(place);
        });
    }
    context.ready(false);
    drop(listener);
    graceful.shutdown().await;
    Ok(())
}

type Accepted = (
    tokio::net::TcpStream,
    SocketAddr,
    tokio::sync::OwnedSemaphorePermit,
);

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, client)) => {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%client, %error, "a connection has gone already");
            }
            Some((stream, client, place))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection was not accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

impl<T: WasiHttpView + 'static> Application<T> {
    async fn answer(&self, request: Request<Incoming>, client: Option<&HeaderValue>) -> Response<WasiBody> {
        let (mut parts, body) = Upload::take(request);
        let token = self.ways.service_token.as_ref();
        let component = match sidespin_invocation::addressed(&mut parts.headers, token) {
            Ok(Some(component)) => self.addressed(&mut parts, &component),
            Ok(None) => self.routed(&mut parts, client),
            Err(forged) => {
                tracing::warn!(client = ?client, "a call was refused: {forged}");
                Err(StatusCode::FORBIDDEN)
            }
        };
        let component = match component {
            Ok(component) => component,
            Err(status) => return problem::response(status),
        };
        let request = Request::from_parts(parts, body.boxed_unsync());
        match self.ways.services.dispatch(&component, request).await {
            Ok(response) => self.bounded(response),
            Err(error) => {
                log(&component, &error);
                problem::response(error.status())
            }
        }
    }

    /// The component that a request's path leads to, which is told how.
    fn routed(
        &self,
        parts: &mut request::Parts,
        client: Option<&HeaderValue>,
    ) -> Result<ComponentId, StatusCode> {
        let matched = self
            .ways
            .router
            .find(parts.uri.path())
            .ok_or(StatusCode::NOT_FOUND)?;
        let uri = headers::absolute(&parts.uri, &parts.headers, &self.scheme, self.listening)
            .ok_or(StatusCode::BAD_REQUEST)?;
        headers::strip(&mut parts.headers);
        let component = matched.component.clone();
        headers::describe(&mut parts.headers, &uri, matched, client);
        parts.uri = uri;
        Ok(component)
    }

    /// The component that another process of the application names. It gets the request as from inside this one.
    fn addressed(&self, parts: &mut request::Parts, component: &str) -> Result<ComponentId, StatusCode> {
        let component = ComponentId::from(component);
        if !self.ways.services.has(&component) {
            tracing::warn!(%component, "a component that does not run here was called by another process");
            return Err(StatusCode::NOT_FOUND);
        }
        headers::strip(&mut parts.headers);
        parts.uri = headers::internal(&parts.uri, &component).ok_or(StatusCode::BAD_REQUEST)?;
        Ok(component)
    }

    /// An event stream never ends by itself and would hold up the shutdown; its reader resumes it elsewhere.
    fn bounded(&self, response: Response<WasiBody>) -> Response<WasiBody> {
        if !is_event_stream(response.headers()) {
            return response;
        }
        let ended = Box::pin(self.shutdown.clone().cancelled_owned());
        response.map(|body| UntilShutdown { body, ended }.boxed_unsync())
    }
}

fn log(component: &ComponentId, error: &DispatchError) {
    match error {
        DispatchError::Unknown => {
            tracing::warn!(%component, "a route leads to a component that is not there")
        }
        DispatchError::Call(error) => tracing::error!(%error, "a request has no answer"),
        DispatchError::Guest(message) => {
            tracing::error!(%component, "the component answered with an error: {message}");
        }
    }
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("text/event-stream"))
}

struct UntilShutdown {
    body: WasiBody,
    ended: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Body for UntilShutdown {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.ended.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        Pin::new(&mut self.body).poll_frame(context)
    }
}
