//! Notifications leave the application: to a user's server, browser and mailbox, each a real HTTP server here.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use end_to_end::{PATIENCE, Server, ServerOptions, User, eventually};
use hmac::{Hmac, Mac as _};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::support::in_future;

/// What a browser gives when it subscribes: the keys of the example in RFC 8291.
const P256DH: &str =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

/// A request that came.
#[derive(Debug, Clone)]
struct Received {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().unwrap())
            .unwrap_or_default()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

#[derive(Debug, Default)]
struct Book {
    received: Vec<Received>,
    /// The statuses of the next answers; 200 if nothing is said. 0 never comes.
    answers: VecDeque<u16>,
}

/// A server that takes whatever comes.
#[derive(Debug)]
struct Receiver {
    address: SocketAddr,
    book: Arc<Mutex<Book>>,
    /// A request came since somebody looked.
    came: Arc<Notify>,
    serving: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Receiver {
    async fn answering(answers: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let book = Arc::new(Mutex::new(Book {
            answers: answers.iter().copied().collect(),
            ..Book::default()
        }));
        let came = Arc::new(Notify::new());
        let shared = (Arc::clone(&book), Arc::clone(&came));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _peer)) = listener.accept().await {
                let (book, came) = shared.clone();
                tokio::spawn(async move {
                    let answer =
                        service_fn(move |request| take(request, Arc::clone(&book), Arc::clone(&came)));
                    let _ended = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), answer)
                        .await;
                });
            }
        });
        Self {
            address,
            book,
            came,
            serving,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn received(&self) -> Vec<Received> {
        self.book.lock().unwrap().received.clone()
    }

    /// All requests to a path, once there are so many.
    async fn until(&self, path: &str, count: usize) -> Vec<Received> {
        eventually(&format!("request {count} to {path}"), || async {
            let mut received = self.received();
            received.retain(|request| request.path == path);
            Ok((received.len() >= count).then_some(received))
        })
        .await
        .unwrap()
    }
}

async fn take(
    request: Request<Incoming>,
    book: Arc<Mutex<Book>>,
    came: Arc<Notify>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let status = {
        let mut book = book.lock().unwrap();
        book.received.push(Received {
            path: parts.uri.path().to_owned(),
            headers: parts.headers,
            body,
        });
        book.answers.pop_front().unwrap_or(200)
    };
    came.notify_one();
    if status == 0 {
        std::future::pending::<()>().await;
    }
    let mut response = Response::new(Full::default());
    *response.status_mut() = status.try_into().unwrap();
    Ok(response)
}

/// The application with these variables, without limits.
async fn start(variables: &[(&str, &str)]) -> Server {
    let options = ServerOptions::without_limits().with(variables.iter().copied());
    Server::start_with(options).await.unwrap()
}

