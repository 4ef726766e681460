//! Where messages come from: a subscription, made again when it is lost.

use std::fmt;

use futures::FutureExt;
use futures::future::BoxFuture;
use sidespin_redis_client::{Connector, RedisError, Subscription};
use sidespin_resilience::RetryPolicy;

/// How long to wait before the next attempt to connect.
const AGAIN: RetryPolicy = RetryPolicy {
    attempts: u32::MAX,
    backoff: std::time::Duration::from_millis(100),
    max_backoff: std::time::Duration::from_secs(10),
};

/// What happens on a channel.
#[derive(Debug)]
pub(crate) enum Event {
    /// Messages come from now on.
    Listening,
    /// There is no connection yet; it is tried again by itself.
    NotYet(RedisError),
    /// A message.
    Message(Vec<u8>),
    /// The connection is gone, and with it what is published until there is another one.
    Lost,
}

/// One channel of one server.
pub(crate) struct Source {
    connector: Connector,
    channel: String,
    state: State,
    /// Attempts since there was a connection.
    attempts: u32,
}

enum State {
    Connecting(BoxFuture<'static, Result<Subscription, RedisError>>),
    Listening(Subscription),
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Source")
            .field("connector", &self.connector)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

impl Source {
    pub(crate) fn new(connector: Connector, channel: String) -> Self {
        let state = State::Connecting(open(connector.clone(), channel.clone()));
        Self {
            connector,
            channel,
            state,
            attempts: 0,
        }
    }

    /// The next thing that happens. May be given up and asked again without losing anything.
    pub(crate) async fn next(&mut self) -> Event {
        match &mut self.state {
            State::Connecting(connecting) => match connecting.await {
                Ok(subscription) => {
                    self.attempts = 0;
                    self.state = State::Listening(subscription);
                    Event::Listening
                }
                Err(error) => {
                    self.connect_later();
                    Event::NotYet(error)
                }
            },
            State::Listening(subscription) => match subscription.next().await {
                Some(message) => Event::Message(message),
                None => {
                    self.connect_later();
                    Event::Lost
                }
            },
        }
    }

    fn connect_later(&mut self) {
        self.attempts = self.attempts.saturating_add(1);
        let delay = AGAIN.delay(self.attempts);
        let opening = open(self.connector.clone(), self.channel.clone());
        self.state = State::Connecting(
            async move {
                tokio::time::sleep(delay).await;
                opening.await
            }
            .boxed(),
        );
    }
}

fn open(connector: Connector, channel: String) -> BoxFuture<'static, Result<Subscription, RedisError>> {
    async move { Subscription::open(&connector, &channel).await }.boxed()
}
