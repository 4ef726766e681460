//! What most tests need: a broker of their own on a free port, and librdkafka clients for it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::config::FromClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Message, OwnedMessage};
use rdkafka::producer::{FutureProducer, FutureRecord};
use sidespin_broker::{Broker, BrokerConfig, TopicConfig};
use tempfile::TempDir;

/// Long enough for a machine that is busy compiling; nothing waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(200);

/// A broker with a data directory that goes when the test ends.
pub(crate) struct TestBroker {
    broker: Broker,
    pub(crate) directory: TempDir,
}

/// A configuration on a free port.
pub(crate) fn config(directory: &Path) -> BrokerConfig {
    BrokerConfig::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), directory)
}

impl TestBroker {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts with topics of three partitions. Where a consumer comes first this is needed: librdkafka's do not have
    /// topics created when they join a group, whatever `allow.auto.create.topics` says.
    pub(crate) async fn start_with(topics: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut config = config(directory.path());
        config.topics = topics
            .iter()
            .map(|name| TopicConfig {
                name: (*name).to_owned(),
                partitions: 3,
            })
            .collect();
        let broker = Broker::start(config).await.unwrap();
        Self { broker, directory }
    }

    /// Stops the broker and starts it again with the same data, on another port.
    pub(crate) async fn restart(self) -> Self {
        let directory = self.stop().await;
        let broker = Broker::start(config(directory.path())).await.unwrap();
        Self { broker, directory }
    }

    pub(crate) async fn stop(self) -> TempDir {
        self.broker.shutdown().await;
        self.directory
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.broker.address()
    }

    pub(crate) fn client<Client: FromClientConfig>(&self, settings: &[(&str, &str)]) -> Client {
        client(self.address(), settings)
    }

    pub(crate) fn producer(&self) -> FutureProducer {
        self.client(&[("linger.ms", "0")])
    }

    /// A member of `group` that begins at the beginning, and only commits when told to.
    pub(crate) fn consumer(&self, group: &str, topics: &[&str]) -> BaseConsumer {
        self.consumer_with(group, topics, &[])
    }

    pub(crate) fn consumer_with(&self, group: &str, topics: &[&str], more: &[(&str, &str)]) -> BaseConsumer {
        consumer(self.address(), group, topics, more)
    }
}

pub(crate) fn client<Client: FromClientConfig>(address: SocketAddr, settings: &[(&str, &str)]) -> Client {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", address.to_string());
    for (name, value) in settings {
        config.set(*name, *value);
    }
    config.create().unwrap()
}

pub(crate) fn consumer(
    address: SocketAddr,
    group: &str,
    topics: &[&str],
    more: &[(&str, &str)],
) -> BaseConsumer {
    let mut settings = vec![
        ("group.id", group),
        ("auto.offset.reset", "earliest"),
        ("enable.auto.commit", "false"),
        ("session.timeout.ms", "6000"),
        ("heartbeat.interval.ms", "100"),
        ("fetch.wait.max.ms", "100"),
    ];
    settings.extend_from_slice(more);
    let consumer: BaseConsumer = client(address, &settings);
    consumer.subscribe(topics).unwrap();
    consumer
}

/// Sends one message and waits for its acknowledgement.
pub(crate) async fn send(producer: &FutureProducer, topic: &str, key: &str, value: &str) -> (i32, i64) {
    let delivery = producer
        .send(FutureRecord::to(topic).key(key).payload(value), PATIENCE)
        .await
        .unwrap();
    (delivery.partition, delivery.offset)
}

/// The next `count` messages.
pub(crate) fn receive(consumer: &BaseConsumer, count: usize) -> Vec<OwnedMessage> {
    let deadline = Instant::now() + PATIENCE;
    let mut messages = Vec::new();
    while messages.len() < count {
        assert!(
            Instant::now() < deadline,
            "{} of {count} messages came",
            messages.len()
        );
        if let Some(message) = poll(consumer) {
            messages.push(message);
        }
    }
    messages
}

/// The next message, if one comes soon. Errors that librdkafka gets over by itself are not worth stopping for.
pub(crate) fn poll(consumer: &BaseConsumer) -> Option<OwnedMessage> {
    match consumer.poll(POLL)? {
        Ok(message) => Some(message.detach()),
        Err(error) => {
            println!("the consumer says: {error}");
            None
        }
    }
}

/// Polls `consumers` until `done` says so.
pub(crate) fn poll_until(
    consumers: &[&BaseConsumer],
    mut done: impl FnMut(usize, Option<OwnedMessage>) -> bool,
) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        for (index, consumer) in consumers.iter().enumerate() {
            if done(index, poll(consumer)) {
                return;
            }
        }
        assert!(Instant::now() < deadline, "what was waited for did not happen");
    }
}

pub(crate) fn value(message: &OwnedMessage) -> &str {
    std::str::from_utf8(message.payload().unwrap_or_default()).unwrap()
}

/// How many partitions a consumer has.
pub(crate) fn assigned(consumer: &BaseConsumer) -> usize {
    consumer.assignment().unwrap().count()
}
