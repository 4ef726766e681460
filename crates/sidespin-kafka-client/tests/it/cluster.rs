//! A broker of each test's own.

use std::net::SocketAddr;

use sidespin_broker::{Broker, BrokerConfig, TopicConfig};
use sidespin_kafka_client::{
    Connection, ConnectionSettings, GroupConfig, GroupConsumer, GroupEvent, Outgoing, Start,
};
use tempfile::TempDir;

pub(crate) struct Cluster {
    pub(crate) connection: Connection,
    pub(crate) broker: Broker,
    directory: TempDir,
}

impl Cluster {
    /// With a topic `events` of so many partitions.
    pub(crate) async fn start(partitions: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (broker, connection) = run(&directory, "127.0.0.1:0".parse().unwrap(), partitions).await;
        Self {
            connection,
            broker,
            directory,
        }
    }

    /// Stops the broker and starts it again at the same place.
    pub(crate) async fn restart(self) -> Self {
        let Self {
            broker,
            directory,
            connection,
        } = self;
        let address = broker.address();
        broker.shutdown().await;
        let (broker, _connection) = run(&directory, address, 1).await;
        Self {
            connection,
            broker,
            directory,
        }
    }
}

async fn run(directory: &TempDir, listen: SocketAddr, partitions: u32) -> (Broker, Connection) {
    let topics = vec![TopicConfig {
        name: "events".to_owned(),
        partitions,
    }];
    let config = BrokerConfig {
        topics,
        auto_create_topics: false,
        ..BrokerConfig::new(listen, directory.path())
    };
    let broker = Broker::start(config).await.unwrap();
    let bootstrap_servers = broker.address().to_string();
    (
        broker,
        Connection::to(ConnectionSettings {
            bootstrap_servers,
            client_id: "test".to_owned(),
        }),
    )
}

pub(crate) fn message(key: &str, value: impl Into<Vec<u8>>) -> Outgoing {
    Outgoing {
        topic: "events".to_owned(),
        key: Some(key.into()),
        value: Some(value.into()),
        headers: Vec::new(),
    }
}

pub(crate) async fn join(connection: &Connection, start: Start) -> GroupConsumer {
    let config = GroupConfig {
        group: "group".to_owned(),
        topics: vec!["events".to_owned()],
        start,
    };
    GroupConsumer::start(connection, &config).await.unwrap()
}

/// The next messages, whatever else happens before.
pub(crate) async fn records(consumer: &mut GroupConsumer) -> Vec<sidespin_kafka_client::Delivered> {
    loop {
        match consumer.next().await {
            GroupEvent::Records(records) => return records,
            GroupEvent::Failed(error) => panic!("{error}"),
            _other => {}
        }
    }
}
