//! The thread on which a group's consumer lives: it alone touches the client library.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{CommitMode, Consumer, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::{mpsc, oneshot};

use super::context::{Change, Context, NativeConsumer, unassign};
use super::load::{Load, Share};
use super::{Assignment, Command, Delivered, GroupConfig, GroupEvent, Position, Start};
use crate::client;
use crate::wake::{Commands, Inbox, Woken};
use crate::{ClientError, ConnectionSettings, Record};

/// How often the library tells how far behind it is.
const STATISTICS_INTERVAL: Duration = Duration::from_secs(2);
/// Messages that are handed over together.
const BATCH: usize = 256;

/// Starts the thread; resolves when the client exists, which does not mean that it has reached a broker.
pub(super) async fn spawn(
    settings: &ConnectionSettings,
    config: &GroupConfig,
    commands: Commands<Command>,
    inbox: Inbox<Command>,
    events: mpsc::UnboundedSender<GroupEvent>,
) -> Result<(), ClientError> {
    let native = native_config(settings, config);
    let topics = config.topics.clone();
    let (reply, created) = oneshot::channel();
    let no_thread = || ClientError::Unavailable {
        what: "no thread could be started for consuming".to_owned(),
        source: None,
    };
    std::thread::Builder::new()
        .name("kafka-consumer".to_owned())
        .spawn(move || {
            let consumer = match create(&native, &topics, &inbox, &commands) {
                Ok(consumer) => consumer,
                Err(error) => return drop(reply.send(Err(error))),
            };
            drop(reply.send(Ok(())));
            Thread {
                consumer,
                inbox,
                commands,
                events,
                partitions: HashMap::new(),
                share: Share::default(),
                generation: 0,
            }
            .run();
        })
        .map_err(|_error| no_thread())?;
    created.await.map_err(|_panicked| no_thread())?
}

fn native_config(settings: &ConnectionSettings, config: &GroupConfig) -> ClientConfig {
    let mut native = client::consumer(settings);
    let start = match config.start {
        Start::Earliest => "earliest",
        Start::Latest => "latest",
    };
    native
        .set("group.id", &config.group)
        .set("auto.offset.reset", start)
        // Only the partitions that really move stop being worked on.
        .set("partition.assignment.strategy", "cooperative-sticky")
        // A member that was killed is noticed after this; the brokers' usual minimum is six seconds.
        .set("session.timeout.ms", "10000")
        .set("statistics.interval.ms", STATISTICS_INTERVAL.as_millis().to_string())
        // Also how soon a member learns that the others want to share.
        .set("heartbeat.interval.ms", "500");
    if !config.except.is_empty() {
        // Such topics do not exist for this client, so it is set for those only that look for topics.
        native.set("topic.blacklist", config.except.join(","));
    }
    native
}

fn create(
    config: &ClientConfig,
    topics: &[String],
    inbox: &Inbox<Command>,
    commands: &Commands<Command>,
) -> Result<NativeConsumer, ClientError> {
    let failed = |error| ClientError::new("joining a Kafka group", error);
    let mut consumer: NativeConsumer = config.create_with_context(Context::default()).map_err(failed)?;
    consumer.set_nonempty_callback(inbox.waker(commands));
    let topics: Vec<_> = topics.iter().map(String::as_str).collect();
    consumer.subscribe(&topics).map_err(failed)?;
    Ok(consumer)
}

struct Thread {
    consumer: NativeConsumer,
    inbox: Inbox<Command>,
    commands: Commands<Command>,
    events: mpsc::UnboundedSender<GroupEvent>,
    /// The partitions whose messages are handed out: not those that are being revoked.
    partitions: HashMap<Arc<str>, HashMap<i32, Arc<Load>>>,
    share: Share,
    generation: u64,
}

