//! The chat as server-sent events: as they happen, or of an answer that is there already.

use std::rc::Rc;

use bytes::Bytes;
use futures::FutureExt as _;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use serde_json::{Value, json};
use todo_domain::sse;
use todo_service::answer::{Answer, with_body};

use crate::app::{App, Reply};
use crate::assistant::{Asked, ChatStream, Conversation, Provider, Told};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::router;

/// Opens a stream on which a turn is told as it is taken.
pub(super) fn open<P: Platform>(
    app: &Rc<App<P>>,
    asked: Asked,
    conversation: Conversation,
    path: &str,
    request_id: &str,
) -> Reply<P> {
    let (app, path, request_id) = (
        Rc::clone(app),
        router::without_secret(path).to_owned(),
        request_id.to_owned(),
    );
    let stream = ChatStream::of(|told| async move {
        // The provider was there when the stream was opened, and does not change.
        let Provider::Model(endpoint) = &app.provider else {
            return;
        };
        if let Err(failure) = app.converse(endpoint, &asked, conversation, &told).await {
            if let Some(reason) = failure.reason() {
                app.platform
                    .log(&format!("request {request_id} to POST {path} failed: {reason}"));
            }
            tell_failure(&told, failure, &path, &request_id);
        }
    });
    let mut head = http::Response::new(());
    for (name, value) in [
        (CONTENT_TYPE, sse::CONTENT_TYPE),
        (CACHE_CONTROL, "no-store"),
        // Proxies that collect answers would keep events back.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        head.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Reply::Chat(head, Box::new(stream))
}

/// The status has been sent, so the problem is an event.
fn tell_failure(told: &Told, failure: Failure, path: &str, request_id: &str) {
    let answer = failure.answer(path, request_id);
    let problem: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    told.tell("error", &problem);
}

/// The answer told as events, in the order in which things happened.
pub(super) fn as_events(answer: &Answer) -> Answer {
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let mut stream = ChatStream::of(|told| {
        let (conversation_id, provider) = (body.get("conversation_id"), body.get("provider"));
        told.tell(
            "thinking",
            &json!({ "conversation_id": conversation_id, "provider": provider }),
        );
        told.tell_answer(&body);
        told.tell("done", &body);
        std::future::ready(())
    });
    let mut text = Vec::new();
    // All events are there, so none is waited for.
    while let Some(Some(event)) = stream.next().now_or_never() {
        text.extend_from_slice(&event);
    }
    let mut events = with_body(answer.status(), sse::CONTENT_TYPE, Bytes::from(text));
    if let Some(replayed) = answer.headers().get("idempotency-replayed") {
        events
            .headers_mut()
            .insert("idempotency-replayed", replayed.clone());
    }
    events
}
