//! A cluster of each test's own.

use std::cell::RefCell;

use servers::Cluster as Server;
use sidespin_kafka_client::{
    Connection, ConnectionSettings, Delivered, GroupConfig, GroupConsumer, GroupEvent, NewTopic, Outgoing,
    Start, ensure_topics,
};

thread_local! {
    /// Each test has a thread, and so a topic, of its own.
    static TOPIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The test's topic.
pub(crate) fn topic() -> String {
    TOPIC.with_borrow(Clone::clone)
}

pub(crate) struct Cluster {
    pub(crate) connection: Connection,
    pub(crate) server: Server,
}

impl Cluster {
    /// With a topic of so many partitions.
    pub(crate) async fn start(partitions: u32) -> Self {
        Self::of(Server::start().await.unwrap(), partitions).await
    }

    /// The same with a broker that can be stopped, if there is one.
    pub(crate) async fn start_own(partitions: u32) -> Option<Self> {
        let server = Server::start_own().await.unwrap()?;
        Some(Self::of(server, partitions).await)
    }

    async fn of(server: Server, partitions: u32) -> Self {
        TOPIC.set(server.name("events"));
        let settings = ConnectionSettings::plain(server.bootstrap_servers(), "test");
        let connection = Connection::to(settings);
        let topics = [NewTopic {
            name: topic(),
            partitions,
            replication: None,
        }];
        ensure_topics(&connection, &topics).await.unwrap();
        Self { connection, server }
    }
}

pub(crate) fn message(key: &str, value: impl Into<Vec<u8>>) -> Outgoing {
    Outgoing {
        topic: topic(),
        key: Some(key.into()),
        value: Some(value.into()),
        headers: Vec::new(),
    }
}

pub(crate) async fn join(connection: &Connection, start: Start) -> GroupConsumer {
    let config = GroupConfig {
        group: format!("{}-group", topic()),
        topics: vec![topic()],
        except: Vec::new(),
        start,
    };
    GroupConsumer::start(connection, &config).await.unwrap()
}

/// The next messages, whatever else happens before.
pub(crate) async fn records(consumer: &mut GroupConsumer) -> Vec<Delivered> {
    loop {
        match consumer.next().await {
            GroupEvent::Records(records) => return records,
            GroupEvent::Failed(error) => panic!("{error}"),
            _other => {}
        }
    }
}
