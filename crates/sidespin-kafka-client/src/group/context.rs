//! What the client library calls back on. It only takes note: what is to be done is done by the consumer's thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaRespErr;

use super::Lag;
use crate::client::LogContext;

pub(super) type NativeConsumer = BaseConsumer<Context>;

/// What the library calls back on, always on the consumer's own thread.
#[derive(Debug, Default)]
pub(super) struct Context {
    pub(super) log: LogContext,
    changes: Mutex<Vec<Change>>,
    pub(super) is_closing: AtomicBool,
}

/// What the group's protocol asks for.
#[derive(Debug)]
pub(super) enum Change {
    Assign(TopicPartitionList),
    Revoke(TopicPartitionList),
    CommitFailed,
    Progress { lags: Vec<Lag>, is_connected: bool },
}

impl Context {
    pub(super) fn take_changes(&self) -> Vec<Change> {
        std::mem::take(&mut *self.changes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn push(&self, change: Change) {
        self.changes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(change);
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.log.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.log.error(error, reason);
    }

    fn stats(&self, statistics: Statistics) {
        self.log.count();
        let is_connected = statistics
            .brokers
            .values()
            .any(|broker| broker.nodeid >= 0 && broker.state == "UP");
        let partitions = statistics.topics.into_values().flat_map(|topic| {
            topic
                .partitions
                .into_values()
                .map(move |partition| (topic.topic.clone(), partition))
        });
        // A lag that is not known yet is negative, and the library keeps a partition -1 for what has none.
        let lags = partitions.filter_map(|(topic, partition)| {
            Some(Lag {
                topic,
                partition: partition.partition,
                messages: u64::try_from(partition.consumer_lag).ok()?,
            })
        });
        self.push(Change::Progress {
            lags: lags.collect(),
            is_connected,
        });
    }
}

impl ConsumerContext for Context {
    /// Notes the change instead of making it: a partition goes when it is released.
    fn rebalance(
        &self,
        consumer: &NativeConsumer,
        error: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        self.log.count();
        let is_assignment = error == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if self.is_closing.load(Ordering::SeqCst) {
            // Nobody works on anything any more.
            let nothing = TopicPartitionList::new();
            let result = unassign(consumer, if is_assignment { &nothing } else { partitions });
            if let Err(error) = result {
                tracing::debug!(%error, "kafka: leaving the group");
            }
        } else if is_assignment {
            self.push(Change::Assign(partitions.clone()));
        } else {
            self.push(Change::Revoke(partitions.clone()));
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        self.log.count();
        match result {
            Ok(()) => {}
            Err(error) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::NoOffset) => {}
            Err(error) => {
                tracing::warn!(%error, "kafka: offsets could not be committed; they will be again");
                self.push(Change::CommitFailed);
            }
        }
    }
}

/// Gives partitions back, as the group's protocol wants it.
pub(super) fn unassign(consumer: &NativeConsumer, partitions: &TopicPartitionList) -> KafkaResult<()> {
    match consumer.rebalance_protocol() {
        RebalanceProtocol::Cooperative => consumer.incremental_unassign(partitions),
        RebalanceProtocol::Eager | RebalanceProtocol::None => consumer.unassign(),
    }
}
