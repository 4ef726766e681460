//! Consumer groups and their offsets, in every version.

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::*;
use kafka_protocol::protocol::StrBytes;

use super::{Conversation, group, text};
use crate::raw_client::topic_name;

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
}

#[tokio::test(flavor = "multi_thread")]
async fn groups() {
    let mut conversation = Conversation::start().await;
    let commit = OffsetCommitRequest::default()
        .with_group_id(group("g"))
        .with_generation_id_or_member_epoch(-1);
    let partition = offset_commit_request::OffsetCommitRequestPartition::default().with_committed_offset(1);
    let topic = offset_commit_request::OffsetCommitRequestTopic::default().with_name(topic_name("t"));
    conversation.client.call(
        8,
        &commit.with_topics(vec![topic.with_partitions(vec![partition])]),
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
