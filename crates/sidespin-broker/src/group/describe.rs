//! What tools see of consumer groups.

use bytes::Bytes;

use crate::group::coordinator::Coordinator;
use crate::group::state::{Group, Phase};

/// A group as tools see it.
#[derive(Debug, Clone)]
pub(crate) struct GroupDescription {
    pub(crate) name: String,
    pub(crate) state: &'static str,
    pub(crate) protocol_type: String,
    pub(crate) protocol: String,
    pub(crate) members: Vec<MemberDescription>,
}

/// A member as tools see it.
#[derive(Debug, Clone)]
pub(crate) struct MemberDescription {
    pub(crate) member_id: String,
    pub(crate) instance_id: Option<String>,
    pub(crate) client_id: String,
    pub(crate) client_host: String,
    pub(crate) metadata: Bytes,
    pub(crate) assignment: Bytes,
}

impl Coordinator {
    /// All groups, without their members.
    pub(crate) fn list(&self) -> Vec<GroupDescription> {
        let groups = self.lock();
        let stored = groups
            .store
            .groups()
            .filter(|(name, _stored)| !groups.live.contains_key(*name));
        let stored = stored.map(|(name, stored)| empty(name, &stored.protocol_type));
        let live = groups.live.iter().map(|(name, group)| GroupDescription {
            members: Vec::new(),
            ..describe(name, group)
        });
        live.chain(stored).collect()
    }

    /// One group; nothing where there is none.
    pub(crate) fn describe(&self, name: &str) -> Option<GroupDescription> {
        let groups = self.lock();
        match groups.live.get(name) {
            Some(group) => Some(describe(name, group)),
            None => groups
                .store
                .group(name)
                .map(|stored| empty(name, &stored.protocol_type)),
        }
    }
}

fn describe(name: &str, group: &Group) -> GroupDescription {
    // Until the generation has begun, nobody knows which protocol it will use.
    let settled = group.phase == Phase::Stable;
    let members = group.members.values().map(|member| MemberDescription {
        member_id: member.id.clone(),
        instance_id: member.instance_id.clone(),
        client_id: member.client_id.clone(),
        client_host: member.client_host.clone(),
        metadata: if settled {
            member.metadata_for(&group.protocol)
        } else {
            Bytes::new()
        },
        assignment: if settled {
            member.assignment.clone()
        } else {
            Bytes::new()
        },
    });
    GroupDescription {
        name: name.to_owned(),
        state: group.phase.name(),
        protocol_type: group.protocol_type.clone(),
        protocol: if settled {
            group.protocol.clone()
        } else {
            String::new()
        },
        members: members.collect(),
    }
}

fn empty(name: &str, protocol_type: &str) -> GroupDescription {
    GroupDescription {
        name: name.to_owned(),
        state: Phase::Empty.name(),
        protocol_type: protocol_type.to_owned(),
        protocol: String::new(),
        members: Vec::new(),
    }
}
