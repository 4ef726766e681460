//! What is counted of the assistant's knowledge, for all instances together: kept in memory until a turn is over, then added to
//! the shared table, and told in the text format of Prometheus.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use todo_service::database::{Connection, Database, DatabaseError};

use super::Reason;
use crate::app::App;
use crate::platform::Platform;
use crate::store::counters::{self, Counter};
use crate::store::knowledge::vectors;

const FALLBACKS: &str = "chat_fallback_total";
const FAILURES: &str = "knowledge_vector_failures_total";
/// Counted by the bucket that a time falls into, as `backend|bucket`.
const TIMES: &str = "knowledge_retrieval";
/// The sum of the times, in microseconds.
const TIME: &str = "knowledge_retrieval_microseconds";

/// The upper ends of the buckets, in microseconds, and as the format writes them, in seconds.
const BUCKETS: [(u64, &str); 12] = [
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (5_000_000, "5"),
];
const LAST: &str = "+Inf";

/// How something was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Words,
    Vectors,
}

impl Backend {
    const ALL: [Self; 2] = [Self::Words, Self::Vectors];

    fn as_str(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Vectors => "vectors",
        }
    }
}

/// What was counted and is not in the table yet.
#[derive(Debug, Default)]
pub(crate) struct Measured(RefCell<BTreeMap<(&'static str, String), i64>>);

impl Measured {
    fn count(&self, name: &'static str, labels: String, value: i64) {
        let mut counts = self.0.borrow_mut();
        let count = counts.entry((name, labels)).or_default();
        *count = count.saturating_add(value);
    }

    pub(crate) fn retrieval(&self, backend: Backend, nanoseconds: u64) {
        let taken = nanoseconds / 1_000;
        let bucket = BUCKETS.iter().find(|(end, _name)| taken <= *end);
        let bucket = bucket.map_or(LAST, |(_end, name)| name);
        self.count(TIMES, format!("{}|{bucket}", backend.as_str()), 1);
        self.count(
            TIME,
            backend.as_str().to_owned(),
            i64::try_from(taken).unwrap_or(i64::MAX),
        );
    }

    pub(crate) fn fallback(&self, intent: &'static str, reason: Reason) {
        self.count(
            FALLBACKS,
            format!("intent=\"{intent}\",reason=\"{}\"", reason.as_str()),
            1,
        );
    }

    pub(crate) fn vector_failure(&self, stage: &'static str) {
        self.count(FAILURES, format!("stage=\"{stage}\""), 1);
    }

    fn take(&self) -> BTreeMap<(&'static str, String), i64> {
        std::mem::take(&mut self.0.borrow_mut())
    }
}

impl<P: Platform> App<P> {
    /// Adds what was counted to the shared table. A count that cannot be written is written with the next.
    pub(crate) async fn flush_counters(&self) {
        let taken = self.knowledge.measured.take();
        if taken.is_empty() {
            return;
        }
        let written = async {
            let counts: Vec<Counter> = taken
                .iter()
                .map(|((name, labels), value)| Counter {
                    name: (*name).to_owned(),
                    labels: labels.clone(),
                    value: *value,
                })
                .collect();
            counters::add(&self.platform.database().connect().await?, &counts).await
        };
        if written.await.is_err() {
            for ((name, labels), value) in taken {
                self.knowledge.measured.count(name, labels, value);
            }
        }
    }

    /// What of all numbers is of the assistant's knowledge, in the text format.
    pub(crate) async fn knowledge_metrics(
        &self,
        connection: &impl Connection,
        counters: &[Counter],
    ) -> Result<String, DatabaseError> {
        let waiting = vectors::waiting(connection).await?;
        let mut text = String::new();
        for (name, help) in [
            (FALLBACKS, "Questions that the assistant had no answer to."),
            (
                FAILURES,
                "Times that the vector database or the embeddings endpoint did not answer as it should.",
            ),
        ] {
            // Writing to a String cannot fail, here and below.
            writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter").ok();
            for Counter { labels, value, .. } in counters.iter().filter(|counter| counter.name == name) {
                writeln!(text, "{name}{{{labels}}} {value}").ok();
            }
        }
        let name = "knowledge_retrieval_duration_seconds";
        let help = "How long it took to find what answers a question.";
        writeln!(text, "# HELP {name} {help}\n# TYPE {name} histogram").ok();
        for backend in Backend::ALL {
            histogram(&mut text, name, backend, counters);
        }
        let name = "knowledge_vectors_waiting";
        writeln!(
            text,
            "# HELP {name} Things that the vector database is still to be told."
        )
        .ok();
        writeln!(text, "# TYPE {name} gauge\n{name} {waiting}").ok();
        Ok(text)
    }
}

fn histogram(text: &mut String, name: &str, backend: Backend, counters: &[Counter]) {
    let backend = backend.as_str();
    let of = |name: &str, labels: &str| {
        let found = counters
            .iter()
            .find(|counter| counter.name == name && counter.labels == labels);
        found.map_or(0, |counter| counter.value)
    };
    let mut sum = 0;
    for bucket in BUCKETS.iter().map(|(_end, bucket)| *bucket).chain([LAST]) {
        sum += of(TIMES, &format!("{backend}|{bucket}"));
        writeln!(
            text,
            "{name}_bucket{{backend=\"{backend}\",le=\"{bucket}\"}} {sum}"
        )
        .ok();
    }
    let microseconds = of(TIME, backend);
    let seconds = format!("{}.{:06}", microseconds / 1_000_000, microseconds % 1_000_000);
    writeln!(text, "{name}_sum{{backend=\"{backend}\"}} {seconds}").ok();
    writeln!(text, "{name}_count{{backend=\"{backend}\"}} {sum}").ok();
}
