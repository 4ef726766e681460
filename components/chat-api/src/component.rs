//! The component's exports, HTTP and jobs, and the host as the platform.

#![expect(
    unsafe_code,
    reason = "the canonical ABI's exported functions are generated as unsafe"
)]

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures::future::{Either, select};
use futures::{SinkExt as _, TryStreamExt as _};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited, StreamBody};
use spin_sdk::http::{BoxBody, Request, Response, box_body};
use spin_sdk::wasip3;
use todo_domain::problem::{Code, Problem};
use todo_service::database::{DatabaseError, HostDatabase};
use todo_service::outbound::{self, HostPieces, Unanswered};
use todo_service::outbox::Receiver;

use crate::platform::{FeedError, Message, Platform, PlatformError, Subscription};
use crate::{App, Body, BrokenOff, ChatStream, Download, JobFailure, LARGEST_BODY, Reply, UpdateStream};
use bindings::exports::sidespin::jobs::job_handler::{Failure, Guest, Job};
use bindings::todo::platform::{feed, publisher, scheduler};

mod bindings {
    // The SDK's own bindings runtime: its executor is the one that drives what the SDK spawns, such as request bodies.
    spin_sdk::wit_bindgen::generate!({
        runtime_path: "::spin_sdk::wit_bindgen::rt",
        path: ["../../wit/todo-platform", "../../wit/sidespin-jobs"],
        inline: "
            package todo:chat-api;

            world component {
                include todo:platform/service@0.1.0;
                export sidespin:jobs/job-handler@0.1.0;
            }
        ",
        world: "todo:chat-api/component",
        generate_all,
    });
}

bindings::export!(Jobs with_types_in bindings);

/// How long a client may take to send a body.
const BODY_PATIENCE: Duration = Duration::from_secs(15);

thread_local! {
    /// An instance serves many requests; settings, keys and counters are kept between them.
    static APP: RefCell<Option<Rc<App<Host>>>> = const { RefCell::new(None) };
}

/// The service, started by whoever comes first. Two that come at once may both start it: then one of the two is kept.
async fn app() -> Result<Rc<App<Host>>, DatabaseError> {
    if let Some(app) = APP.with_borrow(Clone::clone) {
        return Ok(app);
    }
    let started = App::start(Host).await?;
    Ok(APP.with_borrow_mut(|app| Rc::clone(app.get_or_insert_with(|| Rc::new(started)))))
}

