//! Groups: positions, rebalancing, back-pressure.

use std::time::{Duration, Instant};

use sidespin_kafka_client::{Assignment, GroupConsumer, GroupEvent, Outgoing, Position, Producer, Start};

use crate::cluster::{Cluster, join, message, records};

/// Large messages, and how many of them fill what one partition may take: 8 MiB.
const LARGE: usize = 64 << 10;
const FULL: usize = 128;

fn large() -> Outgoing {
    message("k", vec![b'v'; LARGE])
}

fn position(assignment: &Assignment, offset: i64) -> Position {
    Position {
        assignment: assignment.clone(),
        offset,
    }
}

async fn assigned(consumer: &mut GroupConsumer) -> Vec<Assignment> {
    loop {
        match consumer.next().await {
            GroupEvent::Assigned(assignments) => return assignments,
            GroupEvent::Failed(error) => panic!("{error}"),
            _other => {}
        }
    }
}

#[tokio::test]
async fn the_next_member_begins_where_the_last_one_closed() {
    let cluster = Cluster::start(1).await;
    let producer = Producer::new(cluster.connection.clone());
    producer
        .send_all((0..10).map(|_| message("k", "v")).collect())
        .await
        .unwrap();
    let mut first = join(&cluster.connection, Start::Earliest).await;
    let read = records(&mut first).await;
    assert_eq!(read[0].record.offset, 0);
    first.close(vec![position(&read[0].assignment, 7)]).await;

    let mut second = join(&cluster.connection, Start::Earliest).await;
    let read = records(&mut second).await;
    assert_eq!(read[0].record.offset, 7);
    second.commit(vec![position(&read[0].assignment, 9)]);
    second.close(Vec::new()).await;
    let mut third = join(&cluster.connection, Start::Earliest).await;
    assert_eq!(records(&mut third).await[0].record.offset, 9);
}

#[tokio::test]
async fn a_group_without_a_position_may_begin_at_the_end() {
    let cluster = Cluster::start(1).await;
    let producer = Producer::new(cluster.connection.clone());
    producer.send(message("k", "old")).await.unwrap();
    let mut consumer = join(&cluster.connection, Start::Latest).await;
    assigned(&mut consumer).await;
    // When exactly the end is looked up shows in nothing, so messages are written until one is seen.
    let read = loop {
        producer.send(message("k", "new")).await.unwrap();
        tokio::select! {
            read = records(&mut consumer) => break read,
            () = tokio::time::sleep(std::time::Duration::from_millis(20)) => {}
        }
    };
    assert_eq!(read[0].record.value.as_deref(), Some(&b"new"[..]));
}

#[tokio::test]
async fn partitions_move_only_when_they_are_released_and_with_their_positions() {
    let cluster = Cluster::start(2).await;
    let producer = Producer::new(cluster.connection.clone());
    for key in 0..40 {
        producer.send(message(&key.to_string(), "v")).await.unwrap();
    }
    let mut first = join(&cluster.connection, Start::Earliest).await;
    assert_eq!(assigned(&mut first).await.len(), 2);
    let mut second = join(&cluster.connection, Start::Earliest).await;
    let revoked = loop {
        if let GroupEvent::Revoked { assignments, is_lost } = first.next().await {
            assert!(!is_lost);
            break assignments;
        }
    };
    assert_eq!(revoked.len(), 1);
    first.release(revoked.clone(), vec![position(&revoked[0], 5)]);
    let moved = loop {
        let read = records(&mut second).await;
        if let Some(delivered) = read.into_iter().next() {
            break delivered;
        }
    };
    assert_eq!(
        (moved.record.partition, moved.record.offset),
        (revoked[0].partition, 5)
    );
    // What stayed is still read, and what went is not.
    first.close(Vec::new()).await;
    let taken_over = loop {
        let assignments = assigned(&mut second).await;
        if !assignments.is_empty() {
            break assignments;
        }
    };
    assert_ne!(taken_over[0].partition, revoked[0].partition);
}

