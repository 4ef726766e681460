//! A server that speaks the Chat Completions format and answers what a test wrote down for it: at once or in pieces, well or
//! badly. It remembers what it was asked.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};

/// How a request is answered.
#[derive(Clone, Debug)]
pub enum Reply {
    /// By a model: text, piece by piece, and calls of tools. Streamed or whole, as the request wants it.
    Model {
        /// The pieces of the text.
        texts: Vec<String>,
        /// Names and arguments.
        calls: Vec<(String, Value)>,
    },
    /// With a status, `Retry-After` where it is said, and a body.
    Status(u16, Option<u32>, String),
    /// By a stream of these bytes, and what becomes of it.
    Stream(Vec<Piece>),
    /// Not at all.
    Never,
}

/// A part of a stream.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Bytes.
    Bytes(Bytes),
    /// Nothing more until [`ChatCompletions::go_on`].
    Hold,
    /// The connection breaks off.
    Break,
    /// The bytes before it once more, without end.
    Forever,
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The path.
    pub path: String,
    /// The header, empty where there is none.
    pub authorization: String,
    /// The body.
    pub body: Value,
}

#[derive(Debug)]
struct Shared {
    script: Mutex<VecDeque<Reply>>,
    asked: Mutex<Vec<Asked>>,
    came: Notify,
    /// How many streams that hold may go on.
    go_on: Semaphore,
}

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub struct ChatCompletions {
    address: SocketAddr,
    shared: Arc<Shared>,
    _stop: oneshot::Sender<()>,
}

type Body = UnsyncBoxBody<Bytes, std::io::Error>;

impl Reply {
    /// Words, in these pieces.
    #[must_use]
    pub fn says(texts: &[&str]) -> Self {
        Self::Model {
            texts: texts.iter().map(|text| (*text).to_owned()).collect(),
            calls: Vec::new(),
        }
    }

    /// Calls of tools.
    #[must_use]
    pub fn calls(calls: &[(&str, Value)]) -> Self {
        Self::Model {
            texts: Vec::new(),
            calls: calls
                .iter()
                .map(|(name, arguments)| ((*name).to_owned(), arguments.clone()))
                .collect(),
        }
    }
}

impl Piece {
    /// A chunk with a piece of text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Bytes(chunk(&json!({ "content": text }), None))
    }

    /// The chunks that end a stream.
    #[must_use]
    pub fn end() -> Self {
        let mut end = chunk(&json!({}), Some("stop")).to_vec();
        end.extend_from_slice(b"data: [DONE]\n\n");
        Self::Bytes(end.into())
    }
}

impl ChatCompletions {
    /// Starts a server on a free port.
    ///
    /// # Errors
    /// There is none.
    pub fn start() -> Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            script: Mutex::default(),
            asked: Mutex::default(),
            came: Notify::new(),
            go_on: Semaphore::new(0),
        });
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("a runtime for the model's server")?;
        std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _served = serve(listener, serving) => {}
                    _dropped = stopped => {}
                }
            });
        });
        Ok(Self {
            address,
            shared,
            _stop: stop,
        })
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn host(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers the next requests like this; those after them are refused with status 500.
    pub fn plays(&self, replies: impl IntoIterator<Item = Reply>) {
        lock(&self.shared.script).extend(replies);
    }

    /// What came so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.shared.asked).clone()
    }

    /// Comes back when there were so many requests.
    pub async fn was_asked(&self, times: usize) -> Vec<Asked> {
        loop {
            let came = self.shared.came.notified();
            let asked = self.asked();
            if asked.len() >= times {
                return asked;
            }
            came.await;
        }
    }

    /// Lets one stream that holds go on.
    pub fn go_on(&self) {
        self.shared.go_on.add_permits(1);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: std::net::TcpListener, shared: Arc<Shared>) -> Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _peer) = listener.accept().await?;
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let answer = service_fn(move |request| take(request, Arc::clone(&shared)));
            // That a client goes away is its affair.
            let _ended = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer)
                .await;
        });
    }
}

async fn take(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let is_streamed = body.get("stream") == Some(&Value::Bool(true));
    let authorization = head.headers.get("authorization");
    lock(&shared.asked).push(Asked {
        path: head.uri.path().to_owned(),
        authorization: authorization
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned(),
        body,
    });
    let reply = lock(&shared.script).pop_front();
    shared.came.notify_waiters();
    let reply = reply.unwrap_or_else(|| Reply::Status(500, None, "{}".to_owned()));
    Ok(match reply {
        Reply::Never => std::future::pending().await,
        Reply::Status(status, retry_after, body) => whole(status, retry_after, body),
        Reply::Stream(pieces) => stream(pieces, shared),
        Reply::Model { texts, calls } if is_streamed => stream(chunks(&texts, &calls), shared),
        Reply::Model { texts, calls } => whole(200, None, completion(&texts, &calls).to_string()),
    })
}

