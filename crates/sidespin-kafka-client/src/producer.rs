//! Writing: one client for the whole process, made when it is first needed.
//!
//! A message counts as written when all in-sync replicas have it. The library repeats what got lost on the way, and the
//! broker recognises a repetition, so that a message is not written twice by one call.

mod placed;

use std::sync::Arc;
use std::time::Duration;

pub use placed::Placed;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header as NativeHeader, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, ProducerContext, ThreadedProducer};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, oneshot};

use crate::admin::blocking;
use crate::client::{self, LogContext};
use crate::closing::take_apart;
use crate::{ClientError, Connection, ConnectionSettings, Outgoing};

/// After this a message that no broker has taken is given back to its sender, whose own deadline is not far.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(10);
/// Memory for messages on their way, in KiB. Whoever comes when it is used up waits.
const ROOM: u32 = 32 * 1024;
/// Messages on their way, however small.
const ROOM_MESSAGES: usize = 50_000;

/// Where the broker put a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The partition.
    pub partition: i32,
    /// Its place there.
    pub offset: i64,
}

/// Writes to one cluster. Cheap to clone; connects with the first message.
#[derive(Clone)]
pub struct Producer {
    shared: Arc<Shared>,
}

struct Shared {
    connection: Connection,
    native: Mutex<Option<Arc<Native>>>,
    room: Arc<Semaphore>,
}

type Native = ThreadedProducer<Context>;

/// A message's way back to its sender, and the memory that it takes up meanwhile.
struct Waiting {
    reply: oneshot::Sender<Result<Written, KafkaError>>,
    _room: OwnedSemaphorePermit,
}

#[derive(Default)]
struct Context {
    log: LogContext,
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Producer")
            .field("connection", &self.shared.connection)
            .finish_non_exhaustive()
    }
}

impl Producer {
    /// A producer that has not connected yet.
    #[must_use]
    pub fn new(connection: Connection) -> Self {
        let room = Arc::new(Semaphore::new(ROOM as usize));
        Self {
            shared: Arc::new(Shared {
                connection,
                native: Mutex::new(None),
                room,
            }),
        }
    }

    /// Connects now, so that the first message does not wait for it: becoming an idempotent producer takes the library half a
    /// second.
    ///
    /// # Errors
    /// The address of the cluster does not become known, or the configuration is refused by the client library. That no
    /// broker answers is no error.
    pub async fn connect(&self) -> Result<(), ClientError> {
        self.native().await.map(|_native| ())
    }

    /// Writes one message.
    ///
    /// # Errors
    /// It was not written, or it is not known whether it was.
    pub async fn send(&self, message: Outgoing) -> Result<Written, ClientError> {
        let native = self.native().await?;
        let written = self.enqueue(&native, &message, None).await?;
        self.written(&native, &message.topic, written).await
    }

    /// Writes messages in this order.
    ///
    /// # Errors
    /// Not all were written; the first reason is given. Those before the one that it concerns were.
    pub async fn send_all(&self, messages: Vec<Outgoing>) -> Result<Vec<Written>, ClientError> {
        let native = self.native().await?;
        let mut waiting = Vec::with_capacity(messages.len());
        for message in &messages {
            waiting.push(self.enqueue(&native, message, None).await?);
        }
        let mut positions = Vec::with_capacity(messages.len());
        for (message, written) in messages.iter().zip(waiting) {
            positions.push(self.written(&native, &message.topic, written).await?);
        }
        Ok(positions)
    }

