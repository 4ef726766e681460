//! Starting: quick, and with a clear error where it cannot be.

use std::error::Error;
use std::net::TcpListener;
use std::time::Instant;

use sidespin_broker::{Broker, BrokerError, TopicConfig};

use crate::support::{TestBroker, config};

#[tokio::test]
async fn starts_quickly() {
    let mut times = Vec::new();
    let directory = tempfile::tempdir().unwrap();
    for _ in 0..10 {
        let mut settings = config(directory.path());
        let names = ["task-events", "reminders", "task-updates", "task-events.dlq"];
        settings.topics = names
            .map(|name| TopicConfig {
                name: name.to_owned(),
                partitions: 3,
            })
            .to_vec();
        let begin = Instant::now();
        let broker = Broker::start(settings).await.unwrap();
        times.push(begin.elapsed());
        broker.shutdown().await;
    }
    println!(
        "the first start took {:?}, the others {:?}",
        times[0],
        &times[1..]
    );
    times.sort();
    assert!(times[5].as_millis() < 100, "{times:?}");
}

#[tokio::test]
async fn a_port_in_use_is_named_with_the_remedy() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut settings = config(directory.path());
    settings.listen = taken.local_addr().unwrap();
    let error = Broker::start(settings).await.unwrap_err();
    assert!(matches!(error, BrokerError::AddressInUse { address } if address == taken.local_addr().unwrap()));
    let text = error.to_string();
    assert!(
        text.contains(&taken.local_addr().unwrap().to_string()) && error.hint().contains("--kafka-listen"),
        "{text}"
    );
}

#[tokio::test]
async fn data_can_be_open_only_once() {
    let broker = TestBroker::start().await;
    let error = Broker::start(config(broker.directory.path())).await.unwrap_err();
    assert!(matches!(error, BrokerError::DataInUse { .. }));
    assert!(error.hint().contains("--state-dir"), "{error}");
    let directory = broker.stop().await;
    Broker::start(config(directory.path()))
        .await
        .unwrap()
        .shutdown()
        .await;
}

#[tokio::test]
async fn a_directory_that_cannot_be_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "not a directory").unwrap();
    let error = Broker::start(config(&file.join("data"))).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains(&file.join("data").display().to_string()),
        "{error}"
    );
    assert!(error.source().is_some());
}

#[tokio::test]
async fn a_damaged_list_of_topics_is_not_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("topics.json");
    for text in [
        "",
        "{",
        "{\"format\": 99, \"cluster_id\": \"x\", \"next_producer_id\": 1, \"topics\": []}",
    ] {
        std::fs::write(&list, text).unwrap();
        let error = Broker::start(config(directory.path())).await.unwrap_err();
        assert!(matches!(error, BrokerError::Catalog { .. }), "{error}");
        assert_eq!(std::fs::read_to_string(&list).unwrap(), text);
    }
}

#[tokio::test]
async fn a_configured_topic_that_cannot_be_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = config(directory.path());
    settings.topics = vec![TopicConfig {
        name: "../evil".to_owned(),
        partitions: 1,
    }];
    let error = Broker::start(settings).await.unwrap_err();
    assert!(
        matches!(&error, BrokerError::Topic { name, .. } if name == "../evil"),
        "{error}"
    );
}
