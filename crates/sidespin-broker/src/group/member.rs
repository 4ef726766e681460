//! A member of a consumer group, and what it asks for when it joins.

use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// What a member that wants to join says.
#[derive(Debug, Clone, Default)]
pub(crate) struct JoinRequest {
    /// Empty for a member that has none yet.
    pub(crate) member_id: String,
    /// Set by static members, which keep their place over a restart.
    pub(crate) instance_id: Option<String>,
    pub(crate) client_id: String,
    pub(crate) client_host: String,
    pub(crate) session_timeout: Duration,
    pub(crate) rebalance_timeout: Duration,
    pub(crate) protocol_type: String,
    /// The ways of assigning that the member knows, best first.
    pub(crate) protocols: Vec<Protocol>,
    /// The client is new enough to be given its id first and to join with it.
    pub(crate) takes_member_id_first: bool,
    /// The client is new enough to be told that the assignment stands.
    pub(crate) can_skip_assignment: bool,
}

/// A way of assigning partitions, with what the member says about itself in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Protocol {
    pub(crate) name: String,
    pub(crate) metadata: Bytes,
}

/// What a member is told when its generation begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Joined {
    pub(crate) generation: i32,
    pub(crate) protocol_type: String,
    pub(crate) protocol: String,
    pub(crate) leader: String,
    pub(crate) member_id: String,
    /// Everybody, for the leader; nobody, for the others.
    pub(crate) members: Vec<MemberMetadata>,
    pub(crate) skip_assignment: bool,
}

/// What the leader learns about a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MemberMetadata {
    pub(crate) member_id: String,
    pub(crate) instance_id: Option<String>,
    pub(crate) metadata: Bytes,
}

/// Why a member does not join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JoinError {
    pub(crate) error: ResponseError,
    /// The id to come back with, where the error asks for that.
    pub(crate) member_id: String,
}

/// What a member gets when the leader has assigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Synced {
    pub(crate) protocol_type: String,
    pub(crate) protocol: String,
    pub(crate) assignment: Bytes,
}

pub(crate) type JoinResult = Result<Joined, JoinError>;
pub(crate) type SyncResult = Result<Synced, ResponseError>;

/// An answer that is there, or will be.
#[derive(Debug)]
pub(crate) enum Answer<T> {
    Now(T),
    Later(oneshot::Receiver<T>),
}

/// A member of a group.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) instance_id: Option<String>,
    pub(crate) client_id: String,
    pub(crate) client_host: String,
    pub(crate) session_timeout: Duration,
    pub(crate) rebalance_timeout: Duration,
    pub(crate) protocols: Vec<Protocol>,
    pub(crate) assignment: Bytes,
    /// When it counts as dead, unless it is heard from.
    pub(crate) deadline: Instant,
    pub(crate) joining: Option<oneshot::Sender<JoinResult>>,
    pub(crate) syncing: Option<oneshot::Sender<SyncResult>>,
}

impl Member {
    pub(crate) fn new(id: String, request: JoinRequest, now: Instant) -> Self {
        Self {
            id,
            instance_id: request.instance_id,
            client_id: request.client_id,
            client_host: request.client_host,
            session_timeout: request.session_timeout,
            rebalance_timeout: request.rebalance_timeout,
            protocols: request.protocols,
            assignment: Bytes::new(),
            deadline: now + request.session_timeout,
            joining: None,
            syncing: None,
        }
    }

    /// Takes over what the member says when it joins again.
    pub(crate) fn update(&mut self, request: JoinRequest, now: Instant) {
        self.client_id = request.client_id;
        self.client_host = request.client_host;
        self.session_timeout = request.session_timeout;
        self.rebalance_timeout = request.rebalance_timeout;
        self.protocols = request.protocols;
        self.heard_from(now);
    }

    pub(crate) fn heard_from(&mut self, now: Instant) {
        self.deadline = now + self.session_timeout;
    }

    /// Has the member wait for its generation; an older wait of the same member ends.
    pub(crate) fn wait_to_join(&mut self) -> oneshot::Receiver<JoinResult> {
        let (sender, receiver) = oneshot::channel();
        self.answer_join(Err(JoinError {
            error: ResponseError::RebalanceInProgress,
            member_id: self.id.clone(),
        }));
        self.joining = Some(sender);
        receiver
    }

    /// Has the member wait for the leader's assignment; an older wait of the same member ends.
    pub(crate) fn wait_to_sync(&mut self) -> oneshot::Receiver<SyncResult> {
        let (sender, receiver) = oneshot::channel();
        self.answer_sync(Err(ResponseError::RebalanceInProgress));
        self.syncing = Some(sender);
        receiver
    }

    pub(crate) fn answer_join(&mut self, result: JoinResult) {
        // Nobody receives when the connection is gone; the session timeout takes care of the member.
        if let Some(waiting) = self.joining.take() {
            waiting.send(result).ok();
        }
    }

    pub(crate) fn answer_sync(&mut self, result: SyncResult) {
        if let Some(waiting) = self.syncing.take() {
            waiting.send(result).ok();
        }
    }

    /// Whether the member waits for an answer from here, so that its silence means nothing.
    pub(crate) fn is_waiting(&self) -> bool {
        self.is_joining() || self.syncing.as_ref().is_some_and(|waiting| !waiting.is_closed())
    }

    /// Whether the member has joined the generation that is about to begin, and its connection is still there.
    pub(crate) fn is_joining(&self) -> bool {
        self.joining.as_ref().is_some_and(|waiting| !waiting.is_closed())
    }

    pub(crate) fn metadata_for(&self, protocol: &str) -> Bytes {
        let found = self.protocols.iter().find(|known| known.name == protocol);
        found.map_or_else(Bytes::new, |known| known.metadata.clone())
    }

    pub(crate) fn knows(&self, protocol: &str) -> bool {
        self.protocols.iter().any(|known| known.name == protocol)
    }
}
