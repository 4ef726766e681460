//! The service as its callers, the broker and the scheduler see it, on a database in a file.

mod channels;
mod deliver;
mod description;
mod erase;
mod later;
mod list;
mod settings;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use bytes::Bytes;
use futures::executor::block_on;
use http::{Method, Request};
use serde_json::{Value, json};
use todo_domain::time::Timestamp;
use todo_service::authenticate::Authenticator;
use todo_service::authenticate::testing::TestIssuer;
use todo_service::database::testing::{TestDatabase, again_on_postgres, again_on_sqlite, plans};
use todo_service::outbox::Receiver;
use todo_service::refusal::Refusal;

use crate::{Message, Notifications, Platform, PlatformError, Sent};

/// In seconds, as tokens count.
const NOW: i64 = 1_772_355_600;

fn now() -> Timestamp {
    Timestamp::from_millis(NOW * 1000).unwrap()
}

/// A platform that remembers, and fails when told to.
#[derive(Clone, Debug, Default)]
struct Fake {
    published: Rc<RefCell<Vec<Message>>>,
    failure: Rc<RefCell<Option<PlatformError>>>,
    /// Events with this text are never taken.
    poison: Rc<RefCell<Option<String>>>,
    repeated: Rc<Cell<u32>>,
    ids: Rc<Cell<u32>>,
    /// How long after [`NOW`] it is, in milliseconds.
    passed: Rc<Cell<i64>>,
    /// Jobs by their names, with their times.
    jobs: Rc<RefCell<BTreeMap<String, i64>>>,
    variables: Rc<RefCell<BTreeMap<&'static str, String>>>,
    randoms: Rc<Cell<u8>>,
    /// What was sent to servers outside, and what the next ones answer; 200 if nothing is said.
    sent: Rc<RefCell<Vec<Request<Bytes>>>>,
    answers: Rc<RefCell<VecDeque<Result<Sent, String>>>>,
    /// What chat-api answers, and what it was asked.
    agenda: Rc<RefCell<Option<(u16, Value)>>>,
    asked: Rc<RefCell<Vec<Value>>>,
}

impl Receiver for Fake {
    async fn publish(&self, events: Vec<Message>) -> Result<(), PlatformError> {
        if let Some(failure) = self.failure.borrow().clone() {
            return Err(failure);
        }
        let is_poison = |event: &Message| {
            self.poison
                .borrow()
                .as_ref()
                .is_some_and(|text| event.body.contains(text))
        };
        if events.iter().any(is_poison) {
            return Err(PlatformError::Rejected("too large".into()));
        }
        self.published.borrow_mut().extend(events);
        Ok(())
    }

    async fn schedule(&self, name: &str, due: i64) -> Result<(), PlatformError> {
        if let Some(failure) = self.failure.borrow().clone() {
            return Err(failure);
        }
        self.jobs.borrow_mut().insert(name.to_owned(), due);
        Ok(())
    }

    async fn cancel(&self, name: &str) -> Result<(), PlatformError> {
        self.jobs.borrow_mut().remove(name);
        Ok(())
    }

    fn now(&self) -> i64 {
        now().millis() + self.passed.get()
    }

    fn log(&self, _line: &str) {}
}

impl Platform for Fake {
    async fn repeat(&self, job: &str, interval: u64) -> Result<(), PlatformError> {
        assert_eq!((job, interval), ("outbox", 15_000));
        self.repeated.set(self.repeated.get() + 1);
        Ok(())
    }

    fn new_id(&self) -> String {
        self.ids.set(self.ids.get() + 1);
        format!("id-{}", self.ids.get())
    }

    fn random(&self) -> [u8; 32] {
        self.randoms.set(self.randoms.get() + 1);
        [self.randoms.get(); 32]
    }

    async fn variable(&self, name: &str) -> String {
        self.variables.borrow().get(name).cloned().unwrap_or_default()
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Sent, String> {
        self.sent.borrow_mut().push(request);
        let fine = Sent {
            status: 200,
            retry_after: None,
        };
        self.answers.borrow_mut().pop_front().unwrap_or(Ok(fine))
    }

    async fn ask_chat_api(&self, path: &str, body: &Value) -> Result<(u16, Value), String> {
        assert_eq!(path, "/internal/v1/agenda");
        self.asked.borrow_mut().push(body.clone());
        self.agenda.borrow().clone().ok_or_else(|| "away".to_owned())
    }
}

struct Fixture {
    database: TestDatabase,
    platform: Fake,
    service: Notifications<TestDatabase, TestIssuer, Fake>,
}

impl Fixture {
    fn new() -> Self {
        let (database, platform) = (TestDatabase::new().unwrap(), Fake::default());
        platform
            .variables
            .borrow_mut()
            .insert("webhook_hosts", "https://*".to_owned());
        let service = Notifications::new(database.clone(), Authenticator::new(TestIssuer), platform.clone());
        Self {
            database,
            platform,
            service,
        }
    }

    /// The same database and platform after the instance was gone.
    fn restarted(&self) -> Self {
        let (database, platform) = (self.database.clone(), self.platform.clone());
        let service = Notifications::new(database.clone(), Authenticator::new(TestIssuer), platform.clone());
        Self {
            database,
            platform,
            service,
        }
    }

