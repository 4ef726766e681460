//! An application of one component that keeps book of what it handles.

use std::net::SocketAddr;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use end_to_end::{PATIENCE, Server};

use crate::support::{Application, get, guest};

/// What the component says it has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Book {
    /// Different messages.
    pub(super) handled: usize,
    /// Messages, each as often as it was delivered.
    pub(super) deliveries: usize,
    /// Messages that came the first time after a later one of their key.
    pub(super) disorder: usize,
    /// Attempts at messages that fail for a while.
    pub(super) attempts: usize,
}

pub(super) struct Ledger {
    pub(super) application: Application,
    client: reqwest::Client,
}

impl Ledger {
    /// The application, with variables for its component.
    pub(super) fn new(variables: &str) -> Self {
        let application = Application::new(&format!(
            r#"
[application.trigger.kafka]
bootstrap_servers = "{{{{ kafka }}}}"

[application.trigger.kafka.topics]
events = {{ partitions = 4, replication = 1 }}
"events.dlq" = {{ partitions = 1, replication = 1 }}

[variables]
kafka = {{ default = "" }}

[[trigger.http]]
route = "/..."
component = "ledger"

[[trigger.kafka]]
component = "ledger"
topics = ["events"]
retry = {{ attempts = 1000, backoff = "20ms", max_backoff = "500ms" }}

[component.ledger]
source = "{}"
sqlite_databases = ["default"]
tool.sidespin = {{ kafka_topics = ["events"] }}

[component.ledger.variables]
{variables}
"#,
            guest("ledger")
        ));
        Self {
            application,
            client: reqwest::Client::new(),
        }
    }

    /// The same, with the book in a file that several hosts may have.
    pub(super) fn sharing(book: &Path) -> Self {
        let ledger = Self::new("");
        let config = format!(
            "[sqlite_database.default]\ntype = \"spin\"\npath = \"{}\"\n",
            book.display()
        );
        std::fs::write(ledger.application.directory().join("runtime-config.toml"), config).unwrap();
        ledger
    }

    /// A host that shares the book, with the broker of another one or its own.
    pub(super) async fn start_shared(&self, broker: Option<SocketAddr>) -> Server {
        let config = self.application.directory().join("runtime-config.toml");
        let config = config.to_str().unwrap();
        let broker = broker.map(|broker| format!("kafka={broker}"));
        let mut arguments = vec!["--runtime-config-file", config];
        if let Some(broker) = &broker {
            arguments.extend(["--variable", broker]);
        }
        self.application.start(&arguments).await
    }

    /// Has the component write lines `key value`. Answers whether all were acknowledged.
    pub(super) async fn produce(&self, server: &Server, lines: &str) -> bool {
        let sent = self
            .client
            .post(server.url("/produce?events"))
            .body(lines.to_owned())
            .send();
        sent.await.is_ok_and(|answer| answer.status().is_success())
    }

    /// Waits until the book is as wanted, and for a moment longer: more must not come.
    pub(super) async fn until(&self, server: &Server, wanted: impl Fn(&Book) -> bool) -> Book {
        let begun = Instant::now();
        loop {
            let book = self.book(server).await;
            if wanted(&book) {
                return book;
            }
            assert!(begun.elapsed() < 10 * PATIENCE, "still {book:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until each of these lines was handled.
    pub(super) async fn until_handled(&self, server: &Server, lines: &str) {
        let begun = Instant::now();
        loop {
            let asked = self
                .client
                .post(server.url("/missing"))
                .body(lines.to_owned())
                .send();
            let answer = asked.await.unwrap();
            let (status, missing) = (answer.status(), answer.text().await.unwrap());
            if status.is_success() && missing == "0" {
                return;
            }
            assert!(
                begun.elapsed() < 10 * PATIENCE,
                "{missing} messages were acknowledged and not handled"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(super) async fn book(&self, server: &Server) -> Book {
        let (status, text) = get(server, "/summary").await;
        assert_eq!(status, 200, "{text}");
        let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
        let count = |name: &str| usize::try_from(summary[name].as_u64().unwrap()).unwrap();
        Book {
            handled: count("handled"),
            deliveries: count("deliveries"),
            disorder: count("disorder"),
            attempts: count("attempts"),
        }
    }
}

/// Lines for messages of these numbers, spread over keys; within a key they grow.
pub(super) fn batch(numbers: Range<usize>, keys: usize) -> String {
    let lines: Vec<_> = numbers
        .map(|number| format!("key-{} {number}", number % keys))
        .collect();
    lines.join("\n")
}
