//! JoinGroup, SyncGroup, Heartbeat, LeaveGroup: being a member of a consumer group.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::join_group_response::JoinGroupResponseMember;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::leave_group_response::MemberResponse;
use kafka_protocol::messages::{
    HeartbeatRequest, HeartbeatResponse, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest,
    LeaveGroupResponse, SyncGroupRequest, SyncGroupResponse,
};
use kafka_protocol::protocol::StrBytes;

use crate::group::coordinator::Membership;
use crate::group::member::{JoinRequest, Joined, Protocol};
use crate::node::{Caller, Node};
use crate::refusal::NONE;

/// From here on clients can be given their member id before they join.
const MEMBER_ID_FIRST_SINCE: i16 = 4;
/// From here on the protocol's type is part of the answer.
const PROTOCOL_TYPE_SINCE: i16 = 7;
/// From here on a leader can be told that the assignment stands.
const SKIP_ASSIGNMENT_SINCE: i16 = 9;
/// From here on several members can leave at once.
const LEAVE_TOGETHER_SINCE: i16 = 3;

pub(crate) async fn join(
    node: &Node,
    caller: &Caller,
    request: JoinGroupRequest,
    version: i16,
) -> JoinGroupResponse {
    let milliseconds = |value: i32| Duration::from_millis(u64::try_from(value).unwrap_or(0));
    let session_timeout = milliseconds(request.session_timeout_ms);
    let protocols = request.protocols.into_iter().map(|protocol| Protocol {
        name: protocol.name.to_string(),
        metadata: own(&protocol.metadata),
    });
    let join = JoinRequest {
        member_id: request.member_id.to_string(),
        instance_id: request.group_instance_id.map(|id| id.to_string()),
        client_id: caller.client_id.clone(),
        client_host: format!("/{}", caller.remote.ip().to_canonical()),
        session_timeout,
        // Version 0 has one timeout for both.
        rebalance_timeout: if version == 0 {
            session_timeout
        } else {
            milliseconds(request.rebalance_timeout_ms)
        },
        protocol_type: request.protocol_type.to_string(),
        protocols: protocols.collect(),
        takes_member_id_first: version >= MEMBER_ID_FIRST_SINCE,
        can_skip_assignment: version >= SKIP_ASSIGNMENT_SINCE,
    };
    match node.coordinator.join(&request.group_id, join).await {
        Ok(joined) => joined_response(joined),
        Err(refused) => JoinGroupResponse::default()
            .with_error_code(refused.error.code())
            .with_generation_id(-1)
            .with_protocol_name(empty_or_null(version, PROTOCOL_TYPE_SINCE))
            .with_member_id(StrBytes::from_string(refused.member_id)),
    }
}

fn joined_response(joined: Joined) -> JoinGroupResponse {
    let members = joined.members.into_iter().map(|member| {
        JoinGroupResponseMember::default()
            .with_member_id(StrBytes::from_string(member.member_id))
            .with_group_instance_id(member.instance_id.map(StrBytes::from_string))
            .with_metadata(member.metadata)
    });
    JoinGroupResponse::default()
        .with_generation_id(joined.generation)
        .with_protocol_type(Some(StrBytes::from_string(joined.protocol_type)))
        .with_protocol_name(Some(StrBytes::from_string(joined.protocol)))
        .with_leader(StrBytes::from_string(joined.leader))
        .with_member_id(StrBytes::from_string(joined.member_id))
        .with_members(members.collect())
        .with_skip_assignment(joined.skip_assignment)
}

/// Before `since` the field must be there, though empty.
fn empty_or_null(version: i16, since: i16) -> Option<StrBytes> {
    (version < since).then(StrBytes::new)
}

pub(crate) async fn sync(node: &Node, request: SyncGroupRequest) -> SyncGroupResponse {
    let assignments: HashMap<String, Bytes> = request
        .assignments
        .into_iter()
        .map(|assignment| (assignment.member_id.to_string(), own(&assignment.assignment)))
        .collect();
    let membership = Membership {
        group: request.group_id.to_string(),
        member_id: request.member_id.to_string(),
        instance_id: request.group_instance_id.map(|id| id.to_string()),
        generation: request.generation_id,
    };
    let (protocol_type, protocol) = (request.protocol_type.as_deref(), request.protocol_name.as_deref());
    match node
        .coordinator
        .sync(&membership, protocol_type, protocol, assignments)
        .await
    {
        Ok(synced) => SyncGroupResponse::default()
            .with_protocol_type(Some(StrBytes::from_string(synced.protocol_type)))
            .with_protocol_name(Some(StrBytes::from_string(synced.protocol)))
            .with_assignment(synced.assignment),
        Err(error) => SyncGroupResponse::default().with_error_code(error.code()),
    }
}

pub(crate) fn heartbeat(node: &Node, request: &HeartbeatRequest) -> HeartbeatResponse {
    let beat = node.coordinator.heartbeat(&Membership {
        group: request.group_id.to_string(),
        member_id: request.member_id.to_string(),
        instance_id: request.group_instance_id.as_ref().map(ToString::to_string),
        generation: request.generation_id,
    });
    HeartbeatResponse::default().with_error_code(beat.err().map_or(NONE, |error| error.code()))
}

pub(crate) fn leave(node: &Node, request: LeaveGroupRequest, version: i16) -> LeaveGroupResponse {
    let leave_one = |member: &MemberIdentity| {
        let left = node.coordinator.leave(
            &request.group_id,
            &member.member_id,
            member.group_instance_id.as_deref(),
        );
        left.err().map_or(NONE, |error| error.code())
    };
    if version < LEAVE_TOGETHER_SINCE {
        let member = MemberIdentity::default().with_member_id(request.member_id.clone());
        return LeaveGroupResponse::default().with_error_code(leave_one(&member));
    }
    let members = request.members.iter().map(|member| {
        MemberResponse::default()
            .with_member_id(member.member_id.clone())
            .with_group_instance_id(member.group_instance_id.clone())
            .with_error_code(leave_one(member))
    });
    let members = members.collect();
    LeaveGroupResponse::default().with_members(members)
}

/// What is kept must not keep the whole request in memory.
fn own(bytes: &Bytes) -> Bytes {
    Bytes::copy_from_slice(bytes)
}
