//! Reading stretches of a topic.

use sidespin_kafka_client::{ClientError, Outgoing, Producer, Record, Scan, Stretch};

use crate::cluster::{Cluster, message, topic};

fn stretch(start: i64, end: impl Into<Option<i64>>) -> Stretch {
    Stretch {
        partition: 0,
        start,
        end: end.into(),
    }
}

async fn read(cluster: &Cluster, stretches: &[Stretch]) -> Vec<Record> {
    let mut scan = Scan::start(&cluster.connection, &topic(), stretches)
        .await
        .unwrap();
    let mut records = Vec::new();
    while let Some(batch) = scan.next().await {
        records.extend(batch.unwrap());
    }
    records
}

#[tokio::test]
async fn a_stretch_is_read_from_its_start_to_its_end() {
    let cluster = Cluster::start(1).await;
    let producer = Producer::new(cluster.connection.clone());
    producer
        .send_all((0..10).map(|_| message("k", "v")).collect())
        .await
        .unwrap();
    let offsets = async |start: i64, end: i64| -> Vec<i64> {
        let records = read(&cluster, &[stretch(start, end)]).await;
        records.iter().map(|record| record.offset).collect()
    };
    assert_eq!(offsets(3, 6).await, [3, 4, 5]);
    assert_eq!(offsets(9, 10).await, [9]);
    assert_eq!(offsets(8, 20).await, [8, 9]);
    assert_eq!(offsets(5, 5).await, [0_i64; 0]);
    assert_eq!(read(&cluster, &[]).await, []);
}

#[tokio::test]
async fn many_messages_of_several_partitions_come_each_once_and_in_order() {
    let cluster = Cluster::start(3).await;
    let producer = Producer::new(cluster.connection.clone());
    let total = 10_000;
    let messages = (0..total)
        .map(|number| message(&number.to_string(), vec![0; 100]))
        .collect();
    let written = producer.send_all(messages).await.unwrap();
    let ends = (0..3).map(|partition| {
        let offsets = written.iter().filter(|place| place.partition == partition);
        let end = offsets.map(|place| place.offset + 1).max().unwrap();
        Stretch {
            partition,
            ..stretch(0, end)
        }
    });
    let ends: Vec<_> = ends.collect();
    let records = read(&cluster, &ends).await;
    assert_eq!(records.len(), total);
    for end in ends {
        let offsets = records.iter().filter(|record| record.partition == end.partition);
        assert!(offsets.map(|record| record.offset).eq(0..end.end.unwrap()));
    }
}

#[tokio::test]
async fn without_an_end_it_goes_on_with_what_is_written_later() {
    let cluster = Cluster::start(1).await;
    let producer = Producer::new(cluster.connection.clone());
    producer.send(message("k", "old")).await.unwrap();
    let mut scan = Scan::start(&cluster.connection, &topic(), &[stretch(1, None)])
        .await
        .unwrap();
    producer.send(message("k", vec![0, 255])).await.unwrap();
    let tombstone = Outgoing {
        key: None,
        value: None,
        ..message("", "")
    };
    producer.send(tombstone).await.unwrap();
    let mut records = Vec::new();
    while records.len() < 2 {
        records.extend(scan.next().await.unwrap().unwrap());
    }
    assert_eq!(records[0].value.as_deref(), Some(&[0, 255][..]));
    assert_eq!((&records[1].key, &records[1].value), (&None, &None));
}

#[tokio::test]
async fn an_offset_that_the_partition_does_not_have_is_an_error() {
    let cluster = Cluster::start(1).await;
    Producer::new(cluster.connection.clone())
        .send(message("k", "v"))
        .await
        .unwrap();
    let mut scan = Scan::start(&cluster.connection, &topic(), &[stretch(5, 9)])
        .await
        .unwrap();
    let error = scan.next().await.unwrap().unwrap_err();
    assert!(matches!(error, ClientError::Refused { .. }), "{error:?}");
    assert!(scan.next().await.is_none());
}
