//! The guard must agree with the codec about every request, and stop what would hurt the codec.

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::*;
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};

use super::*;
use crate::dispatch::APIS;

fn text(value: &'static str) -> StrBytes {
    StrBytes::from_static_str(value)
}

fn topic(value: &'static str) -> TopicName {
    TopicName(text(value))
}

fn group(value: &'static str) -> GroupId {
    GroupId(text(value))
}

/// Encodes a request that has something in every array, in every version that this broker takes.
fn encoded(key: ApiKey, body: &impl Encodable) -> Vec<(i16, Bytes)> {
    let api = APIS.iter().find(|api| api.key == key).unwrap();
    let versions = api.min_version..=api.max_version;
    let encode = |version| {
        let mut bytes = BytesMut::new();
        body.encode(&mut bytes, version)
            .ok()
            .map(|()| (version, bytes.freeze()))
    };
    versions.filter_map(encode).collect()
}

/// Checks that the guard takes all of each encoding and nothing less than that, whatever is cut off or changed.
fn check_all<Body: Encodable + Decodable>(key: ApiKey, bodies: &[Body]) {
    let api = APIS.iter().find(|api| api.key == key).unwrap();
    let encodings: Vec<(i16, Bytes)> = bodies.iter().flat_map(|body| encoded(key, body)).collect();
    for version in api.min_version..=api.max_version {
        assert!(
            encodings.iter().any(|(encoded, _bytes)| *encoded == version),
            "{key:?} version {version} is not tried"
        );
    }
    for (version, bytes) in encodings {
        let rest = walk(api.shape, version, &bytes)
            .unwrap_or_else(|error| panic!("{key:?} version {version}: {error}"));
        assert!(
            rest.is_empty(),
            "{key:?} version {version}: {} bytes left",
            rest.len()
        );
        for length in 0..bytes.len() {
            assert!(
                check(api.shape, version, &bytes[..length]).is_err(),
                "{key:?} version {version} cut at {length}"
            );
        }
        for position in 0..bytes.len() {
            for value in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                let mut changed = bytes.to_vec();
                changed[position] = value;
                if check(api.shape, version, &changed).is_ok() {
                    // Whether it decodes does not matter, only that it comes back.
                    let _either = Body::decode(&mut Bytes::from(changed), version);
                }
            }
        }
    }
}

#[test]
fn agrees_with_the_codec_about_messages() {
    let data = || {
        produce_request::PartitionProduceData::default().with_records(Some(Bytes::from_static(b"records")))
    };
    let produce = produce_request::TopicProduceData::default()
        .with_name(topic("t"))
        .with_partition_data(vec![data(), data()]);
    check_all(
        ApiKey::Produce,
        &[ProduceRequest::default().with_topic_data(vec![produce.clone(), produce])],
    );

    let fetch = |by_id: bool| {
        let name = if by_id { topic("") } else { topic("t") };
        let id = if by_id {
            uuid::Uuid::from_u128(7)
        } else {
            uuid::Uuid::nil()
        };
        let forgotten = fetch_request::ForgottenTopic::default()
            .with_topic(name.clone())
            .with_topic_id(id)
            .with_partitions(vec![1, 2]);
        let asked = fetch_request::FetchTopic::default()
            .with_topic(name)
            .with_topic_id(id)
            .with_partitions(vec![fetch_request::FetchPartition::default(); 2]);
        FetchRequest::default()
            .with_topics(vec![asked.clone(), asked])
            .with_forgotten_topics_data(vec![forgotten])
            .with_rack_id(text("rack"))
    };
    let old = FetchRequest::default().with_topics(fetch(false).topics);
    check_all(ApiKey::Fetch, &[old, fetch(false), fetch(true)]);

    let asked = list_offsets_request::ListOffsetsTopic::default()
        .with_name(topic("t"))
        .with_partitions(vec![list_offsets_request::ListOffsetsPartition::default(); 2]);
    check_all(
        ApiKey::ListOffsets,
        &[ListOffsetsRequest::default().with_topics(vec![asked])],
    );
    check_all(
        ApiKey::InitProducerId,
        &[InitProducerIdRequest::default().with_transactional_id(None)],
    );
}

