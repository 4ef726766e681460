//! Calls to a real server that answers as told.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Mutex;

use http_body_util::{Empty, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use wasmtime_wasi_http::RequestOptions;

use super::*;

/// What the server saw of a request.
#[derive(Debug, Clone)]
struct Seen {
    method: String,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

/// Answers with these statuses one after the other, then with 200; a status of 0 is no answer at all.
struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    async fn start(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::serve(listener, statuses)
    }

    fn serve(listener: TcpListener, statuses: &[u16]) -> Self {
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (statuses, noted) = (statuses.to_vec(), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((stream, _client)) = listener.accept().await {
                let (statuses, noted) = (statuses.clone(), Arc::clone(&noted));
                let service =
                    service_fn(move |request| answer(request, Arc::clone(&noted), statuses.clone()));
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection);
            }
        });
        Self { address, seen }
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    fn methods(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.method).collect()
    }
}

async fn answer(
    request: Request<Incoming>,
    noted: Arc<Mutex<Vec<Seen>>>,
    statuses: Vec<u16>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default();
    let status = {
        let mut noted = noted.lock().unwrap();
        noted.push(Seen {
            method: parts.method.to_string(),
            path: parts.uri.to_string(),
            headers: parts.headers,
            body,
        });
        statuses.get(noted.len() - 1).copied().unwrap_or(200)
    };
    if status == 0 {
        return std::future::pending().await;
    }
    Ok(Response::builder()
        .status(status)
        .body(Full::new("pong".into()))
        .unwrap())
}

struct Caller {
    services: Services,
    metrics: Metrics,
}

impl Caller {
    fn of(audit: &str) -> Self {
        let config = format!("[service_invocation]\naudit = {audit}");
        let token = ServiceToken::new("0123456789abcdef").unwrap();
        let metrics = Metrics::default();
        let services = Services::new(
            toml::from_str(&config).unwrap(),
            &Variables::default(),
            Some(&token),
            &metrics,
        );
        Self {
            services: services.unwrap(),
            metrics,
        }
    }

    async fn send(&self, request: Request<WasiBody>) -> Result<Response<WasiBody>, Error> {
        let patience = Patience::of(RequestOptions::default());
        self.services
            .call(&"chat-api".into(), &"audit".into(), request, patience)
            .await
    }

    async fn status(&self, request: Request<WasiBody>) -> Result<u16, Error> {
        let response = self.send(request).await?;
        let status = response.status().as_u16();
        response.into_body().collect().await?;
        Ok(status)
    }

    fn assert_counted(&self, line: &str) {
        let text = self.metrics.render();
        assert!(text.lines().any(|counted| counted == line), "{line} in\n{text}");
    }
}

const URL: &str = "http://audit.spin.internal/api/v1/audit?limit=1";

fn get() -> Request<WasiBody> {
    let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
    Request::get(URL).body(body).unwrap()
}

fn post(text: &'static str) -> Request<WasiBody> {
    let body = Full::new(Bytes::from(text)).map_err(|never| match never {});
    Request::post(URL).body(body.boxed_unsync()).unwrap()
}

#[tokio::test]
async fn a_call_names_component_application_and_trace() {
    let server = Server::start(&[]).await;
    let caller = Caller::of(&format!("\"http://{}/base/\"", server.address));
    let mut request = post("hello");
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = request.headers_mut();
    headers.insert("traceparent", trace.parse().unwrap());
    headers.insert("host", "audit.spin.internal".parse().unwrap());
    headers.insert("sidespin-component", "chat-api".parse().unwrap());
    assert_eq!(caller.status(request).await.unwrap(), 200);
    let seen = server.seen().remove(0);
    assert_eq!(
        (seen.path.as_str(), &*seen.body),
        ("/base/api/v1/audit?limit=1", &b"hello"[..])
    );
    assert_eq!(seen.headers["host"], server.address.to_string());
    assert_eq!(seen.headers["content-length"], "5");
    assert_eq!(seen.headers["sidespin-component"], "audit");
    assert_eq!(seen.headers["sidespin-token"], "0123456789abcdef");
    let context = seen.headers["traceparent"].to_str().unwrap();
    assert_eq!(context[..36], trace[..36]);
    assert_ne!(context, trace);
    caller.assert_counted(
        "service_calls_total{component=\"chat-api\",service=\"audit\",outcome=\"Answered\"} 1",
    );
}

