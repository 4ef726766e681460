//! One connection for everyone: commands of any number of callers go over it at once, and it is made anew when it is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, FromRedisValue};
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, timeout};

use crate::connector::Connector;
use crate::error::RedisError;

/// How long an answer may take. The host's deadline for a call is longer, so that a component can still say what happened.
pub const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
/// Commands under way at once; further ones wait for their turn.
const IN_FLIGHT: usize = 256;

/// A server, as its callers see it. Cheap to clone; connects when it is first used.
#[derive(Debug, Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    connector: Connector,
    turns: Semaphore,
    slot: Mutex<Slot>,
}

#[derive(Debug, Default)]
struct Slot {
    link: Option<Link>,
    /// What came of the last attempt to connect, and when, if nothing did.
    failure: Option<(Instant, RedisError)>,
}

#[derive(Debug, Clone)]
struct Link {
    connection: MultiplexedConnection,
    is_closed: Arc<AtomicBool>,
}

impl Client {
    /// A client without a connection yet.
    #[must_use]
    pub fn new(connector: Connector) -> Self {
        Self {
            shared: Arc::new(Shared {
                connector,
                turns: Semaphore::new(IN_FLIGHT),
                slot: Mutex::new(Slot::default()),
            }),
        }
    }

    /// The server's address without secrets.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.shared.connector.server
    }

    /// Whether somebody else holds this client too.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        Arc::strong_count(&self.shared) > 1
    }

    /// Makes sure that there is a connection.
    ///
    /// # Errors
    /// There is none to be had.
    pub async fn connect(&self) -> Result<(), RedisError> {
        self.link().await.map(drop)
    }

    /// Has one command carried out. Nothing is tried twice: a command that was lost on its way may have been carried out.
    ///
    /// Commands that change what the connection is (`MULTI`, `SELECT`, `SUBSCRIBE`, …) or wait (`BLPOP`) must not be given,
    /// because others use it too.
    ///
    /// # Errors
    /// The server cannot be reached, does not answer, or answers with an error.
    pub async fn query<R: FromRedisValue>(&self, command: &Cmd) -> Result<R, RedisError> {
        let server = self.server();
        let begun = timeout(RESPONSE_TIMEOUT, self.shared.turns.acquire()).await;
        let _turn = begun.map_err(|_elapsed| RedisError::Busy {
            server: server.to_owned(),
        })?;
        let link = self.link().await?;
        let mut connection = link.connection.clone();
        let answering = timeout(RESPONSE_TIMEOUT, connection.send_packed_command(command));
        let answered = match answering.await {
            Ok(answered) => answered
                .and_then(redis::Value::extract_error)
                .map_err(|error| RedisError::of_command(server, &error)),
            Err(_elapsed) => Err(RedisError::TimedOut {
                server: server.to_owned(),
                after: RESPONSE_TIMEOUT,
            }),
        };
        if answered.as_ref().is_err_and(RedisError::ends_connection) {
            link.is_closed.store(true, Ordering::Relaxed);
        }
        redis::from_redis_value(answered?).map_err(|_kinds| RedisError::Unexpected)
    }

    /// The connection there is, or a new one. One caller connects, the others wait for what comes of it.
    async fn link(&self) -> Result<Link, RedisError> {
        let asked = Instant::now();
        let mut slot = self.shared.slot.lock().await;
        if let Some(link) = slot
            .link
            .as_ref()
            .filter(|link| !link.is_closed.load(Ordering::Relaxed))
        {
            return Ok(link.clone());
        }
        match &slot.failure {
            // It was tried while this caller waited; trying again would only make the queue longer.
            Some((when, error)) if *when > asked => return Err(error.clone()),
            Some(_) | None => {}
        }
        slot.link = None;
        match self.open().await {
            Ok(link) => {
                slot.failure = None;
                Ok(slot.link.insert(link).clone())
            }
            Err(error) => {
                slot.failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn open(&self) -> Result<Link, RedisError> {
        let connector = &self.shared.connector;
        let settings = connector.address.settings();
        // Time is kept here.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        let set_up = |stream| MultiplexedConnection::new_with_config(&settings, stream, config);
        let (connection, driver) = connector.open(set_up).await?;
        let is_closed = Arc::new(AtomicBool::new(false));
        let closed = Arc::clone(&is_closed);
        // Ends with the connection, or when nobody holds it any more.
        drop(tokio::spawn(async move {
            driver.await;
            closed.store(true, Ordering::Relaxed);
        }));
        Ok(Link {
            connection,
            is_closed,
        })
    }
}