#[test]
fn agrees_with_the_codec_about_the_cluster() {
    let asked = metadata_request::MetadataRequestTopic::default().with_name(Some(topic("t")));
    check_all(
        ApiKey::Metadata,
        &[
            MetadataRequest::default().with_topics(Some(vec![asked.clone(), asked])),
            MetadataRequest::default().with_topics(None),
        ],
    );
    let client = ApiVersionsRequest::default()
        .with_client_software_name(text("c"))
        .with_client_software_version(text("1"));
    check_all(ApiKey::ApiVersions, &[ApiVersionsRequest::default(), client]);
    check_all(
        ApiKey::FindCoordinator,
        &[
            FindCoordinatorRequest::default().with_key(text("g")),
            FindCoordinatorRequest::default().with_coordinator_keys(vec![text("g"), text("h")]),
        ],
    );
    check_all(ApiKey::DescribeCluster, &[DescribeClusterRequest::default()]);

    let assignment = create_topics_request::CreatableReplicaAssignment::default()
        .with_broker_ids(vec![BrokerId(0), BrokerId(1)]);
    let config = create_topics_request::CreatableTopicConfig::default()
        .with_name(text("n"))
        .with_value(Some(text("v")));
    let created = create_topics_request::CreatableTopic::default()
        .with_name(topic("t"))
        .with_assignments(vec![assignment.clone(), assignment])
        .with_configs(vec![config]);
    check_all(
        ApiKey::CreateTopics,
        &[CreateTopicsRequest::default().with_topics(vec![created])],
    );
    let deleted = delete_topics_request::DeleteTopicState::default().with_name(Some(topic("t")));
    check_all(
        ApiKey::DeleteTopics,
        &[
            DeleteTopicsRequest::default().with_topic_names(vec![topic("t"), topic("u")]),
            DeleteTopicsRequest::default().with_topics(vec![deleted]),
        ],
    );
    let assignment =
        create_partitions_request::CreatePartitionsAssignment::default().with_broker_ids(vec![BrokerId(0)]);
    let grown = create_partitions_request::CreatePartitionsTopic::default()
        .with_name(topic("t"))
        .with_assignments(Some(vec![assignment]));
    check_all(
        ApiKey::CreatePartitions,
        &[CreatePartitionsRequest::default().with_topics(vec![grown])],
    );
    let resource = describe_configs_request::DescribeConfigsResource::default()
        .with_resource_name(text("t"))
        .with_configuration_keys(Some(vec![text("k"), text("l")]));
    check_all(
        ApiKey::DescribeConfigs,
        &[DescribeConfigsRequest::default().with_resources(vec![resource])],
    );
}

#[test]
fn agrees_with_the_codec_about_groups() {
    let protocol = join_group_request::JoinGroupRequestProtocol::default()
        .with_name(text("range"))
        .with_metadata(Bytes::from_static(b"m"));
    let join = JoinGroupRequest::default()
        .with_group_id(group("g"))
        .with_protocols(vec![protocol.clone(), protocol]);
    let static_join = join
        .clone()
        .with_group_instance_id(Some(text("i")))
        .with_reason(Some(text("r")));
    check_all(ApiKey::JoinGroup, &[join, static_join]);
    let assignment = sync_group_request::SyncGroupRequestAssignment::default()
        .with_member_id(text("m"))
        .with_assignment(Bytes::from_static(b"a"));
    let sync = SyncGroupRequest::default()
        .with_group_id(group("g"))
        .with_assignments(vec![assignment]);
    check_all(
        ApiKey::SyncGroup,
        &[sync.clone(), sync.with_protocol_name(Some(text("range")))],
    );
    check_all(
        ApiKey::Heartbeat,
        &[HeartbeatRequest::default().with_group_id(group("g"))],
    );
    let member = leave_group_request::MemberIdentity::default().with_member_id(text("m"));
    check_all(
        ApiKey::LeaveGroup,
        &[
            LeaveGroupRequest::default().with_member_id(text("m")),
            LeaveGroupRequest::default().with_members(vec![member.clone(), member]),
        ],
    );
    check_all(
        ApiKey::DescribeGroups,
        &[DescribeGroupsRequest::default().with_groups(vec![group("g"), group("h")])],
    );
    check_all(
        ApiKey::ListGroups,
        &[
            ListGroupsRequest::default(),
            ListGroupsRequest::default().with_states_filter(vec![text("Stable")]),
            ListGroupsRequest::default().with_types_filter(vec![text("classic")]),
        ],
    );
    check_all(
        ApiKey::DeleteGroups,
        &[DeleteGroupsRequest::default().with_groups_names(vec![group("g")])],
    );
}

