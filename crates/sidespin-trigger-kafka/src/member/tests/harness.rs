//! A broker, members whose component is a function, and what they have seen.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Value, json};
use servers::Cluster as Server;
use sidespin_app::TriggerEntry;
use sidespin_kafka_client::{ConnectionSettings, GroupConfig, NewTopic, Outgoing, Start, ensure_topics};
use sidespin_telemetry::Metrics;
use sidespin_trigger::{Outcome, Status};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::member::*;

pub(super) struct Cluster {
    pub(super) connection: Connection,
    producer: Producer,
    pub(super) server: Server,
}

thread_local! {
    /// Each test has a thread, and so a topic, of its own.
    static TOPIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The test's topic.
pub(super) fn topic() -> String {
    TOPIC.with_borrow(Clone::clone)
}

/// Where what cannot be handled goes.
pub(super) fn dead_letter_topic() -> String {
    format!("{}.dlq", topic())
}

impl Cluster {
    pub(super) async fn start(partitions: u32, dead_letters: bool) -> Self {
        Self::of(Server::start().await.unwrap(), partitions, dead_letters).await
    }

    /// The same with a broker that can be stopped, if there is one.
    pub(super) async fn start_own(partitions: u32) -> Option<Self> {
        Some(Self::of(Server::start_own().await.unwrap()?, partitions, true).await)
    }

    async fn of(server: Server, partitions: u32, dead_letters: bool) -> Self {
        TOPIC.set(server.name("events"));
        let settings = ConnectionSettings::plain(server.bootstrap_servers(), "test");
        let connection = Connection::to(settings);
        let producer = Producer::new(connection.clone());
        let cluster = Self {
            connection,
            producer,
            server,
        };
        cluster.create(topic(), partitions).await;
        if dead_letters {
            cluster.create(dead_letter_topic(), 1).await;
        }
        cluster
    }

    pub(super) async fn create(&self, name: String, partitions: u32) {
        let topic = NewTopic {
            name,
            partitions,
            replication: None,
        };
        ensure_topics(&self.connection, &[topic]).await.unwrap();
    }

    pub(super) async fn send(&self, messages: impl IntoIterator<Item = (String, u32)>) {
        self.send_to(&topic(), messages).await;
    }

    pub(super) async fn send_to(&self, topic: &str, messages: impl IntoIterator<Item = (String, u32)>) {
        let outgoing = |(key, value): (String, u32)| Outgoing {
            topic: topic.to_owned(),
            key: Some(key.into_bytes()),
            value: Some(value.to_be_bytes().to_vec()),
            headers: Vec::new(),
        };
        self.producer
            .send_all(messages.into_iter().map(outgoing).collect())
            .await
            .unwrap();
    }

    /// Starts a member whose component is `answer`, and waits until it has joined.
    pub(super) async fn member(
        &self,
        config: Value,
        answer: impl Fn(&[Seen]) -> Answer + Send + Sync + 'static,
    ) -> Running {
        let entry = TriggerEntry {
            id: "one".to_owned(),
            trigger_type: "kafka".to_owned(),
            component: "audit".into(),
            config,
            location: None,
            key_locations: BTreeMap::new(),
        };
        let mut entry = EntryConfig::parse("test", &entry).unwrap();
        entry.group.group = self.server.name("audit");
        let (sender, seen) = mpsc::unbounded_channel();
        let calls = Arc::new(Function {
            answer: Box::new(answer),
            seen: sender,
        });
        let (joined, has_joined) = oneshot::channel();
        let metrics = KafkaMetrics::register(&Metrics::default());
        let member = Member::new(entry, calls, self.producer.clone(), metrics, joined);
        let shutdown = CancellationToken::new();
        let connection = self.connection.clone();
        let (context, status) = TriggerContext::new(shutdown.clone());
        let task = tokio::spawn(async move { member.run(&connection, &context).await });
        has_joined.await.unwrap();
        Running {
            shutdown,
            task,
            seen,
            status,
        }
    }

    /// The next message that the member's group would read, by its value.
    pub(super) async fn next_of_group(&self) -> u32 {
        let mut consumer = self.reader("audit", &topic()).await;
        let next = value(&next(&mut consumer, 1).await[0]);
        consumer.close(Vec::new()).await;
        next
    }

    pub(super) async fn reader(&self, group: &str, topic: &str) -> GroupConsumer {
        let config = GroupConfig {
            group: self.server.name(group),
            topics: vec![topic.to_owned()],
            except: Vec::new(),
            start: Start::Earliest,
        };
        GroupConsumer::start(&self.connection, &config).await.unwrap()
    }
}

/// The next messages, so many at least.
pub(super) async fn next(consumer: &mut GroupConsumer, count: usize) -> Vec<Record> {
    let mut read = Vec::new();
    while read.len() < count {
        if let GroupEvent::Records(records) = consumer.next().await {
            read.extend(records.into_iter().map(|delivered| delivered.record));
        }
    }
    read
}

/// A message as the component saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) topic: String,
    pub(super) key: String,
    pub(super) value: u32,
}

pub(super) fn value(record: &Record) -> u32 {
    u32::from_be_bytes(record.value.clone().unwrap().try_into().unwrap())
}

/// What a batch is answered with.
type Component = Box<dyn Fn(&[Seen]) -> Answer + Send + Sync>;

struct Function {
    answer: Component,
    seen: mpsc::UnboundedSender<Vec<Seen>>,
}

impl Calls for Function {
    fn call(&self, records: &[&Record]) -> BoxFuture<'static, Answer> {
        let batch: Vec<_> = records
            .iter()
            .map(|record| Seen {
                topic: record.topic.to_string(),
                key: String::from_utf8(record.key.clone().unwrap()).unwrap(),
                value: value(record),
            })
            .collect();
        let answer = (self.answer)(&batch);
        // Tests that do not look have dropped their end.
        drop(self.seen.send(batch));
        async move { answer }.boxed()
    }
}

pub(super) struct Running {
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), TriggerError>>,
    pub(super) seen: mpsc::UnboundedReceiver<Vec<Seen>>,
    pub(super) status: watch::Receiver<Status>,
}

impl Running {
    /// The values of the next messages, until there are so many.
    pub(super) async fn values(&mut self, count: usize) -> Vec<u32> {
        let mut values = Vec::new();
        while values.len() < count {
            values.extend(self.seen.recv().await.unwrap().iter().map(|seen| seen.value));
        }
        values
    }

    pub(super) async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap().unwrap();
    }
}

pub(super) fn all(batch: &[Seen], outcome: &Outcome) -> Answer {
    Answer::PerMessage(vec![outcome.clone(); batch.len()])
}

pub(super) fn done(batch: &[Seen]) -> Answer {
    all(batch, &Outcome::Done)
}

pub(super) fn numbered(key: &str, range: std::ops::Range<u32>) -> Vec<(String, u32)> {
    range.map(|number| (key.to_owned(), number)).collect()
}

/// Waits short enough for tests.
pub(super) fn quick() -> Value {
    json!({ "topics": [topic()], "retry": { "attempts": 3, "backoff": "5ms", "max_backoff": "20ms" } })
}
