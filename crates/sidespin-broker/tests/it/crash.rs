//! kill -9 and a full disk: what was acknowledged is there, and nothing else is half there.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::time::Instant;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};

use crate::child::ChildBroker;
use crate::support::{PATIENCE, client, poll};

/// What a producer was told is kept, by partition and offset.
type Acknowledged = HashMap<(i32, i64), String>;

/// Sends messages, many at a time, and notes which are acknowledged until `enough` says so or one fails.
async fn produce(
    producer: &FutureProducer,
    round: usize,
    acknowledged: &mut Acknowledged,
    enough: usize,
) -> bool {
    const IN_FLIGHT: usize = 50;
    let mut in_flight = FuturesUnordered::new();
    let mut sent = 0;
    let before = acknowledged.len();
    loop {
        while in_flight.len() < IN_FLIGHT {
            let payload = format!("{round}/{sent}");
            sent += 1;
            in_flight.push(async {
                let key = payload.clone();
                let delivery = producer
                    .send(FutureRecord::to("t").key(&key).payload(&payload), PATIENCE)
                    .await;
                delivery.map(|delivery| ((delivery.partition, delivery.offset), payload))
            });
        }
        match in_flight.next().await {
            Some(Ok((place, payload))) => {
                acknowledged.insert(place, payload);
                if acknowledged.len() - before >= enough {
                    return true;
                }
            }
            _ => return false,
        }
    }
}

/// Everything that was in the topic when this was called. A producer may still be adding to it.
fn read_all(address: std::net::SocketAddr) -> Acknowledged {
    let consumer: BaseConsumer = client(
        address,
        &[("group.id", "reader"), ("enable.auto.commit", "false")],
    );
    let mut partitions = TopicPartitionList::new();
    let mut ends = HashMap::new();
    for partition in 0..3 {
        partitions
            .add_partition_offset("t", partition, Offset::Beginning)
            .unwrap();
        let (start, end) = consumer.fetch_watermarks("t", partition, PATIENCE).unwrap();
        if start < end {
            ends.insert(partition, end);
        }
    }
    consumer.assign(&partitions).unwrap();
    let mut found = HashMap::new();
    let deadline = Instant::now() + PATIENCE;
    while !ends.is_empty() {
        assert!(
            Instant::now() < deadline,
            "{} messages came, none up to {ends:?}",
            found.len()
        );
        if let Some(message) = poll(&consumer) {
            let payload = String::from_utf8(message.payload().unwrap().to_vec()).unwrap();
            let (partition, offset) = (message.partition(), message.offset());
            found.insert((partition, offset), payload);
            if ends.get(&partition).is_some_and(|end| offset + 1 >= *end) {
                ends.remove(&partition);
            }
        }
    }
    found
}

fn assert_all_there(acknowledged: &Acknowledged, found: &Acknowledged) {
    for (place, payload) in acknowledged {
        assert_eq!(found.get(place), Some(payload), "at {place:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_kill_9_at_random_moments() {
    let directory = tempfile::tempdir().unwrap();
    let mut acknowledged = Acknowledged::new();
    for round in 0..6 {
        let broker = ChildBroker::start(directory.path());
        let random = usize::try_from(RandomState::new().hash_one(round) % 2000).unwrap();
        let committed = i64::try_from(round).unwrap();
        let consumer: BaseConsumer = client(broker.address, &[("group.id", "committer")]);
        let producer: FutureProducer = client(broker.address, &[("acks", "all"), ("linger.ms", "1")]);
        assert!(produce(&producer, round, &mut acknowledged, 10 + random).await);
        let mut offsets = TopicPartitionList::new();
        offsets
            .add_partition_offset("t", 1, Offset::Offset(committed))
            .unwrap();
        consumer.commit(&offsets, CommitMode::Sync).unwrap();
        // The producer has up to fifty messages under way.
        broker.kill();
        let broker = ChildBroker::start(directory.path());
        let found = read_all(broker.address);
        println!(
            "round {round}: {} acknowledged, {} found",
            acknowledged.len(),
            found.len()
        );
        assert_all_there(&acknowledged, &found);
        let consumer: BaseConsumer = client(broker.address, &[("group.id", "committer")]);
        let stored = consumer.committed_offsets(offsets, PATIENCE).unwrap();
        assert_eq!(
            stored.find_partition("t", 1).unwrap().offset(),
            Offset::Offset(committed)
        );
        broker.kill();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_an_error_for_the_producer_and_costs_nothing_that_was_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let broker = ChildBroker::start_with_file_limit(directory.path(), 64);
    let producer: FutureProducer = client(
        broker.address,
        &[
            ("acks", "all"),
            ("linger.ms", "1"),
            ("message.timeout.ms", "2000"),
        ],
    );
    let mut acknowledged = Acknowledged::new();
    assert!(
        !produce(&producer, 0, &mut acknowledged, usize::MAX).await,
        "the disk should be full by now"
    );
    drop(producer);
    assert!(acknowledged.len() > 100);
    assert_all_there(&acknowledged, &read_all(broker.address));
    broker.kill();
    // With room again the log goes on where it was.
    let broker = ChildBroker::start(directory.path());
    let found = read_all(broker.address);
    assert_all_there(&acknowledged, &found);
    let producer: FutureProducer = client(broker.address, &[("acks", "all")]);
    assert!(produce(&producer, 1, &mut acknowledged, 100).await);
    assert_all_there(&acknowledged, &read_all(broker.address));
}
