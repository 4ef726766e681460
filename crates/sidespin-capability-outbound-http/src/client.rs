//! Requests to the outside, over connections that are kept for the next ones.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, Sleep, sleep, timeout};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use crate::connector::{CONNECT_TIMEOUT, ConnectError, Connector, Reach};

/// How long a response and the pieces of its body may take where the component says nothing. The host's own deadline for a
/// call is mostly shorter.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(600);

/// How long a connection is kept without a request on it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Connections of one reach. Components whose grants differ never share them.
#[derive(Debug)]
pub(crate) struct Client {
    inner: legacy::Client<HttpsConnector<Connector>, WasiBody>,
}

/// How long to wait for what is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For the response's head, the connection included, because a request may find its connection open already.
    pub(crate) head: Duration,
    /// For each piece of the body.
    pub(crate) piece: Duration,
}

impl Patience {
    /// As a component asks for it.
    pub(crate) fn of(options: RequestOptions) -> Self {
        Self {
            head: options.connect_timeout.unwrap_or(CONNECT_TIMEOUT)
                + options.first_byte_timeout.unwrap_or(RESPONSE_TIMEOUT),
            piece: options.between_bytes_timeout.unwrap_or(RESPONSE_TIMEOUT),
        }
    }
}

impl Client {
    /// `idle` connections to one host are kept without a request on them.
    pub(crate) fn new(reach: Reach, idle: usize) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(Connector(reach));
        let inner = legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(idle)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(connector);
        Self { inner }
    }

    pub(crate) async fn send(
        &self,
        request: Request<WasiBody>,
        patience: Patience,
    ) -> Result<Response<WasiBody>, Error> {
        let response = timeout(patience.head, self.inner.request(request))
            .await
            .map_err(|_elapsed| Error::HttpResponseTimeout)?
            .map_err(|error| reason(&error))?;
        Ok(response.map(|body| TimedBody::new(body, patience.piece).boxed_unsync()))
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
    use std::sync::Arc;

    use futures::FutureExt;
    use http_body_util::Empty;
    use sidespin_outbound::AllowedHosts;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    fn client(allowed: &str) -> Client {
        let reach = Reach::Granted {
            component: "caller".into(),
            allowed: Arc::new(AllowedHosts::parse([allowed]).unwrap()),
        };
        Client::new(reach, 1)
    }

    fn get(uri: &str) -> Request<WasiBody> {
        let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
        Request::get(uri).body(body).unwrap()
    }

    async fn status(client: &Client, uri: &str) -> Result<u16, Error> {
        let response = client
            .send(get(uri), Patience::of(RequestOptions::default()))
            .await?;
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
        let silent = client
            .send(get(&format!("http://{address}/")), Patience::of(options))
            .await;
        assert!(matches!(silent, Err(Error::HttpResponseTimeout)));
        drop(listener);
        let error = status(&client, &format!("http://{address}/")).await.unwrap_err();
        assert!(
            matches!(&error, Error::Connect(cause) if cause.kind() == io::ErrorKind::ConnectionRefused),
            "{error}"
        );
    }
}
