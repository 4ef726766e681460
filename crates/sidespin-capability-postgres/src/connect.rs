//! Opens connections to servers: to granted ones alone, at addresses that the grant covers, within a time.

use std::net::{IpAddr, SocketAddr};

use sidespin_app::ComponentId;
use sidespin_outbound::AllowedHosts;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_postgres::NoTls;

use crate::Limits;
use crate::address::{Address, Server};
use crate::error::{PostgresError, sources};
use crate::session::Session;
use crate::tls::Trust;

/// What one component may connect to.
#[derive(Debug)]
pub(crate) struct Connector {
    component: ComponentId,
    allowed: AllowedHosts,
    pub(crate) limits: Limits,
}

impl Connector {
    pub(crate) fn new(component: ComponentId, allowed: AllowedHosts, limits: Limits) -> Self {
        Self {
            component,
            allowed,
            limits,
        }
    }

    /// Fails unless every server of the address is granted.
    pub(crate) fn check(&self, address: &Address) -> Result<(), PostgresError> {
        for server in &address.servers {
            if !self.allowed.allows(&server.destination) {
                let hint = self
                    .allowed
                    .denial_hint(self.component.as_str(), &server.destination);
                return Err(self.denied(server, &hint));
            }
        }
        Ok(())
    }

    /// Connects to the first server that answers.
    pub(crate) async fn open(&self, address: &Address, trust: &Trust) -> Result<Session, PostgresError> {
        let mut failure = None;
        for server in &address.servers {
            let after = self.limits.connect_timeout();
            let opened = timeout(after, self.open_one(address, server, trust)).await;
            match opened {
                Ok(Ok(session)) => return Ok(session),
                // Another server would say the same.
                Ok(Err(error @ (PostgresError::Denied { .. } | PostgresError::Certificate { .. }))) => {
                    return Err(error);
                }
                Ok(Err(error)) => failure = Some(error),
                Err(_elapsed) => {
                    failure = Some(PostgresError::ConnectTimeout {
                        destination: server.destination.to_string(),
                        after,
                    });
                }
            }
        }
        Err(failure.unwrap_or(PostgresError::Address {
            reason: "it names no host",
        }))
    }

    async fn open_one(
        &self,
        address: &Address,
        server: &Server,
        trust: &Trust,
    ) -> Result<Session, PostgresError> {
        let failed = |reason: String| PostgresError::Connect {
            destination: server.destination.to_string(),
            reason,
        };
        let peers = self.peers(server).await?;
        let mut stream = Err(failed("it has no address".to_owned()));
        for peer in peers {
            stream = TcpStream::connect(peer)
                .await
                .map(|stream| (stream, peer))
                .map_err(|error| failed(error.to_string()));
            if stream.is_ok() {
                break;
            }
        }
        let (stream, peer) = stream?;
        stream
            .set_nodelay(true)
            .map_err(|error| failed(error.to_string()))?;
        let session = if address.is_plain() {
            let connected = address.config.connect_raw(stream, NoTls).await;
            let (client, connection) = connected.map_err(|error| failed(sources(&error)))?;
            Session::start(client, connection, peer, None, self.limits)
        } else {
            let connector = trust.connector(&server.name)?;
            let connected = address.config.connect_raw(stream, connector.clone()).await;
            let (client, connection) = connected.map_err(|error| failed(sources(&error)))?;
            Session::start(client, connection, peer, Some(connector), self.limits)
        };
        session.prepare_for_use().await?;
        Ok(session)
    }

    /// The addresses of a server. Every one must be covered by the grant, or a granted name could lead to a machine that nobody
    /// meant to grant.
    async fn peers(&self, server: &Server) -> Result<Vec<SocketAddr>, PostgresError> {
        let addresses: Vec<SocketAddr> = match server.address {
            Some(address) => vec![SocketAddr::new(address, server.port)],
            None => tokio::net::lookup_host((server.name.as_str(), server.port))
                .await
                .map_err(|error| {
                    tracing::warn!(component = %self.component, destination = %server.destination, %error, "a database's host was not found");
                    PostgresError::NotFound {
                        destination: server.destination.to_string(),
                    }
                })?
                .collect(),
        };
        let prohibited = |ip: IpAddr| !self.allowed.allows_address(&server.destination, ip);
        if let Some(address) = addresses.iter().find(|address| prohibited(address.ip())) {
            let hint =
                self.allowed
                    .address_denial_hint(self.component.as_str(), &server.destination, address.ip());
            return Err(self.denied(server, &hint));
        }
        Ok(addresses)
    }

    /// The log gets the remedy, and the component the refusal alone: which addresses a name leads to is not for it to know.
    fn denied(&self, server: &Server, hint: &str) -> PostgresError {
        tracing::warn!(component = %self.component, "a connection to a database was denied; {hint}");
        PostgresError::Denied {
            destination: server.destination.to_string(),
        }
    }
}
