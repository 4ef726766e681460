//! Telling the platform what stands in the outbox: behind each change, and by a job.

use todo_service::database::Database;
use todo_service::outbox::RelayError;

use crate::{Notifications, Platform};

/// The repeating job that tells what is left, and sees to jobs that were lost.
pub(crate) const JOB: &str = "outbox";

/// How often it comes, in milliseconds. It only finds something after a crash or while something was away.
const INTERVAL: u64 = 15_000;

impl<D: Database, S, P: Platform> Notifications<D, S, P> {
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

pub(crate) fn reason(error: RelayError) -> String {
    match error {
        RelayError::Unavailable(reason) => reason,
        other => other.to_string(),
    }
}
