//! OffsetCommit, OffsetFetch, OffsetDelete: how far consumer groups have got.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::offset_commit_request::OffsetCommitRequestPartition;
use kafka_protocol::messages::offset_commit_response::{
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use kafka_protocol::messages::offset_delete_response::{
    OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestTopics;
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use kafka_protocol::messages::{
    OffsetCommitRequest, OffsetCommitResponse, OffsetDeleteRequest, OffsetDeleteResponse, OffsetFetchRequest,
    OffsetFetchResponse, TopicName,
};
use kafka_protocol::protocol::StrBytes;

use crate::group::coordinator::{Commit, Membership};
use crate::group::offsets_store::{Committed, StoredGroup};
use crate::node::Node;
use crate::refusal::NONE;

/// What a client may store with an offset: Kafka's own limit.
const MAX_METADATA: usize = 4096;
/// From here on several groups can be asked for at once.
const SEVERAL_GROUPS_SINCE: i16 = 8;
/// In an answer: nothing was committed.
const NO_OFFSET: i64 = -1;
const NO_EPOCH: i32 = -1;

pub(crate) fn commit(node: &Node, request: OffsetCommitRequest) -> OffsetCommitResponse {
    let membership = Membership {
        group: request.group_id.to_string(),
        member_id: request.member_id.to_string(),
        instance_id: request.group_instance_id.as_ref().map(ToString::to_string),
        generation: request.generation_id_or_member_epoch,
    };
    let mut commits = Vec::new();
    let mut topics: Vec<OffsetCommitResponseTopic> = Vec::new();
    for topic in request.topics {
        let mut partitions = Vec::new();
        for partition in topic.partitions {
            let response =
                OffsetCommitResponsePartition::default().with_partition_index(partition.partition_index);
            let checked = checked_commit(node, &topic.name, partition);
            partitions
                .push(response.with_error_code(checked.as_ref().err().map_or(NONE, ResponseError::code)));
            commits.extend(checked);
        }
        topics.push(
            OffsetCommitResponseTopic::default()
                .with_name(topic.name)
                .with_partitions(partitions),
        );
    }
    if let Err(error) = node.coordinator.commit(&membership, commits) {
        for partition in topics.iter_mut().flat_map(|topic| &mut topic.partitions) {
            partition.error_code = error.code();
        }
    }
    OffsetCommitResponse::default().with_topics(topics)
}

fn checked_commit(
    node: &Node,
    topic: &str,
    partition: OffsetCommitRequestPartition,
) -> Result<Commit, ResponseError> {
    let index = partition.partition_index;
    node.catalog
        .partition(topic, index)
        .map_err(|refusal| refusal.error)?;
    let metadata = partition
        .committed_metadata
        .map(|metadata| metadata.to_string())
        .unwrap_or_default();
    if metadata.len() > MAX_METADATA {
        return Err(ResponseError::OffsetMetadataTooLarge);
    }
    let committed = Committed {
        offset: partition.committed_offset,
        leader_epoch: partition.committed_leader_epoch,
        metadata,
    };
    Ok(Commit {
        topic: topic.to_owned(),
        partition: index,
        committed,
    })
}

pub(crate) fn fetch(node: &Node, request: OffsetFetchRequest, version: i16) -> OffsetFetchResponse {
    if version >= SEVERAL_GROUPS_SINCE {
        let groups = request.groups.into_iter().map(|group| {
            let stored = node.coordinator.stored(&group.group_id).unwrap_or_default();
            let topics = fetch_topics(&stored, group.topics);
            OffsetFetchResponseGroup::default()
                .with_group_id(group.group_id)
                .with_topics(topics)
        });
        return OffsetFetchResponse::default().with_groups(groups.collect());
    }
    let stored = node.coordinator.stored(&request.group_id).unwrap_or_default();
    let asked = request.topics.map(|topics| {
        let topics = topics.into_iter().map(|topic| {
            OffsetFetchRequestTopics::default()
                .with_name(topic.name)
                .with_partition_indexes(topic.partition_indexes)
        });
        topics.collect()
    });
    let topics = fetch_topics(&stored, asked).into_iter().map(in_old_form);
    OffsetFetchResponse::default().with_topics(topics.collect())
}

fn fetch_topics(
    stored: &StoredGroup,
    asked: Option<Vec<OffsetFetchRequestTopics>>,
) -> Vec<OffsetFetchResponseTopics> {
    let asked = asked.unwrap_or_else(|| everything(stored));
    let topics = asked.into_iter().map(|topic| {
        let partitions = topic.partition_indexes.into_iter().map(|index| {
            let committed = stored.offsets.get(&(topic.name.to_string(), index));
            OffsetFetchResponsePartitions::default()
                .with_partition_index(index)
                .with_committed_offset(committed.map_or(NO_OFFSET, |committed| committed.offset))
                .with_committed_leader_epoch(committed.map_or(NO_EPOCH, |committed| committed.leader_epoch))
                .with_metadata(Some(committed.map_or_else(StrBytes::new, |committed| {
                    StrBytes::from_string(committed.metadata.clone())
                })))
        });
        let partitions = partitions.collect();
        OffsetFetchResponseTopics::default()
            .with_name(topic.name)
            .with_partitions(partitions)
    });
    topics.collect()
}

fn everything(stored: &StoredGroup) -> Vec<OffsetFetchRequestTopics> {
    let mut topics: Vec<OffsetFetchRequestTopics> = Vec::new();
    for (topic, partition) in stored.offsets.keys() {
        match topics.last_mut() {
            Some(last) if last.name.as_str() == topic => last.partition_indexes.push(*partition),
            _ => topics.push(
                OffsetFetchRequestTopics::default()
                    .with_name(TopicName(StrBytes::from_string(topic.clone())))
                    .with_partition_indexes(vec![*partition]),
            ),
        }
    }
    topics
}

fn in_old_form(topic: OffsetFetchResponseTopics) -> OffsetFetchResponseTopic {
    let partitions = topic.partitions.into_iter().map(|partition| {
        OffsetFetchResponsePartition::default()
            .with_partition_index(partition.partition_index)
            .with_committed_offset(partition.committed_offset)
            .with_committed_leader_epoch(partition.committed_leader_epoch)
            .with_metadata(partition.metadata)
    });
    OffsetFetchResponseTopic::default()
        .with_name(topic.name)
        .with_partitions(partitions.collect())
}

pub(crate) fn delete(node: &Node, request: OffsetDeleteRequest) -> OffsetDeleteResponse {
    let asked: Vec<(String, i32)> = request
        .topics
        .iter()
        .flat_map(|topic| {
            let partitions = topic.partitions.iter();
            partitions.map(|partition| (topic.name.to_string(), partition.partition_index))
        })
        .collect();
    if let Err(error) = node.coordinator.forget(&request.group_id, &asked) {
        return OffsetDeleteResponse::default().with_error_code(error.code());
    }
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| {
            OffsetDeleteResponsePartition::default().with_partition_index(partition.partition_index)
        });
        let partitions = partitions.collect();
        OffsetDeleteResponseTopic::default()
            .with_name(topic.name)
            .with_partitions(partitions)
    });
    OffsetDeleteResponse::default().with_topics(topics.collect())
}
