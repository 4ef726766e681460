//! Jobs in a Postgres that any number of hosts share.
//!
//! A firing belongs to the host whose claim it is: a row with a lease, which that host renews while the work goes on. A claim
//! has a number that never comes twice, so the end of a firing that another host has taken over meanwhile changes nothing.
//! All times are those of the database's clock, which each answer brings along; between answers a monotonic clock counts on.
//! So hosts whose clocks differ fire at the same time, and agree on when a lease is over.

mod attend;
mod config;
mod reading;
mod rows;
mod session;
mod sql;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

pub use config::{PostgresConfig, PostgresConfigError, PostgresOptions};

use crate::clock::{Clock as _, SystemClock};
use crate::job::Timing;
use crate::row::StoredRepeat;
use crate::{Claim, Due, Job, JobStoreError, Outlook, Schedule, Settlement};
use reading::{ClockReading, Reading};
use rows::{signed, unsigned};
use session::Session;

/// Connections for statements: so many can wait for the disk at once, which then writes them together.
const CONNECTIONS: usize = 4;
/// A statement that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// A parameter of a statement, with its type: nothing has to be prepared then, which poolers between here and Postgres like.
type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

pub(crate) struct PostgresStore {
    config: PostgresConfig,
    /// Tells this store's own notifications from those of others.
    host: String,
    sessions: [tokio::sync::Mutex<Option<Arc<Session>>>; CONNECTIONS],
    turn: AtomicUsize,
    asked: AtomicU64,
    clock: Mutex<Option<ClockReading>>,
    /// Claims that are renewed, and whether each is being settled.
    live: Mutex<HashMap<i64, Live>>,
    changed: watch::Sender<u64>,
}

#[derive(Debug, Clone)]
struct Live {
    owner: String,
    name: String,
    is_ending: bool,
}

impl PostgresStore {
    pub(crate) fn new(config: PostgresConfig) -> Self {
        use std::hash::{BuildHasher as _, RandomState};
        Self {
            config,
            host: format!("{:016x}", RandomState::new().hash_one(std::process::id())),
            sessions: Default::default(),
            turn: AtomicUsize::new(0),
            asked: AtomicU64::new(0),
            clock: Mutex::default(),
            live: Mutex::default(),
            changed: watch::Sender::new(0),
        }
    }

    pub(crate) async fn connect(&self) -> Result<(), JobStoreError> {
        if self.reading().is_none() {
            self.session().await?;
        }
        Ok(())
    }

    /// This machine's clock until the database's is known.
    pub(crate) fn now(&self) -> u64 {
        let reading = *self.reading();
        reading.map_or_else(|| SystemClock.now(), |reading| reading.at(Instant::now()))
    }

