//! Produce: appends batches.

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::produce_request::PartitionProduceData;
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{ProduceRequest, ProduceResponse};

use crate::log::batch::ProducedBatch;
use crate::node::Node;
use crate::refusal::{NONE, Refusal};

/// In an answer: records keep the time their producer gave them.
const CREATE_TIME: i64 = -1;
/// In an answer: nothing was appended.
const NO_OFFSET: i64 = -1;

/// What became of a request.
#[derive(Debug)]
pub(crate) struct Produced {
    pub(crate) response: ProduceResponse,
    /// The client does not want an answer.
    pub(crate) unacknowledged: bool,
    pub(crate) all_appended: bool,
}

pub(crate) fn handle(node: &Node, request: ProduceRequest) -> Produced {
    let refused = check(&request).err();
    let mut all_appended = true;
    let topics = request.topic_data.into_iter().map(|topic| {
        let partitions = topic.partition_data.into_iter().map(|data| {
            let index = data.index;
            let appended = match &refused {
                Some(refusal) => Err(refusal.clone()),
                None => append(node, &topic.name, data),
            };
            all_appended &= appended.is_ok();
            respond(index, appended)
        });
        let partitions = partitions.collect();
        TopicProduceResponse::default()
            .with_name(topic.name)
            .with_partition_responses(partitions)
    });
    let response = ProduceResponse::default().with_responses(topics.collect());
    Produced {
        response,
        unacknowledged: request.acks == 0,
        all_appended,
    }
}

fn check(request: &ProduceRequest) -> Result<(), Refusal> {
    if !matches!(request.acks, -1..=1) {
        let reason = format!("acks must be 0, 1 or all, not {}", request.acks);
        return Err(Refusal::new(ResponseError::InvalidRequiredAcks, reason));
    }
    if request.transactional_id.is_some() {
        return Err(Refusal::new(
            ResponseError::InvalidTxnState,
            "the embedded broker has no transactions",
        ));
    }
    Ok(())
}

fn append(node: &Node, topic: &str, data: PartitionProduceData) -> Result<(i64, i64), Refusal> {
    let partition = node.catalog.partition(topic, data.index)?;
    let records: Bytes = data.records.unwrap_or_default();
    let batch = ProducedBatch::check(records, node.catalog.limits().max_batch_bytes)?;
    let base_offset = partition.append(&batch)?;
    Ok((base_offset, partition.bounds()?.start))
}

fn respond(index: i32, appended: Result<(i64, i64), Refusal>) -> PartitionProduceResponse {
    let response = PartitionProduceResponse::default()
        .with_index(index)
        .with_log_append_time_ms(CREATE_TIME);
    match appended {
        Ok((base_offset, log_start_offset)) => response
            .with_error_code(NONE)
            .with_base_offset(base_offset)
            .with_log_start_offset(log_start_offset),
        Err(refusal) => response
            .with_error_code(refusal.code())
            .with_error_message(refusal.message())
            .with_base_offset(NO_OFFSET)
            .with_log_start_offset(NO_OFFSET),
    }
}
