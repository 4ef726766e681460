//! Where the cluster is: known from the start, or once the embedded broker listens.

use std::time::Duration;

use tokio::sync::watch;

use crate::{ClientError, Security};

/// How long anyone waits for the address to become known. The embedded broker listens within milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// How to reach a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionSettings {
    /// `host:port`, several separated by commas.
    pub bootstrap_servers: String,
    /// What the brokers' logs and quotas know this process by.
    pub client_id: String,
    /// What the brokers ask for.
    pub security: Security,
}

impl ConnectionSettings {
    /// Brokers that ask for nothing.
    #[must_use]
    pub fn plain(bootstrap_servers: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self {
            bootstrap_servers: bootstrap_servers.into(),
            client_id: client_id.into(),
            security: Security::default(),
        }
    }
}

/// A cluster whose address may become known later. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Connection {
    settings: watch::Receiver<Option<ConnectionSettings>>,
}

/// Makes the address known to everyone who holds the [`Connection`].
#[derive(Debug)]
pub struct ConnectionSetter {
    settings: watch::Sender<Option<ConnectionSettings>>,
}

impl Connection {
    /// A cluster whose address is known.
    #[must_use]
    pub fn to(settings: ConnectionSettings) -> Self {
        Self {
            settings: watch::channel(Some(settings)).1,
        }
    }

    /// A cluster whose address is not known yet. Whoever connects before it is waits for a while.
    #[must_use]
    pub fn later() -> (ConnectionSetter, Self) {
        let (sender, settings) = watch::channel(None);
        (ConnectionSetter { settings: sender }, Self { settings })
    }

    /// The settings, as soon as they are known.
    pub(crate) async fn settings(&self) -> Result<ConnectionSettings, ClientError> {
        let mut receiver = self.settings.clone();
        let known = tokio::time::timeout(PATIENCE, receiver.wait_for(Option::is_some)).await;
        match known {
            Ok(Ok(settings)) => settings.clone().ok_or_else(not_started),
            Ok(Err(_dropped)) => Err(not_started()),
            Err(_elapsed) => Err(not_started()),
        }
    }
}

impl ConnectionSetter {
    /// The cluster is here.
    pub fn set(&self, settings: ConnectionSettings) {
        self.settings.send_replace(Some(settings));
    }
}

fn not_started() -> ClientError {
    ClientError::Unavailable {
        what: "the broker has not been started".to_owned(),
        source: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> ConnectionSettings {
        ConnectionSettings::plain("127.0.0.1:1", "test")
    }

    #[tokio::test]
    async fn a_known_address_is_there_at_once() {
        assert_eq!(Connection::to(settings()).settings().await.unwrap(), settings());
    }

    #[tokio::test]
    async fn an_address_is_waited_for() {
        let (setter, connection) = Connection::later();
        let waiting = tokio::spawn(async move { connection.settings().await });
        setter.set(settings());
        assert_eq!(waiting.await.unwrap().unwrap(), settings());
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_never_comes_is_an_error() {
        let (setter, connection) = Connection::later();
        assert!(connection.settings().await.unwrap_err().is_retriable());
        drop(setter);
        assert!(connection.settings().await.unwrap_err().is_retriable());
    }
}
