//! A store to test, on either backend, and what is put into it.

use std::sync::Arc;

use servers::Postgres;
use sidespin_job_store::{Due, JobStore, Outlook, PostgresConfig, PostgresOptions, Repeat, Schedule};
use tempfile::TempDir;

pub(crate) const OWNER: &str = "chat-api";

pub(crate) fn open(directory: &TempDir) -> JobStore {
    JobStore::open(directory.path().join("jobs.db")).unwrap()
}

/// An empty database on the shared server.
pub(crate) struct Shared {
    pub(crate) server: Arc<Postgres>,
    pub(crate) url: String,
}

impl Shared {
    /// Nothing where there is no Postgres on the machine.
    pub(crate) fn new() -> Option<Self> {
        let server = Postgres::shared().unwrap()?;
        let url = server.database().unwrap();
        Some(Self { server, url })
    }

    /// One host's handle on it.
    pub(crate) fn host(&self) -> JobStore {
        host(&self.url, None)
    }

    /// Runs statements beside the store.
    pub(crate) fn sql(&self, statements: &str) -> String {
        let name = self.url.rsplit('/').next().unwrap();
        self.server.sql(name, statements).unwrap()
    }
}

pub(crate) fn host(url: &str, lease: Option<std::time::Duration>) -> JobStore {
    let options = PostgresOptions {
        url: url.to_owned(),
        application: "fixture".to_owned(),
        lease,
        ..PostgresOptions::default()
    };
    JobStore::postgres(PostgresConfig::new(options).unwrap())
}

pub(crate) fn once(name: &str, due: u64) -> Schedule {
    Schedule {
        owner: OWNER.to_owned(),
        name: name.to_owned(),
        due,
        repeat: None,
        payload: name.into(),
    }
}

pub(crate) fn every(name: &str, due: u64, interval: u64) -> Schedule {
    Schedule {
        repeat: Some(Repeat::Every(interval)),
        ..once(name, due)
    }
}

pub(crate) async fn outlook(store: &JobStore, now: u64) -> Outlook {
    store.claim_due(OWNER, now, 100).await.unwrap()
}

pub(crate) async fn one(store: &JobStore, now: u64) -> Due {
    let mut outlook = outlook(store, now).await;
    assert_eq!(outlook.due.len(), 1, "{outlook:?}");
    outlook.due.remove(0)
}

pub(crate) fn names(outlook: &Outlook) -> Vec<&str> {
    outlook.due.iter().map(|due| due.claim.name()).collect()
}
