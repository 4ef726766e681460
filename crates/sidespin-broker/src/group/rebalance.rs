//! How a group gets from one generation of members to the next, and what the passing of time does to it.

use std::time::Duration;

use kafka_protocol::error::ResponseError;
use tokio::time::Instant;

use crate::group::member::Member;
use crate::group::state::{Group, Phase};

/// How soon to look again at a member that waits for an answer: its connection may be gone.
const WAITING_CHECK: Duration = Duration::from_secs(1);

impl Group {
    /// Lets time pass: ends the sessions that are over and the rebalances that took too long. Says when to look again.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<Instant> {
        let promised = self.promised.len();
        self.promised.retain(|_id, deadline| *deadline > now);
        if self.promised.len() < promised {
            self.complete_if_all_joined(now);
        }
        let silent = |member: &&Member| member.deadline <= now && !member.is_waiting();
        let dead: Vec<String> = self
            .members
            .values()
            .filter(silent)
            .map(|member| member.id.clone())
            .collect();
        for id in dead {
            tracing::info!(member = %id, "a consumer was not heard from within its session timeout");
            self.remove(&id, now);
        }
        if self.rebalance_deadline.is_some_and(|deadline| deadline <= now) {
            self.begin_generation(now);
        }
        let sessions = self.members.values().map(|member| {
            if member.is_waiting() {
                member.deadline.max(now + WAITING_CHECK)
            } else {
                member.deadline
            }
        });
        sessions
            .chain(self.promised.values().copied())
            .chain(self.rebalance_deadline)
            .min()
    }

    /// Begins a rebalance, or lets a running one see that something has changed.
    pub(super) fn rebalance(&mut self, now: Instant) {
        if self.phase != Phase::PreparingRebalance {
            for member in self.members.values_mut() {
                member.answer_sync(Err(ResponseError::RebalanceInProgress));
            }
            self.phase = Phase::PreparingRebalance;
            self.rebalance_deadline = Some(now + self.longest_rebalance());
        }
        self.complete_if_all_joined(now);
    }

    fn longest_rebalance(&self) -> Duration {
        self.members
            .values()
            .map(|member| member.rebalance_timeout)
            .max()
            .unwrap_or_default()
    }

    pub(super) fn complete_if_all_joined(&mut self, now: Instant) {
        let complete = self.promised.is_empty() && self.members.values().all(Member::is_joining);
        if self.phase == Phase::PreparingRebalance && complete {
            self.begin_generation(now);
        }
    }

    /// Begins the next generation with those who have joined it. Static members keep their place until their session
    /// ends.
    fn begin_generation(&mut self, now: Instant) {
        self.members
            .retain(|_id, member| member.is_joining() || member.instance_id.is_some());
        if !self.members.is_empty() && !self.members.values().any(Member::is_joining) {
            self.rebalance_deadline = Some(now + self.longest_rebalance().max(WAITING_CHECK));
            return;
        }
        self.rebalance_deadline = None;
        self.generation = self.generation.checked_add(1).unwrap_or(1);
        if self.members.is_empty() {
            self.phase = Phase::Empty;
            self.protocol.clear();
            self.leader.clear();
            return;
        }
        self.protocol = self.elected_protocol();
        if !self.members.get(&self.leader).is_some_and(Member::is_joining) {
            let first = self.members.values().find(|member| member.is_joining());
            self.leader = first.map(|member| member.id.clone()).unwrap_or_default();
        }
        self.phase = Phase::CompletingRebalance;
        let ids: Vec<String> = self.members.keys().cloned().collect();
        for id in ids {
            let joined = self.joined(&id);
            if let Some(member) = self.members.get_mut(&id).filter(|member| member.is_joining()) {
                member.heard_from(now);
                member.answer_join(Ok(joined));
            }
        }
    }
}
