//! Reading stretches of a topic, from one offset to another or on and on, without a group: nothing is committed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::mpsc;

use crate::closing::Closing;
use crate::reader::{LogOnly, is_end};
use crate::{ClientError, Connection, ConnectionSettings, Record, client};

/// Messages that are handed over together, at most.
const BATCH: usize = 256;
/// The same in bytes: large messages are handed over sooner.
const BATCH_BYTES: usize = 1 << 20;
/// Batches that wait for whoever reads them. Then the reading waits.
const WAITING: usize = 4;
/// How soon it is noticed that nobody reads any more.
const LOOK: Duration = Duration::from_millis(100);

/// A stretch of one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The partition.
    pub partition: i32,
    /// The first offset to read.
    pub start: i64,
    /// The first that is not read any more. Without it the reading goes on with what is written later.
    pub end: Option<i64>,
}

/// A reading at work; dropping it ends it.
#[derive(Debug)]
pub struct Scan {
    batches: mpsc::Receiver<Result<Vec<Record>, ClientError>>,
}

impl Scan {
    /// Starts to read stretches of `topic`, at most one of each partition.
    ///
    /// # Errors
    /// The address of the cluster is not known, or no thread can be started. Whatever else goes wrong is told by
    /// [`Scan::next`].
    pub async fn start(
        connection: &Connection,
        topic: &str,
        stretches: &[Stretch],
    ) -> Result<Self, ClientError> {
        let settings = connection.settings().await?;
        let (sender, batches) = mpsc::channel(WAITING);
        let open = stretches
            .iter()
            .filter(|stretch| stretch.end.is_none_or(|end| stretch.start < end))
            .map(|stretch| (stretch.partition, *stretch))
            .collect();
        let thread = Thread {
            topic: Arc::from(topic),
            open,
            sender,
            batch: Vec::new(),
            batch_bytes: 0,
        };
        let closing = Closing::new();
        std::thread::Builder::new()
            .name("kafka-scan".to_owned())
            .spawn(move || {
                thread.run(&settings);
                drop(closing);
            })
            .map_err(|_error| ClientError::Unavailable {
                what: "no thread could be started for reading".to_owned(),
                source: None,
            })?;
        Ok(Self { batches })
    }

    /// The next messages, each partition's in their order; nothing when all stretches have been read.
    ///
    /// # Errors
    /// The reading cannot go on. This is the last thing that is told.
    pub async fn next(&mut self) -> Option<Result<Vec<Record>, ClientError>> {
        self.batches.recv().await
    }
}

struct Thread {
    topic: Arc<str>,
    /// What has not been read to its end.
    open: HashMap<i32, Stretch>,
    sender: mpsc::Sender<Result<Vec<Record>, ClientError>>,
    batch: Vec<Record>,
    batch_bytes: usize,
}

impl Thread {
    fn run(mut self, settings: &ConnectionSettings) {
        if self.open.is_empty() {
            return;
        }
        let result = self.start(settings).and_then(|consumer| self.read(&consumer));
        if let Err(error) = result {
            // What was read before it comes first.
            let _is_awaited = self.hand_over() && self.sender.blocking_send(Err(error)).is_ok();
        }
    }

    fn start(&self, settings: &ConnectionSettings) -> Result<BaseConsumer<LogOnly>, ClientError> {
        let mut config = client::consumer(settings);
        config
            // The library wants a name, though nothing is ever joined or committed.
            .set("group.id", format!("{}-scan", settings.client_id))
            // A gap must not go unnoticed.
            .set("auto.offset.reset", "error")
            // The last offsets of a stretch need not be messages.
            .set("enable.partition.eof", "true");
        let start = || {
            let consumer: BaseConsumer<LogOnly> = config.create_with_context(LogOnly::default())?;
            let mut positions = TopicPartitionList::new();
            for stretch in self.open.values() {
                positions.add_partition_offset(
                    &self.topic,
                    stretch.partition,
                    Offset::Offset(stretch.start),
                )?;
            }
            consumer.assign(&positions)?;
            Ok(consumer)
        };
        start().map_err(|error| self.failed(error))
    }

    fn read(&mut self, consumer: &BaseConsumer<LogOnly>) -> Result<(), ClientError> {
        while !self.open.is_empty() {
            let patience = if self.batch.is_empty() {
                LOOK
            } else {
                Duration::ZERO
            };
            match consumer.poll(patience) {
                Some(Ok(message)) => self.take(Record::new(Arc::clone(&self.topic), &message)),
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    let is_over = |stretch: &Stretch| stretch.partition == partition && stretch.end.is_some();
                    self.open.retain(|_partition, stretch| !is_over(stretch));
                }
                Some(Err(error)) if is_end(&error) => return Err(self.failed(error)),
                // The library goes on by itself after everything else, and has logged it.
                Some(Err(_passing)) => {}
                None if self.sender.is_closed() || !self.hand_over() => return Ok(()),
                None => {}
            }
            let is_full = self.batch.len() >= BATCH || self.batch_bytes >= BATCH_BYTES;
            if is_full && !self.hand_over() {
                return Ok(());
            }
        }
        let _is_awaited = self.hand_over();
        Ok(())
    }

    fn take(&mut self, record: Record) {
        let Some(stretch) = self.open.get(&record.partition) else {
            return;
        };
        let next = record.offset + 1;
        if stretch.end.is_some_and(|end| next >= end) {
            let is_within = stretch.end == Some(next);
            self.open.remove(&record.partition);
            if !is_within {
                return;
            }
        }
        self.batch_bytes += record.size();
        self.batch.push(record);
    }

    /// Returns whether anybody is still there to take it.
    fn hand_over(&mut self) -> bool {
        self.batch_bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        batch.is_empty() || self.sender.blocking_send(Ok(batch)).is_ok()
    }

    fn failed(&self, error: KafkaError) -> ClientError {
        ClientError::about_topic(&self.topic, "reading", error)
    }
}
