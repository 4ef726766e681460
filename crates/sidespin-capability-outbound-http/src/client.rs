//! Connections to the outside: opened only to addresses that the component's grants cover, and kept for its next requests.

use std::error::Error as StdError;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response, Uri};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use sidespin_app::ComponentId;
use sidespin_outbound::{AllowedHosts, Destination};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, timeout};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

/// How long opening a connection may take: the look-up of the name, and each address in turn.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a response and the pieces of its body may take where the component says nothing. The host's own deadline for a
/// call is mostly shorter.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(600);

/// Connections to one host that are kept without a request on them, and for how long.
const IDLE_CONNECTIONS: usize = 8;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The connections of one component. They are never shared between components, whose grants differ.
#[derive(Debug)]
pub(crate) struct Client {
    inner: legacy::Client<HttpsConnector<Connector>, WasiBody>,
}

impl Client {
    pub(crate) fn new(component: ComponentId, allowed: Arc<AllowedHosts>) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(Connector { component, allowed });
        let inner = legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(connector);
        Self { inner }
    }

    pub(crate) async fn send(
        &self,
        request: Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<Response<WasiBody>, Error> {
        // One limit for both, because a request may find its connection open already.
        let patience = options.connect_timeout.unwrap_or(CONNECT_TIMEOUT)
            + options.first_byte_timeout.unwrap_or(RESPONSE_TIMEOUT);
        let response = timeout(patience, self.inner.request(request))
            .await
            .map_err(|_elapsed| Error::HttpResponseTimeout)?
            .map_err(|error| reason(&error))?;
        let patience = options.between_bytes_timeout.unwrap_or(RESPONSE_TIMEOUT);
        Ok(response.map(|body| TimedBody::new(body, patience).boxed_unsync()))
    }
}

/// Opens connections to permitted addresses alone.
#[derive(Debug, Clone)]
struct Connector {
    component: ComponentId,
    allowed: Arc<AllowedHosts>,
}

/// Why there is no connection.
#[derive(Debug, Clone, Copy, Error)]
enum ConnectError {
    #[error("the address is not valid")]
    Invalid,
    #[error("the host was not found")]
    NotFound,
    #[error("the host's address is not permitted")]
    Prohibited,
    #[error("the connection was not made: {0}")]
    Failed(io::ErrorKind),
    #[error("the connection was not made in time")]
    TimedOut,
}

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Invalid => Self::HttpRequestUriInvalid,
            ConnectError::NotFound => Self::DestinationNotFound,
            ConnectError::Prohibited => Self::DestinationIpProhibited,
            ConnectError::Failed(kind) => Self::Connect(kind.into()),
            ConnectError::TimedOut => Self::ConnectionTimeout,
        }
    }
}

impl tower_service::Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = BoxFuture<'static, Result<Self::Response, ConnectError>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        async move {
            let connecting = connector.connect(&uri);
            let stream = timeout(CONNECT_TIMEOUT, connecting)
                .await
                .map_err(|_elapsed| ConnectError::TimedOut)??;
            Ok(TokioIo::new(stream))
        }
        .boxed()
    }
}

impl Connector {
    async fn connect(&self, uri: &Uri) -> Result<TcpStream, ConnectError> {
        let destination =
            Destination::parse(&uri.to_string(), "https").map_err(|_error| ConnectError::Invalid)?;
        let mut failure = ConnectError::NotFound;
        for address in self.permitted_addresses(&destination).await? {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(component = %self.component, %address, %error, "a connection has gone already");
                    }
                    return Ok(stream);
                }
                Err(error) => failure = ConnectError::Failed(error.kind()),
            }
        }
        Err(failure)
    }

    /// Every address that the name resolves to must be one that the grant covers, or a granted name could lead to a machine
    /// that nobody meant to grant. Looking the name up once more for the connection could give another address.
    async fn permitted_addresses(&self, destination: &Destination) -> Result<Vec<SocketAddr>, ConnectError> {
        let host = destination.host().to_string();
        let port = destination.port().ok_or(ConnectError::Invalid)?;
        let addresses = tokio::net::lookup_host((host.trim_matches(['[', ']']), port))
            .await
            .map_err(|error| {
                tracing::warn!(component = %self.component, %host, %error, "an outbound host was not found");
                ConnectError::NotFound
            })?;
        let addresses: Vec<_> = addresses.collect();
        let prohibited = addresses
            .iter()
            .find(|address| !self.allowed.allows_address(destination, address.ip()));
        if let Some(address) = prohibited {
            let hint = self
                .allowed
                .address_denial_hint(self.component.as_str(), destination, address.ip());
            tracing::warn!(component = %self.component, "an outbound request was denied; {hint}");
            return Err(ConnectError::Prohibited);
        }
        Ok(addresses)
    }
}