impl Thread {
    fn run(mut self) {
        let mut reply = None;
        loop {
            match self.inbox.sleep() {
                Woken::Look => {
                    if let Err(error) = self.take_all() {
                        drop(self.events.send(GroupEvent::Failed(error)));
                        break;
                    }
                }
                Woken::Command(Command::Close {
                    positions,
                    reply: closed,
                }) => {
                    self.commit(&positions, CommitMode::Sync);
                    reply = closed;
                    break;
                }
                Woken::Command(command) => self.obey(command),
                Woken::Abandoned => break,
            }
        }
        self.consumer.context().is_closing.store(true, Ordering::SeqCst);
        // Leaves the group, which takes the broker's answer.
        drop(self.consumer);
        if let Some(reply) = reply {
            // Whoever asked may have lost interest.
            let _is_awaited = reply.send(()).is_ok();
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Commit(mut positions) => {
                // A partition may have been taken away since this was sent.
                positions.retain(|position| self.is_current(&position.assignment));
                self.commit(&positions, CommitMode::Async);
            }
            Command::Release {
                assignments,
                positions,
            } => {
                self.commit(&positions, CommitMode::Sync);
                self.unassign(&assignments);
            }
            Command::Resume(assignment) => self.resume(&assignment),
            // Taken care of by the loop.
            Command::Close { .. } => {}
        }
    }

    /// Takes everything that the library has.
    fn take_all(&mut self) -> Result<(), ClientError> {
        let mut batch = Vec::new();
        loop {
            let served = self.consumer.context().log.served();
            match self.consumer.poll(Duration::ZERO) {
                Some(Ok(message)) => {
                    if let Some(load) = load_of(&self.partitions, &message) {
                        batch.push(deliver(load, &message));
                        if load.must_pause() {
                            let result = self.consumer.pause(&list([(&load.assignment, Offset::Invalid)]));
                            log("pausing a partition", result);
                        }
                    }
                    if batch.len() < BATCH {
                        continue;
                    }
                }
                Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => {
                    return Err(ClientError::new("consuming", error));
                }
                // The library goes on by itself after everything else, and has logged it.
                Some(Err(_passing)) => continue,
                None => {}
            }
            let is_empty = batch.len() < BATCH && self.consumer.context().log.served() == served;
            self.report(GroupEvent::Records(std::mem::take(&mut batch)));
            self.rebalance();
            if is_empty {
                return Ok(());
            }
        }
    }

    fn report(&self, event: GroupEvent) {
        if !matches!(&event, GroupEvent::Records(records) if records.is_empty()) {
            // Whoever stops listening also sends the command to close.
            drop(self.events.send(event));
        }
    }

    /// Does what the group's protocol has asked for meanwhile.
    fn rebalance(&mut self) {
        for change in self.consumer.context().take_changes() {
            match change {
                Change::Assign(partitions) => self.assign(&partitions),
                Change::Revoke(partitions) => self.revoke(&partitions),
                Change::CommitFailed => self.report(GroupEvent::CommitFailed),
                Change::Progress {
                    mut lags,
                    is_connected,
                } => {
                    lags.retain(|lag| self.has(&lag.topic, lag.partition));
                    self.report(GroupEvent::Progress { lags, is_connected });
                }
            }
        }
    }

