//! All consumer groups: finds the group, gives it the time, stores what it commits, and answers.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::error::BrokerError;
use crate::group::member::{Answer, JoinError, JoinRequest, JoinResult, SyncResult};
use crate::group::offsets_store::{Change, Committed, OffsetsStore, StoredGroup};
use crate::group::state::{Group, Phase};

/// Groups that have members or offsets; more come from a client gone wild.
const MAX_GROUPS: usize = 10_000;
/// What a client may ask for as its session timeout. Kafka's lower bound is 6 s; tests want less.
const SESSION_TIMEOUTS: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(1800);

/// The group coordinator.
#[derive(Debug)]
pub(crate) struct Coordinator {
    groups: Mutex<Groups>,
    /// Somebody joined or left: the next deadline may be nearer than it was.
    changed: Notify,
}

/// All groups, under one lock.
#[derive(Debug)]
pub(super) struct Groups {
    pub(super) live: HashMap<String, Group>,
    pub(super) store: OffsetsStore,
}

/// Who a request of a member says it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Membership {
    pub(crate) group: String,
    pub(crate) member_id: String,
    pub(crate) instance_id: Option<String>,
    pub(crate) generation: i32,
}

/// An offset to commit.
#[derive(Debug)]
pub(crate) struct Commit {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) committed: Committed,
}

impl Coordinator {
    /// Opens the offsets in the data directory. Groups themselves begin empty: their members notice and join again.
    pub(crate) fn open(data_dir: &Path) -> Result<Self, BrokerError> {
        let groups = Groups {
            live: HashMap::new(),
            store: OffsetsStore::open(data_dir)?,
        };
        Ok(Self {
            groups: Mutex::new(groups),
            changed: Notify::new(),
        })
    }

    /// A member joins; the answer comes when its generation begins.
    pub(crate) async fn join(&self, group: &str, request: JoinRequest) -> JoinResult {
        let refuse = |error| {
            Err(JoinError {
                error,
                member_id: request.member_id.clone(),
            })
        };
        if group.is_empty() {
            return refuse(ResponseError::InvalidGroupId);
        }
        if !SESSION_TIMEOUTS.contains(&request.session_timeout) {
            return refuse(ResponseError::InvalidSessionTimeout);
        }
        let is_new = request.member_id.is_empty();
        let member_id = request.member_id.clone();
        let answer = {
            let mut groups = self.lock();
            if groups.live.get(group).is_none_or(Group::is_unused) && !is_new {
                return refuse(ResponseError::UnknownMemberId);
            }
            if groups.live.len() >= MAX_GROUPS && !groups.live.contains_key(group) {
                tracing::warn!(
                    limit = MAX_GROUPS,
                    "a consumer group was refused: there are too many"
                );
                return refuse(ResponseError::InvalidGroupId);
            }
            let answer = groups.live_group(group).join(request, Instant::now());
            groups.keep(group);
            answer
        };
        self.changed.notify_one();
        match answer {
            Answer::Now(result) => result,
            Answer::Later(receiver) => receiver.await.unwrap_or_else(|_dropped| {
                Err(JoinError {
                    error: ResponseError::CoordinatorNotAvailable,
                    member_id,
                })
            }),
        }
    }

    /// A member asks for its assignment; the answer comes when the leader has assigned.
    pub(crate) async fn sync(
        &self,
        membership: &Membership,
        protocol_type: Option<&str>,
        protocol: Option<&str>,
        assignments: HashMap<String, Bytes>,
    ) -> SyncResult {
        let answer = {
            let mut groups = self.lock();
            let group = groups.member_group(membership)?;
            let differs = |asked: Option<&str>, actual: &str| asked.is_some_and(|asked| asked != actual);
            if differs(protocol_type, &group.protocol_type) || differs(protocol, &group.protocol) {
                return Err(ResponseError::InconsistentGroupProtocol);
            }
            group.sync(
                &membership.member_id,
                membership.generation,
                assignments,
                Instant::now(),
            )
        };
        match answer {
            Answer::Now(result) => result,
            Answer::Later(receiver) => receiver
                .await
                .unwrap_or(Err(ResponseError::CoordinatorNotAvailable)),
        }
    }

    /// A member is alive.
    pub(crate) fn heartbeat(&self, membership: &Membership) -> Result<(), ResponseError> {
        let mut groups = self.lock();
        let group = groups.member_group(membership)?;
        group.heartbeat(&membership.member_id, membership.generation, Instant::now())
    }

    /// A member goes.
    pub(crate) fn leave(
        &self,
        group: &str,
        member_id: &str,
        instance_id: Option<&str>,
    ) -> Result<(), ResponseError> {
        let mut groups = self.lock();
        let state = groups.live.get_mut(group).ok_or(ResponseError::UnknownMemberId)?;
        let left = state.leave(member_id, instance_id, Instant::now());
        groups.keep(group);
        drop(groups);
        self.changed.notify_one();
        left
    }

    /// Stores offsets: of a member in its generation, or of anybody for a group that has no members.
    pub(crate) fn commit(&self, membership: &Membership, commits: Vec<Commit>) -> Result<(), ResponseError> {
        if membership.group.is_empty() {
            return Err(ResponseError::InvalidGroupId);
        }
        let mut groups = self.lock();
        let is_empty = groups
            .live
            .get(&membership.group)
            .is_none_or(|group| group.phase == Phase::Empty);
        if !(membership.generation < 0 && is_empty) {
            let group = groups.member_group(membership)?;
            group.check_generation(membership.generation)?;
            if group.phase == Phase::CompletingRebalance {
                return Err(ResponseError::RebalanceInProgress);
            }
            if let Some(member) = group.members.get_mut(&membership.member_id) {
                member.heard_from(Instant::now());
            }
        }
        let changes = commits.into_iter().map(|commit| Change::Commit {
            group: membership.group.clone(),
            topic: commit.topic,
            partition: commit.partition,
            committed: commit.committed,
        });
        groups.write(changes.collect())
    }

