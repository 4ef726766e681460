//! Producing, fetching and finding offsets, in every version.

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::*;
use uuid::Uuid;

use super::Conversation;
use crate::raw_client::{Sequence, batch, produce_request, topic_name};

#[tokio::test(flavor = "multi_thread")]
async fn messages() {
    let mut conversation = Conversation::start().await;
    conversation.each(
        |_version| produce_request("t", -1, batch(Sequence::NONE, 1, &["more"])),
        |_version, answer| assert_eq!(answer.responses[0].partition_responses[0].error_code, 0),
    );
    conversation.each(
        |_version| produce_request("t", -1, Bytes::from_static(b"nonsense")),
        |_version, answer| {
            let code = answer.responses[0].partition_responses[0].error_code;
            assert_eq!(code, ResponseError::CorruptMessage.code());
        },
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fetches() {
    let mut conversation = Conversation::start().await;
    let id = conversation.topic_id();
    let fetch = |version: i16, offset: i64, topic: &'static str, id: Uuid| {
        let partition = fetch_request::FetchPartition::default()
            .with_fetch_offset(offset)
            .with_partition_max_bytes(9);
        let asked = fetch_request::FetchTopic::default().with_partitions(vec![partition]);
        let asked = if version >= 13 {
            asked.with_topic_id(id)
        } else {
            asked.with_topic(topic_name(topic))
        };
        FetchRequest::default()
            .with_max_bytes(1000)
            .with_topics(vec![asked])
    };
    conversation.each(
        |version| fetch(version, 0, "t", id),
        |version, answer| {
            let topic = &answer.responses[0];
            assert!(if version >= 13 {
                topic.topic_id == id
            } else {
                topic.topic.as_str() == "t"
            });
            assert_eq!(topic.partitions[0].error_code, 0);
            assert!(
                topic.partitions[0]
                    .records
                    .as_ref()
                    .is_some_and(|records| records.len() > 61)
            );
        },
    );
    conversation.each(
        |version| fetch(version, 9999, "t", id),
        |_version, answer| {
            let code = answer.responses[0].partitions[0].error_code;
            assert_eq!(code, ResponseError::OffsetOutOfRange.code());
        },
    );
    conversation.each(
        |version| fetch(version, 0, "missing", Uuid::from_u128(1)),
        |version, answer| {
            let missing = if version >= 13 {
                ResponseError::UnknownTopicId
            } else {
                ResponseError::UnknownTopicOrPartition
            };
            assert_eq!(answer.responses[0].partitions[0].error_code, missing.code());
        },
    );
    conversation.each(
        |version| {
            if version >= 7 {
                fetch(version, 0, "t", id).with_session_id(7)
            } else {
                fetch(version, 0, "t", id)
            }
        },
        |version, answer| {
            let expected = if version >= 7 {
                ResponseError::FetchSessionIdNotFound.code()
            } else {
                0
            };
            assert_eq!(answer.error_code, expected);
        },
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn offsets_by_time() {
    let mut conversation = Conversation::start().await;
    for (timestamp, offset) in [(-1, true), (-2, true), (0, true), (i64::MAX, false)] {
        conversation.each(
            |_version| {
                let partition =
                    list_offsets_request::ListOffsetsPartition::default().with_timestamp(timestamp);
                let asked = list_offsets_request::ListOffsetsTopic::default().with_name(topic_name("t"));
                ListOffsetsRequest::default().with_topics(vec![asked.with_partitions(vec![partition])])
            },
            |_version, answer| {
                let found = &answer.topics[0].partitions[0];
                assert_eq!((found.error_code, found.offset >= 0), (0, offset));
            },
        );
    }
    conversation.each(
        |_version| InitProducerIdRequest::default().with_transactional_id(None),
        |_version, answer| assert_eq!((answer.error_code, answer.producer_epoch), (0, 0)),
    );
}
