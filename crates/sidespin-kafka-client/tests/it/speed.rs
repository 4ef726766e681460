//! How soon a member of a group has joined and how soon it sees a message; printed, and bounded generously.

use std::time::{Duration, Instant};

use sidespin_kafka_client::{GroupEvent, Producer, Start, TopicReader};

use crate::cluster::{Cluster, join, message, records, topic};

#[tokio::test]
async fn joining_and_reading_are_quick() {
    let cluster = Cluster::start(3).await;
    let began = Instant::now();
    let mut consumer = join(&cluster.connection, Start::Earliest).await;
    while !matches!(consumer.next().await, GroupEvent::Assigned(_)) {}
    let joined = began.elapsed();

    let producer = Producer::new(cluster.connection.clone());
    producer.connect().await.unwrap();
    let began = Instant::now();
    producer.send(message("k", "v")).await.unwrap();
    let first_write = began.elapsed();
    records(&mut consumer).await;
    let first_read = began.elapsed();

    let mut times = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        producer.send(message("k", "v")).await.unwrap();
        let written = began.elapsed();
        records(&mut consumer).await;
        times.push((began.elapsed(), written));
    }
    times.sort_unstable();

    let began = Instant::now();
    let reader = TopicReader::start(&cluster.connection, &topic(), |_record| {})
        .await
        .unwrap();
    let subscribed = began.elapsed();
    drop(reader);
    let began = Instant::now();
    consumer.close(Vec::new()).await;
    println!(
        "joined {joined:?}; first write {first_write:?}, read {first_read:?}; then (read, written) p50 {:?}, p99 {:?}; \
         subscribed {subscribed:?}; closed {:?}",
        times[100],
        times[198],
        began.elapsed()
    );
    assert!(joined < Duration::from_secs(3), "{joined:?}");
    assert!(times[100].0 < Duration::from_millis(100), "{:?}", times[100]);
}
