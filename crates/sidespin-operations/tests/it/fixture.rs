//! A cluster with what the tests need in it.

use servers::Cluster as Server;
use sidespin_kafka_client::{
    Connection, ConnectionSettings, GroupConfig, GroupConsumer, GroupEvent, Header, NewTopic, Outgoing,
    Producer, Record, Start, ensure_topics,
};
use sidespin_operations::{Cluster, Position};

pub(crate) struct Fixture {
    pub(crate) cluster: Cluster,
    pub(crate) connection: Connection,
    pub(crate) producer: Producer,
    /// Stops with the fixture.
    server: Server,
}

impl Fixture {
    /// With the topics `events` and `events.dlq`, each of three partitions.
    pub(crate) async fn start() -> Self {
        let server = Server::start().await.unwrap();
        let settings = ConnectionSettings::plain(server.bootstrap_servers(), "test");
        let connection = Connection::to(settings.clone());
        let topics = ["events", "events.dlq"].map(|name| NewTopic {
            name: server.name(name),
            partitions: 3,
            replication: None,
        });
        ensure_topics(&connection, &topics).await.unwrap();
        Self {
            cluster: Cluster::connect(settings).await.unwrap(),
            producer: Producer::new(connection.clone()),
            connection,
            server,
        }
    }

    /// What `name` is called in a cluster that other tests use, too.
    pub(crate) fn name(&self, name: &str) -> String {
        self.server.name(name)
    }

    pub(crate) fn message(&self, topic: &str, key: &str, value: impl Into<Vec<u8>>) -> Outgoing {
        Outgoing {
            topic: self.name(topic),
            key: Some(key.into()),
            value: Some(value.into()),
            headers: Vec::new(),
        }
    }

    /// As the trigger puts a message of `events` aside.
    pub(crate) fn dead(&self, key: &str, value: impl Into<Vec<u8>>, reason: &str) -> Outgoing {
        let mut message = self.message("events.dlq", key, value);
        message.headers = [
            ("traceparent", "00-x".to_owned()),
            ("dlq-reason", reason.to_owned()),
            ("dlq-component", "audit".to_owned()),
            ("dlq-attempts", "5".to_owned()),
            ("dlq-topic", self.name("events")),
            ("dlq-partition", "1".to_owned()),
            ("dlq-offset", "42".to_owned()),
        ]
        .map(|(name, value)| Header {
            name: name.to_owned(),
            value: Some(value.into_bytes()),
        })
        .into();
        message
    }

    /// Everything in a topic.
    pub(crate) async fn all(&self, topic: &str) -> Vec<Record> {
        let mut tail = self
            .cluster
            .tail(&self.name(topic), None, Position::Beginning, false)
            .await
            .unwrap();
        let mut records = Vec::new();
        while let Some(batch) = tail.next().await.unwrap() {
            records.extend(batch);
        }
        records
    }

    /// A consumer of `events` that has been given its partitions.
    pub(crate) async fn join(&self, group: &str) -> GroupConsumer {
        let config = GroupConfig {
            group: self.name(group),
            topics: vec![self.name("events")],
            except: Vec::new(),
            start: Start::Earliest,
        };
        let mut consumer = GroupConsumer::start(&self.connection, &config).await.unwrap();
        while !matches!(consumer.next().await, GroupEvent::Assigned(_)) {}
        consumer
    }
}

/// So many messages, whatever else happens before.
pub(crate) async fn read(consumer: &mut GroupConsumer, count: usize) -> Vec<Record> {
    let mut records = Vec::new();
    while records.len() < count {
        match consumer.next().await {
            GroupEvent::Records(read) => records.extend(read.into_iter().map(|delivered| delivered.record)),
            GroupEvent::Failed(error) => panic!("{error}"),
            _other => {}
        }
    }
    records
}
