//! DescribeGroups, ListGroups, DeleteGroups: what tools ask about consumer groups.

use kafka_protocol::messages::delete_groups_response::DeletableGroupResult;
use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use kafka_protocol::messages::list_groups_response::ListedGroup;
use kafka_protocol::messages::{
    DeleteGroupsRequest, DeleteGroupsResponse, DescribeGroupsRequest, DescribeGroupsResponse, GroupId,
    ListGroupsRequest, ListGroupsResponse,
};
use kafka_protocol::protocol::StrBytes;

use crate::group::describe::{GroupDescription, MemberDescription};
use crate::node::{Node, OPERATIONS_NOT_ASKED_FOR};
use crate::refusal::NONE;

/// Every group here follows the classic protocol.
const CLASSIC: &str = "classic";

pub(crate) fn describe(node: &Node, request: DescribeGroupsRequest) -> DescribeGroupsResponse {
    let groups = request.groups.into_iter().map(|group_id| {
        let response = DescribedGroup::default()
            .with_authorized_operations(OPERATIONS_NOT_ASKED_FOR)
            .with_group_id(group_id);
        match node.coordinator.describe(&response.group_id) {
            Some(group) => described(response, group),
            // What Kafka answers for a group that does not exist.
            None => response.with_group_state(StrBytes::from_static_str("Dead")),
        }
    });
    DescribeGroupsResponse::default().with_groups(groups.collect())
}

fn described(response: DescribedGroup, group: GroupDescription) -> DescribedGroup {
    response
        .with_group_state(StrBytes::from_static_str(group.state))
        .with_protocol_type(StrBytes::from_string(group.protocol_type))
        .with_protocol_data(StrBytes::from_string(group.protocol))
        .with_members(group.members.into_iter().map(described_member).collect())
}

fn described_member(member: MemberDescription) -> DescribedGroupMember {
    DescribedGroupMember::default()
        .with_member_id(StrBytes::from_string(member.member_id))
        .with_group_instance_id(member.instance_id.map(StrBytes::from_string))
        .with_client_id(StrBytes::from_string(member.client_id))
        .with_client_host(StrBytes::from_string(member.client_host))
        .with_member_metadata(member.metadata)
        .with_member_assignment(member.assignment)
}

pub(crate) fn list(node: &Node, request: &ListGroupsRequest) -> ListGroupsResponse {
    let asked_for = |filter: &[StrBytes], value: &str| {
        filter.is_empty() || filter.iter().any(|wanted| wanted.eq_ignore_ascii_case(value))
    };
    let groups = node.coordinator.list().into_iter().filter(|group| {
        asked_for(&request.states_filter, group.state) && asked_for(&request.types_filter, CLASSIC)
    });
    let groups = groups.map(|group| {
        ListedGroup::default()
            .with_group_id(GroupId(StrBytes::from_string(group.name)))
            .with_protocol_type(StrBytes::from_string(group.protocol_type))
            .with_group_state(StrBytes::from_static_str(group.state))
            .with_group_type(StrBytes::from_static_str(CLASSIC))
    });
    ListGroupsResponse::default().with_groups(groups.collect())
}

pub(crate) fn delete(node: &Node, request: DeleteGroupsRequest) -> DeleteGroupsResponse {
    let results = request.groups_names.into_iter().map(|group_id| {
        let deleted = node.coordinator.delete(&group_id);
        DeletableGroupResult::default()
            .with_group_id(group_id)
            .with_error_code(deleted.err().map_or(NONE, |error| error.code()))
    });
    DeleteGroupsResponse::default().with_results(results.collect())
}
