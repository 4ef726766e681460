//! The messages of one channel, from now on.

use std::fmt;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use redis::aio::{PubSub, PubSubSink, PubSubStream};
use tokio::time::{sleep, timeout};

use crate::connector::Connector;
use crate::error::RedisError;

/// How often a connection on which nothing comes is asked whether it is still there.
const CHECK_INTERVAL: Duration = Duration::from_secs(15);
/// How long the answer to that may take.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection that has subscribed. What is published while there is none is lost: Redis keeps no message.
pub struct Subscription {
    messages: PubSubStream,
    /// Ends when the server has stopped answering.
    check: BoxFuture<'static, ()>,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Subscription").finish_non_exhaustive()
    }
}

impl Subscription {
    /// Connects and subscribes; messages published after this are received.
    ///
    /// # Errors
    /// The server cannot be reached, or refuses.
    pub async fn open(connector: &Connector, channel: &str) -> Result<Self, RedisError> {
        let settings = connector.address.settings();
        let set_up = |stream| async move {
            let mut connection = PubSub::new(&settings, stream).await?;
            connection.subscribe(channel).await?;
            Ok(connection)
        };
        let (sink, messages) = connector.open(set_up).await?.split();
        Ok(Self {
            messages,
            check: check(sink).boxed(),
        })
    }

    /// The next message, or nothing when the connection is lost. May be given up and asked again without losing any.
    ///
    /// Messages wait in memory until they are asked for, so ask without delay and bound what is kept.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        tokio::select! {
            biased;
            message = self.messages.next() => message.map(|message| message.get_payload_bytes().to_vec()),
            () = &mut self.check => None,
        }
    }
}

/// Comes back when the server does not.
async fn check(mut sink: PubSubSink) {
    loop {
        sleep(CHECK_INTERVAL).await;
        match timeout(CHECK_TIMEOUT, sink.ping::<redis::Value>()).await {
            Ok(Ok(_pong)) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}
