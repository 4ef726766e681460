//! CreateTopics, DeleteTopics, CreatePartitions.

use std::collections::HashMap;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::create_topics_response::CreatableTopicResult;
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::delete_topics_response::DeletableTopicResult;
use kafka_protocol::messages::{
    CreatePartitionsRequest, CreatePartitionsResponse, CreateTopicsRequest, CreateTopicsResponse,
    DeleteTopicsRequest, DeleteTopicsResponse, TopicName,
};
use kafka_protocol::protocol::StrBytes;

use crate::api::configs;
use crate::node::{NODE_ID, Node};
use crate::refusal::Refusal;

/// "As many as usual", in a request.
const DEFAULT: i32 = -1;

pub(crate) fn create(node: &Node, request: CreateTopicsRequest) -> CreateTopicsResponse {
    let mut mentions: HashMap<TopicName, usize> = HashMap::new();
    for topic in &request.topics {
        *mentions.entry(topic.name.clone()).or_default() += 1;
    }
    let results = request.topics.iter().map(|topic| {
        let created = if mentions.get(&topic.name).is_some_and(|count| *count > 1) {
            Err(Refusal::new(
                ResponseError::InvalidRequest,
                "the request names this topic more than once",
            ))
        } else {
            create_one(node, topic, request.validate_only)
        };
        let result = CreatableTopicResult::default().with_name(topic.name.clone());
        created.unwrap_or_else(|refusal| {
            result
                .with_error_code(refusal.code())
                .with_error_message(refusal.message())
        })
    });
    let topics = results.collect();
    CreateTopicsResponse::default().with_topics(topics)
}

fn create_one(
    node: &Node,
    topic: &CreatableTopic,
    validate_only: bool,
) -> Result<CreatableTopicResult, Refusal> {
    let partitions = wanted_partitions(node, topic)?;
    if !matches!(topic.replication_factor, -1 | 1) {
        return Err(Refusal::new(
            ResponseError::InvalidReplicationFactor,
            format!(
                "the embedded broker is one node; replication factor {} is not possible, use 1",
                topic.replication_factor
            ),
        ));
    }
    let settings = configs::parse(node.catalog.limits(), &topic.configs)?;
    let id = if validate_only {
        node.catalog.check(&topic.name, partitions)?;
        uuid::Uuid::nil()
    } else {
        node.catalog.create(&topic.name, partitions, settings)?.id
    };
    Ok(CreatableTopicResult::default()
        .with_name(topic.name.clone())
        .with_topic_id(id)
        .with_num_partitions(i32::try_from(partitions).unwrap_or(i32::MAX))
        .with_replication_factor(1)
        .with_configs(Some(configs::of_created(node.catalog.limits(), &settings))))
}

fn wanted_partitions(node: &Node, topic: &CreatableTopic) -> Result<u32, Refusal> {
    if topic.assignments.is_empty() {
        return match topic.num_partitions {
            DEFAULT => Ok(node.default_partitions),
            count => u32::try_from(count).map_err(|_negative| {
                Refusal::new(
                    ResponseError::InvalidPartitions,
                    "a topic needs at least one partition",
                )
            }),
        };
    }
    let mut indexes: Vec<i32> = topic
        .assignments
        .iter()
        .map(|assignment| assignment.partition_index)
        .collect();
    indexes.sort_unstable();
    let consecutive = (0..).zip(&indexes).all(|(expected, index)| *index == expected);
    let all_here = topic
        .assignments
        .iter()
        .all(|assignment| assignment.broker_ids == [NODE_ID]);
    if !consecutive || !all_here || topic.num_partitions != DEFAULT {
        let reason = "assignments must name partitions from 0 on, each at broker 0";
        return Err(Refusal::new(ResponseError::InvalidReplicaAssignment, reason));
    }
    Ok(u32::try_from(indexes.len()).unwrap_or(u32::MAX))
}

pub(crate) fn delete(node: &Node, request: DeleteTopicsRequest, version: i16) -> DeleteTopicsResponse {
    let asked: Vec<DeleteTopicState> = if version >= 6 {
        request.topics
    } else {
        let names = request.topic_names.into_iter();
        names
            .map(|name| DeleteTopicState::default().with_name(Some(name)))
            .collect()
    };
    let responses = asked.into_iter().map(|topic| delete_one(node, topic)).collect();
    DeleteTopicsResponse::default().with_responses(responses)
}

fn delete_one(node: &Node, asked: DeleteTopicState) -> DeletableTopicResult {
    let found = match &asked.name {
        Some(name) => node
            .catalog
            .topic(name)
            .ok_or_else(|| Refusal::unknown_partition(name, 0)),
        None => node
            .catalog
            .topic_by_id(asked.topic_id)
            .ok_or_else(|| Refusal::new(ResponseError::UnknownTopicId, "there is no topic with this id")),
    };
    let deleted = found.and_then(|topic| {
        node.catalog.delete(&topic.name)?;
        node.coordinator
            .forget_topic(&topic.name)
            .map_err(|error| Refusal::new(error, "the topic's committed offsets could not be deleted"))?;
        Ok(topic)
    });
    match deleted {
        Ok(topic) => DeletableTopicResult::default()
            .with_name(Some(TopicName(StrBytes::from_string(topic.name.clone()))))
            .with_topic_id(topic.id),
        Err(refusal) => DeletableTopicResult::default()
            .with_name(asked.name)
            .with_topic_id(asked.topic_id)
            .with_error_code(refusal.code())
            .with_error_message(refusal.message()),
    }
}

pub(crate) fn create_partitions(node: &Node, request: CreatePartitionsRequest) -> CreatePartitionsResponse {
    let results = request.topics.into_iter().map(|topic| {
        let grown = grow_one(node, &topic, request.validate_only);
        let result = CreatePartitionsTopicResult::default().with_name(topic.name);
        match grown {
            Ok(()) => result,
            Err(refusal) => result
                .with_error_code(refusal.code())
                .with_error_message(refusal.message()),
        }
    });
    CreatePartitionsResponse::default().with_results(results.collect())
}

fn grow_one(node: &Node, asked: &CreatePartitionsTopic, validate_only: bool) -> Result<(), Refusal> {
    let topic = node
        .catalog
        .topic(&asked.name)
        .ok_or_else(|| Refusal::unknown_partition(&asked.name, 0))?;
    let count = u32::try_from(asked.count).unwrap_or(0);
    node.catalog.check_growth(&topic, count)?;
    if !validate_only {
        node.catalog.grow(&asked.name, count)?;
    }
    Ok(())
}
