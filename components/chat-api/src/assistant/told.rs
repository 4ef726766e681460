//! A turn told as it happens, as server-sent events, to whoever listens.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{Either, select};
use serde_json::{Value, json};
use todo_domain::sse::ServerSentEvent;

/// Where a turn's events go.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told(Option<UnboundedSender<Bytes>>);

impl Told {
    pub(crate) fn tell(&self, event: &str, data: &Value) {
        let Some(sender) = &self.0 else { return };
        let data = data.to_string();
        let event = ServerSentEvent {
            id: None,
            event: Some(event),
            data: &data,
        };
        // Nobody listens any more, perhaps; the turn goes on.
        sender.unbounded_send(event.to_string().into()).ok();
    }

    /// A piece of the response.
    pub(crate) fn tell_text(&self, text: &str) {
        if !text.is_empty() {
            self.tell("token", &json!({ "text": text }));
        }
    }

    /// A call and its result, as the answer has them.
    pub(crate) fn tell_call(&self, call: &Value) {
        let (tool, arguments) = (call.get("tool"), call.get("arguments"));
        self.tell("tool_call", &json!({ "tool": tool, "arguments": arguments }));
        self.tell("tool_result", call);
    }

    /// A whole answer, in the order in which things happened.
    pub(crate) fn tell_answer(&self, body: &Value) {
        let calls = body.get("tool_calls").and_then(Value::as_array);
        for call in calls.into_iter().flatten() {
            self.tell_call(call);
        }
        let response = body.get("response").and_then(Value::as_str).unwrap_or_default();
        for token in response.split_inclusive(' ') {
            self.tell_text(token);
        }
    }
}

/// A turn that was begun.
type Turn = Pin<Box<dyn Future<Output = ()>>>;

/// A turn and its events. The turn moves on while the events are read, unless it was taken to be moved on by itself.
pub struct ChatStream {
    events: UnboundedReceiver<Bytes>,
    turn: Option<Turn>,
}

impl fmt::Debug for ChatStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ChatStream")
            .field("has_turn", &self.turn.is_some())
            .finish_non_exhaustive()
    }
}

impl ChatStream {
    /// The events of a turn that tells what happens to what it is given.
    pub(crate) fn of<F: Future<Output = ()> + 'static>(turn: impl FnOnce(Told) -> F) -> Self {
        let (sender, events) = unbounded();
        Self {
            events,
            turn: Some(Box::pin(turn(Told(Some(sender))))),
        }
    }

    /// The turn, to be moved on by the caller: a reader who stops reading must not stop it, in a transaction perhaps.
    pub fn take_turn(&mut self) -> impl Future<Output = ()> + use<> {
        let turn = self.turn.take();
        async move {
            if let Some(turn) = turn {
                turn.await;
            }
        }
    }

    /// What is to be sent next; nothing at the end.
    pub async fn next(&mut self) -> Option<Bytes> {
        let Some(turn) = self.turn.as_mut() else {
            return self.events.next().await;
        };
        match select(self.events.next(), turn.as_mut()).await {
            Either::Left((event, _turn)) => event,
            Either::Right(((), _events)) => {
                self.turn = None;
                self.events.next().await
            }
        }
    }
}
