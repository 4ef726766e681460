//! A second host beside the first, on one Postgres and one broker, and an address that leads to each in turn.
//!
//! With `SIDESPIN_DATABASE=postgres` every [`Server::start`](crate::Server::start) starts such a pair, so that the same
//! stories are told of two processes as of one.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, ensure};
use servers::Postgres;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Whether stories are told of two processes.
pub(crate) fn is_wanted() -> anyhow::Result<bool> {
    match std::env::var("SIDESPIN_DATABASE").as_deref() {
        Err(_) | Ok("" | "sqlite") => Ok(false),
        Ok("postgres") => Ok(true),
        Ok(other) => anyhow::bail!("SIDESPIN_DATABASE is `{other}`; it is sqlite or postgres"),
    }
}

/// A fresh database for everything that the hosts share.
#[derive(Debug)]
pub(crate) struct Shared {
    postgres: Arc<Postgres>,
    url: String,
    folder: TempDir,
}

impl Shared {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let postgres = Postgres::shared()?.context("SIDESPIN_DATABASE=postgres, but there is no Postgres")?;
        let url = postgres.database()?;
        let folder = tempfile::tempdir()?;
        std::fs::write(
            folder.path().join("runtime-config.toml"),
            format!("[jobs]\npostgres = \"{url}\"\n"),
        )?;
        Ok(Self {
            postgres,
            url,
            folder,
        })
    }

    /// What `psql` prints for these statements.
    pub(crate) fn sql(&self, statements: &str) -> anyhow::Result<String> {
        let (_host, database) = self.url.rsplit_once('/').context("the URL names no database")?;
        self.postgres.sql(database, statements)
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("runtime-config.toml")
    }

    /// What both hosts are told.
    pub(crate) fn arguments(&self) -> Vec<String> {
        vec![
            "--variable".to_owned(),
            format!("database_url={}", self.url),
            "--variable".to_owned(),
            format!("database_host=postgres://{}", self.postgres.address()),
            "--runtime-config-file".to_owned(),
            self.config().display().to_string(),
        ]
    }
}

/// What the second host is told beyond that.
pub(crate) fn broker(address: Option<SocketAddr>) -> anyhow::Result<Vec<String>> {
    let address = address.context("the first host has no broker")?;
    Ok(vec![
        "--variable".to_owned(),
        format!("kafka_bootstrap_servers={address}"),
    ])
}

/// An address whose connections go to each of the targets in turn.
#[derive(Debug)]
pub(crate) struct RoundRobin {
    pub(crate) address: SocketAddr,
    targets: Arc<Mutex<Vec<SocketAddr>>>,
    forwarding: JoinHandle<()>,
}

impl RoundRobin {
    pub(crate) async fn of(targets: Vec<SocketAddr>) -> anyhow::Result<Self> {
        ensure!(!targets.is_empty(), "there is nothing to lead to");
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let targets = Arc::new(Mutex::new(targets));
        let current = Arc::clone(&targets);
        let forwarding = tokio::spawn(async move {
            while let Ok((mut client, _peer)) = listener.accept().await {
                let target = {
                    let mut targets = current.lock().unwrap_or_else(PoisonError::into_inner);
                    targets.rotate_left(1);
                    targets.first().copied()
                };
                tokio::spawn(async move {
                    if let Some(target) = target
                        && let Ok(mut server) = TcpStream::connect(target).await
                    {
                        let _ended = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        Ok(Self {
            address,
            targets,
            forwarding,
        })
    }

    pub(crate) fn leads_to(&self, targets: Vec<SocketAddr>) {
        *self.targets.lock().unwrap_or_else(PoisonError::into_inner) = targets;
    }
}

impl Drop for RoundRobin {
    fn drop(&mut self) {
        self.forwarding.abort();
    }
}
