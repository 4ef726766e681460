//! What the host calls at a time: deliveries, digests, notifications that were put off, and the job that keeps all that
//! going.

use todo_service::database::{Connection, Database, DatabaseError};
use todo_service::refusal::Refusal;

use crate::deliveries::Delivery;
use crate::outbox::reason;
use crate::schema::OUTBOX;
use crate::{Notifications, Platform, deliveries, digest, outbox, snooze};

/// How long an event is kept that the platform has rejected, in milliseconds. What it tells of is in the list all the same.
const REJECTED_KEPT_FOR: i64 = 30 * 24 * 3600 * 1000;

/// How long it is remembered what became of a delivery, in milliseconds.
const DELIVERIES_KEPT_FOR: i64 = 90 * 24 * 3600 * 1000;

/// How late something is whose job must have been lost or given up, in milliseconds. Longer than a job's own attempts.
const OVERDUE: i64 = 45_000;

impl<D: Database, S, P: Platform> Notifications<D, S, P> {
    /// Does the work of a job.
    ///
    /// # Errors
    /// It could not be done, or there is no such job.
    pub async fn work(&self, job: &str) -> Result<(), Refusal> {
        match job.split_once(':') {
            None if job == outbox::JOB => self.keep_going().await,
            Some(("deliver", id)) => self.attempt(id).await,
            Some(("snooze", id)) => self.come_again(id).await,
            Some(("digest", user_id)) => self.digest(user_id).await,
            _ => Err(Refusal::Reject(format!("there is no job `{job}`"))),
        }
    }

    async fn keep_going(&self) -> Result<(), Refusal> {
        let now = self.platform.now();
        let connection = self.connect().await?;
        OUTBOX
            .prune(&connection, now.saturating_sub(REJECTED_KEPT_FOR))
            .await?;
        deliveries::prune(&connection, now.saturating_sub(DELIVERIES_KEPT_FOR)).await?;
        let lost = lost(&connection, now).await?;
        drop(connection);
        for job in lost {
            self.schedule(&job, now).await?;
        }
        let told = self.relay.run(&self.database, &self.platform).await;
        told.map_err(|error| Refusal::Retry(reason(error)))
    }

    /// Asks for a job without going through the outbox: what it is about is in the tables and found again.
    pub(crate) async fn schedule(&self, job: &str, due: i64) -> Result<(), Refusal> {
        let scheduled = self.platform.schedule(job, due).await;
        scheduled.map_err(|error| Refusal::Retry(error.to_string()))
    }
}

/// The jobs that should have been done long ago.
async fn lost(connection: &impl Connection, now: i64) -> Result<Vec<String>, DatabaseError> {
    let before = now.saturating_sub(OVERDUE);
    let deliveries = deliveries::overdue(connection, before, now).await?;
    let mut jobs: Vec<_> = deliveries.iter().map(|id| Delivery::job(id)).collect();
    for user_id in digest::overdue(connection, before).await? {
        jobs.push(digest::job(&user_id));
    }
    for id in snooze::overdue(connection, before).await? {
        jobs.push(snooze::job(&id));
    }
    Ok(jobs)
}
