//! What the cluster and its topics are, in every version.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::*;

use super::{Conversation, text};
use crate::raw_client::topic_name;

#[tokio::test(flavor = "multi_thread")]
async fn the_cluster() {
    let mut conversation = Conversation::start().await;
    let port = i32::from(conversation.broker.address().port());
    conversation.each(
        |_version| ApiVersionsRequest::default(),
        |_version, answer| assert_eq!(answer.error_code, 0),
    );
    conversation.each(
        |version| MetadataRequest::default().with_topics(if version == 0 { Some(Vec::new()) } else { None }),
        |_version, answer| {
            assert_eq!(
                (answer.brokers[0].port, answer.brokers[0].host.as_str()),
                (port, "127.0.0.1")
            );
            assert_eq!((answer.topics.len(), answer.topics[0].partitions.len()), (1, 3));
        },
    );
    conversation.each(
        |version| {
            let asked =
                metadata_request::MetadataRequestTopic::default().with_name(Some(topic_name("missing")));
            let request = MetadataRequest::default().with_topics(Some(vec![asked]));
            // Older clients cannot say that they do not want it created.
            if version >= 4 {
                request.with_allow_auto_topic_creation(false)
            } else {
                request.with_topics(Some(Vec::new()))
            }
        },
        |version, answer| {
            let codes: Vec<i16> = answer.topics.iter().map(|topic| topic.error_code).collect();
            match version {
                0..4 => assert!(codes.iter().all(|code| *code == 0)),
                _ => assert_eq!(codes, [ResponseError::UnknownTopicOrPartition.code()]),
            }
        },
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn coordinators_and_configurations() {
    let mut conversation = Conversation::start().await;
    let port = i32::from(conversation.broker.address().port());
    conversation.each(
        |version| match version {
            4.. => FindCoordinatorRequest::default().with_coordinator_keys(vec![text("a"), text("b")]),
            _ => FindCoordinatorRequest::default().with_key(text("a")),
        },
        |version, answer| match version {
            4.. => assert!(
                answer.coordinators.len() == 2 && answer.coordinators.iter().all(|one| one.port == port)
            ),
            _ => assert_eq!((answer.error_code, answer.port), (0, port)),
        },
    );
    conversation.each(
        |version| match version {
            4.. => FindCoordinatorRequest::default()
                .with_coordinator_keys(vec![text("a")])
                .with_key_type(1),
            1.. => FindCoordinatorRequest::default()
                .with_key(text("a"))
                .with_key_type(1),
            _ => FindCoordinatorRequest::default().with_key(text("a")),
        },
        |version, answer| {
            let code = if version >= 4 {
                answer.coordinators[0].error_code
            } else {
                answer.error_code
            };
            assert_eq!(
                code,
                if version >= 1 {
                    ResponseError::InvalidRequest.code()
                } else {
                    0
                }
            );
        },
    );
    conversation.each(
        |_version| DescribeClusterRequest::default(),
        |_version, answer| assert_eq!((answer.error_code, answer.brokers[0].port), (0, port)),
    );
    let resource = |kind, name| {
        describe_configs_request::DescribeConfigsResource::default()
            .with_resource_type(kind)
            .with_resource_name(text(name))
            .with_configuration_keys(None)
    };
    conversation.each(
        |_version| {
            let resources = vec![
                resource(2, "t"),
                resource(4, "0"),
                resource(2, "missing"),
                resource(99, "x"),
            ];
            DescribeConfigsRequest::default().with_resources(resources)
        },
        |_version, answer| {
            let codes: Vec<i16> = answer.results.iter().map(|result| result.error_code).collect();
            let unknown = ResponseError::UnknownTopicOrPartition.code();
            assert_eq!(codes, [0, 0, unknown, ResponseError::InvalidRequest.code()]);
            assert!(!answer.results[0].configs.is_empty());
        },
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn topics() {
    let mut conversation = Conversation::start().await;
    let topic = |count| {
        create_topics_request::CreatableTopic::default()
            .with_name(topic_name("new"))
            .with_num_partitions(count)
            .with_replication_factor(1)
    };
    conversation.each(
        |_version| {
            CreateTopicsRequest::default()
                .with_topics(vec![topic(2)])
                .with_validate_only(true)
        },
        |_version, answer| assert_eq!(answer.topics[0].error_code, 0),
    );
    conversation
        .client
        .call(7, &CreateTopicsRequest::default().with_topics(vec![topic(2)]));
    conversation.each(
        |_version| CreateTopicsRequest::default().with_topics(vec![topic(2)]),
        |_version, answer| {
            assert_eq!(
                answer.topics[0].error_code,
                ResponseError::TopicAlreadyExists.code()
            )
        },
    );
    conversation.each(
        |version| {
            let grown = create_partitions_request::CreatePartitionsTopic::default()
                .with_name(topic_name("new"))
                .with_count(3 + i32::from(version))
                .with_assignments(None);
            CreatePartitionsRequest::default().with_topics(vec![grown])
        },
        |_version, answer| assert_eq!(answer.results[0].error_code, 0),
    );
    let delete = |version: i16, name| match version {
        6.. => {
            let asked = delete_topics_request::DeleteTopicState::default().with_name(Some(topic_name(name)));
            DeleteTopicsRequest::default().with_topics(vec![asked])
        }
        _ => DeleteTopicsRequest::default().with_topic_names(vec![topic_name(name)]),
    };
    conversation.each(
        |version| delete(version, "missing"),
        |_version, answer| {
            assert_eq!(
                answer.responses[0].error_code,
                ResponseError::UnknownTopicOrPartition.code()
            );
        },
    );
    let versions = 1..=6;
    for version in versions {
        assert_eq!(
            conversation
                .client
                .call(version, &delete(version, "new"))
                .responses[0]
                .error_code,
            0
        );
        conversation
            .client
            .call(7, &CreateTopicsRequest::default().with_topics(vec![topic(2)]));
    }
}
