//! What the host calls at a time: due reminders, and the two jobs that keep the tables in order.

use std::time::Duration;

use todo_domain::events::ReminderEventType;
use todo_domain::time::Timestamp;
use todo_service::database::{Database, in_transaction};
use todo_service::rate_limit::RateLimits;

use crate::app::App;
use crate::failure::Failure;
use crate::handlers::idempotent::KEPT_FOR;
use crate::knowledge::fill::JOB as VECTORS;
use crate::platform::Platform;
use crate::store::migrations::OUTBOX as OUTBOX_TABLE;
use crate::store::tasks::{self, Reference};
use crate::store::{
    changes, idempotency, knowledge, reminders, search, sessions, token_budgets, updates, users,
};
use crate::undo::UNDOABLE_FOR;
use crate::unit::Unit;

/// Tells what a crash or an absent broker left in the outbox.
pub(crate) const OUTBOX: (&str, Duration) = ("outbox", Duration::from_secs(2));

/// Forgets what is too old to matter.
pub(crate) const TIDY: (&str, Duration) = ("tidy", Duration::from_secs(600));

/// How long an entry of the outbox is kept that the platform has rejected, in milliseconds.
const REJECTED_KEPT_FOR: i64 = 30 * 24 * 3600 * 1000;

/// In milliseconds.
const DAY: i64 = 24 * 3600 * 1000;

/// How long updates are kept for browsers that were away, in milliseconds, and how many of each user.
const UPDATES_KEPT_FOR: i64 = 24 * 3600 * 1000;
const UPDATES_KEPT: i64 = 1_000;

/// What a job was about, by its name.
enum Job {
    Outbox,
    Tidy,
    Vectors,
    Reminder { task_id: String, time: Timestamp },
}

impl Job {
    fn parse(name: &str) -> Option<Self> {
        if name == OUTBOX.0 {
            return Some(Self::Outbox);
        }
        if name == TIDY.0 {
            return Some(Self::Tidy);
        }
        if name == VECTORS.0 {
            return Some(Self::Vectors);
        }
        let (task_id, time) = name.strip_prefix("reminder:")?.rsplit_once(':')?;
        let time = time.parse().ok().and_then(Timestamp::from_millis)?;
        Some(Self::Reminder {
            task_id: task_id.to_owned(),
            time,
        })
    }
}

/// Why a job's firing did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobFailure {
    /// Fire again, later.
    Retry(String),
    /// Give up.
    Reject(String),
}

impl<P: Platform> App<P> {
    /// Does the work of one firing of a job.
    ///
    /// # Errors
    /// It was not done.
    pub async fn handle_job(&self, name: &str) -> Result<(), JobFailure> {
        let Some(job) = Job::parse(name) else {
            return Err(JobFailure::Reject(format!(
                "`{name}` is the name of no job of this service"
            )));
        };
        let done = match job {
            Job::Outbox => {
                self.relay_all().await;
                Ok(())
            }
            Job::Tidy => self.tidy().await,
            Job::Vectors => self.fill_vectors().await,
            Job::Reminder { task_id, time } => self.remind(&task_id, time).await,
        };
        done.map_err(|failure| {
            JobFailure::Retry(failure.reason().unwrap_or_else(|| failure.detail()).to_owned())
        })
    }

    /// Tells of a reminder whose time has come: once, however often the job fires, and not at all if it was cancelled
    /// meanwhile.
    async fn remind(&self, task_id: &str, time: Timestamp) -> Result<(), Failure> {
        let now = self.now()?;
        let connection = self.platform.database().connect().await?;
        let is_told = in_transaction(&connection, async |connection| {
            let fired = reminders::fire(connection, task_id, time.millis(), now.millis()).await?;
            let Some(user_id) = fired else { return Ok(false) };
            let reference = Reference::Id(task_id.to_owned());
            let stored = tasks::find(connection, &user_id, &reference).await?;
            let Some(stored) = stored.filter(|stored| !stored.is_deleted && stored.task.status.is_open())
            else {
                return Ok(false);
            };
            let new_id = || self.new_id();
            let unit = Unit::new(connection, &user_id, now, None, &new_id);
            unit.tell_reminder(ReminderEventType::Triggered, &stored.task, time)?;
            unit.finish().await
        })
        .await?;
        drop(connection);
        if is_told {
            self.relay_all().await;
        }
        Ok(())
    }

    async fn tidy(&self) -> Result<(), Failure> {
        let now = self.platform.now();
        let connection = self.platform.database().connect().await?;
        idempotency::prune(&connection, now.saturating_sub(KEPT_FOR)).await?;
        OUTBOX_TABLE
            .prune(&connection, now.saturating_sub(REJECTED_KEPT_FOR))
            .await?;
        users::prune_refresh_tokens(&connection, now).await?;
        sessions::prune(&connection, now.saturating_sub(crate::sessions::KEPT_FOR)).await?;
        self.empty_bins(&connection).await?;
        let log_kept_for = i64::from(self.settings.knowledge.log_days).saturating_mul(DAY);
        knowledge::log::prune(&connection, now.saturating_sub(log_kept_for)).await?;
        knowledge::prune(&connection, now.saturating_sub(crate::bin::KEPT_FOR)).await?;
        changes::prune(&connection, now.saturating_sub(UNDOABLE_FOR)).await?;
        search::merge(&connection).await?;
        updates::prune(&connection, now.saturating_sub(UPDATES_KEPT_FOR), UPDATES_KEPT).await?;
        // Yesterday may still be settled.
        token_budgets::prune(&connection, now.div_euclid(24 * 3600 * 1000).saturating_sub(1)).await?;
        Ok(RateLimits::prune(&connection, crate::limits::TABLE, now).await?)
    }
}