#[test]
fn agrees_with_the_codec_about_offsets() {
    let partition = offset_commit_request::OffsetCommitRequestPartition::default()
        .with_committed_metadata(Some(text("m")));
    let committed = offset_commit_request::OffsetCommitRequestTopic::default()
        .with_name(topic("t"))
        .with_partitions(vec![partition.clone(), partition]);
    check_all(
        ApiKey::OffsetCommit,
        &[OffsetCommitRequest::default()
            .with_group_id(group("g"))
            .with_topics(vec![committed])],
    );
    let asked = offset_fetch_request::OffsetFetchRequestTopic::default()
        .with_name(topic("t"))
        .with_partition_indexes(vec![1, 2]);
    let asked_of_group = offset_fetch_request::OffsetFetchRequestTopics::default()
        .with_name(topic("t"))
        .with_partition_indexes(vec![1, 2]);
    let of_group = offset_fetch_request::OffsetFetchRequestGroup::default()
        .with_group_id(group("g"))
        .with_topics(Some(vec![asked_of_group]));
    check_all(
        ApiKey::OffsetFetch,
        &[
            OffsetFetchRequest::default()
                .with_group_id(group("g"))
                .with_topics(Some(vec![asked])),
            OffsetFetchRequest::default().with_groups(vec![of_group]),
        ],
    );
    let partition = offset_delete_request::OffsetDeleteRequestPartition::default();
    let deleted = offset_delete_request::OffsetDeleteRequestTopic::default()
        .with_name(topic("t"))
        .with_partitions(vec![partition; 2]);
    check_all(
        ApiKey::OffsetDelete,
        &[OffsetDeleteRequest::default()
            .with_group_id(group("g"))
            .with_topics(vec![deleted])],
    );
}

#[test]
fn a_request_cannot_claim_more_elements_than_it_has() {
    let api = APIS.iter().find(|api| api.key == ApiKey::Metadata).unwrap();
    let claims_two_thousand_million = [0x7f, 0xff, 0xff, 0xff];
    assert_eq!(
        check(api.shape, 1, &claims_two_thousand_million),
        Err(Malformed::Truncated)
    );
    let compact_claim = [0xff, 0xff, 0xff, 0xff, 0x0f];
    assert_eq!(check(api.shape, 9, &compact_claim), Err(Malformed::Truncated));
}

#[test]
fn a_request_cannot_have_more_elements_than_memory_allows() {
    let api = APIS.iter().find(|api| api.key == ApiKey::DeleteGroups).unwrap();
    let mut body = BytesMut::new();
    DeleteGroupsRequest::default()
        .with_groups_names(vec![group(""); MAX_ELEMENTS + 1])
        .encode(&mut body, 0)
        .unwrap();
    assert_eq!(check(api.shape, 0, &body), Err(Malformed::TooManyElements));
}

#[test]
fn every_listed_request_is_one_that_the_codec_knows() {
    for api in APIS {
        let known = api.key.valid_versions();
        assert!(
            known.min <= api.min_version && api.max_version <= known.max,
            "{:?}",
            api.key
        );
        let flexible =
            (api.min_version..=api.max_version).find(|version| api.key.request_header_version(*version) >= 2);
        let ours = (api.min_version..=api.max_version).find(|version| *version >= api.shape.flexible_since);
        assert_eq!(ours, flexible, "{:?}", api.key);
    }
}
