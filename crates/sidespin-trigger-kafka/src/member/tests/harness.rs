//! A broker, members whose component is a function, and what they have seen.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sidespin_app::TriggerEntry;
use sidespin_broker::{Broker, BrokerConfig, TopicConfig};
use sidespin_kafka_client::{ConnectionSettings, GroupConfig, Outgoing, Start};
use sidespin_telemetry::Metrics;
use sidespin_trigger::Outcome;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::member::*;

pub(super) struct Cluster {
    pub(super) connection: Connection,
    producer: Producer,
    _broker: Broker,
    _directory: TempDir,
}

impl Cluster {
    pub(super) async fn start(partitions: u32, dead_letters: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut topics = vec![TopicConfig {
            name: "events".to_owned(),
            partitions,
        }];
        if dead_letters {
            topics.push(TopicConfig {
                name: "events.dlq".to_owned(),
                partitions: 1,
            });
        }
        let config = BrokerConfig {
            topics,
            auto_create_topics: false,
            ..BrokerConfig::new("127.0.0.1:0".parse().unwrap(), directory.path())
        };
        let broker = Broker::start(config).await.unwrap();
        let settings = ConnectionSettings {
            bootstrap_servers: broker.address().to_string(),
            client_id: "test".to_owned(),
        };
        let connection = Connection::to(settings);
        let producer = Producer::new(connection.clone());
        Self {
            connection,
            producer,
            _broker: broker,
            _directory: directory,
        }
    }

    pub(super) async fn send(&self, messages: impl IntoIterator<Item = (String, u32)>) {
        let outgoing = |(key, value): (String, u32)| Outgoing {
            topic: "events".to_owned(),
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
        let entry = EntryConfig::parse("test", &entry).unwrap();
        let (sender, seen) = mpsc::unbounded_channel();
        let calls = Arc::new(Function {
            answer: Box::new(answer),
            seen: sender,
        });
        let (joined, has_joined) = oneshot::channel();
        let metrics = KafkaMetrics::register(&Metrics::default());
        let member = Member::new(entry, calls, self.producer.clone(), metrics, joined);
        let shutdown = CancellationToken::new();
        let (connection, token) = (self.connection.clone(), shutdown.clone());
        let task = tokio::spawn(async move { member.run(&connection, &token).await });
        has_joined.await.unwrap();
        Running { shutdown, task, seen }
    }

    /// The next message that the member's group would read, by its value.
    pub(super) async fn next_of_group(&self) -> u32 {
        let mut consumer = self.reader("test-audit", "events").await;
        let next = value(&next(&mut consumer, 1).await[0]);
        consumer.close(Vec::new()).await;
        next
    }

    pub(super) async fn reader(&self, group: &str, topic: &str) -> GroupConsumer {
        let config = GroupConfig {
            group: group.to_owned(),
            topics: vec![topic.to_owned()],
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
    json!({ "topics": ["events"], "retry": { "attempts": 3, "backoff": "5ms", "max_backoff": "20ms" } })
}
