//! Metadata: which topics there are and where; creates those that a client asks for, when both sides allow it.

use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{MetadataRequest, MetadataResponse, TopicName};
use kafka_protocol::protocol::StrBytes;

use crate::log::batch::LEADER_EPOCH;
use crate::node::{Caller, NODE_ID, Node, OPERATIONS_NOT_ASKED_FOR};
use crate::refusal::Refusal;
use crate::topic::{Topic, TopicSettings, check_name};

pub(crate) fn handle(
    node: &Node,
    caller: &Caller,
    request: MetadataRequest,
    version: i16,
) -> MetadataResponse {
    let topics = match request.topics {
        // Version 0 has no way to ask for none.
        Some(topics) if version > 0 || !topics.is_empty() => {
            let may_create = request.allow_auto_topic_creation && node.auto_create_topics;
            topics
                .into_iter()
                .map(|topic| one(node, topic, may_create))
                .collect()
        }
        _ => node.catalog.all().iter().map(|topic| describe(topic)).collect(),
    };
    let broker = MetadataResponseBroker::default()
        .with_node_id(NODE_ID)
        .with_host(caller.advertised_host())
        .with_port(caller.advertised_port());
    MetadataResponse::default()
        .with_brokers(vec![broker])
        .with_cluster_id(Some(StrBytes::from_string(node.catalog.cluster_id().to_owned())))
        .with_controller_id(NODE_ID)
        .with_cluster_authorized_operations(OPERATIONS_NOT_ASKED_FOR)
        .with_topics(topics)
}

fn one(node: &Node, asked: MetadataRequestTopic, may_create: bool) -> MetadataResponseTopic {
    let found = match &asked.name {
        Some(name) => by_name(node, name, may_create),
        None => node
            .catalog
            .topic_by_id(asked.topic_id)
            .ok_or_else(|| Refusal::new(ResponseError::UnknownTopicId, "there is no topic with this id")),
    };
    match found {
        Ok(topic) => describe(&topic),
        Err(refusal) => MetadataResponseTopic::default()
            .with_error_code(refusal.code())
            .with_name(asked.name)
            .with_topic_id(asked.topic_id)
            .with_topic_authorized_operations(OPERATIONS_NOT_ASKED_FOR),
    }
}

fn by_name(node: &Node, name: &str, may_create: bool) -> Result<Arc<Topic>, Refusal> {
    if let Some(topic) = node.catalog.topic(name) {
        return Ok(topic);
    }
    check_name(name)?;
    if !may_create {
        return Err(Refusal::unknown_partition(name, 0));
    }
    match node
        .catalog
        .create(name, node.default_partitions, TopicSettings::default())
    {
        Ok(topic) => {
            tracing::info!(
                topic = name,
                partitions = node.default_partitions,
                "created a Kafka topic that a client asked for"
            );
            Ok(topic)
        }
        // Another client was faster.
        Err(refusal) => node.catalog.topic(name).ok_or(refusal),
    }
}

fn describe(topic: &Topic) -> MetadataResponseTopic {
    let partitions = (0..).zip(&topic.partitions).map(|(index, _partition)| {
        MetadataResponsePartition::default()
            .with_partition_index(index)
            .with_leader_id(NODE_ID)
            .with_leader_epoch(LEADER_EPOCH)
            .with_replica_nodes(vec![NODE_ID])
            .with_isr_nodes(vec![NODE_ID])
    });
    MetadataResponseTopic::default()
        .with_name(Some(TopicName(StrBytes::from_string(topic.name.clone()))))
        .with_topic_id(topic.id)
        .with_partitions(partitions.collect())
        .with_topic_authorized_operations(OPERATIONS_NOT_ASKED_FOR)
}
