//! A language model that says what a test wrote down for it, and remembers what it was asked.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use todo_service::outbound::{Pieces, Unanswered};

/// The model's server.
#[derive(Debug, Default)]
pub(super) struct Model {
    script: RefCell<VecDeque<Scene>>,
    pub(super) requests: RefCell<Vec<Asked>>,
}

/// A request that came.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) uri: String,
    pub(super) authorization: Option<String>,
    pub(super) body: Value,
    /// When, by the world's clock.
    pub(super) at: i64,
}

/// How a request is answered.
#[derive(Clone, Debug)]
pub(super) enum Scene {
    /// With a status, `Retry-After` and a body.
    Status(u16, Option<u32>, Value),
    /// With a stream of events, in pieces; then it ends, or breaks off.
    Stream(Vec<Bytes>, bool),
    /// With bytes that are no JSON.
    Raw(Bytes),
    /// Nobody is there.
    NotConnected,
    /// It takes longer than anybody waits.
    Silent,
    /// It takes so many milliseconds, and is answered then.
    After(i64, Box<Self>),
}

/// A body.
#[derive(Debug)]
pub(super) struct FakePieces {
    pieces: VecDeque<Bytes>,
    breaks_off: bool,
}

impl Pieces for FakePieces {
    async fn next(&mut self, _patience: Duration) -> Option<Result<Bytes, Unanswered>> {
        if let Some(piece) = self.pieces.pop_front() {
            return Some(Ok(piece));
        }
        self.breaks_off
            .then(|| Err(Unanswered::BrokenOff("connection reset".to_owned())))
    }
}

impl Model {
    /// Answers the next requests like this.
    pub(super) fn plays(&self, scenes: impl IntoIterator<Item = Scene>) {
        self.script.borrow_mut().extend(scenes);
    }

    /// What was not played yet is not meant any more.
    pub(super) fn forgets(&self) {
        self.script.borrow_mut().clear();
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.requests.borrow().clone()
    }

    /// Whether everything was played.
    pub(super) fn is_over(&self) -> bool {
        self.script.borrow().is_empty()
    }

    pub(super) fn answer(
        &self,
        now: &Cell<i64>,
        request: &http::Request<Bytes>,
        patience: Duration,
    ) -> Result<http::Response<FakePieces>, Unanswered> {
        let authorization = request.headers().get("authorization");
        self.requests.borrow_mut().push(Asked {
            uri: request.uri().to_string(),
            authorization: authorization.map(|value| value.to_str().unwrap().to_owned()),
            body: serde_json::from_slice(request.body()).unwrap(),
            at: now.get(),
        });
        let scene = self.script.borrow_mut().pop_front();
        play(
            scene.expect("the model was asked once more than the test meant"),
            now,
            patience,
        )
    }
}

fn play(scene: Scene, now: &Cell<i64>, patience: Duration) -> Result<http::Response<FakePieces>, Unanswered> {
    let wait = |milliseconds: i64| now.set(now.get() + milliseconds);
    let patience_in_millis = i64::try_from(patience.as_millis()).unwrap();
    match scene {
        Scene::Status(status, retry_after, body) => {
            let mut answer = http::Response::builder()
                .status(status)
                .header("content-type", "application/json");
            if let Some(seconds) = retry_after {
                answer = answer.header("retry-after", seconds);
            }
            Ok(answer.body(pieces(vec![body.to_string().into()], false)).unwrap())
        }
        Scene::Raw(body) => Ok(http::Response::new(pieces(vec![body], false))),
        Scene::Stream(chunks, breaks_off) => {
            let answer = http::Response::builder().header("content-type", "text/event-stream; charset=utf-8");
            Ok(answer.body(pieces(chunks, breaks_off)).unwrap())
        }
        Scene::NotConnected => Err(Unanswered::NotConnected("connection refused".to_owned())),
        Scene::Silent => {
            wait(patience_in_millis);
            Err(Unanswered::TimedOut(patience))
        }
        Scene::After(milliseconds, _scene) if milliseconds > patience_in_millis => {
            play(Scene::Silent, now, patience)
        }
        Scene::After(milliseconds, scene) => {
            wait(milliseconds);
            play(*scene, now, patience)
        }
    }
}

pub(super) fn pieces(pieces: Vec<Bytes>, breaks_off: bool) -> FakePieces {
    FakePieces {
        pieces: pieces.into(),
        breaks_off,
    }
}

/// An answer in words.
pub(super) fn says(text: &str) -> Scene {
    completion(&json!({ "role": "assistant", "content": text }), "stop")
}

/// An answer that calls tools.
pub(super) fn calls(calls: &[(&str, Value)]) -> Scene {
    let calls = calls.iter().enumerate().map(|(number, (name, arguments))| {
        let function = json!({ "name": name, "arguments": arguments.to_string() });
        json!({ "id": format!("call-{number}"), "type": "function", "function": function })
    });
    let calls: Vec<Value> = calls.collect();
    completion(
        &json!({ "role": "assistant", "content": "I've done it!", "tool_calls": calls }),
        "tool_calls",
    )
}

/// A whole answer with this message.
pub(super) fn completion(message: &Value, finish: &str) -> Scene {
    let body = json!({
        "choices": [{ "index": 0, "message": message, "finish_reason": finish }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 20 },
    });
    Scene::Status(200, None, body)
}

/// A streamed answer: text in pieces, then calls.
pub(super) fn streams(texts: &[&str], calls: &[(&str, Value)]) -> Scene {
    let mut chunks: Vec<Bytes> = texts
        .iter()
        .map(|text| chunk(&json!({ "content": text }), None))
        .collect();
    for (number, (name, arguments)) in calls.iter().enumerate() {
        let function = json!({ "name": name, "arguments": "" });
        let begin = json!({ "index": number, "id": format!("call-{number}"), "function": function });
        chunks.push(chunk(&json!({ "tool_calls": [begin] }), None));
        for letter in arguments.to_string().chars() {
            let piece = json!({ "index": number, "function": { "arguments": letter.to_string() } });
            chunks.push(chunk(&json!({ "tool_calls": [piece] }), None));
        }
    }
    let finish = if calls.is_empty() { "stop" } else { "tool_calls" };
    chunks.push(chunk(&json!({}), Some(finish)));
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 100, "completion_tokens": 20 } });
    chunks.push(format!("data: {usage}\n\ndata: [DONE]\n\n").into());
    Scene::Stream(chunks, false)
}

/// A piece of a streamed answer.
pub(super) fn chunk(delta: &Value, finish: Option<&str>) -> Bytes {
    let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
    format!("data: {}\n\n", json!({ "choices": [choice] })).into()
}
