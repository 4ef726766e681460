//! The hand-made encoding must be the codec's, byte for byte.

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::fetch_request::FetchTopic;
use kafka_protocol::messages::fetch_response::FetchableTopicResponse;
use kafka_protocol::messages::{FetchResponse, TopicName};
use kafka_protocol::protocol::StrBytes;
use uuid::Uuid;

use super::*;
use crate::log::segments::Bounds;
use crate::refusal::Refusal;

async fn bytes_of(response: Response) -> Vec<u8> {
    let mut written = Vec::new();
    response.write_to(&mut written).await.unwrap();
    written
}

fn expected(version: i16, records: &[Bytes]) -> FetchResponse {
    let found = records.iter().map(|records| {
        PartitionData::default()
            .with_partition_index(1)
            .with_high_watermark(9)
            .with_last_stable_offset(9)
            .with_log_start_offset(3)
            .with_aborted_transactions(None)
            .with_records(Some(records.clone()))
    });
    let refused = PartitionData::default()
        .with_partition_index(2)
        .with_error_code(ResponseError::OffsetOutOfRange.code())
        .with_high_watermark(-1)
        .with_last_stable_offset(-1)
        .with_log_start_offset(-1)
        .with_aborted_transactions(None)
        .with_records(Some(Bytes::new()));
    let topic = FetchableTopicResponse::default().with_partitions(found.chain([refused]).collect());
    let topic = if version >= TOPIC_IDS_SINCE {
        topic.with_topic_id(Uuid::from_u128(5))
    } else {
        topic.with_topic(TopicName(StrBytes::from_static_str("topic")))
    };
    FetchResponse::default().with_responses(vec![topic])
}

fn fetched(records: &[Bytes]) -> Fetched {
    let found = records.iter().map(|records| FetchedPartition {
        index: 1,
        read: Ok((records.clone(), Bounds { start: 3, end: 9 })),
    });
    let refused = FetchedPartition {
        index: 2,
        read: Err(Refusal::new(ResponseError::OffsetOutOfRange, "no")),
    };
    let asked = FetchTopic::default()
        .with_topic(TopicName(StrBytes::from_static_str("topic")))
        .with_topic_id(Uuid::from_u128(5));
    Fetched {
        error_code: 0,
        topics: vec![FetchedTopic {
            asked,
            partitions: found.chain([refused]).collect(),
        }],
    }
}

#[tokio::test]
async fn is_what_the_codec_would_write() {
    let records = [
        Bytes::from(vec![7; 300]),
        Bytes::new(),
        Bytes::from_static(b"few"),
    ];
    for version in 4..=16 {
        let head = RequestHead {
            api_key: ApiKey::Fetch as i16,
            version,
            correlation_id: 11,
        };
        let ours = bytes_of(encode(&head, fetched(&records)).unwrap()).await;
        let codec = Response::encode(ApiKey::Fetch, version, 11, &expected(version, &records)).unwrap();
        assert_eq!(ours, bytes_of(codec).await, "version {version}");
        let length = i32::from_be_bytes(ours[..4].try_into().unwrap());
        assert_eq!(usize::try_from(length).unwrap(), ours.len() - 4);
    }
}