    /// Hands a message to the library. It is on its way when this returns, whether the receiver is polled or not.
    async fn enqueue(
        &self,
        native: &Arc<Native>,
        message: &Outgoing,
        partition: Option<i32>,
    ) -> Result<oneshot::Receiver<Result<Written, KafkaError>>, ClientError> {
        let size = u32::try_from(message.size() / 1024 + 1).unwrap_or(ROOM).min(ROOM);
        let room = Arc::clone(&self.shared.room).acquire_many_owned(size).await;
        let room = room.map_err(|_closed| shutting_down())?;
        let (reply, written) = oneshot::channel();
        let mut record = BaseRecord::with_opaque_to(&message.topic, Box::new(Waiting { reply, _room: room }));
        record.partition = partition;
        record.key = message.key.as_deref();
        record.payload = message.value.as_deref();
        record.headers = headers(message);
        match native.send(record) {
            Ok(()) => Ok(written),
            Err((error, _record)) => Err(self.failed(native, &message.topic, error).await),
        }
    }

    async fn written(
        &self,
        native: &Arc<Native>,
        topic: &str,
        written: oneshot::Receiver<Result<Written, KafkaError>>,
    ) -> Result<Written, ClientError> {
        match written.await {
            Ok(Ok(written)) => Ok(written),
            Ok(Err(error)) => Err(self.failed(native, topic, error).await),
            Err(_gone) => Err(shutting_down()),
        }
    }

    /// Sorts an error; after one that the library does not recover from, the next message gets a new client.
    async fn failed(&self, native: &Arc<Native>, topic: &str, error: KafkaError) -> ClientError {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
            let mut current = self.shared.native.lock().await;
            if current
                .as_ref()
                .is_some_and(|current| Arc::ptr_eq(current, native))
            {
                tracing::warn!(%error, "the Kafka producer starts afresh");
                discard(current.take());
            }
        }
        ClientError::about_topic(topic, "writing to", error)
    }

    async fn native(&self) -> Result<Arc<Native>, ClientError> {
        let mut native = self.shared.native.lock().await;
        if let Some(native) = &*native {
            return Ok(Arc::clone(native));
        }
        let settings = self.shared.connection.settings().await?;
        let created = blocking(move || config(&settings).create_with_context(Context::default())).await?;
        let created = created.map_err(|error| ClientError::new("setting up the Kafka producer", error))?;
        Ok(Arc::clone(native.insert(Arc::new(created))))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        discard(self.native.get_mut().take());
    }
}

fn discard(native: Option<Arc<Native>>) {
    if let Some(native) = native {
        take_apart(native);
    }
}

fn shutting_down() -> ClientError {
    ClientError::Unavailable {
        what: "the Kafka producer is shutting down".to_owned(),
        source: None,
    }
}

fn headers(message: &Outgoing) -> Option<OwnedHeaders> {
    if message.headers.is_empty() {
        return None;
    }
    let headers = OwnedHeaders::new_with_capacity(message.headers.len());
    Some(message.headers.iter().fold(headers, |headers, header| {
        headers.insert(NativeHeader {
            key: &header.name,
            value: header.value.as_ref(),
        })
    }))
}

fn config(settings: &ConnectionSettings) -> ClientConfig {
    let mut config = client::base(settings);
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        // What waits while a request is out forms the next batch, so waiting for company gains nothing.
        .set("linger.ms", "0")
        .set("message.timeout.ms", DELIVERY_TIMEOUT.as_millis().to_string())
        .set("request.timeout.ms", "5000")
        // How long a topic may be unknown: one that is being created appears within this time.
        .set("topic.metadata.propagation.max.ms", "3000")
        // As the Java client does it, so that a key is in the same partition whoever writes it.
        .set("partitioner", "murmur2_random")
        .set("queue.buffering.max.messages", ROOM_MESSAGES.to_string())
        .set("queue.buffering.max.kbytes", (2 * ROOM).to_string());
    config
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.log.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.log.error(error, reason);
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = Box<Waiting>;

    fn delivery(&self, result: &DeliveryResult<'_>, waiting: Box<Waiting>) {
        let result = match result {
            Ok(message) => Ok(Written {
                partition: message.partition(),
                offset: message.offset(),
            }),
            Err((error, _message)) => Err(error.clone()),
        };
        // Nobody listens any more if the caller went away; the message is written all the same.
        drop(waiting.reply.send(result));
    }
}
