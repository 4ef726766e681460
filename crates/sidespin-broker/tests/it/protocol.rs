//! What happens to clients that do not keep to the protocol: they are closed, and nobody else notices.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{ApiKey, ApiVersionsRequest, ApiVersionsResponse, MetadataRequest};
use kafka_protocol::protocol::Decodable;

use crate::raw_client::{RawClient, Sequence, batch, number, produce_request};
use crate::support::{TestBroker, receive, send, value};

async fn still_works(broker: &TestBroker) {
    send(&broker.producer(), "alive", "key", "value").await;
    let received = receive(&broker.consumer("readers", &["alive"]), 1);
    assert_eq!(value(&received[0]), "value");
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_frames_close_their_connection_only() {
    let broker = TestBroker::start().await;
    let mut bystander = RawClient::connect(broker.address());
    let metadata = number(ApiKey::Metadata).to_be_bytes();
    let claims_many_topics = [
        &metadata[..],
        &[0, 1, 0, 0, 0, 9, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff],
    ]
    .concat();
    let frames: [&[u8]; 6] = [
        b"",
        b"\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        &[0xff; 64],
        // A client id longer than the frame.
        &[&metadata[..], &[0, 1, 0, 0, 0, 9, 0x7f, 0xff]].concat(),
        &claims_many_topics,
    ];
    for frame in frames {
        let mut client = RawClient::connect(broker.address());
        client.send_frame(frame);
        assert!(client.is_closed(), "{frame:?}");
    }
    for length in [-1_i32, i32::MIN, i32::MAX, 100 * 1024 * 1024 + 1] {
        let mut client = RawClient::connect(broker.address());
        client.send_bytes(&length.to_be_bytes());
        assert!(client.is_closed(), "{length}");
    }
    assert!(
        !bystander
            .call(12, &MetadataRequest::default().with_topics(Some(Vec::new())))
            .brokers
            .is_empty()
    );
    still_works(&broker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_in_the_middle_of_a_frame_leaves_nothing() {
    let broker = TestBroker::start().await;
    let mut client = RawClient::connect(broker.address());
    client.send_bytes(&[0, 0, 1, 0, 0, 3]);
    drop(client);
    still_works(&broker).await;
}

#[tokio::test]
async fn an_unknown_version_of_api_versions_is_answered_in_version_0() {
    let broker = TestBroker::start().await;
    let mut client = RawClient::connect(broker.address());
    client.send_encoded(number(ApiKey::ApiVersions), 99, 2, &[1, 1, 0]);
    let mut frame = client.receive_frame().unwrap().split_off(4);
    let answer = ApiVersionsResponse::decode(&mut frame, 0).unwrap();
    assert_eq!(answer.error_code, ResponseError::UnsupportedVersion.code());
    let listed = answer
        .api_keys
        .iter()
        .find(|api| api.api_key == number(ApiKey::ApiVersions))
        .unwrap();
    // The client now knows better, and goes on.
    for version in listed.min_version..=listed.max_version {
        assert_eq!(
            client.call(version, &ApiVersionsRequest::default()).error_code,
            0,
            "version {version}"
        );
    }
}

#[tokio::test]
async fn other_unknown_requests_and_versions_close_the_connection() {
    let broker = TestBroker::start().await;
    for (key, version) in [
        (number(ApiKey::Metadata), 99),
        (number(ApiKey::EndTxn), 0),
        (9999, 0),
        (-1, 0),
        (3, -1),
    ] {
        let mut client = RawClient::connect(broker.address());
        client.send_encoded(key, version, 1, &[0; 16]);
        assert!(client.is_closed(), "request {key} version {version}");
    }
}

#[tokio::test]
async fn requests_sent_ahead_are_answered_in_their_order() {
    let broker = TestBroker::start().await;
    let mut client = RawClient::connect(broker.address());
    let request = MetadataRequest::default().with_topics(Some(Vec::new()));
    for _ in 0..50 {
        client.send(12, &request);
    }
    for expected in 1..=50_i32 {
        let frame = client.receive_frame().unwrap();
        assert_eq!(frame[..4], expected.to_be_bytes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_damaged_is_refused_and_not_kept() {
    let broker = TestBroker::start().await;
    send(&broker.producer(), "clean", "key", "makes the topic").await;
    let mut client = RawClient::connect(broker.address());
    let before = client.produce("clean", batch(Sequence::NONE, 1, &["good"]));
    let mut damaged = batch(Sequence::NONE, 1, &["good"]).to_vec();
    *damaged.last_mut().unwrap() ^= 0x40;
    let refused = client.produce("clean", damaged.into());
    assert_eq!(refused.error_code, ResponseError::CorruptMessage.code());
    assert!(refused.error_message.is_some());
    let bad_acks = client.call(
        9,
        &produce_request("clean", 7, batch(Sequence::NONE, 1, &["good"])),
    );
    let code = bad_acks.responses[0].partition_responses[0].error_code;
    assert_eq!(code, ResponseError::InvalidRequiredAcks.code());
    let after = client.produce("clean", batch(Sequence::NONE, 1, &["good"]));
    assert_eq!(after.base_offset, before.base_offset + 1);
}
