//! One entry at work: a member of a consumer group, with its lanes.
//!
//! Everything that changes is changed by one task, so there are no locks and no orders of events that cannot be reasoned
//! about. Calls to the component and writes of dead letters run beside it and come back as events.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, OptionFuture};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use sidespin_kafka_client::{
    Assignment, ClientError, Connection, Delivered, GroupConsumer, GroupEvent, Lag, Position, Producer,
    Record,
};
use sidespin_trigger::{TriggerContext, TriggerError};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::answer::{Answer, Verdict};
use crate::config::EntryConfig;
use crate::dead_letter;
use crate::lane::{Item, Lane};
use crate::metrics::{KafkaMetrics, MessageOutcome, Rebalance};
use crate::offsets::OffsetTracker;

/// How long what is done may stay uncommitted: what a crash repeats at most, besides what was in flight.
const COMMIT_INTERVAL: Duration = Duration::from_millis(100);
/// After a commit that failed, the cluster needs a moment.
const COMMIT_AGAIN: Duration = Duration::from_secs(1);

/// The way to the component.
pub(crate) trait Calls: Send + Sync {
    /// Gives it a batch.
    fn call(&self, records: &[&Record]) -> BoxFuture<'static, Answer>;
}

/// A member that has not joined yet.
pub(crate) struct Member {
    entry: EntryConfig,
    calls: Arc<dyn Calls>,
    producer: Producer,
    metrics: KafkaMetrics,
    joined: oneshot::Sender<()>,
}

impl Member {
    pub(crate) fn new(
        entry: EntryConfig,
        calls: Arc<dyn Calls>,
        producer: Producer,
        metrics: KafkaMetrics,
        joined: oneshot::Sender<()>,
    ) -> Self {
        Self {
            entry,
            calls,
            producer,
            metrics,
            joined,
        }
    }

    pub(crate) fn entry(&self) -> &EntryConfig {
        &self.entry
    }

    /// Works until `shutdown` is cancelled and what is in flight is finished.
    pub(crate) async fn run(
        self,
        connection: &Connection,
        context: &TriggerContext,
    ) -> Result<(), TriggerError> {
        let shutdown = &context.shutdown;
        let consumer = tokio::select! {
            started = GroupConsumer::start(connection, &self.entry.group) => started,
            () = shutdown.cancelled() => return Ok(()),
        };
        let component = self.entry.component.clone();
        let failed = |source: ClientError| TriggerError::Failed {
            what: format!("the Kafka trigger of `{component}` cannot read its topics"),
            source: Box::new(source),
        };
        let lanes = (0..self.entry.lanes).map(|_| Lane::default()).collect();
        let mut work = Work {
            consumer: consumer.map_err(&failed)?,
            joined: Some(self.joined),
            entry: self.entry,
            calls: self.calls,
            producer: self.producer,
            metrics: self.metrics,
            context: context.clone(),
            lanes,
            partitions: BTreeMap::new(),
            leaving: Vec::new(),
            running: FuturesUnordered::new(),
            dead_letters: FuturesUnordered::new(),
            commit_at: None,
        };
        work.until(shutdown).await.map_err(&failed)?;
        work.drain().await;
        Ok(())
    }
}

/// A partition that is this member's.
#[derive(Default)]
struct Partition {
    offsets: OffsetTracker,
    /// Messages that a call is out with.
    in_flight: usize,
    /// Cancelled when it is not any more.
    given_up: CancellationToken,
}

/// A call that has come back.
struct Called {
    lane: usize,
    batch: Vec<Item>,
    answer: Answer,
    duration: Duration,
}

/// A dead letter that was written, or given up.
struct Buried {
    item: Item,
    is_written: bool,
}

struct Work {
    consumer: GroupConsumer,
    joined: Option<oneshot::Sender<()>>,
    entry: EntryConfig,
    calls: Arc<dyn Calls>,
    producer: Producer,
    metrics: KafkaMetrics,
    context: TriggerContext,
    lanes: Vec<Lane>,
    partitions: BTreeMap<Assignment, Partition>,
    /// Revoked, and let go when no call has a message of theirs any more.
    leaving: Vec<Assignment>,
    running: FuturesUnordered<BoxFuture<'static, Called>>,
    dead_letters: FuturesUnordered<BoxFuture<'static, Buried>>,
    commit_at: Option<Instant>,
}