    /// What a group has committed.
    pub(crate) fn stored(&self, group: &str) -> Option<StoredGroup> {
        self.lock().store.group(group).cloned()
    }

    /// Deletes a group with its offsets.
    pub(crate) fn delete(&self, group: &str) -> Result<(), ResponseError> {
        let mut groups = self.lock();
        if groups.live.get(group).is_some_and(|state| !state.is_unused()) {
            return Err(ResponseError::NonEmptyGroup);
        }
        let was_live = groups.live.remove(group).is_some();
        if groups.store.group(group).is_none() {
            return if was_live {
                Ok(())
            } else {
                Err(ResponseError::GroupIdNotFound)
            };
        }
        groups.write(vec![Change::Delete {
            group: group.to_owned(),
        }])
    }

    /// Deletes offsets of a group that has no members.
    pub(crate) fn forget(&self, group: &str, partitions: &[(String, i32)]) -> Result<(), ResponseError> {
        let mut groups = self.lock();
        if groups.live.get(group).is_some_and(|state| !state.is_unused()) {
            return Err(ResponseError::NonEmptyGroup);
        }
        groups.store.group(group).ok_or(ResponseError::GroupIdNotFound)?;
        let changes = partitions.iter().map(|(topic, partition)| Change::Forget {
            group: group.to_owned(),
            topic: topic.clone(),
            partition: *partition,
        });
        groups.write(changes.collect())
    }

    /// Deletes what all groups have committed for a topic that is gone.
    pub(crate) fn forget_topic(&self, topic: &str) -> Result<(), ResponseError> {
        let mut groups = self.lock();
        let mut changes = Vec::new();
        for (group, stored) in groups.store.groups() {
            let partitions = stored.offsets.keys().filter(|(name, _partition)| name == topic);
            changes.extend(partitions.map(|(topic, partition)| Change::Forget {
                group: group.clone(),
                topic: topic.clone(),
                partition: *partition,
            }));
        }
        if changes.is_empty() {
            Ok(())
        } else {
            groups.write(changes)
        }
    }

    /// Lets time pass for the groups, for ever.
    pub(crate) async fn watch_deadlines(&self) {
        loop {
            let next = self.lock().expire(Instant::now());
            let changed = self.changed.notified();
            match next {
                None => changed.await,
                Some(deadline) => {
                    // Either way it is time to look again.
                    let _elapsed = tokio::time::timeout_at(deadline, changed).await;
                }
            }
        }
    }

    /// Forces committed offsets to the disk.
    pub(crate) fn sync_to_disk(&self) -> std::io::Result<()> {
        let Some(file) = self.lock().store.take_unsynced() else {
            return Ok(());
        };
        file.sync_data()
            .inspect_err(|_error| self.lock().store.mark_unsynced())
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Groups> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Groups {
    fn live_group(&mut self, group: &str) -> &mut Group {
        let stored = self.store.group(group);
        self.live.entry(group.to_owned()).or_insert_with(|| {
            stored.map_or_else(
                || Group::new(0, String::new()),
                |stored| Group::new(stored.generation, stored.protocol_type.clone()),
            )
        })
    }

    fn member_group(&mut self, membership: &Membership) -> Result<&mut Group, ResponseError> {
        let group = self
            .live
            .get_mut(&membership.group)
            .ok_or(ResponseError::UnknownMemberId)?;
        group.check_member(&membership.member_id, membership.instance_id.as_deref())?;
        Ok(group)
    }

    /// Stores how far a group has got, and drops it when there is nothing to remember.
    fn keep(&mut self, name: &str) {
        let Some(group) = self.live.get(name) else { return };
        let stored = self.store.group(name);
        let has_offsets = stored.is_some_and(|stored| !stored.offsets.is_empty());
        let change = if group.is_unused() && !has_offsets {
            self.live.remove(name);
            stored.map(|_stored| Change::Delete {
                group: name.to_owned(),
            })
        } else if group.generation > 0 && stored.is_none_or(|stored| stored.generation != group.generation) {
            let (generation, protocol_type) = (group.generation, group.protocol_type.clone());
            Some(Change::Generation {
                group: name.to_owned(),
                generation,
                protocol_type,
            })
        } else {
            None
        };
        if let Some(change) = change {
            // The generation only spares old members a misunderstanding; `write` has logged what went wrong.
            let _written = self.write(vec![change]);
        }
    }

    fn expire(&mut self, now: Instant) -> Option<Instant> {
        let deadlines: Vec<(String, Option<Instant>)> = self
            .live
            .iter_mut()
            .map(|(name, group)| (name.clone(), group.expire(now)))
            .collect();
        for (name, _deadline) in &deadlines {
            self.keep(name);
        }
        deadlines.iter().filter_map(|(_name, deadline)| *deadline).min()
    }

    fn write(&mut self, changes: Vec<Change>) -> Result<(), ResponseError> {
        self.store.write(changes).map_err(|error| {
            tracing::error!(%error, "the embedded Kafka broker failed to store committed offsets");
            // The code that makes clients try again.
            ResponseError::CoordinatorNotAvailable
        })
    }
}
