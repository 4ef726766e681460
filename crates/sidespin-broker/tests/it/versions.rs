//! Every version of every request that the broker lists is answered, and the answer decodes.
//!
//! Clients of different ages speak different versions; each test here goes through all of them.

use std::ops::RangeInclusive;

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::*;
use kafka_protocol::protocol::{Request, StrBytes};
use rdkafka::producer::FutureRecord;
use uuid::Uuid;

use crate::raw_client::{RawClient, Sequence, batch, produce_request, topic_name};
use crate::support::{PATIENCE, TestBroker};

/// A broker with messages in topic `t`, a client for it, and the requests that were tried.
struct Conversation {
    broker: TestBroker,
    client: RawClient,
    listed: Vec<(i16, RangeInclusive<i16>)>,
}

fn text(value: &'static str) -> StrBytes {
    StrBytes::from_static_str(value)
}

fn group(name: &'static str) -> GroupId {
    GroupId(text(name))
}

impl Conversation {
    async fn start() -> Self {
        let broker = TestBroker::start_with(&["t"]).await;
        let record = FutureRecord::<str, str>::to("t").partition(0).payload("message");
        broker.producer().send(record, PATIENCE).await.unwrap();
        let mut client = RawClient::connect(broker.address());
        let listed = client.call(4, &ApiVersionsRequest::default()).api_keys;
        let listed = listed
            .iter()
            .map(|api| (api.api_key, api.min_version..=api.max_version))
            .collect();
        Self {
            broker,
            client,
            listed,
        }
    }

    /// Sends the request that `make` makes for each listed version, and has `check` look at the answers.
    fn each<Body: Request>(&mut self, make: impl Fn(i16) -> Body, check: impl Fn(i16, Body::Response)) {
        let (_key, versions) = self
            .listed
            .iter()
            .find(|(key, _versions)| *key == Body::KEY)
            .unwrap();
        for version in versions.clone() {
            println!("request {} version {version}", Body::KEY);
            check(version, self.client.call(version, &make(version)));
        }
    }

