//! The service as its callers, the broker and the scheduler see it, on a database in a file.

mod deliver;
mod list;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytes::Bytes;
use futures::executor::block_on;
use http::{Method, Request};
use serde_json::{Value, json};
use todo_domain::time::Timestamp;
use todo_service::authenticate::Authenticator;
use todo_service::authenticate::testing::TestIssuer;
use todo_service::database::testing::{TestDatabase, again_on_postgres};
use todo_service::outbox::Receiver;
use todo_service::refusal::Refusal;

use crate::{Message, Notifications, Platform, PlatformError};

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

    async fn schedule(&self, name: &str, _due: i64) -> Result<(), PlatformError> {
        panic!("the job {name} is scheduled")
    }

    async fn cancel(&self, name: &str) -> Result<(), PlatformError> {
        panic!("the job {name} is cancelled")
    }

    fn now(&self) -> i64 {
        now().millis()
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
}

struct Fixture {
    database: TestDatabase,
    platform: Fake,
    service: Notifications<TestDatabase, TestIssuer, Fake>,
}

impl Fixture {
    fn new() -> Self {
        let (database, platform) = (TestDatabase::new().unwrap(), Fake::default());
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
        let answer = match block_on(self.service.answer(&request, now())) {
            Ok(answer) => answer,
            Err(failure) => failure.answer(request.uri().path(), ""),
        };
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
        again_on_postgres(&server.database().unwrap(), &["all_of_it_holds_on_postgres"]);
    }
}
