//! A platform in memory: a clock that stands until it is moved, topics and jobs that can be looked at, and a broker that can
//! be away.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use serde_json::Value;
use todo_service::database::testing::TestDatabase;
use todo_service::outbound::Unanswered;
use todo_service::outbox::Receiver;

use super::model::{FakePieces, Model, pieces};
use crate::platform::{FeedError, Message, Platform, PlatformError, Subscription};

/// What the world outside of the instances holds.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) now: Cell<i64>,
    random: Cell<u64>,
    pub(super) variables: RefCell<BTreeMap<String, String>>,
    pub(super) published: RefCell<Vec<Message>>,
    pub(super) publish_calls: Cell<usize>,
    /// Jobs by name, with their time; repeating ones have none.
    pub(super) jobs: RefCell<BTreeMap<String, Option<i64>>>,
    pub(super) log: RefCell<Vec<String>>,
    /// The language model.
    pub(super) model: Model,
    pub(super) is_broker_away: Cell<bool>,
    /// It takes events and never answers.
    pub(super) is_broker_stuck: Cell<bool>,
    /// Bodies with this in them are rejected.
    pub(super) rejected: RefCell<Option<String>>,
    feeds: RefCell<Vec<(String, Rc<Queue>)>>,
    /// The documents of servers outside, by their addresses; the others are away.
    pub(super) documents: RefCell<BTreeMap<String, String>>,
    /// The addresses that were asked.
    pub(super) asked: RefCell<Vec<String>>,
    /// Servers outside.
    pub(super) vectors: RefCell<servers::Vectors>,
    nanoseconds: Cell<u64>,
}

type Queue = RefCell<VecDeque<Result<Vec<u8>, FeedError>>>;

impl World {
    /// The events of a topic, as JSON.
    pub(super) fn events(&self, topic: &str) -> Vec<Value> {
        let published = self.published.borrow();
        let of_topic = published.iter().filter(|message| message.topic == topic);
        of_topic
            .map(|message| serde_json::from_str(&message.body).unwrap())
            .collect()
    }

    /// The types of the events of a topic.
    pub(super) fn types(&self, topic: &str) -> Vec<String> {
        self.events(topic)
            .iter()
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(super) fn pass(&self, seconds: i64) {
        self.now.set(self.now.get() + seconds * 1000);
    }

    /// What a subscriber of this user gets next.
    pub(super) fn feed(&self, user_id: &str, item: &Result<Vec<u8>, FeedError>) {
        for (of_user, queue) in self.feeds.borrow().iter() {
            if of_user == user_id {
                queue.borrow_mut().push_back(item.clone());
            }
        }
    }
}

/// One instance's view of the world.
#[derive(Debug, Clone)]
pub(super) struct FakePlatform {
    pub(super) world: Rc<World>,
    pub(super) database: TestDatabase,
}

pub(super) struct FakeFeed(Rc<Queue>);

impl Subscription for FakeFeed {
    async fn next(&self) -> Result<Vec<Vec<u8>>, FeedError> {
        poll_fn(|_context| match self.0.borrow_mut().pop_front() {
            Some(item) => Poll::Ready(item.map(|body| vec![body])),
            None => Poll::Pending,
        })
        .await
    }
}

impl Receiver for FakePlatform {
    async fn publish(&self, messages: Vec<Message>) -> Result<(), PlatformError> {
        if self.world.is_broker_stuck.get() {
            std::future::pending::<()>().await;
        }
        if self.world.is_broker_away.get() {
            return Err(PlatformError::Unavailable("the broker is away".to_owned()));
        }
        let is_rejected = |message: &Message| {
            self.world
                .rejected
                .borrow()
                .as_ref()
                .is_some_and(|part| message.body.contains(part.as_str()))
        };
        if messages.iter().any(is_rejected) {
            return Err(PlatformError::Rejected("the event is malformed".to_owned()));
        }
        self.world.publish_calls.set(self.world.publish_calls.get() + 1);
        for message in messages {
            if message.topic == "task-updates" {
                self.world
                    .feed(&message.key, &Ok(message.body.clone().into_bytes()));
            }
            self.world.published.borrow_mut().push(message);
        }
        Ok(())
    }

