//! Looking at topics and groups, and setting where a group goes on.

use std::collections::{BTreeMap, BTreeSet};

use sidespin_kafka_client::{
    ClientError, Connection, ConnectionSettings, Extent, GroupEvent, Inspector, Outgoing, Producer, Start,
    TopicPartition,
};

use crate::cluster::{Cluster, join, message, records, topic};

fn partitions(count: i32) -> Vec<TopicPartition> {
    (0..count)
        .map(|partition| TopicPartition::new(topic(), partition))
        .collect()
}

fn group() -> String {
    format!("{}-group", topic())
}

#[tokio::test]
async fn topics_are_seen_with_their_partitions_and_how_far_they_reach() {
    let cluster = Cluster::start(3).await;
    let inspector = Inspector::connect(&cluster.connection).await.unwrap();
    assert_eq!(inspector.topics().await.unwrap()[&topic()], [0, 1, 2]);
    let all = partitions(3);
    let extents = inspector.extents(&all).await.unwrap();
    assert_eq!(extents.len(), 3);
    assert!(extents.values().all(|extent| extent.is_empty()), "{extents:?}");
    let producer = Producer::new(cluster.connection.clone());
    let written = producer
        .send_all((0..10).map(|_| message("k", "v")).collect())
        .await
        .unwrap();
    let extents = inspector.extents(&all).await.unwrap();
    let reached = TopicPartition::new(topic(), written[0].partition);
    assert_eq!(extents[&reached], Extent { start: 0, end: 10 });
    assert_eq!(extents.values().map(|extent| extent.len()).sum::<i64>(), 10);
    assert_eq!(inspector.extents(&[]).await.unwrap(), BTreeMap::new());
}

#[tokio::test]
async fn a_topic_that_is_asked_for_is_not_made() {
    let cluster = Cluster::start(1).await;
    let inspector = Inspector::connect(&cluster.connection).await.unwrap();
    let unknown = TopicPartition::new(format!("{}-unknown", topic()), 0);
    inspector
        .extents(std::slice::from_ref(&unknown))
        .await
        .unwrap_err();
    assert!(!inspector.topics().await.unwrap().contains_key(&unknown.topic));
}

#[tokio::test]
async fn an_offset_is_found_by_its_time() {
    let cluster = Cluster::start(1).await;
    let inspector = Inspector::connect(&cluster.connection).await.unwrap();
    let producer = Producer::new(cluster.connection.clone());
    producer.send(message("k", "1")).await.unwrap();
    let mut consumer = join(&cluster.connection, Start::Earliest).await;
    let first = records(&mut consumer).await.remove(0).record.timestamp;
    let place = partitions(1);
    let at = async |time: i64| {
        inspector
            .offsets_at(&place, time)
            .await
            .unwrap()
            .get(&place[0])
            .copied()
    };
    assert_eq!(at(0).await, Some(0));
    assert_eq!(at(-5).await, Some(0));
    assert_eq!(at(first).await, Some(0));
    assert_eq!(at(first + 1).await, None);
}

#[tokio::test]
async fn a_group_is_seen_with_its_members_and_is_moved_only_without_them() {
    let cluster = Cluster::start(2).await;
    let inspector = Inspector::connect(&cluster.connection).await.unwrap();
    let all = partitions(2);
    assert_eq!(
        inspector.committed(&group(), &all).await.unwrap(),
        BTreeMap::new()
    );
    let producer = Producer::new(cluster.connection.clone());
    producer.send(message("k", "v")).await.unwrap();
    let mut consumer = join(&cluster.connection, Start::Earliest).await;
    records(&mut consumer).await;

    let mine = async || {
        let groups = inspector.groups().await.unwrap();
        groups.into_iter().find(|other| other.name == group())
    };
    let seen = mine().await.unwrap();
    assert_eq!((seen.state.as_str(), seen.members), ("Stable", 1));
    assert_eq!(seen.assigned, all.iter().cloned().collect::<BTreeSet<_>>());
    let wanted: BTreeMap<_, _> = all.iter().cloned().map(|place| (place, 0)).collect();
    let error = inspector.commit(&group(), &wanted).await.unwrap_err();
    assert!(
        matches!(&error, ClientError::GroupIsActive { group: active } if *active == group()),
        "{error:?}"
    );
    assert_eq!(
        inspector.committed(&group(), &all).await.unwrap(),
        BTreeMap::new()
    );

    consumer.close(Vec::new()).await;
    inspector.commit(&group(), &wanted).await.unwrap();
    assert_eq!(inspector.committed(&group(), &all).await.unwrap(), wanted);
    assert_eq!(mine().await.unwrap().members, 0);
}

#[tokio::test]
async fn a_group_that_did_not_exist_begins_where_it_is_put() {
    let cluster = Cluster::start(1).await;
    let producer = Producer::new(cluster.connection.clone());
    producer
        .send_all((0..10).map(|_| message("k", "v")).collect())
        .await
        .unwrap();
    let inspector = Inspector::connect(&cluster.connection).await.unwrap();
    let wanted = BTreeMap::from([(TopicPartition::new(topic(), 0), 7)]);
    inspector.commit(&group(), &wanted).await.unwrap();
    let mut consumer = join(&cluster.connection, Start::Earliest).await;
    assert_eq!(records(&mut consumer).await[0].record.offset, 7);
}

#[tokio::test]
async fn a_member_that_has_committed_nothing_shows_what_it_works_on() {
    let cluster = Cluster::start(1).await;
    let inspector = Inspector::connect(&cluster.connection).await.unwrap();
    let mut consumer = join(&cluster.connection, Start::Earliest).await;
    while !matches!(consumer.next().await, GroupEvent::Assigned(_)) {}
    let groups = inspector.groups().await.unwrap();
    let seen = groups.iter().find(|other| other.name == group()).unwrap();
    assert!(seen.assigned.contains(&TopicPartition::new(topic(), 0)));
}

#[tokio::test]
async fn that_nobody_answers_is_said_within_seconds_and_with_the_reason() {
    let connection = Connection::to(ConnectionSettings::plain("127.0.0.1:1", "test"));
    let began = std::time::Instant::now();
    let error = Inspector::connect(&connection).await.unwrap_err();
    assert!(
        began.elapsed() < std::time::Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
    assert!(error.is_retriable());
    let text = error.to_string();
    assert!(
        text.starts_with("no Kafka broker answers at `127.0.0.1:1`"),
        "{text}"
    );
    assert!(text.contains("refused"), "{text}");
}

#[tokio::test]
async fn each_message_goes_where_it_is_put_and_has_its_own_answer() {
    let cluster = Cluster::start(3).await;
    let producer = Producer::new(cluster.connection.clone());
    let placed = |partition, value: Vec<u8>| sidespin_kafka_client::Placed {
        message: message("same", value),
        partition,
    };
    let unknown = Outgoing {
        topic: format!("{}-unknown", topic()),
        ..message("k", "v")
    };
    let messages = vec![
        placed(Some(2), vec![1]),
        placed(Some(0), vec![0; 3 << 20]),
        unknown.into(),
        placed(Some(0), vec![3]),
        placed(None, vec![4]),
    ];
    let results = producer.send_each(messages).await.unwrap();
    assert_eq!(results[0].as_ref().unwrap().partition, 2);
    assert!(
        matches!(&results[1], Err(ClientError::TooLarge { .. })),
        "{:?}",
        results[1]
    );
    assert!(
        matches!(&results[2], Err(ClientError::NoSuchTopic { .. })),
        "{:?}",
        results[2]
    );
    assert_eq!(results[3].as_ref().unwrap().partition, 0);
    assert!(results[4].is_ok());
}
