//! Whether the process takes work, and which part of it does not.

use std::sync::{Mutex, PoisonError};

use sidespin_trigger::Status;
use tokio::sync::watch;

/// The triggers and how each is doing.
#[derive(Debug, Default)]
pub(crate) struct Readiness {
    triggers: Mutex<Vec<(&'static str, watch::Receiver<Status>)>>,
}

impl Readiness {
    pub(crate) fn add(&self, trigger_type: &'static str, status: watch::Receiver<Status>) {
        self.triggers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((trigger_type, status));
    }

    fn snapshot(&self) -> Vec<(&'static str, watch::Receiver<Status>)> {
        self.triggers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until every trigger has said once that it is ready. Ends early if one stops before.
    pub(crate) async fn all_ready(&self) -> bool {
        for (_type, mut status) in self.snapshot() {
            if status.wait_for(|status| status.ready).await.is_err() {
                return false;
            }
        }
        true
    }

    /// Whether all are ready, and a JSON object that names each.
    pub(crate) fn report(&self) -> (bool, String) {
        let triggers = self.snapshot();
        let ready = triggers.iter().all(|(_type, status)| status.borrow().ready);
        let parts: Vec<String> = triggers
            .iter()
            .map(|(trigger_type, status)| format!(r#""{trigger_type}":{}"#, status.borrow().ready))
            .collect();
        let status = if ready { "ready" } else { "not ready" };
        (
            ready,
            format!(r#"{{"status":"{status}","triggers":{{{}}}}}"#, parts.join(",")),
        )
    }
}
