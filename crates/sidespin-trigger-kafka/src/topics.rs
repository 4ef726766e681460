//! Whether the topics of an entry are there. Nothing is created here: that is the manifest's or the operator's decision.

use std::time::Duration;

use sidespin_kafka_client::{Connection, existing_topics};
use sidespin_resilience::RetryPolicy;
use sidespin_trigger::TriggerContext;

use crate::config::EntryConfig;

/// How often it is looked again. Somebody may be creating them, this process among others.
const POLICY: RetryPolicy = RetryPolicy {
    attempts: u32::MAX,
    backoff: Duration::from_millis(100),
    max_backoff: Duration::from_secs(5),
};

/// Waits until every topic that the entry reads by its name exists, and says what is missing meanwhile. Ends early with the
/// process.
pub(crate) async fn wait_for(entry: &EntryConfig, connection: &Connection, context: &TriggerContext) {
    let part = format!("{}: topics", entry.component);
    let mut attempt = 1;
    loop {
        let problem = match existing_topics(connection).await {
            Ok(existing) => {
                let missing: Vec<_> = entry
                    .named_topics()
                    .filter(|topic| !existing.contains(*topic))
                    .collect();
                warn_of_dead_letter_topics(entry, |topic| existing.contains(topic));
                match missing.first() {
                    None => break,
                    Some(topic) => format!(
                        "the topic `{topic}` does not exist: create it, or list it under `[application.trigger.kafka.topics]`"
                    ),
                }
            }
            Err(error) => error.full(),
        };
        if attempt == 1 {
            tracing::warn!(component = %entry.component, "the Kafka trigger waits: {problem}");
        }
        context.problem(&part, Some(problem));
        tokio::select! {
            () = tokio::time::sleep(POLICY.delay(attempt)) => attempt += 1,
            () = context.shutdown.cancelled() => break,
        }
    }
    context.problem(&part, None);
}

/// It is not needed as long as all goes well, so nobody would notice until then.
fn warn_of_dead_letter_topics(entry: &EntryConfig, exists: impl Fn(&str) -> bool) {
    for topic in entry.named_topics() {
        let dead_letter_topic = entry.dead_letter_topic(topic);
        if !exists(&dead_letter_topic) {
            tracing::warn!(
                component = %entry.component,
                "the topic `{dead_letter_topic}` for messages that cannot be handled does not exist; their partitions will wait for it"
            );
        }
    }
}
