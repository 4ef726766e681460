//! What a restart keeps, and what it repairs.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use rdkafka::message::Message;

use crate::raw_client::{RawClient, Sequence, batch};
use crate::support::{TestBroker, receive, send, value};

fn segment(directory: &Path, topic: &str, partition: i32) -> PathBuf {
    directory
        .join(format!("{topic}-{partition}"))
        .join("00000000000000000000.log")
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_there_after_a_restart_and_offsets_go_on() {
    let broker = TestBroker::start().await;
    let (partition, offset) = send(&broker.producer(), "kept", "key", "before").await;
    let broker = broker.restart().await;
    assert_eq!(
        send(&broker.producer(), "kept", "key", "after").await,
        (partition, offset + 1)
    );
    let received = receive(&broker.consumer("readers", &["kept"]), 2);
    assert_eq!(
        received.iter().map(value).collect::<Vec<_>>(),
        ["before", "after"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_was_half_written_is_cut_off_and_not_served() {
    let broker = TestBroker::start().await;
    let (partition, offset) = send(&broker.producer(), "torn", "key", "whole").await;
    let directory = broker.directory.path().to_owned();
    let kept = broker.stop().await;
    let path = segment(&directory, "torn", partition);
    let whole = std::fs::read(&path).unwrap();
    OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap()
        .write_all(&whole[..whole.len() - 5])
        .unwrap();

    let broker = sidespin_broker::Broker::start(crate::support::config(&directory))
        .await
        .unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), whole);
    let producer = crate::support::client(broker.address(), &[]);
    assert_eq!(
        send(&producer, "torn", "key", "next").await,
        (partition, offset + 1)
    );
    let consumer = crate::support::consumer(broker.address(), "readers", &["torn"], &[]);
    let received = receive(&consumer, 2);
    let found: Vec<_> = received
        .iter()
        .map(|message| (value(message), message.offset()))
        .collect();
    assert_eq!(found, [("whole", offset), ("next", offset + 1)]);
    broker.shutdown().await;
    drop(kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_batch_is_known_after_a_restart() {
    let broker = TestBroker::start().await;
    send(&broker.producer(), "again", "key", "makes the topic").await;
    let sequence = Sequence {
        producer_id: 4000,
        epoch: 0,
        first: 0,
    };
    let first = RawClient::connect(broker.address()).produce("again", batch(sequence, 1, &["a", "b"]));
    assert_eq!(first.error_code, 0);
    let broker = broker.restart().await;
    let mut client = RawClient::connect(broker.address());
    let repeated = client.produce("again", batch(sequence, 1, &["a", "b"]));
    assert_eq!(
        (repeated.error_code, repeated.base_offset),
        (0, first.base_offset)
    );
    let next = client.produce("again", batch(Sequence { first: 2, ..sequence }, 1, &["c"]));
    assert_eq!((next.error_code, next.base_offset), (0, first.base_offset + 2));
}