    async fn schedule(&self, name: &str, due: i64) -> Result<(), PlatformError> {
        if self.world.is_broker_away.get() {
            return Err(PlatformError::Unavailable("the scheduler is away".to_owned()));
        }
        self.world.jobs.borrow_mut().insert(name.to_owned(), Some(due));
        Ok(())
    }

    async fn cancel(&self, name: &str) -> Result<(), PlatformError> {
        self.world.jobs.borrow_mut().remove(name);
        Ok(())
    }

    fn now(&self) -> i64 {
        self.world.now.get()
    }

    fn log(&self, line: &str) {
        self.world.log.borrow_mut().push(line.to_owned());
    }
}

impl FakePlatform {
    /// What the collection of vectors, and the model that makes them, answer.
    fn ask_vectors(&self, request: &Request<Bytes>) -> Option<(u16, String)> {
        let key = ["authorization", "api-key"]
            .iter()
            .find_map(|name| request.headers().get(*name)?.to_str().ok());
        let path = request.uri().path_and_query().map(ToString::to_string);
        let mut vectors = self.world.vectors.borrow_mut();
        let (method, path) = (request.method().as_str(), path.unwrap_or_default());
        let (status, body) = vectors.answer(method, &path, key, request.body())?;
        Some((status, body))
    }

    /// What stands at an address outside.
    fn ask_for_document(&self, url: &str) -> Option<(u16, String)> {
        self.world.asked.borrow_mut().push(url.to_owned());
        let document = self.world.documents.borrow().get(url).cloned();
        document.map(|document| (200, document))
    }
}

impl Platform for FakePlatform {
    type Database = TestDatabase;
    type Subscription = FakeFeed;
    type Pieces = FakePieces;

    fn database(&self) -> &TestDatabase {
        &self.database
    }

    fn random(&self) -> [u8; 32] {
        // Different each time, and growing, so that ids of one millisecond are in the order of their making.
        let count = self.world.random.get() + 1;
        self.world.random.set(count);
        let mut bytes = [0; 32];
        bytes[2..10].copy_from_slice(&count.to_be_bytes());
        bytes
    }

    fn nanoseconds(&self) -> u64 {
        let now = self.world.nanoseconds.get() + 1_000_000;
        self.world.nanoseconds.set(now);
        now
    }

    async fn variable(&self, name: &str) -> String {
        self.world
            .variables
            .borrow()
            .get(name)
            .cloned()
            .unwrap_or_default()
    }

    async fn repeat(&self, name: &str, _interval: Duration) -> Result<(), PlatformError> {
        self.world
            .jobs
            .borrow_mut()
            .entry(name.to_owned())
            .or_insert(None);
        Ok(())
    }

    async fn subscribe(&self, user_id: &str) -> Result<FakeFeed, FeedError> {
        let queue = Rc::new(Queue::default());
        self.world
            .feeds
            .borrow_mut()
            .push((user_id.to_owned(), Rc::clone(&queue)));
        Ok(FakeFeed(queue))
    }

    async fn request(
        &self,
        request: http::Request<Bytes>,
        patience: Duration,
    ) -> Result<http::Response<FakePieces>, Unanswered> {
        let uri = request.uri();
        if uri.path().ends_with("/chat/completions") {
            return self.world.model.answer(&self.world.now, &request, patience);
        }
        let is_document = request.method() == Method::GET && uri.host() != Some("qdrant.test");
        let (status, body) = if is_document {
            let refused = || Unanswered::NotConnected("connection refused".to_owned());
            self.ask_for_document(&uri.to_string()).ok_or_else(refused)?
        } else {
            self.ask_vectors(&request).ok_or(Unanswered::TimedOut(patience))?
        };
        let mut answer = http::Response::new(pieces(vec![body.into()], false));
        *answer.status_mut() = status.try_into().unwrap();
        Ok(answer)
    }

    /// Waiting takes no time here; it moves the clock.
    async fn sleep(&self, duration: Duration) {
        self.world
            .now
            .set(self.world.now.get() + i64::try_from(duration.as_millis()).unwrap());
    }
}