async fn set(user: &User, settings: &Value) -> Value {
    let answer = user
        .send(Method::PUT, "/api/v1/notifications/settings", &[], Some(settings))
        .await
        .unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// A task whose reminder comes at once.
async fn remind(user: &User, title: &str) -> Value {
    let reminders = json!([{ "at": in_future(Duration::ZERO) }]);
    user.create(&json!({ "title": title, "reminders": reminders }))
        .await
        .unwrap()
}

async fn notification(user: &User, task: &Value) -> Value {
    let is_it = |item: &Value| item["task_id"] == task["id"];
    user.wait_for("the notification", "/api/v1/notifications", is_it)
        .await
        .unwrap()
}

/// The only delivery of a notification, once it is in a state.
async fn delivery(user: &User, notification: &Value, state: &str) -> Value {
    let id = notification["id"].as_str().unwrap();
    let path = format!("/api/v1/notifications/{id}/deliveries");
    eventually(&format!("a delivery that is {state}"), || async {
        let answer = user.get(&path).await?;
        let items = answer.body["items"].as_array().cloned().unwrap_or_default();
        Ok(items.into_iter().find(|item| item["state"] == state))
    })
    .await
    .unwrap()
}

/// What the receiver of a webhook is to compute.
fn signature(secret: &str, request: &Received) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    let (id, timestamp) = (request.header("webhook-id"), request.header("webhook-timestamp"));
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(&request.body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn a_webhook_is_signed_tried_again_and_comes_back_after_a_snooze() {
    let receiver = Receiver::answering(&[503]).await;
    let server = start(&[("webhook_hosts", &receiver.url(""))]).await;
    let user = User::sign_up(&server).await.unwrap();
    let settings = set(&user, &json!({ "webhook": { "url": receiver.url("/hook") } })).await;
    let secret = settings["webhook"]["secret"].as_str().unwrap();

    let task = remind(&user, "Call mom").await;
    let requests = receiver.until("/hook", 2).await;
    let item = notification(&user, &task).await;
    let delivered = delivery(&user, &item, "delivered").await;
    assert_eq!(delivered["attempts"], 2);
    for request in &requests {
        assert_eq!(request.header("webhook-id"), delivered["id"].as_str().unwrap());
        assert_eq!(request.header("webhook-signature"), signature(secret, request));
        let body = request.json();
        assert_eq!(body["type"], "notification.created");
        assert_eq!(
            (&body["data"]["id"], &body["data"]["title"]),
            (&item["id"], &item["title"])
        );
    }

    let path = format!("/api/v1/notifications/{}/snooze", item["id"].as_str().unwrap());
    let until = json!({ "until": in_future(Duration::from_secs(2)) });
    let answer = user.post(&path, &until).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    let again = receiver.until("/hook", 3).await;
    assert_eq!(again[2].json()["data"]["task_id"], task["id"]);
    assert_ne!(again[2].header("webhook-id"), again[1].header("webhook-id"));
}

#[tokio::test]
async fn what_was_not_taken_is_sent_again_after_a_kill_with_the_same_id() {
    let receiver = Receiver::answering(&[500]).await;
    let mut server = start(&[("webhook_hosts", &receiver.url(""))]).await;
    let user = User::sign_up(&server).await.unwrap();
    set(&user, &json!({ "webhook": { "url": receiver.url("/hook") } })).await;
    let task = remind(&user, "Survive").await;
    receiver.until("/hook", 1).await;
    let item = notification(&user, &task).await;
    let is_counted = |item: &Value| item["last_status"] == 500;
    let path = format!(
        "/api/v1/notifications/{}/deliveries",
        item["id"].as_str().unwrap()
    );
    eventually("the first attempt's outcome", || async {
        let answer = user.get(&path).await?;
        Ok(answer.body["items"]
            .as_array()
            .is_some_and(|items| items.iter().any(is_counted))
            .then_some(()))
    })
    .await
    .unwrap();
    server.kill().await.unwrap();
    server.restart().await.unwrap();
    let requests = receiver.until("/hook", 2).await;
    assert_eq!(requests[0].header("webhook-id"), requests[1].header("webhook-id"));
    let delivered = delivery(&user.at(&server), &item, "delivered").await;
    assert_eq!(delivered["attempts"], 2);
}

#[tokio::test]
async fn an_attempt_that_a_kill_interrupts_is_made_again_with_the_same_id() {
    let receiver = Receiver::answering(&[0]).await;
    let mut server = start(&[("webhook_hosts", &receiver.url(""))]).await;
    let user = User::sign_up(&server).await.unwrap();
    set(&user, &json!({ "webhook": { "url": receiver.url("/hook") } })).await;
    let task = remind(&user, "Survive").await;
    receiver.until("/hook", 1).await;
    server.kill().await.unwrap();
    server.restart().await.unwrap();
    let user = user.at(&server);
    let item = notification(&user, &task).await;
    // Another attempt begins when the one that was killed can no longer be under way.
    let again = async {
        while receiver.received().len() < 2 {
            receiver.came.notified().await;
        }
    };
    tokio::time::timeout(4 * PATIENCE, again).await.unwrap();
    let requests = receiver.received();
    assert_eq!(requests[0].header("webhook-id"), requests[1].header("webhook-id"));
    let delivered = delivery(&user, &item, "delivered").await;
    assert_eq!(delivered["attempts"], 2);
}

#[tokio::test]
async fn browsers_and_mailboxes_are_reached_and_dead_browsers_forgotten() {
    let (push, relay) = (
        Receiver::answering(&[201, 410]).await,
        Receiver::answering(&[]).await,
    );
    let server = start(&[
        ("webhook_hosts", &push.url("")),
        ("email_relay_url", &relay.url("")),
        ("email_relay_key", "relay-key"),
        ("email_from", "Todo <todo@example.com>"),
    ])
    .await;
    let user = User::sign_up(&server).await.unwrap();
    set(&user, &json!({ "email": true })).await;
    let subscription = json!({ "endpoint": push.url("/push/1"), "keys": { "p256dh": P256DH, "auth": AUTH } });
    let answer = user
        .post("/api/v1/notifications/subscriptions", &subscription)
        .await
        .unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
    let key = user.get("/api/v1/notifications/push-key").await.unwrap().body;

    remind(&user, "First").await;
    let message = push.until("/push/1", 1).await.remove(0);
    assert_eq!(message.header("content-encoding"), "aes128gcm");
    let authorization = message.header("authorization");
    assert!(
        authorization.ends_with(key["public_key"].as_str().unwrap()),
        "{authorization}"
    );
    assert_eq!(message.body[16..21], [0, 0, 16, 0, 65]);

    let mail = relay.until("/emails", 1).await.remove(0);
    assert_eq!(mail.header("authorization"), "Bearer relay-key");
    let mail = mail.json();
    assert_eq!(
        (&mail["to"], &mail["subject"]),
        (&json!([user.email]), &json!("First"))
    );

    remind(&user, "Second").await;
    push.until("/push/1", 2).await;
    eventually("no subscription", || async {
        let left = user.get("/api/v1/notifications/subscriptions").await?;
        Ok((left.body["items"] == json!([])).then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_webhook_leads_neither_to_other_components_nor_into_the_network() {
    let receiver = Receiver::answering(&[]).await;
    // A `*` reaches public addresses alone.
    let server = start(&[("webhook_hosts", "http://*:*")]).await;
    let user = User::sign_up(&server).await.unwrap();
    let inside = json!({ "webhook": { "url": "http://chat-api.spin.internal/internal/v1/agenda" } });
    let answer = user
        .send(Method::PUT, "/api/v1/notifications/settings", &[], Some(&inside))
        .await
        .unwrap();
    assert_eq!(answer.status, 422, "{}", answer.body);
    set(&user, &json!({ "webhook": { "url": receiver.url("/hook") } })).await;
    let item = notification(&user, &remind(&user, "Private").await).await;
    let path = format!(
        "/api/v1/notifications/{}/deliveries",
        item["id"].as_str().unwrap()
    );
    let tried = eventually("an attempt", || async {
        let items = user.get(&path).await?.body["items"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        Ok(items.into_iter().find(|item| !item["last_error"].is_null()))
    })
    .await
    .unwrap();
    assert_eq!(
        (&tried["state"], &tried["last_status"]),
        (&json!("waiting"), &Value::Null)
    );
    assert!(receiver.received().is_empty());
}