/// A key whose messages get into another partition than `partition`.
async fn key_beside(producer: &Producer, partition: i32) -> String {
    for key in 0.. {
        let key = format!("beside {key}");
        if producer.send(message(&key, "tried")).await.unwrap().partition != partition {
            return key;
        }
    }
    unreachable!("one of all keys is hashed elsewhere")
}

#[tokio::test]
async fn a_partition_pauses_while_too_much_of_it_is_being_worked_on() {
    let cluster = Cluster::start(2).await;
    let producer = Producer::new(cluster.connection.clone());
    let total = 6 * FULL + FULL / 2;
    let written = producer
        .send_all((0..total).map(|_| large()).collect())
        .await
        .unwrap();
    let (partition, first) = (written[0].partition, written[0].offset);
    let beside = key_beside(&producer, partition).await;
    let mut consumer = join(&cluster.connection, Start::Earliest).await;
    let mut seen = Vec::new();
    let mut markers = 0;
    while seen.len() < total {
        // Held until the partition must be full: that is what a slow component does.
        let mut held = Vec::new();
        while held.len() < FULL && seen.len() < total {
            let mut read = records(&mut consumer).await;
            read.retain(|delivered| delivered.record.key.as_deref() == Some(b"k"));
            seen.extend(read.iter().map(|delivered| delivered.record.offset));
            held.extend(read);
        }
        assert!(held.len() <= FULL, "{} at once", held.len());
        // What is written to the other partition now comes next: this one is paused, and only this one.
        markers += 1;
        let marker = format!("marker {markers}");
        producer.send(message(&beside, marker.clone())).await.unwrap();
        let next = loop {
            let mut read = records(&mut consumer).await;
            read.retain(|delivered| delivered.record.value.as_deref() != Some(b"tried"));
            if !read.is_empty() {
                break read;
            }
        };
        assert_eq!(next.len(), 1);
        assert_eq!(next[0].record.value.as_deref(), Some(marker.as_bytes()));
    }
    assert!(seen.into_iter().eq(first..first + i64::try_from(total).unwrap()));
}

#[tokio::test]
async fn a_consumer_that_was_full_goes_on_at_once() {
    const TIMES: usize = 5;
    let cluster = Cluster::start(1).await;
    let producer = Producer::new(cluster.connection.clone());
    producer
        .send_all((0..(TIMES + 1) * FULL).map(|_| large()).collect())
        .await
        .unwrap();
    let mut consumer = join(&cluster.connection, Start::Earliest).await;
    let mut waited = Duration::ZERO;
    let mut held = Vec::new();
    for _ in 0..TIMES {
        while held.len() < FULL {
            held.extend(records(&mut consumer).await);
        }
        // A component at work, for long enough that nothing is on its way from the broker any more.
        tokio::time::sleep(Duration::from_millis(300)).await;
        held.clear();
        let begun = Instant::now();
        held.extend(records(&mut consumer).await);
        waited += begun.elapsed();
    }
    // The client library looks by itself once a second.
    assert!(
        waited < Duration::from_millis(1000),
        "{waited:?} for {TIMES} times"
    );
}

#[tokio::test]
async fn consuming_goes_on_after_the_broker_was_away() {
    let Some(mut cluster) = Cluster::start_own(1).await else {
        return;
    };
    let producer = Producer::new(cluster.connection.clone());
    let mut consumer = join(&cluster.connection, Start::Earliest).await;
    producer.send(message("k", "1")).await.unwrap();
    let read = records(&mut consumer).await;
    consumer.commit(vec![position(&read[0].assignment, 1)]);
    cluster.server.restart().await.unwrap();
    producer.send(message("k", "2")).await.unwrap();
    let mut offset = 0;
    while offset < 1 {
        // The group may have been lost with the broker; it forms again by itself.
        match consumer.next().await {
            GroupEvent::Records(records) => offset = records.last().map_or(0, |last| last.record.offset),
            GroupEvent::Revoked { assignments, .. } => consumer.release(assignments, Vec::new()),
            GroupEvent::Failed(error) => panic!("{error}"),
            GroupEvent::Assigned(_) | GroupEvent::CommitFailed | GroupEvent::Progress { .. } => {}
        }
    }
}
