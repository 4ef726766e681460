//! Whether the process takes work, and which part of it does not.

use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};
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

    /// Whether all are ready, and a JSON object that names each, and what keeps any from its work.
    pub(crate) fn report(&self) -> (bool, String) {
        let mut triggers = Map::new();
        let mut problems = Vec::new();
        let mut is_ready = true;
        for (trigger_type, status) in self.snapshot() {
            let status = status.borrow().clone();
            is_ready &= status.ready && status.problems.is_empty();
            triggers.insert(
                trigger_type.to_owned(),
                json!(status.ready && status.problems.is_empty()),
            );
            let described = status
                .problems
                .iter()
                .map(|(part, problem)| json!({"trigger": trigger_type, "part": part, "problem": problem}));
            problems.extend(described);
        }
        let mut report = Map::new();
        report.insert(
            "status".to_owned(),
            json!(if is_ready { "ready" } else { "not ready" }),
        );
        report.insert("triggers".to_owned(), Value::Object(triggers));
        if !problems.is_empty() {
            report.insert("problems".to_owned(), Value::Array(problems));
        }
        (is_ready, Value::Object(report).to_string())
    }
}
