//! Telling what stands in an outbox.

use std::cell::Cell;

use thiserror::Error;

use super::table::Claimed;
use super::{Entry, Message, Outbox, PlatformError};
use crate::database::{Connection, Database, DatabaseError};

/// How long a claim lasts, in milliseconds. What an instance that died had claimed is told by another one after that.
pub(super) const LEASE: i64 = 10_000;

/// How long one run goes on, in milliseconds: the host ends what takes much longer, with claims that others then wait for.
/// What is left is told by the next run, or by the job.
pub(super) const BUDGET: i64 = 10_000;

/// Whom the entries are told to.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread: its futures need not be Send"
)]
pub trait Receiver {
    /// Publishes all, in this order, or answers why not; then some may be published all the same.
    async fn publish(&self, messages: Vec<Message>) -> Result<(), PlatformError>;

    /// Calls the job handler once, at this time. A job of the same name is replaced.
    async fn schedule(&self, name: &str, due: i64) -> Result<(), PlatformError>;

    /// Forgets a job.
    async fn cancel(&self, name: &str) -> Result<(), PlatformError>;

    /// Milliseconds since the Unix epoch.
    fn now(&self) -> i64;

    /// Writes a line for the operator.
    fn log(&self, line: &str);
}

/// Why the outbox was not emptied. What is left is told later.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RelayError {
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The platform did not take an entry.
    #[error("the platform does not take events: {0}")]
    Unavailable(String),
}

/// What an instance knows of its own telling.
#[derive(Debug)]
pub struct Relay {
    outbox: Outbox,
    /// The name by which it claims.
    holder: String,
    is_running: Cell<bool>,
    /// Something was committed since the running one last looked.
    is_wanted: Cell<bool>,
}

/// That an instance is at it. A request that is given up half-way must not leave it so.
struct Running<'a>(&'a Relay);

impl<'a> Running<'a> {
    fn begin(relay: &'a Relay) -> Option<Self> {
        // Made only if nobody else runs: dropping one says that nobody does any more.
        (!relay.is_running.replace(true)).then(|| Self(relay))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.is_running.set(false);
    }
}

impl Relay {
    /// A relay of this outbox. `holder` is the instance's name, which no other instance has.
    #[must_use]
    pub fn new(outbox: Outbox, holder: String) -> Self {
        Self {
            outbox,
            holder,
            is_running: Cell::new(false),
            is_wanted: Cell::new(false),
        }
    }

    /// The outbox that it tells of.
    #[must_use]
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Something was committed.
    pub fn want(&self) {
        self.is_wanted.set(true);
    }

    /// Whether something was committed that nobody has looked at.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.is_wanted.get()
    }

    /// Tells all that waits and that no other instance is at, for as long as a run may take. An instance does it once at a
    /// time, however many ask.
    ///
    /// # Errors
    /// Something is left because the database or the platform is away.
    pub async fn run(&self, database: &impl Database, receiver: &impl Receiver) -> Result<(), RelayError> {
        self.want();
        let Some(_running) = Running::begin(self) else {
            return Ok(());
        };
        while self.is_wanted.take() {
            let connection = database.connect().await?;
            // The usual case of the job: nothing waits, and nothing need be written to find out.
            if self.outbox.waiting_since(&connection).await?.is_some() {
                self.empty(&connection, receiver).await?;
            }
        }
        Ok(())
    }

    async fn empty(&self, connection: &impl Connection, receiver: &impl Receiver) -> Result<(), RelayError> {
        let mut told = Vec::new();
        let ends = receiver.now().saturating_add(BUDGET);
        loop {
            let now = receiver.now();
            if now >= ends {
                return Ok(self.outbox.release(connection, &told, &self.holder).await?);
            }
            let until = now.saturating_add(LEASE);
            let claimed = self
                .outbox
                .claim(connection, &told, &self.holder, now, until)
                .await?;
            told.clear();
            if claimed.is_empty() {
                // What is left is held by others, who look once more before they go.
                return Ok(());
            }
            let telling = Telling {
                relay: self,
                connection,
                receiver,
                renewed_at: Cell::new(now),
            };
            if let Err(error) = telling.all(&claimed, &mut told).await {
                self.outbox.release(connection, &told, &self.holder).await?;
                return Err(error);
            }
        }
    }
}

/// The telling of one batch.
struct Telling<'a, C, R> {
    relay: &'a Relay,
    connection: &'a C,
    receiver: &'a R,
    renewed_at: Cell<i64>,
}

impl<C: Connection, R: Receiver> Telling<'_, C, R> {
    /// Tells entry by entry, neighbouring events together, until one cannot be told now. Those that were told, or set
    /// aside, are in `told`.
    async fn all(&self, claimed: &[Claimed], told: &mut Vec<i64>) -> Result<(), RelayError> {
        let mut rest = claimed;
        while let Some(first) = rest.first() {
            let events = rest
                .iter()
                .take_while(|claimed| matches!(claimed.entry, Entry::Publish(_)))
                .count();
            let (now, later) = rest.split_at(events.max(1));
            self.renew().await?;
            let result = match &first.entry {
                Entry::Publish(_) => self.receiver.publish(messages(now)).await,
                Entry::Schedule { name, due } => self.receiver.schedule(name, *due).await,
                Entry::Cancel { name } => self.receiver.cancel(name).await,
            };
            match result {
                Ok(()) => told.extend(now.iter().map(|claimed| claimed.seq)),
                // Which one it was is found by telling them one by one.
                Err(PlatformError::Rejected(_)) if now.len() > 1 => self.singly(now, told).await?,
                Err(PlatformError::Rejected(reason)) => self.set_aside(first.seq, &reason).await?,
                Err(PlatformError::Unavailable(reason)) => return Err(RelayError::Unavailable(reason)),
            }
            rest = later;
        }
        Ok(())
    }

    async fn singly(&self, claimed: &[Claimed], told: &mut Vec<i64>) -> Result<(), RelayError> {
        for one in claimed {
            self.renew().await?;
            match self.receiver.publish(messages(std::slice::from_ref(one))).await {
                Ok(()) => told.push(one.seq),
                Err(PlatformError::Rejected(reason)) => self.set_aside(one.seq, &reason).await?,
                Err(PlatformError::Unavailable(reason)) => return Err(RelayError::Unavailable(reason)),
            }
        }
        Ok(())
    }

    async fn set_aside(&self, seq: i64, reason: &str) -> Result<(), DatabaseError> {
        self.receiver.log(&format!(
            "entry {seq} of the outbox was rejected and set aside: {reason}"
        ));
        self.relay.outbox.reject(self.connection, seq, reason).await
    }

    /// Prolongs the claims of a batch that takes long.
    async fn renew(&self) -> Result<(), DatabaseError> {
        let now = self.receiver.now();
        if now.saturating_sub(self.renewed_at.get()) < LEASE / 2 {
            return Ok(());
        }
        self.renewed_at.set(now);
        let (outbox, holder) = (&self.relay.outbox, &self.relay.holder);
        outbox
            .renew(self.connection, holder, now, now.saturating_add(LEASE))
            .await
    }
}

fn messages(claimed: &[Claimed]) -> Vec<Message> {
    let messages = claimed.iter().filter_map(|claimed| match &claimed.entry {
        Entry::Publish(message) => Some(message.clone()),
        Entry::Schedule { .. } | Entry::Cancel { .. } => None,
    });
    messages.collect()
}