    fn assign(&mut self, partitions: &TopicPartitionList) {
        self.generation += 1;
        let mut assignments = Vec::new();
        for element in partitions.elements() {
            let topic: Arc<str> = Arc::from(element.topic());
            let assignment = Assignment {
                topic: Arc::clone(&topic),
                partition: element.partition(),
                generation: self.generation,
            };
            let load = Load::new(assignment.clone(), self.share.clone(), self.commands.clone());
            self.partitions
                .entry(topic)
                .or_default()
                .insert(assignment.partition, load);
            assignments.push(assignment);
        }
        self.divide();
        // Reported first, so that nobody sees a message of a partition that it has not heard of.
        self.report(GroupEvent::Assigned(assignments));
        let result = match self.consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => self.consumer.incremental_assign(partitions),
            RebalanceProtocol::Eager | RebalanceProtocol::None => self.consumer.assign(partitions),
        };
        log("taking over partitions", result);
    }

    fn revoke(&mut self, partitions: &TopicPartitionList) {
        let is_lost = self.consumer.assignment_lost();
        let mut assignments = Vec::new();
        for element in partitions.elements() {
            let load = self
                .partitions
                .get_mut(element.topic())
                .and_then(|loads| loads.remove(&element.partition()));
            assignments.extend(load.map(|load| load.assignment.clone()));
        }
        self.divide();
        if assignments.is_empty() {
            return self.unassign(&[]);
        }
        self.report(GroupEvent::Revoked { assignments, is_lost });
    }

    fn unassign(&self, assignments: &[Assignment]) {
        let partitions = list(assignments.iter().map(|assignment| (assignment, Offset::Invalid)));
        let result = unassign(&self.consumer, &partitions);
        log("letting partitions go", result);
    }

    fn resume(&self, assignment: &Assignment) {
        let Some(load) = self.load_of(assignment) else {
            return;
        };
        let result = self.consumer.resume(&list([(assignment, Offset::Invalid)]));
        log("resuming a partition", result);
        // The library's thread for the broker sleeps for up to a second when all of its partitions are paused, and resuming one
        // does not wake it up. Seeking does, also to where the partition goes on anyhow.
        let next = Offset::Offset(load.next());
        let result = self
            .consumer
            .seek(&assignment.topic, assignment.partition, next, Duration::ZERO);
        log("waking the fetching of a partition up", result);
    }

    fn commit(&self, positions: &[Position], mode: CommitMode) {
        let offsets = positions
            .iter()
            .map(|position| (&position.assignment, Offset::Offset(position.offset)));
        let offsets = list(offsets);
        if offsets.count() > 0 {
            let result = self.consumer.commit(&offsets, mode);
            log("committing offsets", result);
        }
    }

    fn divide(&self) {
        self.share
            .divide(self.partitions.values().map(HashMap::len).sum());
    }

    fn has(&self, topic: &str, partition: i32) -> bool {
        self.partitions
            .get(topic)
            .is_some_and(|loads| loads.contains_key(&partition))
    }

    fn is_current(&self, assignment: &Assignment) -> bool {
        self.load_of(assignment).is_some()
    }

    /// Nothing if the partition was taken away, even if it has come back since.
    fn load_of(&self, assignment: &Assignment) -> Option<&Arc<Load>> {
        let loads = self.partitions.get(&assignment.topic)?;
        let load = loads.get(&assignment.partition)?;
        (load.assignment == *assignment).then_some(load)
    }
}

/// What goes wrong here ends in messages being delivered again, never in their loss.
fn log(what: &str, result: KafkaResult<()>) {
    if let Err(error) = result {
        tracing::warn!(%error, "kafka: {what} did not work");
    }
}

fn load_of<'a>(
    partitions: &'a HashMap<Arc<str>, HashMap<i32, Arc<Load>>>,
    message: &BorrowedMessage<'_>,
) -> Option<&'a Arc<Load>> {
    partitions.get(message.topic())?.get(&message.partition())
}

fn deliver(load: &Arc<Load>, message: &BorrowedMessage<'_>) -> Delivered {
    let record = Record::new(Arc::clone(&load.assignment.topic), message);
    let guard = load.take(record.offset, record.size());
    Delivered {
        record,
        assignment: load.assignment.clone(),
        _load: Some(guard),
    }
}

fn list<'a>(partitions: impl IntoIterator<Item = (&'a Assignment, Offset)>) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for (assignment, offset) in partitions {
        let added = list.add_partition_offset(&assignment.topic, assignment.partition, offset);
        if let Err(error) = added {
            tracing::warn!(%error, "kafka: an offset is out of range");
        }
    }
    list
}
