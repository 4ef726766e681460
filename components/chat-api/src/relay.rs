//! Tells the platform what stands in the outbox: whoever commits does so behind its answer; what a crash or an absent broker
//! leaves behind is found by the job `outbox`.

use todo_service::outbox::RelayError;

use crate::app::App;
use crate::platform::Platform;

impl<P: Platform> App<P> {
    /// Sees to it that what this instance leaves behind when it dies is found by another. Does not fail: the next change
    /// tries again.
    pub(crate) async fn ensure_jobs(&self) {
        if self.are_jobs_ensured.get() {
            return;
        }
        let mut are_ensured = true;
        let vectors = self.settings.knowledge.vectors.as_ref();
        let vectors = vectors.map(|_options| crate::knowledge::fill::JOB);
        for (name, interval) in [crate::jobs::OUTBOX, crate::jobs::TIDY]
            .into_iter()
            .chain(vectors)
        {
            if let Err(error) = self.platform.repeat(name, interval).await {
                self.platform
                    .log(&format!("the job `{name}` cannot be scheduled: {error:?}"));
                are_ensured = false;
            }
        }
        self.are_jobs_ensured.set(are_ensured);
    }

    /// Tells what was committed. Call it after each request, when the answer is on its way.
    pub async fn relay(&self) {
        if self.relay.is_wanted() {
            self.relay_all().await;
        }
    }

    /// Tells everything that waits and that no other instance is at.
    pub(crate) async fn relay_all(&self) {
        let told = self.relay.run(self.platform.database(), &self.platform).await;
        if let Err(error) = told {
            let reason = match error {
                RelayError::Unavailable(reason) => reason,
                other => other.to_string(),
            };
            self.platform.log(&format!(
                "the outbox was not emptied, and will be later: {reason}"
            ));
        }
    }
}