    pub(crate) fn operations(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub(crate) async fn put(&self, schedule: Schedule, only_if_absent: bool) -> Result<bool, JobStoreError> {
        let Schedule {
            owner,
            name,
            due,
            repeat,
            payload,
        } = schedule;
        let repeat = StoredRepeat::of(repeat.as_ref());
        let (due, interval) = (signed(due), repeat.interval.map(signed));
        let statement = if only_if_absent {
            sql::PUT_IF_ABSENT.as_str()
        } else {
            sql::PUT.as_str()
        };
        let rows = self
            .query(
                statement,
                &[
                    (&self.config.application, Type::TEXT),
                    (&owner, Type::TEXT),
                    (&name, Type::TEXT),
                    (&self.host, Type::TEXT),
                    (&due, Type::INT8),
                    (&interval, Type::INT8),
                    (&repeat.rule, Type::TEXT),
                    (&repeat.timezone, Type::TEXT),
                    (&payload, Type::BYTEA),
                ],
            )
            .await?;
        Ok(self.changed_if(!rows.is_empty()))
    }

    pub(crate) async fn reschedule(&self, owner: &str, name: &str, due: u64) -> Result<bool, JobStoreError> {
        self.move_to(sql::RESCHEDULE.as_str(), owner, name, due).await
    }

    pub(crate) async fn run(&self, owner: &str, name: &str) -> Result<bool, JobStoreError> {
        self.connect().await?;
        self.move_to(sql::RUN.as_str(), owner, name, self.now()).await
    }

    async fn move_to(
        &self,
        statement: &str,
        owner: &str,
        name: &str,
        time: u64,
    ) -> Result<bool, JobStoreError> {
        let time = signed(time);
        let rows = self
            .query(
                statement,
                &[
                    (&self.config.application, Type::TEXT),
                    (&owner, Type::TEXT),
                    (&name, Type::TEXT),
                    (&self.host, Type::TEXT),
                    (&time, Type::INT8),
                ],
            )
            .await?;
        Ok(self.changed_if(!rows.is_empty()))
    }

    pub(crate) async fn cancel(&self, owner: &str, name: &str) -> Result<bool, JobStoreError> {
        let rows = self.query(sql::CANCEL, &self.one(&owner, &name)).await?;
        Ok(self.changed_if(!rows.is_empty()))
    }

    pub(crate) async fn pending(&self, owner: &str, limit: u64) -> Result<u64, JobStoreError> {
        let limit = signed(limit);
        let parameters: [Parameter<'_>; 3] = [
            (&self.config.application, Type::TEXT),
            (&owner, Type::TEXT),
            (&limit, Type::INT8),
        ];
        let rows = self.query(sql::PENDING, &parameters).await?;
        let count = rows.first().map(|row| row.try_get::<_, i64>(0)).transpose();
        Ok(unsigned(
            count
                .map_err(|error| self.config.failed(error))?
                .unwrap_or_default(),
        ))
    }

    pub(crate) async fn list(&self, owner: Option<&str>, limit: u64) -> Result<Vec<Job>, JobStoreError> {
        let limit = signed(limit);
        let parameters: [Parameter<'_>; 3] = [
            (&self.config.application, Type::TEXT),
            (&owner, Type::TEXT),
            (&limit, Type::INT8),
        ];
        let rows = self.query(sql::LIST, &parameters).await?;
        rows.iter().map(|row| self.read(rows::job(row, None))).collect()
    }

    pub(crate) async fn get(&self, owner: &str, name: &str) -> Result<Option<Job>, JobStoreError> {
        let rows = self.query(sql::GET, &self.one(&owner, &name)).await?;
        let read = |row| rows::job(row, Some(row.try_get("payload")?));
        rows.first().map(|row| self.read(read(row))).transpose()
    }

    pub(crate) async fn claim_due(
        &self,
        owner: &str,
        now: u64,
        limit: usize,
    ) -> Result<Outlook, JobStoreError> {
        let (now, limit) = (signed(now), i64::try_from(limit).unwrap_or(i64::MAX));
        let lease = self.config.lease_milliseconds();
        let claim: [Parameter<'_>; 5] = [
            (&self.config.application, Type::TEXT),
            (&owner, Type::TEXT),
            (&now, Type::INT8),
            (&limit, Type::INT8),
            (&lease, Type::INT8),
        ];
        let look: [Parameter<'_>; 2] = [(&self.config.application, Type::TEXT), (&owner, Type::TEXT)];
        let session = self.session().await?;
        // Both are on their way at once; the second sees what the first has done.
        let (claimed, looked) = self
            .answered(async {
                tokio::try_join!(
                    session.client.query_typed(sql::CLAIM, &claim),
                    session.read_clock(sql::NEXT, &look)
                )
            })
            .await?;
        let (rows, reading) = looked;
        self.clock_read(reading);
        let due = claimed
            .iter()
            .map(|row| self.read(rows::due(owner, row)))
            .collect::<Result<Vec<_>, _>>()?;
        let mut live = self.live();
        for Due { claim, .. } in &due {
            let alive = Live {
                owner: claim.owner.clone(),
                name: claim.name.clone(),
                is_ending: false,
            };
            live.insert(claim.id, alive);
        }
        drop(live);
        let next = rows
            .first()
            .map(|row| row.try_get::<_, Option<i64>>("next"))
            .transpose();
        let next = self.read(next)?.flatten().map(unsigned);
        Ok(Outlook { due, next })
    }

    pub(crate) async fn settle(&self, claim: Claim, settlement: Settlement) -> Result<bool, JobStoreError> {
        self.mark_ending(claim.id, true);
        let settled = self.settle_in_database(&claim, settlement).await;
        match settled {
            Ok(_) => drop(self.live().remove(&claim.id)),
            Err(_) => self.mark_ending(claim.id, false),
        }
        settled
    }

    async fn settle_in_database(&self, claim: &Claim, settlement: Settlement) -> Result<bool, JobStoreError> {
        let wait = claim.timing.after(settlement);
        let is_forgotten = wait.is_none();
        let Timing {
            due,
            fire_at,
            attempt,
            unplanned,
            repeat,
        } = wait.unwrap_or_else(|| Timing::first(0, None));
        let (due, fire_at) = (signed(due), signed(fire_at));
        let attempt = i32::try_from(attempt).unwrap_or(i32::MAX);
        let rule = StoredRepeat::of(repeat.as_ref()).rule;
        let rows = self
            .query(
                &sql::SETTLE,
                &[
                    (&self.config.application, Type::TEXT),
                    (&claim.owner, Type::TEXT),
                    (&claim.name, Type::TEXT),
                    (&claim.id, Type::INT8),
                    (&claim.generation, Type::INT8),
                    (&is_forgotten, Type::BOOL),
                    (&due, Type::INT8),
                    (&fire_at, Type::INT8),
                    (&attempt, Type::INT4),
                    (&unplanned, Type::BOOL),
                    (&rule, Type::TEXT),
                    (&self.host, Type::TEXT),
                ],
            )
            .await?;
        Ok(!rows.is_empty())
    }

    fn one<'a>(&'a self, owner: &'a &str, name: &'a &str) -> [Parameter<'a>; 3] {
        [
            (&self.config.application, Type::TEXT),
            (owner, Type::TEXT),
            (name, Type::TEXT),
        ]
    }

    fn mark_ending(&self, id: i64, is_ending: bool) {
        if let Some(live) = self.live().get_mut(&id) {
            live.is_ending = is_ending;
        }
    }

    fn changed_if(&self, is_changed: bool) -> bool {
        if is_changed {
            self.changed.send_modify(|version| *version += 1);
        }
        is_changed
    }

    async fn query(&self, statement: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, JobStoreError> {
        let session = self.session().await?;
        self.answered(session.client.query_typed(statement, parameters))
            .await
    }

    /// The next connection in turn, made anew if it is lost.
    async fn session(&self) -> Result<Arc<Session>, JobStoreError> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % CONNECTIONS;
        let [first, ..] = &self.sessions;
        let mut place = self.sessions.get(turn).unwrap_or(first).lock().await;
        if let Some(session) = place.as_ref().filter(|session| !session.client.is_closed()) {
            return Ok(Arc::clone(session));
        }
        let session = Arc::new(Session::open(&self.config).await?);
        let (_rows, reading) = self.answered(session.read_clock(sql::CLOCK, &[])).await?;
        self.clock_read(reading);
        *place = Some(Arc::clone(&session));
        Ok(session)
    }

    async fn answered<R>(
        &self,
        statement: impl Future<Output = Result<R, tokio_postgres::Error>>,
    ) -> Result<R, JobStoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match timeout(PATIENCE, statement).await {
            Ok(answer) => self.read(answer),
            Err(_elapsed) => Err(JobStoreError::TimedOut {
                server: self.config.server(),
                after: PATIENCE,
            }),
        }
    }

    fn read<R>(&self, read: Result<R, tokio_postgres::Error>) -> Result<R, JobStoreError> {
        read.map_err(|error| self.config.failed(error))
    }

    fn clock_read(&self, reading: Reading) {
        let mut clock = self.reading();
        *clock = Some(ClockReading::better(*clock, reading));
    }

    fn reading(&self) -> std::sync::MutexGuard<'_, Option<ClockReading>> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn live(&self) -> std::sync::MutexGuard<'_, HashMap<i64, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
