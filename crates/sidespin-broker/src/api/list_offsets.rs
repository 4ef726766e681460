//! ListOffsets: the first offset, the next one, or that of a time.

use kafka_protocol::messages::list_offsets_request::ListOffsetsPartition;
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::{ListOffsetsRequest, ListOffsetsResponse};

use crate::log::batch::LEADER_EPOCH;
use crate::node::Node;
use crate::refusal::Refusal;

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const NEWEST_RECORD: i64 = -3;
/// Before this version the codec refuses to encode a leader epoch.
const LEADER_EPOCH_SINCE: i16 = 4;
const NO_EPOCH: i32 = -1;
/// In an answer: there is no such offset, or the time of the offset does not matter.
const NONE: i64 = -1;

pub(crate) fn handle(node: &Node, request: ListOffsetsRequest, version: i16) -> ListOffsetsResponse {
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| {
            let response = ListOffsetsPartitionResponse::default()
                .with_partition_index(asked.partition_index)
                .with_leader_epoch(if version >= LEADER_EPOCH_SINCE {
                    LEADER_EPOCH
                } else {
                    NO_EPOCH
                });
            match find(node, &topic.name, asked) {
                Ok((offset, timestamp)) => response.with_offset(offset).with_timestamp(timestamp),
                Err(refusal) => response
                    .with_error_code(refusal.code())
                    .with_offset(NONE)
                    .with_timestamp(NONE),
            }
        });
        let partitions = partitions.collect();
        ListOffsetsTopicResponse::default()
            .with_name(topic.name)
            .with_partitions(partitions)
    });
    ListOffsetsResponse::default().with_topics(topics.collect())
}

fn find(node: &Node, topic: &str, asked: &ListOffsetsPartition) -> Result<(i64, i64), Refusal> {
    let partition = node.catalog.partition(topic, asked.partition_index)?;
    let record = match asked.timestamp {
        LATEST => return Ok((partition.bounds()?.end, NONE)),
        EARLIEST => return Ok((partition.bounds()?.start, NONE)),
        NEWEST_RECORD => partition.newest()?,
        timestamp => partition.first_at_or_after(timestamp)?,
    };
    Ok(record.map_or((NONE, NONE), |record| (record.offset, record.timestamp)))
}
