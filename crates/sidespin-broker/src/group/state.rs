//! One consumer group as a state machine: what joins, syncs, heartbeats, leaves and passing time do to it.
//!
//! It has no clock and no locks; the coordinator gives it the time. Joins and syncs that have to wait are answered
//! through channels when what they wait for happens.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use tokio::time::Instant;

use crate::group::member::{Answer, JoinError, JoinRequest, JoinResult, Member, SyncResult, Synced};
use crate::group::rules::new_member_id;

/// Members of one group; a development machine has a handful.
const MAX_MEMBERS: usize = 500;

/// Where a group stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It has no members, though perhaps offsets.
    Empty,
    /// Members are to join the next generation.
    PreparingRebalance,
    /// The leader is to assign.
    CompletingRebalance,
    /// Everybody has an assignment.
    Stable,
}

/// A consumer group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) phase: Phase,
    pub(crate) generation: i32,
    pub(crate) protocol_type: String,
    pub(crate) protocol: String,
    pub(crate) members: BTreeMap<String, Member>,
    pub(super) leader: String,
    /// Instance id to member id.
    pub(super) static_members: HashMap<String, String>,
    /// Ids that were given out and not used yet, each until when.
    pub(super) promised: HashMap<String, Instant>,
    pub(super) rebalance_deadline: Option<Instant>,
}

impl Phase {
    /// The name that tools show.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::PreparingRebalance => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Stable => "Stable",
        }
    }
}

impl Group {
    /// A group without members that has got as far as `generation`.
    pub(crate) fn new(generation: i32, protocol_type: String) -> Self {
        Self {
            phase: Phase::Empty,
            generation,
            protocol_type,
            protocol: String::new(),
            members: BTreeMap::new(),
            leader: String::new(),
            static_members: HashMap::new(),
            promised: HashMap::new(),
            rebalance_deadline: None,
        }
    }

    /// Nobody is in it or about to come.
    pub(crate) fn is_unused(&self) -> bool {
        self.members.is_empty() && self.promised.is_empty()
    }

    /// A member joins, for the first time or again.
    pub(crate) fn join(&mut self, request: JoinRequest, now: Instant) -> Answer<JoinResult> {
        match self.try_join(request, now) {
            Ok(answer) => answer,
            Err(error) => Answer::Now(Err(error)),
        }
    }

    fn try_join(&mut self, request: JoinRequest, now: Instant) -> Result<Answer<JoinResult>, JoinError> {
        let refuse = |error| {
            Err(JoinError {
                error,
                member_id: request.member_id.clone(),
            })
        };
        if !self.is_compatible(&request) {
            return refuse(ResponseError::InconsistentGroupProtocol);
        }
        if !request.member_id.is_empty() && self.promised.remove(&request.member_id).is_none() {
            return match self.check_member(&request.member_id, request.instance_id.as_deref()) {
                Ok(()) => Ok(self.join_again(request, now)),
                Err(error) => refuse(error),
            };
        }
        let replaced = request
            .instance_id
            .as_ref()
            .and_then(|instance| self.static_members.get(instance));
        if let Some(replaced) = replaced.cloned() {
            return Ok(self.replace_static(&replaced, request, now));
        }
        if self.members.len() + self.promised.len() >= MAX_MEMBERS {
            return refuse(ResponseError::GroupMaxSizeReached);
        }
        if !request.member_id.is_empty() {
            let id = request.member_id.clone();
            return Ok(self.add(id, request, now));
        }
        let id = new_member_id(&request);
        if request.takes_member_id_first && request.instance_id.is_none() {
            self.promised.insert(id.clone(), now + request.session_timeout);
            return Err(JoinError {
                error: ResponseError::MemberIdRequired,
                member_id: id,
            });
        }
        Ok(self.add(id, request, now))
    }

    fn add(&mut self, id: String, request: JoinRequest, now: Instant) -> Answer<JoinResult> {
        if self.members.is_empty() {
            self.protocol_type.clone_from(&request.protocol_type);
        }
        if let Some(instance) = &request.instance_id {
            self.static_members.insert(instance.clone(), id.clone());
        }
        let mut member = Member::new(id.clone(), request, now);
        let receiver = member.wait_to_join();
        self.members.insert(id, member);
        self.rebalance(now);
        Answer::Later(receiver)
    }

    fn join_again(&mut self, request: JoinRequest, now: Instant) -> Answer<JoinResult> {
        let id = request.member_id.clone();
        let unchanged = self
            .members
            .get(&id)
            .is_some_and(|member| member.protocols == request.protocols);
        let may_stay = match self.phase {
            // The answer to its last join got lost.
            Phase::CompletingRebalance => unchanged,
            // A leader that joins again asks for a rebalance.
            Phase::Stable => unchanged && id != self.leader,
            Phase::Empty | Phase::PreparingRebalance => false,
        };
        let joined = self.joined(&id);
        let Some(member) = self.members.get_mut(&id) else {
            let error = ResponseError::UnknownMemberId;
            return Answer::Now(Err(JoinError { error, member_id: id }));
        };
        member.update(request, now);
        if may_stay {
            return Answer::Now(Ok(joined));
        }
        let receiver = member.wait_to_join();
        self.rebalance(now);
        Answer::Later(receiver)
    }