    fn topic_id(&mut self) -> Uuid {
        let asked = metadata_request::MetadataRequestTopic::default().with_name(Some(topic_name("t")));
        self.client
            .call(12, &MetadataRequest::default().with_topics(Some(vec![asked])))
            .topics[0]
            .topic_id
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages() {
    let mut conversation = Conversation::start().await;
    let id = conversation.topic_id();
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

#[tokio::test(flavor = "multi_thread")]
async fn offsets() {
    let mut conversation = Conversation::start().await;
    conversation.each(
        |version| {
            let partition = |index, offset| {
                offset_commit_request::OffsetCommitRequestPartition::default()
                    .with_partition_index(index)
                    .with_committed_offset(offset)
                    .with_committed_metadata(Some(text("note")))
            };
            let partitions = vec![partition(0, i64::from(version)), partition(99, 1)];
            let topic = offset_commit_request::OffsetCommitRequestTopic::default().with_name(topic_name("t"));
            OffsetCommitRequest::default()
                .with_group_id(group("g"))
                .with_topics(vec![topic.with_partitions(partitions)])
        },
        |_version, answer| {
            let codes: Vec<i16> = answer.topics[0]
                .partitions
                .iter()
                .map(|partition| partition.error_code)
                .collect();
            assert_eq!(codes, [0, ResponseError::UnknownTopicOrPartition.code()]);
        },
    );
    conversation.each(
        |version| {
            if version >= 8 {
                let one = |topics| {
                    offset_fetch_request::OffsetFetchRequestGroup::default()
                        .with_group_id(group("g"))
                        .with_topics(topics)
                };
                let topic = offset_fetch_request::OffsetFetchRequestTopics::default()
                    .with_name(topic_name("t"))
                    .with_partition_indexes(vec![0, 1]);
                return OffsetFetchRequest::default().with_groups(vec![one(Some(vec![topic])), one(None)]);
            }
            let topic = offset_fetch_request::OffsetFetchRequestTopic::default()
                .with_name(topic_name("t"))
                .with_partition_indexes(vec![0, 1]);
            OffsetFetchRequest::default()
                .with_group_id(group("g"))
                .with_topics(Some(vec![topic]))
        },
        |version, answer| {
            let offsets: Vec<i64> = if version >= 8 {
                assert_eq!(answer.groups[1].topics[0].partitions.len(), 1);
                answer.groups[0].topics[0]
                    .partitions
                    .iter()
                    .map(|partition| partition.committed_offset)
                    .collect()
            } else {
                answer.topics[0]
                    .partitions
                    .iter()
                    .map(|partition| partition.committed_offset)
                    .collect()
            };
            assert_eq!(offsets, [9, -1]);
        },
    );
    conversation.each(
        |_version| {
            let partition = offset_delete_request::OffsetDeleteRequestPartition::default();
            let topic = offset_delete_request::OffsetDeleteRequestTopic::default().with_name(topic_name("t"));
            OffsetDeleteRequest::default()
                .with_group_id(group("g"))
                .with_topics(vec![topic.with_partitions(vec![partition])])
        },
        |_version, answer| assert_eq!(answer.error_code, 0),
    );
    conversation.each(
        |_version| DescribeGroupsRequest::default().with_groups(vec![group("g"), group("missing")]),
        |_version, answer| {
            let states: Vec<&str> = answer
                .groups
                .iter()
                .map(|group| group.group_state.as_str())
                .collect();
            assert_eq!(states, ["Empty", "Dead"]);
        },
    );
    conversation.each(
        |_version| ListGroupsRequest::default(),
        |_version, answer| assert_eq!(answer.groups.len(), 1),
    );
    conversation.each(
        |_version| DeleteGroupsRequest::default().with_groups_names(vec![group("missing")]),
        |_version, answer| {
            assert_eq!(
                answer.results[0].error_code,
                ResponseError::GroupIdNotFound.code()
            )
        },
    );
}

/// One member's life in a group of its own, in every version of the four requests that it takes.
#[tokio::test(flavor = "multi_thread")]
async fn membership() {
    let mut conversation = Conversation::start().await;
    for version in 0..=9 {
        let name = GroupId(StrBytes::from_string(format!("group {version}")));
        let protocol = join_group_request::JoinGroupRequestProtocol::default().with_name(text("range"));
        let join = JoinGroupRequest::default()
            .with_group_id(name.clone())
            .with_session_timeout_ms(10_000)
            .with_rebalance_timeout_ms(if version == 0 { -1 } else { 10_000 })
            .with_protocol_type(text("consumer"))
            .with_protocols(vec![protocol.with_metadata(Bytes::from_static(b"metadata"))]);
        let client = &mut conversation.client;
        let mut joined = client.call(version, &join);
        if version >= 4 {
            assert_eq!(joined.error_code, ResponseError::MemberIdRequired.code());
            joined = client.call(version, &join.with_member_id(joined.member_id));
        }
        assert_eq!(
            (joined.error_code, joined.generation_id, joined.members.len()),
            (0, 1, 1),
            "version {version}"
        );
        let member_id = joined.member_id;

        let assignment = sync_group_request::SyncGroupRequestAssignment::default()
            .with_member_id(member_id.clone())
            .with_assignment(Bytes::from_static(b"everything"));
        let sync = SyncGroupRequest::default()
            .with_group_id(name.clone())
            .with_generation_id(1)
            .with_member_id(member_id.clone())
            .with_assignments(vec![assignment]);
        let synced = client.call(version.min(5), &sync);
        assert_eq!(
            (synced.error_code, &synced.assignment[..]),
            (0, &b"everything"[..])
        );
        let wrong = client.call(version.min(5), &sync.with_generation_id(7));
        assert_eq!(wrong.error_code, ResponseError::IllegalGeneration.code());

        let beat = HeartbeatRequest::default()
            .with_group_id(name.clone())
            .with_member_id(member_id.clone());
        assert_eq!(
            client
                .call(version.min(4), &beat.clone().with_generation_id(1))
                .error_code,
            0
        );
        let stranger = beat.with_member_id(text("stranger"));
        assert_eq!(
            client.call(version.min(4), &stranger).error_code,
            ResponseError::UnknownMemberId.code()
        );

        let leave = LeaveGroupRequest::default().with_group_id(name.clone());
        let leave = if version >= 3 {
            leave.with_members(vec![
                leave_group_request::MemberIdentity::default().with_member_id(member_id),
            ])
        } else {
            leave.with_member_id(member_id)
        };
        let codes = |answer: LeaveGroupResponse| match answer.members.first() {
            Some(member) => (answer.error_code, member.error_code),
            None => (answer.error_code, 0),
        };
        assert_eq!(codes(client.call(version.min(5), &leave)), (0, 0));
        assert_ne!(codes(client.call(version.min(5), &leave)), (0, 0));
    }
}
