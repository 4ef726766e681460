//! Topics, read with a Kafka client that the product does not use.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use krafka::Kafka;
use krafka::consumer::{AutoOffsetReset, Consumer};
use serde_json::Value;

use crate::PATIENCE;

/// One message.
#[derive(Debug, Clone)]
pub struct Record {
    /// The key as text.
    pub key: String,
    /// The partition.
    pub partition: i32,
    /// The value as JSON.
    pub event: Value,
}

/// Everything in a topic, from its beginning.
pub struct TopicReader {
    consumer: Consumer,
    /// The ids of the events that were read.
    seen: HashSet<String>,
    doubles: usize,
}

impl std::fmt::Debug for TopicReader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("TopicReader")
    }
}

impl TopicReader {
    /// Begins to read, in a consumer group of its own.
    ///
    /// # Errors
    /// The broker does not answer.
    pub async fn open(broker: SocketAddr, topic: &str) -> anyhow::Result<Self> {
        let kafka = Kafka::builder(broker.to_string())
            .client_id("end-to-end")
            .connect()
            .await?;
        let consumer = kafka
            .consumer(format!("end-to-end-{}", uuid::Uuid::new_v4().simple()))
            .auto_offset_reset(AutoOffsetReset::Earliest)
            .enable_auto_commit(false)
            .build()
            .await?;
        consumer.subscribe([topic]).await?;
        Ok(Self {
            consumer,
            seen: HashSet::new(),
            doubles: 0,
        })
    }

    /// Reads until a message satisfies `enough`, and answers with all that were read.
    ///
    /// # Errors
    /// None does in time.
    pub async fn until(&mut self, enough: impl Fn(&[Record]) -> bool) -> anyhow::Result<Vec<Record>> {
        let mut records = Vec::new();
        let reading = async {
            while !enough(&records) {
                for record in self.consumer.poll(Duration::from_millis(200)).await? {
                    let value = record.value_str().context("a message without a value")?;
                    let event: Value = serde_json::from_str(value)?;
                    // Delivery is at least once, as for every consumer: doubles are told by the event's id.
                    if !self.seen.insert(event["id"].to_string()) {
                        self.doubles += 1;
                        continue;
                    }
                    records.push(Record {
                        key: record.key_str().unwrap_or_default().to_owned(),
                        partition: record.partition,
                        event,
                    });
                }
            }
            anyhow::Ok(())
        };
        let waited = tokio::time::timeout(PATIENCE, reading).await;
        let count = records.len();
        waited.with_context(|| format!("{count} messages came, and not the one that was waited for"))??;
        Ok(records)
    }

    /// How many messages were the repetition of one that was read before.
    #[must_use]
    pub fn doubles(&self) -> usize {
        self.doubles
    }
}
