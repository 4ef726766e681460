//! Idempotent producers: repeated batches are kept once, gaps are noticed.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{InitProducerIdRequest, TransactionalId};
use kafka_protocol::protocol::StrBytes;

use crate::raw_client::{RawClient, Sequence, batch};
use crate::support::{TestBroker, receive, send, value};

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_batch_is_kept_once_and_a_gap_is_refused() {
    let broker = TestBroker::start().await;
    send(&broker.producer(), "once", "key", "makes the topic").await;
    let mut client = RawClient::connect(broker.address());
    let identity = client.call(4, &InitProducerIdRequest::default().with_transactional_id(None));
    assert_eq!(identity.error_code, 0);
    let sequence = |first| Sequence {
        producer_id: identity.producer_id.0,
        epoch: identity.producer_epoch,
        first,
    };
    let start = client
        .produce("once", batch(sequence(0), 1, &["a", "b"]))
        .base_offset;
    for _ in 0..3 {
        let repeated = client.produce("once", batch(sequence(0), 1, &["a", "b"]));
        assert_eq!((repeated.error_code, repeated.base_offset), (0, start));
    }
    let gap = client.produce("once", batch(sequence(5), 1, &["x"]));
    assert_eq!(gap.error_code, ResponseError::OutOfOrderSequenceNumber.code());
    assert_eq!(
        client.produce("once", batch(sequence(2), 1, &["c"])).base_offset,
        start + 2
    );

    let received = receive(&broker.consumer("readers", &["once"]), 4);
    let mut values: Vec<&str> = received.iter().map(value).collect();
    values.sort_unstable();
    assert_eq!(values, ["a", "b", "c", "makes the topic"]);
}

#[tokio::test]
async fn producer_ids_are_never_given_twice_even_after_a_restart() {
    let request = InitProducerIdRequest::default().with_transactional_id(None);
    let broker = TestBroker::start().await;
    let mut client = RawClient::connect(broker.address());
    let mut ids: Vec<i64> = (0..3).map(|_| client.call(4, &request).producer_id.0).collect();
    let broker = broker.restart().await;
    ids.push(
        RawClient::connect(broker.address())
            .call(4, &request)
            .producer_id
            .0,
    );
    assert!(ids.is_sorted_by(|earlier, later| earlier < later), "{ids:?}");
}

#[tokio::test]
async fn a_transactional_producer_is_told_at_once_that_there_are_no_transactions() {
    let broker = TestBroker::start().await;
    let name = TransactionalId(StrBytes::from_static_str("transactions"));
    let request = InitProducerIdRequest::default().with_transactional_id(Some(name));
    let refused = RawClient::connect(broker.address()).call(4, &request);
    assert_eq!(refused.error_code, ResponseError::UnsupportedVersion.code());
}