/// The cause of the client's error in the words of `wasi:http`.
fn reason(error: &legacy::Error) -> Error {
    let mut next: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(cause) = next {
        if let Some(error) = cause.downcast_ref::<ConnectError>() {
            return (*error).into();
        }
        if let Some(tls) = cause
            .downcast_ref::<io::Error>()
            .filter(|_cause| error.is_connect())
        {
            return Error::Tls(io::Error::new(tls.kind(), tls.to_string()));
        }
        if let Some(protocol) = cause.downcast_ref::<hyper::Error>()
            && protocol.is_parse()
        {
            return Error::HttpProtocolError;
        }
        next = cause.source();
    }
    tracing::debug!(error = %error, "an outbound request broke off");
    Error::ConnectionTerminated
}

/// A response's body that may not stop for longer than the component is willing to wait.
struct TimedBody {
    body: Incoming,
    patience: Duration,
    deadline: Pin<Box<Sleep>>,
}

impl TimedBody {
    fn new(body: Incoming, patience: Duration) -> Self {
        Self {
            body,
            patience,
            deadline: Box::pin(sleep(patience)),
        }
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            let deadline = Instant::now() + self.patience;
            self.deadline.as_mut().reset(deadline);
            return Poll::Ready(frame.map(|frame| frame.map_err(Error::Hyper)));
        }
        ready!(self.deadline.as_mut().poll(context));
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::Empty;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    fn client(allowed: &str) -> Client {
        let allowed = AllowedHosts::parse([allowed]).unwrap();
        Client::new("caller".into(), Arc::new(allowed))
    }

    fn get(uri: &str) -> Request<WasiBody> {
        let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
        Request::get(uri).body(body).unwrap()
    }

    async fn status(client: &Client, uri: &str) -> Result<u16, Error> {
        let response = client.send(get(uri), RequestOptions::default()).await?;
        let status = response.status().as_u16();
        response.into_body().collect().await?;
        Ok(status)
    }

    /// Answers every request on the first connection, and counts the others.
    async fn serve(listener: TcpListener) -> usize {
        let (mut stream, _client) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.starts_with(b"GET /last ") {
            head.clear();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            stream
                .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
                .await
                .unwrap();
        }
        let mut others = 0;
        while listener.accept().now_or_never().is_some() {
            others += 1;
        }
        others
    }

    #[tokio::test]
    async fn a_connection_serves_the_next_request_too() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(serve(listener));
        let client = client("http://127.0.0.1:*");
        for path in ["first", "second", "last"] {
            assert_eq!(
                status(&client, &format!("http://{address}/{path}"))
                    .await
                    .unwrap(),
                204
            );
        }
        assert_eq!(serving.await.unwrap(), 0, "connections beside the first");
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_connected_to() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        // The grant of any host does not cover the machine itself, whatever name leads there.
        let error = status(&client("http://*:*"), &format!("http://localhost:{port}/"))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::DestinationIpProhibited), "{error}");
        assert!(listener.accept().now_or_never().is_none());
    }

    #[tokio::test]
    async fn nobody_there_and_no_answer_are_told_apart() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let client = client("http://127.0.0.1:*");
        let options = RequestOptions {
            connect_timeout: Some(Duration::from_millis(10)),
            first_byte_timeout: Some(Duration::from_millis(10)),
            between_bytes_timeout: None,
        };
        let silent = client.send(get(&format!("http://{address}/")), options).await;
        assert!(matches!(silent, Err(Error::HttpResponseTimeout)));
        drop(listener);
        let error = status(&client, &format!("http://{address}/")).await.unwrap_err();
        assert!(
            matches!(&error, Error::Connect(cause) if cause.kind() == io::ErrorKind::ConnectionRefused),
            "{error}"
        );
    }
}
