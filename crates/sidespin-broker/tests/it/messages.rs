//! Messages in and out: nothing lost, nothing changed, nothing out of order.

use std::collections::HashMap;
use std::time::Instant;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};

use crate::raw_client::{RawClient, Sequence, batch, produce_request};
use crate::support::{PATIENCE, TestBroker, receive, send, value};

#[tokio::test(flavor = "multi_thread")]
async fn keys_values_headers_and_times_come_back_as_they_were() {
    let broker = TestBroker::start().await;
    let producer = broker.producer();
    let cases: [(Option<&str>, Option<&str>); 5] = [
        (Some("key"), Some("value")),
        (None, Some("no key")),
        (Some("tombstone"), None),
        (Some(""), Some("")),
        (None, None),
    ];
    for (key, payload) in cases {
        let headers = OwnedHeaders::new()
            .insert(Header {
                key: "trace",
                value: Some("1"),
            })
            .insert(Header {
                key: "trace",
                value: Some("2"),
            })
            .insert(Header {
                key: "empty",
                value: Some(""),
            })
            .insert(Header::<&str> {
                key: "null",
                value: None,
            });
        let record = FutureRecord {
            topic: "all",
            partition: Some(0),
            payload,
            key,
            timestamp: Some(1_700_000_000_123),
            headers: Some(headers),
        };
        producer.send(record, PATIENCE).await.unwrap();
    }
    let received = receive(&broker.consumer("readers", &["all"]), cases.len());
    for ((key, payload), message) in cases.into_iter().zip(&received) {
        assert_eq!(message.key(), key.map(str::as_bytes));
        assert_eq!(message.payload(), payload.map(str::as_bytes));
        assert_eq!(message.timestamp().to_millis(), Some(1_700_000_000_123));
        let headers: Vec<_> = message
            .headers()
            .unwrap()
            .iter()
            .map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec)))
            .collect();
        let expected = [
            ("trace", Some("1")),
            ("trace", Some("2")),
            ("empty", Some("")),
            ("null", None),
        ];
        assert_eq!(
            headers,
            expected.map(|(key, value)| (key.to_owned(), value.map(|value| value.as_bytes().to_vec())))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_messages_keep_their_order_per_key() {
    const MESSAGES: usize = 20_000;
    const KEYS: usize = 97;
    let broker = TestBroker::start().await;
    let producer: FutureProducer = broker.client(&[
        ("enable.idempotence", "true"),
        ("linger.ms", "2"),
        ("queue.buffering.max.messages", "100000"),
    ]);
    let begin = Instant::now();
    let mut deliveries = Vec::with_capacity(MESSAGES);
    for number in 0..MESSAGES {
        let (key, payload) = (format!("key {}", number % KEYS), number.to_string());
        deliveries.push(
            producer
                .send_result(FutureRecord::to("many").key(&key).payload(&payload))
                .unwrap(),
        );
    }
    for delivery in deliveries {
        delivery.await.unwrap().unwrap();
    }
    println!(
        "{:.0} messages a second in",
        MESSAGES as f64 / begin.elapsed().as_secs_f64()
    );
    let consumer = broker.consumer("readers", &["many"]);
    let begin = Instant::now();
    let received = receive(&consumer, MESSAGES);
    println!(
        "{:.0} messages a second out",
        MESSAGES as f64 / begin.elapsed().as_secs_f64()
    );
    let mut last_of_key: HashMap<Vec<u8>, usize> = HashMap::new();
    for message in &received {
        let number: usize = value(message).parse().unwrap();
        let key = message.key().unwrap().to_vec();
        assert_eq!(key, format!("key {}", number % KEYS).into_bytes());
        let expected = last_of_key.get(&key).map_or(number % KEYS, |last| last + KEYS);
        assert_eq!(number, expected, "{}", String::from_utf8_lossy(&key));
        last_of_key.insert(key, number);
    }
    assert_eq!(last_of_key.len(), KEYS);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_acknowledgement_works() {
    let broker = TestBroker::start().await;
    for acks in ["0", "1", "all"] {
        let producer: FutureProducer = broker.client(&[("acks", acks), ("linger.ms", "0")]);
        send(&producer, "acknowledged", acks, acks).await;
        producer.flush(PATIENCE).unwrap();
    }
    let received = receive(&broker.consumer("readers", &["acknowledged"]), 3);
    let mut values: Vec<&str> = received.iter().map(value).collect();
    values.sort_unstable();
    assert_eq!(values, ["0", "1", "all"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_and_large_messages_are_kept_as_they_came() {
    let broker = TestBroker::start().await;
    let large = "incompressible? no, but long. ".repeat(30_000);
    for codec in ["none", "gzip"] {
        let producer: FutureProducer = broker.client(&[("compression.type", codec), ("linger.ms", "20")]);
        let record = || FutureRecord::<str, str>::to(codec).partition(0);
        let deliveries = [large.as_str(), "small", "smaller"]
            .map(|payload| producer.send_result(record().payload(payload)).unwrap());
        for delivery in deliveries {
            delivery.await.unwrap().unwrap();
        }
        let received = receive(&broker.consumer(codec, &[codec]), 3);
        assert_eq!(
            received.iter().map(value).collect::<Vec<_>>(),
            [large.as_str(), "small", "smaller"]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_too_large_is_refused_and_the_connection_stays() {
    let broker = TestBroker::start().await;
    let producer: FutureProducer = broker.client(&[("message.max.bytes", "5000000"), ("linger.ms", "0")]);
    let large = "x".repeat(2_000_000);
    let (error, _record) = producer
        .send(FutureRecord::to("t").key("k").payload(&large), PATIENCE)
        .await
        .unwrap_err();
    assert_eq!(
        error,
        KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge)
    );
    send(&producer, "t", "k", "small").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_leads_to_the_first_message_not_older() {
    let broker = TestBroker::start().await;
    let producer = broker.producer();
    for timestamp in [1_000, 2_000, 3_000] {
        let record = FutureRecord::<str, str>::to("times")
            .partition(0)
            .payload("x")
            .timestamp(timestamp);
        producer.send(record, PATIENCE).await.unwrap();
    }
    let consumer: BaseConsumer = broker.client(&[("group.id", "times")]);
    for (timestamp, expected) in [
        (0, Offset::Offset(0)),
        (1_001, Offset::Offset(1)),
        (3_000, Offset::Offset(2)),
        (3_001, Offset::End),
    ] {
        let mut asked = TopicPartitionList::new();
        asked
            .add_partition_offset("times", 0, Offset::Offset(timestamp))
            .unwrap();
        let found = consumer.offsets_for_times(asked, PATIENCE).unwrap();
        assert_eq!(
            found.find_partition("times", 0).unwrap().offset(),
            expected,
            "at {timestamp}"
        );
    }
    assert_eq!(consumer.fetch_watermarks("times", 0, PATIENCE).unwrap(), (0, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offset_beyond_the_end_leads_back_by_the_reset_policy() {
    let broker = TestBroker::start().await;
    send(&broker.producer(), "reset", "k", "only").await;
    let consumer: BaseConsumer = broker.client(&[("group.id", "g"), ("auto.offset.reset", "earliest")]);
    let mut partitions = TopicPartitionList::new();
    for partition in 0..3 {
        partitions
            .add_partition_offset("reset", partition, Offset::Offset(1000))
            .unwrap();
    }
    consumer.assign(&partitions).unwrap();
    assert_eq!(value(&receive(&consumer, 1)[0]), "only");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_producer_that_wants_no_answer_is_told_by_closing() {
    let broker = TestBroker::start().await;
    let mut client = RawClient::connect(broker.address());
    client.send(
        9,
        &produce_request("missing", 0, batch(Sequence::NONE, 1, &["x"])),
    );
    assert!(client.is_closed());
}