#[tokio::test]
async fn only_what_may_be_done_twice_is_tried_again() {
    let server = Server::start(&[503, 502]).await;
    let caller = Caller::of(&format!("\"http://{}\"", server.address));
    assert_eq!(caller.status(get()).await.unwrap(), 200);
    assert_eq!(server.methods(), ["GET", "GET", "GET"]);
    caller.assert_counted("service_call_retries_total{service=\"audit\"} 2");

    let server = Server::start(&[503]).await;
    let caller = Caller::of(&format!("\"http://{}\"", server.address));
    assert_eq!(caller.status(post("once")).await.unwrap(), 503);
    assert_eq!(server.methods(), ["POST"]);

    let server = Server::start(&[504]).await;
    let caller = Caller::of(&format!("\"http://{}\"", server.address));
    let mut keyed = post("the same");
    keyed
        .headers_mut()
        .insert("idempotency-key", "k-1".parse().unwrap());
    assert_eq!(caller.status(keyed).await.unwrap(), 200);
    let bodies: Vec<_> = server.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies, ["the same", "the same"]);

    // An answer of the component itself is an answer.
    let server = Server::start(&[500]).await;
    let caller = Caller::of(&format!("\"http://{}\"", server.address));
    assert_eq!(caller.status(get()).await.unwrap(), 500);
    assert_eq!(server.methods(), ["GET"]);
}

#[tokio::test]
async fn a_request_that_was_never_sent_is_tried_again_whatever_it_is() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let caller = Caller::of(&format!("\"http://{address}\""));
    let error = caller.status(post("hello")).await.unwrap_err();
    assert!(matches!(error, Error::Connect(_)), "{error}");
    caller.assert_counted("service_call_retries_total{service=\"audit\"} 2");
}

#[tokio::test]
async fn a_silent_service_is_waited_for_so_long_and_asked_again_if_it_may() {
    let server = Server::start(&[0, 0]).await;
    let caller = Caller::of(&format!(
        "{{ url = \"http://{}\", timeout = \"50ms\" }}",
        server.address
    ));
    let error = caller.status(post("once")).await.unwrap_err();
    assert!(matches!(error, Error::HttpResponseTimeout), "{error}");
    assert_eq!(caller.status(get()).await.unwrap(), 200);
    assert_eq!(server.methods(), ["POST", "GET", "GET"]);
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_left_alone_until_it_does() {
    let server = Server::start(&[503, 503]).await;
    let caller = Caller::of(&format!(
        "{{ url = \"http://{}\", attempts = 1, open_after = 2, open_for = \"100ms\" }}",
        server.address
    ));
    assert_eq!(caller.status(get()).await.unwrap(), 503);
    assert_eq!(caller.status(get()).await.unwrap(), 503);
    let opened = Instant::now();
    caller.assert_counted("service_breaker_open{service=\"audit\"} 1");
    let mut refused = 0;
    // Nothing reaches it until the pause is over; then it answers.
    loop {
        match caller.status(get()).await {
            Err(Error::DestinationUnavailable) => refused += 1,
            answered => {
                assert_eq!(answered.unwrap(), 200);
                break;
            }
        }
        tokio::task::yield_now().await;
    }
    assert!(opened.elapsed() >= Duration::from_millis(100));
    assert!(refused > 0);
    assert_eq!(server.methods().len(), 3);
    caller.assert_counted("service_breaker_open{service=\"audit\"} 0");
}

#[tokio::test]
async fn no_more_are_under_way_than_may_be() {
    let server = Server::start(&[]).await;
    let caller = Caller::of(&format!(
        "{{ url = \"http://{}\", max_concurrent = 1 }}",
        server.address
    ));
    let unread = caller.send(get()).await.unwrap();
    let error = caller.status(get()).await.unwrap_err();
    assert!(matches!(error, Error::ConnectionLimitReached), "{error}");
    unread.into_body().collect().await.unwrap();
    assert_eq!(caller.status(get()).await.unwrap(), 200);
    assert_eq!(server.methods().len(), 2);
}
