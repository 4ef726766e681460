//! Writing: positions, order, and errors that say what one can do.

use sidespin_kafka_client::{
    ClientError, Connection, ConnectionSettings, Header, NewTopic, Outgoing, Producer, Start, Written,
    ensure_topics,
};

use crate::cluster::{Cluster, join, message, records, topic};

#[tokio::test]
async fn messages_come_out_as_they_went_in() {
    let cluster = Cluster::start(1).await;
    let producer = Producer::new(cluster.connection.clone());
    let header = |name: &str, value: Option<&[u8]>| Header {
        name: name.to_owned(),
        value: value.map(<[u8]>::to_vec),
    };
    let headers = vec![header("a", Some(b"1")), header("a", None), header("b", Some(b""))];
    let sent = Outgoing {
        headers: headers.clone(),
        ..message("key", vec![0, 255])
    };
    assert_eq!(
        producer.send(sent).await.unwrap(),
        Written {
            partition: 0,
            offset: 0
        }
    );
    let tombstone = Outgoing {
        key: None,
        value: None,
        ..message("", "")
    };
    let empty = Outgoing {
        key: Some(Vec::new()),
        value: Some(Vec::new()),
        ..message("", "")
    };
    let positions = producer.send_all(vec![tombstone, empty]).await.unwrap();
    assert_eq!(
        positions
            .iter()
            .map(|position| position.offset)
            .collect::<Vec<_>>(),
        [1, 2]
    );

    let mut consumer = join(&cluster.connection, Start::Earliest).await;
    let mut read = Vec::new();
    while read.len() < 3 {
        read.extend(
            records(&mut consumer)
                .await
                .into_iter()
                .map(|delivered| delivered.record),
        );
    }
    assert_eq!(
        (read[0].key.as_deref(), read[0].value.as_deref()),
        (Some(&b"key"[..]), Some(&[0, 255][..]))
    );
    assert_eq!(read[0].headers, headers);
    assert!(read[0].timestamp > 1_500_000_000_000);
    assert_eq!((&read[1].key, &read[1].value), (&None, &None));
    assert_eq!(
        (&read[2].key, &read[2].value),
        (&Some(Vec::new()), &Some(Vec::new()))
    );
}

#[tokio::test]
async fn many_are_written_in_their_order() {
    let cluster = Cluster::start(3).await;
    let producer = Producer::new(cluster.connection.clone());
    let messages = (0..3000)
        .map(|number: u32| message("same", number.to_be_bytes()))
        .collect();
    let positions = producer.send_all(messages).await.unwrap();
    assert!(
        positions
            .iter()
            .all(|position| position.partition == positions[0].partition)
    );
    assert!(positions.iter().map(|position| position.offset).eq(0..3000));
}

#[tokio::test]
async fn a_key_has_the_partition_that_java_gives_it() {
    let cluster = Cluster::start(3).await;
    let producer = Producer::new(cluster.connection.clone());
    // Computed by Kafka's own `Utils.toPositive(Utils.murmur2(key)) % 3`; the hash of "21" is -973932308 there.
    let written = producer.send(message("21", "")).await.unwrap();
    assert_eq!(written.partition, (-973_932_308_i32 & i32::MAX) % 3);
}

#[tokio::test]
async fn errors_say_what_one_can_do() {
    let cluster = Cluster::start(1).await;
    let producer = Producer::new(cluster.connection.clone());
    let unknown = Outgoing {
        topic: "unknown".to_owned(),
        ..message("k", "v")
    };
    let error = producer.send(unknown).await.unwrap_err();
    assert!(
        matches!(&error, ClientError::NoSuchTopic { topic } if topic == "unknown"),
        "{error:?}"
    );
    let error = producer.send(message("k", vec![0; 3 << 20])).await.unwrap_err();
    assert!(
        matches!(&error, ClientError::TooLarge { topic } if *topic == crate::cluster::topic()),
        "{error:?}"
    );
    producer.send(message("k", "v")).await.unwrap();
}

#[tokio::test]
async fn a_broker_that_is_away_is_worth_another_try() {
    let producer = Producer::new(Connection::to(ConnectionSettings::plain("127.0.0.1:1", "test")));
    let error = producer.send(message("k", "v")).await.unwrap_err();
    assert!(error.is_retriable(), "{error:?}");
}

#[tokio::test]
async fn a_broker_that_comes_back_is_found_again() {
    let Some(mut cluster) = Cluster::start_own(1).await else {
        return;
    };
    let producer = Producer::new(cluster.connection.clone());
    producer.send(message("k", "before")).await.unwrap();
    cluster.server.restart().await.unwrap();
    let written = producer.send(message("k", "after")).await.unwrap();
    assert_eq!(written.offset, 1);
}

#[tokio::test]
async fn topics_are_created_once() {
    let cluster = Cluster::start(1).await;
    let second = cluster.server.name("second");
    let topics = [topic(), second.clone()].map(|name| NewTopic {
        name,
        partitions: 2,
        replication: Some(1),
    });
    ensure_topics(&cluster.connection, &topics).await.unwrap();
    ensure_topics(&cluster.connection, &topics).await.unwrap();
    let producer = Producer::new(cluster.connection.clone());
    producer
        .send(Outgoing {
            topic: second,
            ..message("k", "v")
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_name_that_no_topic_can_have_is_not_worth_another_try() {
    let cluster = Cluster::start(1).await;
    let producer = Producer::new(cluster.connection.clone());
    let error = producer
        .send(Outgoing {
            topic: "a b".to_owned(),
            ..message("k", "v")
        })
        .await
        .unwrap_err();
    assert!(!error.is_retriable(), "{error:?}");
}
