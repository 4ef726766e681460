//! How soon a waiting consumer has a message. The bounds are generous, for busy machines; the figures are printed.

use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::messages::FetchRequest;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use rdkafka::producer::{FutureProducer, FutureRecord};

use crate::raw_client::{RawClient, Sequence, batch, topic_name};
use crate::support::{PATIENCE, TestBroker, assigned, poll_until, receive, send};

const MESSAGES: usize = 200;
/// A low rate: the consumer is always waiting already.
const PACE: Duration = Duration::from_millis(5);
/// Answers of which the median is taken where none is waited for.
const IMMEDIATE: usize = 51;
const BOUND: Duration = Duration::from_millis(50);

fn report(what: &str, mut times: Vec<Duration>) -> Duration {
    times.sort();
    let (median, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!(
        "{what}: p50 {median:?}, p99 {p99:?}, worst {:?}",
        times[times.len() - 1]
    );
    median
}

fn fetch(offset: i64, max_wait_ms: i32, min_bytes: i32) -> FetchRequest {
    let partition = FetchPartition::default()
        .with_fetch_offset(offset)
        .with_partition_max_bytes(1 << 20);
    let topic = FetchTopic::default()
        .with_topic(topic_name("t"))
        .with_partitions(vec![partition]);
    FetchRequest::default()
        .with_max_wait_ms(max_wait_ms)
        .with_min_bytes(min_bytes)
        .with_max_bytes(1 << 20)
        .with_topics(vec![topic])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_fetch_is_answered_as_soon_as_there_is_something() {
    let broker = TestBroker::start().await;
    let producer = broker.producer();
    producer
        .send(
            FutureRecord::<str, str>::to("t").partition(0).payload("first"),
            PATIENCE,
        )
        .await
        .unwrap();
    let address = broker.address();
    let (sender, receiver) = std::sync::mpsc::channel();
    let waiting = std::thread::spawn(move || {
        let mut client = RawClient::connect(address);
        for number in 0..MESSAGES {
            let offset = i64::try_from(number).unwrap() + 1;
            let answer = client.call(11, &fetch(offset, 20_000, 1));
            let records = answer.responses[0].partitions[0].records.as_ref().map(Bytes::len);
            assert!(
                records.is_some_and(|length| length > 0),
                "the fetch came back empty"
            );
            sender.send(Instant::now()).unwrap();
        }
    });
    let mut client = RawClient::connect(address);
    let mut times = Vec::new();
    for _ in 0..MESSAGES {
        tokio::time::sleep(PACE).await;
        let sent = Instant::now();
        assert_eq!(
            client
                .produce("t", batch(Sequence::NONE, 1, &["message"]))
                .error_code,
            0
        );
        times.push(receiver.recv_timeout(PATIENCE).unwrap() - sent);
    }
    waiting.join().unwrap();
    assert!(report("bare protocol, produce to fetch", times) < BOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn librdkafka_has_a_message_soon() {
    let broker = TestBroker::start_with(&["t"]).await;
    let producer: FutureProducer = broker.client(&[("linger.ms", "0")]);
    let consumer = broker.consumer_with("waiting", &["t"], &[("fetch.wait.max.ms", "500")]);
    poll_until(&[&consumer], |_index, _message| assigned(&consumer) == 3);
    send(&producer, "t", "key", "warms up").await;
    receive(&consumer, 1);
    let mut times = Vec::new();
    for number in 0..MESSAGES {
        tokio::time::sleep(PACE).await;
        let key = number.to_string();
        let sent = Instant::now();
        let _delivery = producer
            .send_result(FutureRecord::to("t").key(&key).payload("message"))
            .unwrap();
        receive(&consumer, 1);
        times.push(sent.elapsed());
    }
    assert!(report("librdkafka, send to receive", times) < BOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_waits_as_long_as_it_says_and_for_as_much() {
    let broker = TestBroker::start().await;
    let producer = broker.producer();
    producer
        .send(
            FutureRecord::<str, str>::to("t").partition(0).payload("first"),
            PATIENCE,
        )
        .await
        .unwrap();
    let mut client = RawClient::connect(broker.address());
    let wait = Duration::from_millis(100);
    let mut time = |offset: i64, min_bytes: i32| {
        let begin = Instant::now();
        client.call(11, &fetch(offset, 100, min_bytes));
        begin.elapsed()
    };
    // Nothing new, and less than is wanted.
    for (offset, min_bytes) in [(1, 1), (0, 1_000_000)] {
        let waited = time(offset, min_bytes);
        assert!(waited >= wait, "from {offset}: only {waited:?}");
    }
    // Something, an offset out of range, and nothing wanted. One answer may be late on a busy machine, most are not.
    for (offset, min_bytes) in [(0, 1), (99, 1), (1, 0)] {
        let times = (0..IMMEDIATE).map(|_| time(offset, min_bytes)).collect();
        let median = report(&format!("from {offset}, at least {min_bytes} bytes"), times);
        assert!(median < wait, "from {offset}: {median:?}");
    }
}