#[spin_sdk::http_service]
async fn handle(request: Request) -> Response<BoxBody> {
    let app = match app().await {
        Ok(app) => app,
        Err(error) => return not_started(request.uri().path(), &error),
    };
    let (parts, body) = request.into_parts();
    let length = parts.headers.get(http::header::CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let body = if length.is_some_and(|length| length > LARGEST_BODY) {
        Body::TooLarge
    } else {
        read(body).await
    };
    let response = match App::handle(&app, parts, body).await {
        Reply::Complete(answer) => answer.map(|body| box_body(Full::new(body))),
        Reply::Stream(head, stream) => {
            let (sender, body) = spin_sdk::http::body::stream::<Bytes>();
            wasip3::spawn(send_all(*stream, sender));
            head.map(|()| box_body(body))
        }
        Reply::Chat(head, mut stream) => {
            let (sender, body) = spin_sdk::http::body::stream::<Bytes>();
            let turn = stream.take_turn();
            let of_turn = Rc::clone(&app);
            wasip3::spawn(async move {
                turn.await;
                of_turn.relay().await;
            });
            wasip3::spawn(send_chat(*stream, sender));
            head.map(|()| box_body(body))
        }
        Reply::Download(head, file) => {
            // One piece waits while another is made: a slow reader does not fill the memory.
            let (sender, pieces) = futures::channel::mpsc::channel(1);
            wasip3::spawn(send_file(*file, sender));
            head.map(|()| box_body(StreamBody::new(pieces.map_ok(Frame::data))))
        }
    };
    // Behind the answer: the client need not wait for the broker.
    wasip3::spawn(async move { app.relay().await });
    response
}

/// Reads a body, but does not wait for ever: the host would end the instance, and with it the requests of others.
async fn read(
    body: impl http_body::Body<Data = Bytes, Error: std::error::Error + Send + Sync + 'static>,
) -> Body {
    let reading = pin!(Limited::new(body, LARGEST_BODY).collect());
    let patience = pin!(spin_sdk::time::sleep(BODY_PATIENCE));
    match select(reading, patience).await {
        Either::Left((Ok(body), _patience)) => Body::Complete(body.to_bytes()),
        Either::Left((Err(error), _patience)) if error.is::<LengthLimitError>() => Body::TooLarge,
        Either::Left((Err(_broken_off), _patience)) => Body::Broken,
        Either::Right(((), _reading)) => Body::Broken,
    }
}

/// Sends until the stream ends, or nobody reads any more.
async fn send_all(mut stream: UpdateStream<Host>, mut sender: futures::channel::mpsc::Sender<Bytes>) {
    while let Some(text) = stream.next().await {
        if sender.send(text).await.is_err() {
            return;
        }
    }
}

/// Sends a turn's events until it ends, or nobody reads any more.
async fn send_chat(mut stream: ChatStream, mut sender: futures::channel::mpsc::Sender<Bytes>) {
    while let Some(event) = stream.next().await {
        if sender.send(event).await.is_err() {
            return;
        }
    }
}

/// Sends to the end, or until nobody reads any more. A file that breaks off is not ended as if it were whole.
async fn send_file(
    mut file: Download<Host>,
    mut sender: futures::channel::mpsc::Sender<Result<Bytes, BrokenOff>>,
) {
    while let Some(piece) = file.next().await {
        let is_over = piece.is_err();
        if sender.send(piece).await.is_err() || is_over {
            return;
        }
    }
}

fn not_started(path: &str, error: &DatabaseError) -> Response<BoxBody> {
    Host.log(&format!("the service cannot start: {error}"));
    let detail = match error {
        // Nothing secret, and with the remedy.
        DatabaseError::Schema { .. } => error.to_string(),
        _ => "the service cannot start; its log says why".to_owned(),
    };
    let problem = Problem::new(Code::Unavailable, detail).of_request(path, "");
    let mut response = Response::new(box_body(Full::new(Bytes::from(problem.to_json()))));
    *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
    let kind = http::HeaderValue::from_static(todo_domain::problem::CONTENT_TYPE);
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    response
}

struct Jobs;

impl Guest for Jobs {
    async fn handle_job(job: Job) -> Result<(), Failure> {
        let app = app().await.map_err(|error| Failure::Retry(error.to_string()))?;
        app.handle_job(&job.name).await.map_err(|failure| match failure {
            JobFailure::Retry(reason) => Failure::Retry(reason),
            JobFailure::Reject(reason) => Failure::Reject(reason),
        })
    }
}

/// The host, with the adapter that is composed in.
#[derive(Debug)]
struct Host;

impl Receiver for Host {
    async fn publish(&self, messages: Vec<Message>) -> Result<(), PlatformError> {
        let events = messages.into_iter().map(|message| publisher::Event {
            topic: message.topic,
            key: message.key,
            body: message.body.into_bytes(),
        });
        publisher::publish(events.collect())
            .await
            .map_err(|error| match error {
                publisher::Error::Unavailable(reason) => PlatformError::Unavailable(reason),
                publisher::Error::Rejected(reason) => PlatformError::Rejected(reason),
            })
    }

    async fn schedule(&self, name: &str, due: i64) -> Result<(), PlatformError> {
        let due = u64::try_from(due).unwrap_or_default();
        scheduler::schedule(name.to_owned(), due, Vec::new())
            .await
            .map_err(job_error)
    }

    async fn cancel(&self, name: &str) -> Result<(), PlatformError> {
        scheduler::cancel(name.to_owned()).await.map_err(job_error)
    }

    fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    #[expect(clippy::print_stderr, reason = "standard error is the component's log")]
    fn log(&self, line: &str) {
        eprintln!("{line}");
    }
}

impl Platform for Host {
    type Database = HostDatabase;
    type Subscription = Feed;
    type Pieces = HostPieces;

    fn database(&self) -> &HostDatabase {
        const { &HostDatabase::of("chat") }
    }

    fn random(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        // A host may give fewer than were asked for.
        let mut filled = 0;
        while filled < bytes.len() {
            let given = wasip3::random::random::get_random_bytes(32);
            for (byte, source) in bytes.iter_mut().skip(filled).zip(&given) {
                *byte = *source;
            }
            filled += given.len();
        }
        bytes
    }

    fn nanoseconds(&self) -> u64 {
        wasip3::clocks::monotonic_clock::now()
    }

    async fn variable(&self, name: &str) -> String {
        spin_sdk::variables::get(name).await.unwrap_or_default()
    }

    async fn repeat(&self, name: &str, interval: Duration) -> Result<(), PlatformError> {
        let interval = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
        scheduler::repeat(name.to_owned(), interval)
            .await
            .map_err(job_error)
    }

    async fn subscribe(&self, user_id: &str) -> Result<Feed, FeedError> {
        feed::subscribe(user_id.to_owned())
            .await
            .map(Feed)
            .map_err(feed_error)
    }

    async fn request(
        &self,
        request: http::Request<Bytes>,
        patience: Duration,
    ) -> Result<http::Response<HostPieces>, Unanswered> {
        outbound::send(request, patience).await
    }

    async fn sleep(&self, duration: Duration) {
        spin_sdk::time::sleep(duration).await;
    }
}

/// A subscription of the adapter's.
#[derive(Debug)]
struct Feed(feed::Subscription);

impl Subscription for Feed {
    async fn next(&self) -> Result<Vec<Vec<u8>>, FeedError> {
        self.0.next().await.map_err(feed_error)
    }
}

fn job_error(error: scheduler::Error) -> PlatformError {
    match error {
        scheduler::Error::Unavailable(reason) => PlatformError::Unavailable(reason),
        scheduler::Error::Rejected(reason) => PlatformError::Rejected(reason),
    }
}

fn feed_error(error: feed::Error) -> FeedError {
    match error {
        feed::Error::Unavailable(reason) => FeedError::Unavailable(reason),
        feed::Error::TooSlow => FeedError::TooSlow,
    }
}