impl Work {
    async fn until(&mut self, shutdown: &CancellationToken) -> Result<(), ClientError> {
        loop {
            self.start_calls();
            let now = Instant::now();
            let ready_at = self.lanes.iter().filter_map(|lane| lane.next_ready(now)).min();
            let wake_at = ready_at.into_iter().chain(self.commit_at).min();
            let timer = OptionFuture::from(wake_at.map(tokio::time::sleep_until));
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                Some(called) = self.running.next() => self.judge(called),
                Some(buried) = self.dead_letters.next() => self.bury(buried),
                event = self.consumer.next() => self.handle(event)?,
                Some(()) = timer => {}
            }
            if self.commit_at.is_some_and(|at| at <= Instant::now()) {
                self.commit();
            }
        }
    }

    /// No new calls; those that are out finish, and with them the offsets.
    async fn drain(mut self) {
        self.lanes.iter_mut().for_each(Lane::clear);
        while let Some(called) = self.running.next().await {
            self.judge(called);
        }
        // Those that cannot be written now come again after the next start.
        self.partitions
            .values()
            .for_each(|partition| partition.given_up.cancel());
        while let Some(buried) = self.dead_letters.next().await {
            self.bury(buried);
        }
        let positions = self.positions(|_assignment| true);
        self.consumer.close(positions).await;
    }

    fn start_calls(&mut self) {
        let now = Instant::now();
        for (lane, queue) in self.lanes.iter_mut().enumerate() {
            let Some(batch) = queue.take(now, self.entry.batch_size) else {
                continue;
            };
            for item in &batch {
                if let Some(partition) = self.partitions.get_mut(item.assignment()) {
                    partition.in_flight += 1;
                }
            }
            let records: Vec<_> = batch.iter().map(Item::record).collect();
            let calling = self.calls.call(&records);
            let call = async move {
                let answer = calling.await;
                Called {
                    lane,
                    batch,
                    answer,
                    duration: now.elapsed(),
                }
            };
            self.running.push(call.boxed());
        }
    }

    fn handle(&mut self, event: GroupEvent) -> Result<(), ClientError> {
        match event {
            GroupEvent::Assigned(assignments) => {
                self.metrics.rebalance(&self.entry.component, Rebalance::Assigned);
                // What was committed while the group was changing may be lost without a word: the brokers refuse those of the
                // generation before, and the library tells nobody who is not asking.
                self.commit_again();
                for assignment in assignments {
                    self.partitions.insert(assignment, Partition::default());
                }
                if let Some(joined) = self.joined.take() {
                    // Nobody waits for it when another member has failed meanwhile.
                    let _is_awaited = joined.send(()).is_ok();
                }
            }
            GroupEvent::Records(records) => records.into_iter().for_each(|delivered| self.receive(delivered)),
            GroupEvent::Revoked { assignments, is_lost } => self.revoke(assignments, is_lost),
            GroupEvent::Progress { lags, is_connected } => self.note_progress(&lags, is_connected),
            GroupEvent::CommitFailed => self.commit_again(),
            GroupEvent::Failed(error) => return Err(error),
        }
        Ok(())
    }

    /// Commits after a moment what was committed before.
    fn commit_again(&mut self) {
        self.partitions
            .values_mut()
            .for_each(|partition| partition.offsets.forget_commit());
        self.commit_at = Some(Instant::now() + COMMIT_AGAIN);
    }

    fn note_progress(&self, lags: &[Lag], is_connected: bool) {
        let component = &self.entry.component;
        for lag in lags {
            self.metrics
                .lag(component, &lag.topic, lag.partition, lag.messages);
        }
        let problem =
            "no Kafka broker can be reached: see to the brokers, the network and `bootstrap_servers`";
        self.context.problem(
            &format!("{component}: broker"),
            (!is_connected).then(|| problem.to_owned()),
        );
    }

    fn receive(&mut self, delivered: Delivered) {
        let Some(partition) = self.partitions.get_mut(&delivered.assignment) else {
            return;
        };
        partition.offsets.receive(delivered.record.offset);
        let item = Item::new(delivered);
        let lane = item.lane(self.lanes.len());
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.push(item);
        }
    }

    fn judge(&mut self, called: Called) {
        let Called {
            lane,
            batch,
            answer,
            duration,
        } = called;
        let component = self.entry.component.clone();
        self.metrics.batch(&component, batch.len(), duration);
        if let Answer::Trapped { reason } | Answer::NotCalled { reason } = &answer {
            tracing::warn!(%component, messages = batch.len(), reason, "a batch of messages was not handled");
        }
        for item in &batch {
            if let Some(partition) = self.partitions.get_mut(item.assignment()) {
                partition.in_flight -= 1;
            }
        }
        let mut verdict = Verdict::new(batch, answer, &self.entry.retry, Instant::now());
        self.count(&verdict.done, MessageOutcome::Done);
        self.count(&verdict.again, MessageOutcome::Again);
        verdict.done.iter().for_each(|item| self.finish(item));
        for (item, reason) in std::mem::take(&mut verdict.dead) {
            self.put_aside(item, &reason);
        }
        verdict.again.retain(|item| self.is_worked_on(item.assignment()));
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.finish(verdict.again);
        }
        self.release_left();
    }

    /// Counts messages, those of one topic together: what costs nothing for a batch would cost something for each message.
    fn count(&self, items: &[Item], outcome: MessageOutcome) {
        for same in items.chunk_by(|one, other| one.record().topic == other.record().topic) {
            if let Some(first) = same.first() {
                self.metrics
                    .count(&self.entry.component, &first.record().topic, outcome, same.len());
            }
        }
    }

    /// Whether new work on the partition is begun: it is this member's and will stay so.
    fn is_worked_on(&self, assignment: &Assignment) -> bool {
        self.partitions.contains_key(assignment) && !self.leaving.contains(assignment)
    }

    fn finish(&mut self, item: &Item) {
        if let Some(partition) = self.partitions.get_mut(item.assignment()) {
            partition.offsets.finish(item.record().offset);
            if partition.offsets.is_dirty() {
                self.commit_at
                    .get_or_insert_with(|| Instant::now() + COMMIT_INTERVAL);
            }
        }
    }

    fn put_aside(&mut self, item: Item, reason: &str) {
        // Whoever gets a partition that leaves finds out for itself.
        if !self.is_worked_on(item.assignment()) {
            return;
        }
        let Some(partition) = self.partitions.get(item.assignment()) else {
            return;
        };
        let component = &self.entry.component;
        let record = item.record();
        let (topic, partition_number, offset) = (record.topic.clone(), record.partition, record.offset);
        tracing::warn!(%component, %topic, partition = partition_number, offset, attempts = item.attempt, reason, "a message is put aside");
        let message = dead_letter::message(&item, self.entry.dead_letter_topic(&topic), component, reason);
        let (producer, given_up) = (self.producer.clone(), partition.given_up.clone());
        let context = self.context.clone();
        let part = format!("{component}: {topic}/{partition_number}");
        let writing = async move {
            let is_written = dead_letter::write(&producer, message, &given_up, |problem| {
                context.problem(&part, problem)
            })
            .await;
            Buried { item, is_written }
        };
        self.dead_letters.push(writing.boxed());
    }

    fn bury(&mut self, buried: Buried) {
        if buried.is_written {
            let topic = &buried.item.record().topic;
            self.metrics
                .count(&self.entry.component, topic, MessageOutcome::DeadLettered, 1);
            self.finish(&buried.item);
        }
    }

    fn revoke(&mut self, assignments: Vec<Assignment>, is_lost: bool) {
        let component = &self.entry.component;
        let change = if is_lost {
            Rebalance::Lost
        } else {
            Rebalance::Revoked
        };
        self.metrics.rebalance(component, change);
        for assignment in &assignments {
            self.metrics
                .forget_lag(component, &assignment.topic, assignment.partition);
            if let Some(partition) = self.partitions.get(assignment) {
                partition.given_up.cancel();
            }
        }
        self.lanes
            .iter_mut()
            .for_each(|lane| lane.retain(|assignment| !assignments.contains(assignment)));
        if is_lost {
            // Another member has them already; what is committed now would take its place.
            self.partitions
                .retain(|assignment, _partition| !assignments.contains(assignment));
            self.consumer.release(assignments, Vec::new());
        } else {
            self.leaving.extend(assignments);
            self.release_left();
        }
    }

    /// Lets revoked partitions go once nothing of theirs is in flight.
    fn release_left(&mut self) {
        let is_in_flight = |assignment| {
            self.partitions
                .get(assignment)
                .is_some_and(|partition| partition.in_flight > 0)
        };
        if self.leaving.is_empty() || self.leaving.iter().any(is_in_flight) {
            return;
        }
        let leaving = std::mem::take(&mut self.leaving);
        let positions = self.positions(|assignment| leaving.contains(assignment));
        self.partitions
            .retain(|assignment, _partition| !leaving.contains(assignment));
        self.consumer.release(leaving, positions);
    }

    fn positions(&self, is_asked: impl Fn(&Assignment) -> bool) -> Vec<Position> {
        let asked = self
            .partitions
            .iter()
            .filter(|(assignment, _partition)| is_asked(assignment));
        asked
            .filter_map(|(assignment, partition)| {
                Some(Position {
                    assignment: assignment.clone(),
                    offset: partition.offsets.position()?,
                })
            })
            .collect()
    }

    fn commit(&mut self) {
        self.commit_at = None;
        let dirty = self.partitions.iter_mut().filter_map(|(assignment, partition)| {
            let offset = partition.offsets.take_commit()?;
            Some(Position {
                assignment: assignment.clone(),
                offset,
            })
        });
        let positions: Vec<_> = dirty.collect();
        if !positions.is_empty() {
            self.consumer.commit(positions);
        }
    }
}

#[cfg(test)]
mod tests;
