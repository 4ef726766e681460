//! What a group decides and answers from its present state, without changing it.

use std::collections::BTreeMap;

use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use crate::group::member::{JoinRequest, Joined, MemberMetadata, Synced};
use crate::group::state::Group;

impl Group {
    /// Of the ways of assigning that everybody knows, the one that most members like best.
    pub(super) fn elected_protocol(&self) -> String {
        let known_by_all = |name: &str| self.members.values().all(|member| member.knows(name));
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for member in self.members.values() {
            if let Some(choice) = member
                .protocols
                .iter()
                .find(|protocol| known_by_all(&protocol.name))
            {
                *votes.entry(&choice.name).or_default() += 1;
            }
        }
        let winner = votes.into_iter().max_by_key(|(_name, count)| *count);
        winner.map(|(name, _count)| name.to_owned()).unwrap_or_default()
    }

    pub(super) fn is_compatible(&self, request: &JoinRequest) -> bool {
        let others = self.members.values().filter(|member| {
            member.id != request.member_id
                && (member.instance_id.is_none() || member.instance_id != request.instance_id)
        });
        if others.clone().next().is_none() {
            return !request.protocol_type.is_empty() && !request.protocols.is_empty();
        }
        self.protocol_type == request.protocol_type
            && request
                .protocols
                .iter()
                .any(|protocol| others.clone().all(|member| member.knows(&protocol.name)))
    }

    /// Whether this is a member, and not one whose place another instance has taken.
    pub(crate) fn check_member(
        &self,
        member_id: &str,
        instance_id: Option<&str>,
    ) -> Result<(), ResponseError> {
        if let Some(instance) = instance_id {
            let owner = self
                .static_members
                .get(instance)
                .ok_or(ResponseError::UnknownMemberId)?;
            if owner != member_id {
                return Err(ResponseError::FencedInstanceId);
            }
        }
        if self.members.contains_key(member_id) {
            Ok(())
        } else {
            Err(ResponseError::UnknownMemberId)
        }
    }

    pub(crate) fn check_generation(&self, generation: i32) -> Result<(), ResponseError> {
        if generation == self.generation {
            Ok(())
        } else {
            Err(ResponseError::IllegalGeneration)
        }
    }

    pub(super) fn joined(&self, member_id: &str) -> Joined {
        let members = self.members.values().filter(|_member| member_id == self.leader);
        Joined {
            generation: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            leader: self.leader.clone(),
            member_id: member_id.to_owned(),
            members: members
                .map(|member| MemberMetadata {
                    member_id: member.id.clone(),
                    instance_id: member.instance_id.clone(),
                    metadata: member.metadata_for(&self.protocol),
                })
                .collect(),
            skip_assignment: false,
        }
    }

    pub(super) fn synced(&self, member_id: &str) -> Synced {
        let member = self.members.get(member_id);
        Synced {
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            assignment: member.map(|member| member.assignment.clone()).unwrap_or_default(),
        }
    }
}

pub(super) fn new_member_id(request: &JoinRequest) -> String {
    let prefix = request.instance_id.as_ref().unwrap_or(&request.client_id);
    format!("{prefix}-{}", Uuid::now_v7())
}
