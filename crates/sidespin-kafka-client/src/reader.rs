//! Reading a topic from now on, without a group: nothing is committed, every reader sees everything.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::MetadataPartition;
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::oneshot;

use crate::client::{self, LogContext};
use crate::wake::{Commands, Inbox, Woken, inbox};
use crate::{ClientError, Connection, ConnectionSettings, Record};

/// How long finding the ends of the partitions may take.
const START_TIMEOUT: Duration = Duration::from_secs(5);

/// How often a topic that is not there yet is asked for.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// Takes what a reader reads, on the reader's own thread. An error is the last thing that it is given.
type Sink = Box<dyn FnMut(Result<Record, ClientError>) + Send>;

/// A reader at work; dropping it ends the reading.
///
/// It reads the partitions that the topic had when it started.
#[derive(Debug)]
pub struct TopicReader {
    commands: Commands<Stop>,
}

#[derive(Debug)]
struct Stop;

impl TopicReader {
    /// Starts to read `topic`. When this returns, every message written afterwards will be given to `sink`.
    ///
    /// # Errors
    /// The cluster cannot be reached, or has no such topic.
    pub async fn start(
        connection: &Connection,
        topic: &str,
        sink: impl FnMut(Result<Record, ClientError>) + Send + 'static,
    ) -> Result<Self, ClientError> {
        let settings = connection.settings().await?;
        let (commands, inbox) = inbox();
        let (reply, started) = oneshot::channel();
        let thread = Thread {
            settings,
            topic: Arc::from(topic),
            inbox,
            commands: commands.clone(),
            sink: Box::new(sink),
        };
        // If this future is dropped while it waits, the thread must end too.
        let reader = Self { commands };
        std::thread::Builder::new()
            .name("kafka-reader".to_owned())
            .spawn(move || thread.run(reply))
            .map_err(|_error| no_thread())?;
        started.await.map_err(|_panicked| no_thread())??;
        Ok(reader)
    }
}

impl Drop for TopicReader {
    fn drop(&mut self) {
        // One that has ended by itself does not need to be told.
        let _is_running: bool = self.commands.send(Stop);
    }
}

fn no_thread() -> ClientError {
    ClientError::Unavailable {
        what: "no thread could be started for reading".to_owned(),
        source: None,
    }
}

struct Thread {
    settings: ConnectionSettings,
    topic: Arc<str>,
    inbox: Inbox<Stop>,
    commands: Commands<Stop>,
    sink: Sink,
}

impl Thread {
    fn run(mut self, reply: oneshot::Sender<Result<(), ClientError>>) {
        let consumer = match self.start() {
            Ok(consumer) => consumer,
            Err(error) => return drop(reply.send(Err(error))),
        };
        if reply.send(Ok(())).is_err() {
            return;
        }
        loop {
            match self.inbox.sleep() {
                Woken::Command(Stop) | Woken::Abandoned => return,
                Woken::Look => {
                    if let Err(error) = self.take_all(&consumer) {
                        return (self.sink)(Err(error));
                    }
                }
            }
        }
    }

    fn start(&self) -> Result<BaseConsumer<LogOnly>, ClientError> {
        let failed = |error| ClientError::about_topic(&self.topic, "reading", error);
        let mut consumer: BaseConsumer<LogOnly> = config(&self.settings)
            .create_with_context(LogOnly::default())
            .map_err(failed)?;
        consumer.set_nonempty_callback(self.inbox.waker(&self.commands));
        let deadline = Instant::now() + START_TIMEOUT;
        let remaining = || deadline.saturating_duration_since(Instant::now());
        let mut positions = TopicPartitionList::new();
        for partition in self.partitions(&consumer, deadline)? {
            let (_first, end) = consumer
                .fetch_watermarks(&self.topic, partition, remaining())
                .map_err(failed)?;
            positions
                .add_partition_offset(&self.topic, partition, Offset::Offset(end))
                .map_err(failed)?;
        }
        consumer.assign(&positions).map_err(failed)?;
        Ok(consumer)
    }

    /// Asks until the topic is there: asking creates it where the broker is set up to, which may take a moment.
    fn partitions(
        &self,
        consumer: &BaseConsumer<LogOnly>,
        deadline: Instant,
    ) -> Result<Vec<i32>, ClientError> {
        let mut remaining = START_TIMEOUT;
        loop {
            let metadata = consumer
                .fetch_metadata(Some(&self.topic), remaining)
                .map_err(|error| ClientError::about_topic(&self.topic, "reading", error))?;
            let topic = metadata
                .topics()
                .iter()
                .find(|topic| topic.name() == &*self.topic);
            let partitions: Vec<_> = topic
                .map(|topic| topic.partitions().iter().map(MetadataPartition::id).collect())
                .unwrap_or_default();
            if !partitions.is_empty() {
                return Ok(partitions);
            }
            std::thread::sleep(ASK_AGAIN);
            remaining = deadline.saturating_duration_since(Instant::now());
            if remaining < ASK_AGAIN {
                return Err(ClientError::NoSuchTopic {
                    topic: self.topic.to_string(),
                });
            }
        }
    }

    /// Takes everything that the library has read.
    fn take_all(&mut self, consumer: &BaseConsumer<LogOnly>) -> Result<(), ClientError> {
        loop {
            let served = consumer.context().0.served();
            match consumer.poll(Duration::ZERO) {
                Some(Ok(message)) => (self.sink)(Ok(Record::new(Arc::clone(&self.topic), &message))),
                Some(Err(error)) if is_end(&error) => {
                    return Err(ClientError::about_topic(&self.topic, "reading", error));
                }
                // The library goes on by itself after everything else, and has logged it.
                Some(Err(_passing)) => {}
                None if consumer.context().0.served() == served => return Ok(()),
                None => {}
            }
        }
    }
}

/// Whether reading cannot go on where it stopped.
pub(crate) fn is_end(error: &KafkaError) -> bool {
    matches!(error, KafkaError::MessageConsumptionFatal(_))
        || matches!(
            error.rdkafka_error_code(),
            Some(
                RDKafkaErrorCode::AutoOffsetReset
                    | RDKafkaErrorCode::UnknownTopicOrPartition
                    | RDKafkaErrorCode::TopicAuthorizationFailed
            )
        )
}

fn config(settings: &ConnectionSettings) -> ClientConfig {
    let mut config = client::consumer(settings);
    config
        // The library wants a name, though nothing is ever joined or committed.
        .set("group.id", format!("{}-reader", settings.client_id))
        // A gap must not go unnoticed: whoever reads begins anew and knows it.
        .set("auto.offset.reset", "error");
    config
}

/// Has nothing to say to the library, and passes on what it says.
#[derive(Debug, Default)]
pub(crate) struct LogOnly(LogContext);

impl ClientContext for LogOnly {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.0.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.error(error, reason);
    }
}

impl ConsumerContext for LogOnly {}
