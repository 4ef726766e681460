//! Lists, reading, writing.

use std::time::{Duration, Instant};

use sidespin_kafka_client::{ConnectionSettings, Outgoing};
use sidespin_operations::{Cluster, OperationError, Position};

use crate::fixture::Fixture;

#[tokio::test]
async fn topics_are_listed_with_their_messages_and_groups() {
    let fixture = Fixture::start().await;
    let messages = (0..7)
        .map(|key| fixture.message("events", &key.to_string(), "v"))
        .collect();
    fixture.producer.send_all(messages).await.unwrap();
    let _consumer = fixture.join("group").await;
    let topics = fixture.cluster.topics(false).await.unwrap();
    let named = |name: &str| {
        topics
            .iter()
            .find(|topic| topic.name == fixture.name(name))
            .unwrap()
    };
    assert_eq!((named("events").partitions, named("events").messages), (3, 7));
    assert_eq!(
        named("events").groups.iter().collect::<Vec<_>>(),
        [&fixture.name("group")]
    );
    assert_eq!(
        (named("events.dlq").messages, named("events.dlq").groups.len()),
        (0, 0)
    );
    assert!(topics.iter().all(|topic| !topic.name.starts_with("__")));
}

#[tokio::test]
async fn a_topic_is_read_from_every_kind_of_position() {
    let fixture = Fixture::start().await;
    let write = async |value: &str| {
        let message = fixture.message("events", "same", value);
        fixture.producer.send(message).await.unwrap()
    };
    let partition = write("0").await.partition;
    for value in ["1", "2", "3"] {
        write(value).await;
    }
    let records = fixture.all("events").await;
    let values = async |partition: Option<i32>, position: Position| -> Vec<String> {
        let topic = fixture.name("events");
        let mut tail = fixture
            .cluster
            .tail(&topic, partition, position, false)
            .await
            .unwrap();
        let mut values = Vec::new();
        while let Some(batch) = tail.next().await.unwrap() {
            values.extend(
                batch
                    .into_iter()
                    .map(|record| String::from_utf8(record.value.unwrap()).unwrap()),
            );
        }
        values
    };
    assert_eq!(values(None, Position::Beginning).await, ["0", "1", "2", "3"]);
    assert_eq!(values(None, Position::End).await, [""; 0]);
    assert_eq!(values(None, Position::Offset(2)).await, ["2", "3"]);
    assert_eq!(values(None, Position::Offset(99)).await, [""; 0]);
    assert_eq!(
        values(None, Position::Ago(Duration::from_secs(3600))).await,
        ["0", "1", "2", "3"]
    );
    assert_eq!(
        values(None, Position::Time(records[3].timestamp + 1)).await,
        [""; 0]
    );
    assert_eq!(values(Some(partition), Position::Offset(3)).await, ["3"]);
    assert_eq!(
        values(Some((partition + 1) % 3), Position::Beginning).await,
        [""; 0]
    );
}

#[tokio::test]
async fn following_sees_what_is_written_later() {
    let fixture = Fixture::start().await;
    let topic = fixture.name("events");
    fixture
        .producer
        .send(fixture.message("events", "k", "old"))
        .await
        .unwrap();
    let mut tail = fixture
        .cluster
        .tail(&topic, None, Position::End, true)
        .await
        .unwrap();
    let tombstone = Outgoing {
        value: None,
        ..fixture.message("events", "k", "")
    };
    fixture.cluster.publish(vec![tombstone]).await.unwrap();
    let records = tail.next().await.unwrap().unwrap();
    assert_eq!(
        (records[0].key.as_deref(), &records[0].value),
        (Some(&b"k"[..]), &None)
    );
}

#[tokio::test]
async fn an_empty_topic_and_one_that_does_not_exist_are_told_apart() {
    let fixture = Fixture::start().await;
    assert_eq!(fixture.all("events").await, []);
    // One letter is missing.
    let wrong = fixture.name("event");
    let errors = [
        fixture
            .cluster
            .tail(&wrong, None, Position::End, true)
            .await
            .unwrap_err(),
        fixture
            .cluster
            .publish(vec![fixture.message("event", "k", "v")])
            .await
            .unwrap_err(),
        fixture.cluster.dead_letters(&wrong).await.unwrap_err(),
        fixture
            .cluster
            .plan_replay("g", &wrong, None, Position::Beginning)
            .await
            .unwrap_err(),
    ];
    for error in errors {
        assert!(
            matches!(&error, OperationError::NoSuchTopic { topic, .. } if *topic == wrong),
            "{error:?}"
        );
        assert!(
            error.hint().unwrap().contains(&fixture.name("events")),
            "{:?}",
            error.hint()
        );
    }
    let topics = fixture.cluster.topics(true).await.unwrap();
    assert!(topics.iter().all(|topic| topic.name != wrong), "nothing was made");
    let topic = fixture.name("events");
    let error = fixture
        .cluster
        .tail(&topic, Some(3), Position::End, true)
        .await
        .unwrap_err();
    assert!(
        matches!(error, OperationError::NoSuchPartition { partition: 3, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn ten_thousand_messages_are_written_and_read() {
    let fixture = Fixture::start().await;
    let began = Instant::now();
    let messages = (0..10_000).map(|key: u32| fixture.message("events", &key.to_string(), key.to_be_bytes()));
    let written = fixture.cluster.publish(messages.collect()).await.unwrap();
    let wrote = began.elapsed();
    assert_eq!(written.len(), 10_000);
    let mut values: Vec<_> = fixture
        .all("events")
        .await
        .into_iter()
        .map(|record| record.value.unwrap())
        .collect();
    println!(
        "10,000 messages: written in {wrote:?}, read in {:?}",
        began.elapsed() - wrote
    );
    values.sort_unstable();
    assert!(
        values
            .into_iter()
            .eq((0..10_000_u32).map(|key| key.to_be_bytes().to_vec()))
    );
}

#[tokio::test]
async fn that_nobody_answers_comes_with_the_remedy() {
    let error = Cluster::connect(ConnectionSettings::plain("127.0.0.1:1", "test"))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
    let hint = error.hint().unwrap();
    assert!(
        hint.contains("sidespin up") && hint.contains("--bootstrap-servers"),
        "{hint}"
    );
}
