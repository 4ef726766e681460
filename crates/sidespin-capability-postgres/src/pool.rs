//! The connections of one component, by database: at most so many, kept for a while when they are given back.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::address::Address;
use crate::connect::Connector;
use crate::error::PostgresError;
use crate::lease::Lease;
use crate::session::{Session, now};
use crate::tls::Trust;

/// Databases that one component may use at once. Addresses come from the guest.
const DATABASES: usize = 16;

/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(60);

/// A connection that was used so recently is taken to be alive without asking.
const FRESH: Duration = Duration::from_millis(500);

/// What a pool is found by: the address with its password, and the authority that is trusted.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    address: String,
    authority: Option<String>,
}

/// A component's pools.
pub(crate) struct Pools {
    connector: Arc<Connector>,
    pools: Mutex<HashMap<Key, Arc<Pool>>>,
}

impl std::fmt::Debug for Pools {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The keys hold passwords.
        formatter
            .debug_struct("Pools")
            .field("connector", &self.connector)
            .finish_non_exhaustive()
    }
}

impl Pools {
    pub(crate) fn new(connector: Connector) -> Self {
        Self {
            connector: Arc::new(connector),
            pools: Mutex::default(),
        }
    }

    /// A connection that nobody else uses until it is dropped.
    ///
    /// # Errors
    /// The address is not valid or not granted, the server does not answer, or too many connections are in use.
    pub(crate) async fn connect(
        &self,
        address: String,
        authority: Option<String>,
    ) -> Result<Lease, PostgresError> {
        let pool = self.pool(Key { address, authority })?;
        Pool::take(pool).await
    }

    fn pool(&self, key: Key) -> Result<Arc<Pool>, PostgresError> {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(&key) {
            return Ok(Arc::clone(pool));
        }
        let address = Address::parse(&key.address)?;
        self.connector.check(&address)?;
        let trust = Trust::new(key.authority.as_deref())?;
        if pools.len() >= DATABASES {
            // Leases and running openings hold their pool.
            pools.retain(|_key, pool| Arc::strong_count(pool) > 1);
        }
        if pools.len() >= DATABASES {
            return Err(PostgresError::TooManyDatabases);
        }
        let pool = Arc::new(Pool {
            connector: Arc::clone(&self.connector),
            address,
            trust,
            places: Arc::new(Semaphore::new(self.connector.limits.connections())),
            idle: Mutex::default(),
            is_pruned: AtomicBool::new(false),
        });
        pools.insert(key, Arc::clone(&pool));
        Ok(pool)
    }
}

/// The connections to one database.
#[derive(Debug)]
pub(crate) struct Pool {
    connector: Arc<Connector>,
    address: Address,
    trust: Trust,
    places: Arc<Semaphore>,
    /// The one that was used last at the end.
    idle: Mutex<Vec<Session>>,
    /// A task looks after the idle ones.
    is_pruned: AtomicBool,
}

impl Pool {
    async fn take(pool: Arc<Self>) -> Result<Lease, PostgresError> {
        let limits = pool.connector.limits;
        let place = timeout(limits.connect_timeout(), Arc::clone(&pool.places).acquire_owned());
        let Ok(Ok(place)) = place.await else {
            return Err(PostgresError::Exhausted {
                connections: limits.connections(),
            });
        };
        while let Some(session) = pool.pop() {
            let is_fresh = now().duration_since(session.idle_since) < FRESH;
            if (is_fresh && !session.is_closed()) || session.is_alive().await {
                return Ok(Lease::new(session, pool, place));
            }
        }
        let session = pool.connector.open(&pool.address, &pool.trust).await?;
        Ok(Lease::new(session, pool, place))
    }

    fn pop(&self) -> Option<Session> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Takes a connection back: cleans it and keeps it, or ends it. Its place is free when that is done.
    pub(crate) async fn give_back(self: Arc<Self>, mut session: Session, place: OwnedSemaphorePermit) {
        if session.clean().await {
            self.idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(session);
            self.prune_later();
        } else {
            session.end().await;
        }
        drop(place);
    }

    /// Sees to it that connections which nobody uses any more are closed.
    fn prune_later(self: &Arc<Self>) {
        if self.is_pruned.swap(true, Ordering::AcqRel) {
            return;
        }
        // A pool that is gone takes its connections with it.
        let pool = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(IDLE / 2).await;
                let Some(pool) = pool.upgrade() else {
                    return;
                };
                if pool.prune() {
                    return;
                }
            }
        });
    }

    /// Closes what was idle for too long. Answers whether nothing is left.
    fn prune(&self) -> bool {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|session| now().duration_since(session.idle_since) < IDLE && !session.is_closed());
        if idle.is_empty() {
            self.is_pruned.store(false, Ordering::Release);
        }
        idle.is_empty()
    }

    #[cfg(test)]
    pub(crate) fn idle_connections(&self) -> usize {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    #[cfg(test)]
    pub(crate) fn free_places(&self) -> usize {
        self.places.available_permits()
    }
}
