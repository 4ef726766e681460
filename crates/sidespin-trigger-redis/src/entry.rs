//! One entry at work: takes messages as fast as they come, keeps the newest ones, gives them to the component.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, OptionFuture};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use sidespin_redis_client::Connector;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::Listening;
use crate::config::EntryConfig;
use crate::metrics::{MessageOutcome, RedisMetrics};
use crate::queue::Queue;
use crate::source::{Event, Source};

/// A host without room is asked again after this.
const ROOM_AGAIN: Duration = Duration::from_millis(50);

/// What came back from a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It did its work.
    Done,
    /// It could not, or did not answer.
    Failed { reason: String },
    /// It was never asked, because the host is out of room.
    NoRoom,
}

/// The way to the component.
pub(crate) trait Calls: Send + Sync {
    /// Gives it a message.
    fn call(&self, message: Vec<u8>) -> BoxFuture<'static, Answer>;
}

/// One entry.
pub(crate) struct Entry {
    config: EntryConfig,
    calls: Arc<dyn Calls>,
    metrics: RedisMetrics,
    queue: Queue,
    running: FuturesUnordered<BoxFuture<'static, Ended>>,
    /// Nothing is begun before.
    not_before: Option<Instant>,
}

/// A call that has come back.
struct Ended {
    answer: Answer,
    began: Instant,
    /// Kept for when there was no room.
    message: Vec<u8>,
}

impl Entry {
    pub(crate) fn new(config: EntryConfig, calls: Arc<dyn Calls>, metrics: RedisMetrics) -> Self {
        Self {
            queue: Queue::new(config.queue),
            config,
            calls,
            metrics,
            running: FuturesUnordered::new(),
            not_before: None,
        }
    }

    /// Listens until `shutdown` is cancelled and everything that was received has been handled.
    pub(crate) async fn run(mut self, shutdown: &CancellationToken, listening: &Listening<'_>) {
        let connector = Connector::new(self.config.address.clone());
        let server = connector.server().to_owned();
        let part = format!("{} of {}", self.config.channel, self.config.component);
        let mut source = Source::new(connector, self.config.channel.clone());
        while !shutdown.is_cancelled() {
            self.begin();
            let room = OptionFuture::from(self.not_before.map(sleep_until));
            tokio::select! {
                () = shutdown.cancelled() => {}
                event = source.next() => self.happened(event, &server, &part, listening),
                Some(ended) = self.running.next() => self.ended(ended),
                Some(()) = room => self.not_before = None,
            }
        }
        // Nothing comes any more; what waits is handled, because nobody else will get it.
        drop(source);
        loop {
            self.begin();
            let room = OptionFuture::from(self.not_before.map(sleep_until));
            tokio::select! {
                Some(ended) = self.running.next() => self.ended(ended),
                Some(()) = room => self.not_before = None,
                else => return,
            }
        }
    }

    fn happened(&mut self, event: Event, server: &str, part: &str, listening: &Listening<'_>) {
        let (component, channel) = (&self.config.component, &self.config.channel);
        match event {
            Event::Listening => {
                tracing::info!(%component, channel, server, "listening to a Redis channel");
                listening.found(part);
            }
            Event::NotYet(error) => {
                tracing::warn!(%component, channel, %error, "a Redis channel cannot be listened to yet");
                listening.still_missing(part, &error.to_string());
            }
            Event::Lost => {
                tracing::warn!(%component, channel, server, "the connection is lost, and what is published meanwhile");
                self.metrics.lost(component, channel);
                listening.lost(part, &format!("the connection to {server} is lost"));
            }
            Event::Message(message) => {
                let dropped = self.queue.push(message);
                self.count(MessageOutcome::Dropped, dropped);
            }
        }
    }

    /// Begins as many calls as may be.
    fn begin(&mut self) {
        while self.not_before.is_none() && self.running.len() < self.config.concurrency {
            let Some(message) = self.queue.pop() else {
                return;
            };
            let call = self.calls.call(message.clone());
            let began = Instant::now();
            self.running.push(
                call.map(move |answer| Ended {
                    answer,
                    began,
                    message,
                })
                .boxed(),
            );
        }
    }

    fn ended(&mut self, ended: Ended) {
        let Ended {
            answer,
            began,
            message,
        } = ended;
        let component = &self.config.component;
        match answer {
            Answer::Done => {
                self.metrics.handled(component, began.elapsed());
                self.count(MessageOutcome::Done, 1);
            }
            Answer::Failed { reason } => {
                let channel = &self.config.channel;
                tracing::error!(%component, channel, reason, "a message was not handled, and is gone");
                self.metrics.handled(component, began.elapsed());
                self.count(MessageOutcome::Failed, 1);
            }
            Answer::NoRoom => {
                let dropped = self.queue.put_back(message);
                self.count(MessageOutcome::Dropped, dropped);
                self.not_before = Some(Instant::now() + ROOM_AGAIN);
            }
        }
    }

    fn count(&self, outcome: MessageOutcome, messages: u64) {
        self.metrics
            .count(&self.config.component, &self.config.channel, outcome, messages);
    }
}

#[cfg(test)]
mod tests;
