//! The service in a test: instances on one database, users, and requests.

use std::rc::Rc;

use bytes::Bytes;
use futures::executor::block_on;
use http::HeaderMap;
use serde_json::{Value, json};
use todo_service::database::testing::TestDatabase;
use todo_service::database::{Connection as _, Database as _, Row};

use super::platform::{FakePlatform, World};
use crate::updates::UpdateStream;
use crate::{App, Body, Reply};

/// 2026-03-02T09:00:00Z, a Monday.
pub(super) const START: i64 = 1_772_442_000_000;

/// An instance, and the world that it shares with others.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) app: Rc<App<FakePlatform>>,
    pub(super) world: Rc<World>,
    pub(super) database: TestDatabase,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
    pub(super) text: String,
}

impl Response {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().unwrap())
            .unwrap_or_default()
    }

    #[track_caller]
    pub(super) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    #[track_caller]
    pub(super) fn problem(self, status: u16, code: &str) -> Self {
        assert_eq!(
            (self.status, self.body["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.text
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
        for member in ["type", "title", "detail", "instance", "request_id"] {
            assert!(
                self.body[member].as_str().is_some_and(|text| !text.is_empty()),
                "{member}: {}",
                self.text
            );
        }
        self
    }
}

impl Service {
    /// Without limits, which tests of their own switch on.
    pub(super) fn new() -> Self {
        Self::with(&[
            ("rate_limit_auth", "0"),
            ("rate_limit_account", "0"),
            ("rate_limit_chat", "0"),
            ("rate_limit_default", "0"),
        ])
    }

    pub(super) fn with(variables: &[(&str, &str)]) -> Self {
        Self::on(TestDatabase::new().unwrap(), variables)
    }

    /// On a database that may have something in it.
    pub(super) fn on(database: TestDatabase, variables: &[(&str, &str)]) -> Self {
        let world = Rc::new(World::default());
        world.now.set(START);
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        world.variables.borrow_mut().extend(variables);
        Self::start(world, database)
    }

    fn start(world: Rc<World>, database: TestDatabase) -> Self {
        let platform = FakePlatform {
            world: Rc::clone(&world),
            database: database.clone(),
        };
        let app = Rc::new(block_on(App::start(platform)).unwrap());
        Self { app, world, database }
    }

    /// Another instance on the same database.
    pub(super) fn another(&self) -> Self {
        Self::start(Rc::clone(&self.world), self.database.clone())
    }

    /// A request, without what follows the answer.
    pub(super) fn answer(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response {
        block_on(self.begin(method, target, headers, body))
    }

    /// The same, for requests that are on their way at once.
    pub(super) async fn begin(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response {
        match self.ask(method, target, headers, body).await {
            Reply::Complete(answer) => {
                let (parts, body) = answer.into_parts();
                let text = String::from_utf8(body.to_vec()).unwrap();
                let body = serde_json::from_str(&text).unwrap_or_default();
                Response {
                    status: parts.status.as_u16(),
                    headers: parts.headers,
                    body,
                    text,
                }
            }
            Reply::Download(head, mut file) => {
                let mut text = String::new();
                while let Some(piece) = file.next().await {
                    text.push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
                }
                Response {
                    status: head.status().as_u16(),
                    headers: head.headers().clone(),
                    body: serde_json::from_str(&text).unwrap_or_default(),
                    text,
                }
            }
            Reply::Chat(head, mut stream) => {
                let mut text = String::new();
                while let Some(piece) = stream.next().await {
                    text.push_str(std::str::from_utf8(&piece).unwrap());
                }
                Response {
                    status: head.status().as_u16(),
                    headers: head.headers().clone(),
                    body: Value::Null,
                    text,
                }
            }
            Reply::Stream(..) => panic!("a stream"),
        }
    }

    pub(super) fn reply(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply<FakePlatform> {
        block_on(self.ask(method, target, headers, body))
    }

    async fn ask(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply<FakePlatform> {
        let mut request = http::Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let body = Body::Complete(Bytes::copy_from_slice(body.as_bytes()));
        App::handle(&self.app, parts, body).await
    }

    /// A request, and what follows the answer.
    pub(super) fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let response = self.answer(method, target, headers, body);
        block_on(self.app.relay());
        response
    }

    pub(super) fn post(&self, target: &str, body: &Value) -> Response {
        self.send(
            "POST",
            target,
            &[("content-type", "application/json")],
            &body.to_string(),
        )
    }

    pub(super) fn sign_up(&self, email: &str) -> User {
        let body = json!({"email": email, "password": "correct horse"});
        let session = self.post("/api/v1/auth/signup", &body).expect(201).body;
        let text = |pointer: &str| session.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        User {
            service: self.clone(),
            id: text("/user/id"),
            token: text("/access_token"),
            refresh_token: text("/refresh_token"),
        }
    }

    pub(super) fn job(&self, name: &str) -> Result<(), crate::JobFailure> {
        block_on(self.app.handle_job(name))
    }

    /// Fires the jobs that are due, each once; answers their names.
    pub(super) fn fire_due(&self) -> Vec<String> {
        let now = self.world.now.get();
        let due: Vec<String> = {
            let jobs = self.world.jobs.borrow();
            let due = jobs
                .iter()
                .filter(|(_name, due)| due.is_some_and(|due| due <= now));
            due.map(|(name, _due)| name.clone()).collect()
        };
        for name in &due {
            self.world.jobs.borrow_mut().remove(name);
            self.job(name).unwrap();
        }
        due
    }

    pub(super) fn rows(&self, statement: &str) -> Vec<Row> {
        block_on(async { self.database.connect().await?.execute(statement, &[]).await }).unwrap()
    }
}

/// Somebody who is logged in.
#[derive(Clone)]
pub(super) struct User {
    pub(super) service: Service,
    pub(super) id: String,
    pub(super) token: String,
    pub(super) refresh_token: String,
}

impl User {
    /// The same user with tokens of now.
    pub(super) fn renewed(&self) -> Self {
        let body = json!({ "refresh_token": self.refresh_token });
        let session = self.service.post("/api/v1/auth/refresh", &body).expect(200).body;
        let text = |name: &str| session[name].as_str().unwrap().to_owned();
        Self {
            token: text("access_token"),
            refresh_token: text("refresh_token"),
            ..self.clone()
        }
    }

    /// The same user at another instance.
    pub(super) fn at(&self, service: &Service) -> Self {
        Self {
            service: service.clone(),
            ..self.clone()
        }
    }

    pub(super) fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let authorization = format!("Bearer {}", self.token);
        let mut all = vec![("authorization", authorization.as_str())];
        all.extend_from_slice(headers);
        self.service.send(method, target, &all, body)
    }

    pub(super) fn get(&self, target: &str) -> Response {
        self.send("GET", target, &[], "")
    }

    pub(super) fn post(&self, target: &str, body: &Value) -> Response {
        self.send(
            "POST",
            target,
            &[("content-type", "application/json")],
            &body.to_string(),
        )
    }

    pub(super) fn patch(&self, target: &str, body: &Value) -> Response {
        self.send(
            "PATCH",
            target,
            &[("content-type", "application/merge-patch+json")],
            &body.to_string(),
        )
    }

    #[track_caller]
    pub(super) fn create(&self, task: &Value) -> Value {
        self.post("/api/v1/tasks", task).expect(201).body
    }

    #[track_caller]
    pub(super) fn say(&self, message: &str) -> Value {
        self.post("/api/v1/chat", &json!({ "message": message }))
            .expect(200)
            .body
    }

    /// The titles of a list.
    #[track_caller]
    pub(super) fn titles(&self, query: &str) -> Vec<String> {
        let items = self.get(&format!("/api/v1/tasks?{query}")).expect(200).body["items"].clone();
        items
            .as_array()
            .unwrap()
            .iter()
            .map(|task| task["title"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(super) fn updates(&self, last_event_id: Option<&str>) -> UpdateStream<FakePlatform> {
        let authorization = format!("Bearer {}", self.token);
        let mut headers = vec![("authorization", authorization.as_str())];
        headers.extend(last_event_id.map(|id| ("last-event-id", id)));
        match self.service.reply("GET", "/api/v1/updates", &headers, "") {
            Reply::Stream(head, stream) => {
                assert_eq!(head.headers()["content-type"], "text/event-stream");
                *stream
            }
            Reply::Complete(answer) => panic!("{answer:?}"),
            Reply::Chat(..) => panic!("a chat"),
            Reply::Download(..) => panic!("a file"),
        }
    }
}