fn whole(status: u16, retry_after: Option<u32>, body: String) -> Response<Body> {
    let body = Full::new(Bytes::from(body))
        .map_err(|never| match never {})
        .boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(
        "content-type",
        hyper::header::HeaderValue::from_static("application/json"),
    );
    if let Some(seconds) = retry_after {
        headers.insert("retry-after", seconds.into());
    }
    response
}

fn stream(pieces: Vec<Piece>, shared: Arc<Shared>) -> Response<Body> {
    let (sender, mut receiver) = mpsc::channel::<std::io::Result<Frame<Bytes>>>(1);
    tokio::spawn(send(pieces, sender, shared));
    let frames = futures::stream::poll_fn(move |context| receiver.poll_recv(context));
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    let kind = hyper::header::HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert("content-type", kind);
    response
}

/// Sends until all is sent, or nobody reads any more.
async fn send(pieces: Vec<Piece>, sender: mpsc::Sender<std::io::Result<Frame<Bytes>>>, shared: Arc<Shared>) {
    let mut last = Bytes::new();
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) => {
                last = bytes.clone();
                if sender.send(Ok(Frame::data(bytes))).await.is_err() {
                    return;
                }
            }
            Piece::Hold => {
                // It is never closed.
                if let Ok(permit) = shared.go_on.acquire().await {
                    permit.forget();
                }
            }
            Piece::Break => {
                let broken = std::io::Error::other("the test breaks off here");
                let _nobody_reads = sender.send(Err(broken)).await;
                return;
            }
            Piece::Forever => while sender.send(Ok(Frame::data(last.clone()))).await.is_ok() {},
        }
    }
}

fn call(number: usize, name: &str, arguments: &str) -> Value {
    let function = json!({ "name": name, "arguments": arguments });
    json!({ "index": number, "id": format!("call-{number}"), "type": "function", "function": function })
}

fn completion(texts: &[String], calls: &[(String, Value)]) -> Value {
    let calls: Vec<Value> = calls
        .iter()
        .enumerate()
        .map(|(number, (name, arguments))| call(number, name, &arguments.to_string()))
        .collect();
    let finish = if calls.is_empty() { "stop" } else { "tool_calls" };
    let mut message = json!({ "role": "assistant", "content": texts.concat() });
    if let (Some(message), false) = (message.as_object_mut(), calls.is_empty()) {
        message.insert("tool_calls".to_owned(), calls.into());
    }
    json!({
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [{ "index": 0, "message": message, "finish_reason": finish }],
        "usage": { "prompt_tokens": 1_000, "completion_tokens": 50, "total_tokens": 1_050 },
    })
}

fn chunk(delta: &Value, finish: Option<&str>) -> Bytes {
    let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
    let chunk = json!({ "id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [choice] });
    format!("data: {chunk}\n\n").into()
}

/// The stream of an answer, in pieces that end in the middle of lines and letters.
fn chunks(texts: &[String], calls: &[(String, Value)]) -> Vec<Piece> {
    let mut bytes = Vec::new();
    for text in texts {
        bytes.extend_from_slice(&chunk(&json!({ "content": text }), None));
    }
    for (number, (name, arguments)) in calls.iter().enumerate() {
        bytes.extend_from_slice(&chunk(&json!({ "tool_calls": [call(number, name, "")] }), None));
        for letter in arguments.to_string().chars() {
            let piece = json!({ "index": number, "function": { "arguments": letter.to_string() } });
            bytes.extend_from_slice(&chunk(&json!({ "tool_calls": [piece] }), None));
        }
    }
    let finish = if calls.is_empty() { "stop" } else { "tool_calls" };
    bytes.extend_from_slice(&chunk(&json!({}), Some(finish)));
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 1_000, "completion_tokens": 50 } });
    bytes.extend_from_slice(format!("data: {usage}\n\ndata: [DONE]\n\n").as_bytes());
    bytes
        .chunks(37)
        .map(|piece| Piece::Bytes(Bytes::copy_from_slice(piece)))
        .collect()
}