    /// A static member came back under a new member id: it takes its old place, without a rebalance where nothing else
    /// has changed.
    fn replace_static(&mut self, replaced: &str, request: JoinRequest, now: Instant) -> Answer<JoinResult> {
        let id = new_member_id(&request);
        let can_skip_assignment = request.can_skip_assignment;
        let old_leader = self.leader.clone();
        let mut member = Member::new(id.clone(), request, now);
        let mut unchanged = false;
        if let Some(mut old) = self.members.remove(replaced) {
            let error = ResponseError::FencedInstanceId;
            old.answer_join(Err(JoinError {
                error,
                member_id: old.id.clone(),
            }));
            old.answer_sync(Err(error));
            unchanged = old.metadata_for(&self.protocol) == member.metadata_for(&self.protocol)
                && member.knows(&self.protocol);
            member.assignment = old.assignment;
        }
        if let Some(instance) = &member.instance_id {
            self.static_members.insert(instance.clone(), id.clone());
        }
        if self.leader == replaced {
            self.leader.clone_from(&id);
        }
        if self.phase == Phase::Stable && unchanged {
            self.members.insert(id.clone(), member);
            let mut joined = self.joined(&id);
            joined.skip_assignment = can_skip_assignment && self.leader == id;
            if !can_skip_assignment {
                // An older client that is told it leads would assign anew; so it is told that its former self does.
                joined.leader = old_leader;
                joined.members.clear();
            }
            return Answer::Now(Ok(joined));
        }
        let receiver = member.wait_to_join();
        self.members.insert(id, member);
        self.rebalance(now);
        Answer::Later(receiver)
    }

    /// A member is ready for its assignment; the leader brings everybody's.
    pub(crate) fn sync(
        &mut self,
        member_id: &str,
        generation: i32,
        assignments: HashMap<String, Bytes>,
        now: Instant,
    ) -> Answer<SyncResult> {
        if let Err(error) = self.check_generation(generation) {
            return Answer::Now(Err(error));
        }
        let is_leader = member_id == self.leader;
        let (phase, synced) = (self.phase, self.synced(member_id));
        let Some(member) = self.members.get_mut(member_id) else {
            return Answer::Now(Err(ResponseError::UnknownMemberId));
        };
        member.heard_from(now);
        match phase {
            Phase::Empty => Answer::Now(Err(ResponseError::UnknownMemberId)),
            Phase::PreparingRebalance => Answer::Now(Err(ResponseError::RebalanceInProgress)),
            Phase::Stable => Answer::Now(Ok(synced)),
            Phase::CompletingRebalance => {
                let receiver = member.wait_to_sync();
                if is_leader {
                    self.assign(assignments, now);
                }
                Answer::Later(receiver)
            }
        }
    }

    fn assign(&mut self, mut assignments: HashMap<String, Bytes>, now: Instant) {
        self.phase = Phase::Stable;
        for member in self.members.values_mut() {
            member.assignment = assignments.remove(&member.id).unwrap_or_default();
            if member.syncing.is_some() {
                member.heard_from(now);
            }
            member.answer_sync(Ok(Synced {
                protocol_type: self.protocol_type.clone(),
                protocol: self.protocol.clone(),
                assignment: member.assignment.clone(),
            }));
        }
    }

    /// A member is alive.
    pub(crate) fn heartbeat(
        &mut self,
        member_id: &str,
        generation: i32,
        now: Instant,
    ) -> Result<(), ResponseError> {
        self.check_generation(generation)?;
        let member = self
            .members
            .get_mut(member_id)
            .ok_or(ResponseError::UnknownMemberId)?;
        member.heard_from(now);
        if self.phase == Phase::PreparingRebalance {
            Err(ResponseError::RebalanceInProgress)
        } else {
            Ok(())
        }
    }

    /// A member goes, named by its id or, for a static one, by its instance.
    pub(crate) fn leave(
        &mut self,
        member_id: &str,
        instance_id: Option<&str>,
        now: Instant,
    ) -> Result<(), ResponseError> {
        if self.promised.remove(member_id).is_some() {
            self.complete_if_all_joined(now);
            return Ok(());
        }
        let id = match instance_id {
            Some(instance) if member_id.is_empty() => self
                .static_members
                .get(instance)
                .cloned()
                .ok_or(ResponseError::UnknownMemberId)?,
            _ => member_id.to_owned(),
        };
        self.check_member(&id, instance_id)?;
        self.remove(&id, now);
        Ok(())
    }

    pub(super) fn remove(&mut self, id: &str, now: Instant) {
        let Some(mut member) = self.members.remove(id) else {
            return;
        };
        if let Some(instance) = &member.instance_id {
            self.static_members.remove(instance);
        }
        let error = ResponseError::UnknownMemberId;
        member.answer_join(Err(JoinError {
            error,
            member_id: id.to_owned(),
        }));
        member.answer_sync(Err(error));
        self.rebalance(now);
    }
}

#[cfg(test)]
mod tests;
