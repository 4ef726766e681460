//! Reading from now on.

use sidespin_kafka_client::{ClientError, Producer, TopicReader};
use tokio::sync::mpsc;

use crate::cluster::{Cluster, message, topic};

#[tokio::test]
async fn everything_that_is_written_after_the_start_is_seen_and_nothing_before() {
    let cluster = Cluster::start(3).await;
    let producer = Producer::new(cluster.connection.clone());
    let keyed = |prefix: &str| {
        (0..20)
            .map(|key| message(&format!("{prefix}{key}"), ""))
            .collect::<Vec<_>>()
    };
    producer.send_all(keyed("old")).await.unwrap();
    let (sender, mut read) = mpsc::unbounded_channel();
    let reader = TopicReader::start(&cluster.connection, &topic(), move |record| {
        drop(sender.send(record))
    })
    .await
    .unwrap();
    producer.send_all(keyed("new")).await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < 20 {
        seen.push(String::from_utf8(read.recv().await.unwrap().unwrap().key.unwrap()).unwrap());
    }
    assert!(seen.iter().all(|key| key.starts_with("new")), "{seen:?}");
    drop(reader);
    // The thread lets go of what it was given.
    assert!(read.recv().await.is_none());
}

#[tokio::test]
async fn a_topic_that_does_not_exist_is_said_to_be_missing() {
    let cluster = Cluster::start(1).await;
    let error = TopicReader::start(&cluster.connection, "unknown", |_record| {})
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::NoSuchTopic { .. }), "{error:?}");
}

#[tokio::test]
async fn reading_goes_on_after_the_broker_was_away() {
    let Some(mut cluster) = Cluster::start_own(1).await else {
        return;
    };
    let producer = Producer::new(cluster.connection.clone());
    let (sender, mut read) = mpsc::unbounded_channel();
    let _reader = TopicReader::start(&cluster.connection, &topic(), move |record| {
        drop(sender.send(record))
    })
    .await
    .unwrap();
    producer.send(message("1", "")).await.unwrap();
    assert_eq!(read.recv().await.unwrap().unwrap().offset, 0);
    cluster.server.restart().await.unwrap();
    producer.send(message("2", "")).await.unwrap();
    assert_eq!(read.recv().await.unwrap().unwrap().offset, 1);
}
