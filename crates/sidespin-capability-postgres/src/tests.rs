//! The capability against a real server, without a guest.

mod connections;
mod security;
mod statements;
mod values;

use std::sync::Arc;

use futures::FutureExt as _;
use servers::Postgres;
use sidespin_outbound::AllowedHosts;
use sidespin_world::postgres::postgres as wit;
use wit::{DbValue, ParameterValue};

use crate::connect::Connector;
use crate::error::PostgresError;
use crate::lease::Lease;
use crate::pool::{Pool, Pools};
use crate::{ComponentAccess, Limits};

/// A component's view of a fresh database.
struct Fixture {
    server: Arc<Postgres>,
    url: String,
    access: ComponentAccess,
}

impl Fixture {
    /// Nothing where the machine has no Postgres.
    fn new(limits: Limits) -> Option<Self> {
        Self::on(Postgres::shared().unwrap()?, limits)
    }

    fn on(server: Arc<Postgres>, limits: Limits) -> Option<Self> {
        let url = server.database().unwrap();
        let access = access("postgres://127.0.0.1:*", limits);
        Some(Self { server, url, access })
    }

    async fn connect(&self) -> Lease {
        self.open(&self.url).await.unwrap()
    }

    async fn open(&self, url: &str) -> Result<Lease, PostgresError> {
        self.access.pools().connect(url.to_owned(), None).await
    }

    /// Runs a statement as somebody else.
    fn sql(&self, statement: &str) -> String {
        self.server.sql(self.database(), statement).unwrap()
    }

    fn database(&self) -> &str {
        self.url.rsplit('/').next().unwrap()
    }
}

fn access(granted: &str, limits: Limits) -> ComponentAccess {
    let allowed = AllowedHosts::parse([granted]).unwrap();
    ComponentAccess {
        pools: Pools::new(Connector::new("guest".into(), allowed, limits)),
    }
}

async fn execute(lease: &mut Lease, statement: &str) -> u64 {
    lease.execute(statement, &[]).await.unwrap()
}

/// The only value of a result.
async fn value(lease: &mut Lease, statement: &str) -> DbValue {
    let mut rows = lease.query(statement, &[]).await.unwrap().rows;
    rows.pop().unwrap().pop().unwrap()
}

/// Comes back when the pool has as many idle connections and free places.
async fn settled(pool: &Pool, idle: usize, free: usize) {
    while (pool.idle_connections(), pool.free_places()) != (idle, free) {
        tokio::task::yield_now().await;
    }
}

/// Gives a statement up while the server is at it.
async fn abandon(lease: &mut Lease, fixture: &Fixture) {
    let backend = number(&value(lease, "SELECT pg_backend_pid()").await);
    let question =
        format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {backend} AND wait_event = 'PgSleep'");
    let mut running = Box::pin(lease.query("SELECT pg_sleep(600)", &[]));
    while fixture.sql(&question) != "1" {
        assert!(running.as_mut().now_or_never().is_none());
        tokio::task::yield_now().await;
    }
}

fn number(value: &DbValue) -> i64 {
    match value {
        DbValue::Int32(number) => (*number).into(),
        DbValue::Int64(number) => *number,
        other => panic!("{other:?} is no number"),
    }
}
