//! Publishing what stands in the outbox: behind each delivery, and by a job.

use todo_service::database::Database;
use todo_service::outbox::RelayError;
use todo_service::refusal::Refusal;

use crate::schema::OUTBOX;
use crate::{Notifications, Platform};

/// The repeating job that publishes what is left.
pub(crate) const JOB: &str = "outbox";

/// How often it comes, in milliseconds. It only finds something after a crash or while the broker was away.
const INTERVAL: u64 = 15_000;

/// How long an event is kept that the platform has rejected, in milliseconds. What it tells of is in the list all the same.
const REJECTED_KEPT_FOR: i64 = 30 * 24 * 3600 * 1000;

impl<D: Database, S, P: Platform> Notifications<D, S, P> {
    /// Does the work of a job.
    ///
    /// # Errors
    /// It could not be done, or there is no such job.
    pub async fn work(&self, job: &str) -> Result<(), Refusal> {
        if job != JOB {
            return Err(Refusal::Reject(format!("there is no job `{job}`")));
        }
        let connection = self.connect().await?;
        OUTBOX
            .prune(&connection, self.platform.now().saturating_sub(REJECTED_KEPT_FOR))
            .await?;
        drop(connection);
        let told = self.relay.run(&self.database, &self.platform).await;
        told.map_err(|error| Refusal::Retry(reason(error)))
    }

    /// Sees to it that the outbox is looked at even when no message comes; once per instance.
    pub(crate) async fn watch_outbox(&self) {
        if self.is_watched.replace(true) {
            return;
        }
        if let Err(error) = self.platform.repeat(JOB, INTERVAL).await {
            self.is_watched.set(false);
            self.platform.log(&format!(
                "the job that publishes the outbox cannot be scheduled: {error}"
            ));
        }
    }

    pub(crate) async fn flush_or_log(&self) {
        if let Err(error) = self.relay.run(&self.database, &self.platform).await {
            self.platform
                .log(&format!("events stay in the outbox for now: {}", reason(error)));
        }
    }
}

fn reason(error: RelayError) -> String {
    match error {
        RelayError::Unavailable(reason) => reason,
        other => other.to_string(),
    }
}
