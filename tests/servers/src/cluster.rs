//! A Kafka cluster of a test's own, whichever broker the suite is run against.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, bail};
use sidespin_broker::{Broker, BrokerConfig};
use tempfile::TempDir;

use crate::Kafka;

/// With this variable set the suites run against the brokers that it names instead of the embedded one.
pub const BOOTSTRAP_SERVERS: &str = "KAFKA_BOOTSTRAP_SERVERS";

/// A cluster without topics of the test's. It is the embedded broker, or the one that the environment names.
#[derive(Debug)]
pub struct Cluster {
    server: Server,
    prefix: String,
}

#[derive(Debug)]
enum Server {
    Embedded {
        broker: Option<Broker>,
        address: SocketAddr,
        directory: TempDir,
    },
    Apache(Kafka),
    Given(String),
}

impl Cluster {
    /// Starts one, or takes the one that is there.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start() -> Result<Self> {
        match given() {
            Some(servers) => Ok(Self::of(Server::Given(servers))),
            None => Self::embedded().await,
        }
    }

    /// One that can be stopped: nothing where there is only one that belongs to somebody else.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_own() -> Result<Option<Self>> {
        match given() {
            Some(_servers) => Ok(Kafka::start()?.map(|kafka| Self::of(Server::Apache(kafka)))),
            None => Self::embedded().await.map(Some),
        }
    }

    fn of(server: Server) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self {
            server,
            prefix: format!("test-{}-{number}", std::process::id()),
        }
    }

    async fn embedded() -> Result<Self> {
        let directory = TempDir::new()?;
        let broker = run(SocketAddr::from(([127, 0, 0, 1], 0)), &directory).await?;
        Ok(Self::of(Server::Embedded {
            address: broker.address(),
            broker: Some(broker),
            directory,
        }))
    }

    /// `host:port`.
    #[must_use]
    pub fn bootstrap_servers(&self) -> String {
        match &self.server {
            Server::Embedded { address, .. } => address.to_string(),
            Server::Apache(kafka) => kafka.bootstrap_servers(),
            Server::Given(servers) => servers.clone(),
        }
    }

    /// What a topic or group is called in a cluster that other tests use, too.
    #[must_use]
    pub fn name(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    /// Ends the broker. What it acknowledged is there again after [`Cluster::restart`].
    ///
    /// # Errors
    /// The cluster belongs to somebody else.
    pub async fn stop(&mut self) -> Result<()> {
        match &mut self.server {
            Server::Embedded { broker, .. } => {
                if let Some(broker) = broker.take() {
                    broker.shutdown().await;
                }
                Ok(())
            }
            Server::Apache(kafka) => kafka.stop(),
            Server::Given(servers) => bail!("{servers} cannot be stopped from here"),
        }
    }

    /// Starts the broker again where it was.
    ///
    /// # Errors
    /// It does not start, or belongs to somebody else.
    pub async fn restart(&mut self) -> Result<()> {
        self.stop().await?;
        match &mut self.server {
            Server::Embedded {
                broker,
                address,
                directory,
            } => *broker = Some(run(*address, directory).await?),
            Server::Apache(kafka) => kafka.restart()?,
            Server::Given(_servers) => {}
        }
        Ok(())
    }
}

fn given() -> Option<String> {
    std::env::var(BOOTSTRAP_SERVERS)
        .ok()
        .filter(|servers| !servers.is_empty())
}

async fn run(listen: SocketAddr, directory: &TempDir) -> Result<Broker> {
    let config = BrokerConfig {
        auto_create_topics: false,
        ..BrokerConfig::new(listen, directory.path())
    };
    Broker::start(config)
        .await
        .context("the embedded broker does not start")
}
