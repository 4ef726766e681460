//! How the client library is set up, for every kind of client.

use std::sync::atomic::{AtomicU64, Ordering};

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::KafkaError;

use crate::ConnectionSettings;

/// What all clients of a cluster have in common.
pub(crate) fn base(settings: &ConnectionSettings) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &settings.bootstrap_servers)
        .set("client.id", &settings.client_id)
        // Messages are small and somebody waits for them.
        .set("socket.nagle.disable", "true")
        .set("socket.keepalive.enable", "true")
        // A broker that restarts is found again quickly; the library doubles this up to the maximum.
        .set("reconnect.backoff.ms", "20")
        .set("reconnect.backoff.max.ms", "2000")
        .set("retry.backoff.ms", "50")
        // A topic that has just been created is seen soon.
        .set("topic.metadata.refresh.fast.interval.ms", "20")
        .set("topic.metadata.refresh.interval.ms", "30000")
        .set("log.connection.close", "false");
    settings.security.apply(&mut config);
    config.set_log_level(RDKafkaLogLevel::Warning);
    config
}

/// What all consumers have in common.
pub(crate) fn consumer(settings: &ConnectionSettings) -> ClientConfig {
    let mut config = base(settings);
    config
        // What a typing mistake names is not made.
        .set("allow.auto.create.topics", "false")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        // The broker answers as soon as it has one byte. A partition that joins while a fetch is out waits for that
        // fetch, so it must not be long.
        .set("fetch.min.bytes", "1")
        .set("fetch.wait.max.ms", "100")
        .set("fetch.error.backoff.ms", "50")
        .set("fetch.queue.backoff.ms", "10")
        // What the library reads ahead. What it has handed out is bounded separately.
        .set("queued.min.messages", "2000")
        .set("queued.max.messages.kbytes", "16384");
    config
}

/// Passes what the library has to say on to the log, and counts it.
#[derive(Debug, Default)]
pub(crate) struct LogContext {
    served: AtomicU64,
}

impl LogContext {
    /// Something was taken from the library's queue that is not a message. Asking for a message answers "none" then, though
    /// there may be more.
    pub(crate) fn count(&self) {
        self.served.fetch_add(1, Ordering::Relaxed);
    }

    /// How many such things there were.
    pub(crate) fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }
}

impl ClientContext for LogContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.count();
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error
            | RDKafkaLogLevel::Warning => tracing::warn!(facility, "kafka: {message}"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
                tracing::debug!(facility, "kafka: {message}");
            }
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.count();
        tracing::warn!(%error, "kafka: {reason}");
    }
}