    fn deliver(&self, messages: &[Option<Vec<u8>>]) -> Vec<Result<(), Refusal>> {
        block_on(self.service.deliver(messages))
    }

    fn call(&self, request: http::request::Builder, body: &str) -> (u16, Value) {
        let request = request.body(Bytes::from(body.to_owned())).unwrap();
        let time = Timestamp::from_millis(self.platform.now()).unwrap();
        let answer = match block_on(self.service.answer(&request, time, 0)) {
            Ok(answer) => answer,
            Err(failure) => failure.answer(request.uri().path(), ""),
        };
        description::is_kept(&request, &answer);
        (
            answer.status().as_u16(),
            serde_json::from_slice(answer.body()).unwrap_or_default(),
        )
    }

    fn list(&self, user_id: &str, query: &str) -> Value {
        let uri = format!("/api/v1/notifications?{query}");
        let (status, body) = self.call(TestIssuer::request(user_id, NOW).uri(uri), "");
        assert_eq!(status, 200, "{body}");
        body
    }

    fn titles(&self, user_id: &str, query: &str) -> Vec<String> {
        let page = self.list(user_id, query);
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["title"].as_str().unwrap().to_owned())
            .collect()
    }

    fn change(&self, user_id: &str, id: &str, body: &str) -> (u16, Value) {
        let uri = format!("/api/v1/notifications/{id}");
        self.call(
            TestIssuer::request(user_id, NOW).method(Method::PATCH).uri(uri),
            body,
        )
    }

    /// A request of this user's, with a token that is valid whenever it is.
    fn ask(&self, user_id: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let uri = format!("/api/v1/notifications{path}");
        let seconds = self.platform.now() / 1_000;
        let request = TestIssuer::request(user_id, seconds).method(method).uri(uri);
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.call(request, &body)
    }

    /// Lets time pass, and does the jobs that are due, each once, in the order of their names.
    fn pass(&self, seconds: i64) {
        self.platform
            .passed
            .set(self.platform.passed.get() + seconds * 1_000);
        self.do_jobs();
    }

    fn do_jobs(&self) {
        let now = self.platform.now();
        let due: Vec<String> = {
            let mut jobs = self.platform.jobs.borrow_mut();
            let due = jobs
                .iter()
                .filter(|(_, due)| **due <= now)
                .map(|(name, _)| name.clone());
            let due: Vec<_> = due.collect();
            jobs.retain(|_, due| *due > now);
            due
        };
        for job in due {
            block_on(self.service.work(&job)).unwrap();
        }
    }

    /// The first notification of a user, and its deliveries.
    fn deliveries(&self, user_id: &str) -> Vec<Value> {
        let (status, page) = self.ask(user_id, "GET", "", &Value::Null);
        assert_eq!(status, 200);
        let id = page["items"][0]["id"].as_str().unwrap().to_owned();
        let (status, body) = self.ask(user_id, "GET", &format!("/{id}/deliveries"), &Value::Null);
        assert_eq!(status, 200, "{body}");
        body["items"].as_array().unwrap().clone()
    }

    /// The ids of the events published so far.
    fn published_ids(&self) -> Vec<String> {
        let id = |event: &Message| {
            serde_json::from_str::<Value>(&event.body).unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        self.platform.published.borrow().iter().map(id).collect()
    }
}

fn event(number: u32, kind: &str, user_id: &str) -> Option<Vec<u8>> {
    let event = json!({
        "specversion": "1.0",
        "id": format!("event-{number}"),
        "source": "/todo/chat-api",
        "type": kind,
        "subject": format!("task-{number}"),
        "time": "2026-03-01T09:00:00.000Z",
        "datacontenttype": "application/json",
        "userid": user_id,
        "partitionkey": format!("task-{number}"),
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "data": {
            "task_id": format!("task-{number}"),
            "title": format!("title {number}"),
            "due_at": "2026-03-01T10:00:00Z",
            "remind_at": "2026-03-01T09:00:00.000Z",
            "user_id": user_id,
            "late": number == 9,
        },
    });
    Some(event.to_string().into_bytes())
}

fn triggered(number: u32, user_id: &str) -> Option<Vec<u8>> {
    event(number, "reminder.triggered", user_id)
}

#[test]
fn all_of_it_holds_on_postgres() {
    if let Some(server) = servers::Postgres::shared().unwrap() {
        let found = again_on_postgres(
            &server.database().unwrap(),
            &["all_of_it_holds_on_postgres", "reads_a_whole_table"],
        );
        plans::check(&found, FULL_SCANS);
    }
}

/// Statements that may read a whole table, and why.
const FULL_SCANS: &[(&str, &str)] = &[(
    "DELETE FROM notification_outbox WHERE kind = 'publish' AND instr",
    "only what waits is there, mostly nothing, and an account is deleted once",
)];

#[test]
fn no_statement_reads_a_whole_table() {
    let found = again_on_sqlite(&["all_of_it_holds_on_postgres", "reads_a_whole_table"]);
    plans::check(&found, FULL_SCANS);
}

/// A browser's subscription, with the keys of the example in RFC 8291.
fn subscription(endpoint: &str) -> Value {
    json!({
        "endpoint": endpoint,
        "expirationTime": null,
        "keys": {
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        },
    })
}
