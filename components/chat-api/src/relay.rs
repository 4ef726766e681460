//! Tells the platform what stands in the outbox: events in the order of the commits, and jobs between them.
//!
//! Whoever commits also publishes, behind its answer, unless another instance holds the outbox's lease; that one then finds
//! the new entries before it gives the lease back. What a crash or an absent broker leaves behind is found by the job
//! `outbox`. An entry may be told twice, never out of its key's order and never not at all.

use std::cell::Cell;

use todo_service::database::{Connection, Database, in_transaction};

use crate::app::App;
use crate::failure::Failure;
use crate::platform::{Message, Platform, PlatformError};
use crate::store::outbox::{self, Entry, Waiting};

/// How long an instance may publish before another one takes over. An instance that is not gone but slow then publishes
/// what the other does as well, which consumers tell by the events' ids.
const LEASE: i64 = 10_000;

/// What an instance knows of its own publishing.
#[derive(Debug, Default)]
pub(crate) struct Relay {
    is_running: Cell<bool>,
    /// Something was committed since the running one last looked.
    is_wanted: Cell<bool>,
    is_job_ensured: Cell<bool>,
}

impl Relay {
    /// Something was committed.
    pub(crate) fn want(&self) {
        self.is_wanted.set(true);
    }
}

/// That an instance is at it. A request that is given up half-way must not leave it so.
struct Running<'a>(&'a Relay);

impl<'a> Running<'a> {
    fn begin(relay: &'a Relay) -> Option<Self> {
        (!relay.is_running.replace(true)).then_some(Self(relay))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.is_running.set(false);
    }
}

/// Until when a lease that is claimed now lasts.
pub(crate) fn lease_end(now: i64) -> i64 {
    now.saturating_add(LEASE)
}

impl<P: Platform> App<P> {
    /// Sees to it that what this instance leaves behind when it dies is found by another. Does not fail: the next change
    /// tries again.
    pub(crate) async fn ensure_jobs(&self) {
        if self.relay.is_job_ensured.get() {
            return;
        }
        let mut is_ensured = true;
        for (name, interval) in [crate::jobs::OUTBOX, crate::jobs::TIDY] {
            if let Err(error) = self.platform.repeat(name, interval).await {
                self.platform
                    .log(&format!("the job `{name}` cannot be scheduled: {error:?}"));
                is_ensured = false;
            }
        }
        self.relay.is_job_ensured.set(is_ensured);
    }

    /// Tells what was committed. Call it after each request, when the answer is on its way.
    pub async fn relay(&self) {
        if self.relay.is_wanted.get() {
            self.relay_all().await;
        }
    }

    /// Tells everything that waits, unless another instance does. An instance does it once at a time, however many ask.
    pub(crate) async fn relay_all(&self) {
        self.relay.want();
        let Some(_running) = Running::begin(&self.relay) else {
            return;
        };
        while self.relay.is_wanted.take() {
            if let Err(failure) = self.relay_once().await {
                let reason = failure.reason().unwrap_or_else(|| failure.detail());
                self.platform.log(&format!(
                    "the outbox was not emptied, and will be later: {reason}"
                ));
                return;
            }
        }
    }

    async fn relay_once(&self) -> Result<(), Failure> {
        let connection = self.platform.database().connect().await?;
        let now = self.platform.now();
        // The usual case of the job: nothing waits, and nothing need be written to find out.
        if outbox::waiting_since(&connection).await?.is_none() {
            return Ok(());
        }
        if !outbox::claim(&connection, &self.holder, now, lease_end(now)).await? {
            return Ok(());
        }
        let result = self.relay_held(&connection).await;
        if result.is_err() {
            outbox::release(&connection, &self.holder).await?;
        }
        result
    }

    async fn relay_held(&self, connection: &impl Connection) -> Result<(), Failure> {
        loop {
            let waiting = outbox::oldest(connection).await?;
            let told = self.tell(connection, &waiting).await;
            let until = lease_end(self.platform.now());
            // One commit for both: forgetting what was told, and handing over.
            let goes_on = in_transaction(connection, async |connection| {
                if let Some(seq) = told.up_to {
                    outbox::remove_up_to(connection, seq).await?;
                }
                outbox::release_if_done(connection, &self.holder, until).await
            })
            .await
            .map_err(Failure::from)?;
            if let Some(error) = told.error {
                return Err(Failure::unavailable(error));
            }
            if !goes_on {
                return Ok(());
            }
        }
    }

    /// Tells entry by entry, neighbouring events together, until one cannot be told now.
    async fn tell(&self, connection: &impl Connection, waiting: &[Waiting]) -> Told {
        let mut told = Told::default();
        let mut rest = waiting;
        while let Some(first) = rest.first() {
            let events = rest
                .iter()
                .take_while(|waiting| matches!(waiting.entry, Entry::Publish(_)))
                .count();
            let (now, later) = rest.split_at(events.max(1));
            let result = match &first.entry {
                Entry::Publish(_) => self.platform.publish(messages(now)).await,
                Entry::Schedule { name, due } => self.platform.schedule(name, *due).await,
                Entry::Cancel { name } => self.platform.cancel(name).await,
            };
            let result = match result {
                // Which one it was is found by telling them one by one.
                Err(PlatformError::Rejected(_)) if now.len() > 1 => {
                    self.tell_singly(connection, now, &mut told).await
                }
                Err(PlatformError::Rejected(reason)) => self.set_aside(connection, first.seq, &reason).await,
                Err(PlatformError::Unavailable(reason)) => Err(reason),
                Ok(()) => Ok(()),
            };
            if let Err(reason) = result {
                told.error = Some(reason);
                return told;
            }
            told.up_to = now.last().map(|waiting| waiting.seq).or(told.up_to);
            rest = later;
        }
        told
    }

    async fn tell_singly(
        &self,
        connection: &impl Connection,
        waiting: &[Waiting],
        told: &mut Told,
    ) -> Result<(), String> {
        for one in waiting {
            match self.platform.publish(messages(std::slice::from_ref(one))).await {
                Ok(()) => {}
                Err(PlatformError::Rejected(reason)) => self.set_aside(connection, one.seq, &reason).await?,
                Err(PlatformError::Unavailable(reason)) => return Err(reason),
            }
            told.up_to = Some(one.seq);
        }
        Ok(())
    }

    async fn set_aside(&self, connection: &impl Connection, seq: i64, reason: &str) -> Result<(), String> {
        self.platform.log(&format!(
            "entry {seq} of the outbox was rejected and set aside: {reason}"
        ));
        outbox::reject(connection, seq, reason)
            .await
            .map_err(|error| error.to_string())
    }
}

/// How far telling came.
#[derive(Debug, Default)]
struct Told {
    up_to: Option<i64>,
    error: Option<String>,
}

fn messages(waiting: &[Waiting]) -> Vec<Message> {
    let messages = waiting.iter().filter_map(|waiting| match &waiting.entry {
        Entry::Publish(message) => Some(message.clone()),
        _ => None,
    });
    messages.collect()
}
