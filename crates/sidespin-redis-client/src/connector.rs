//! Opens connections: to addresses that may be connected to, within a time, inside of TLS where the address says so.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use url::Host;

use crate::address::Address;
use crate::bounded::Bounded;
use crate::error::RedisError;
use crate::trust::Trust;

/// How long opening a connection may take: name, handshakes and password together.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Judges the addresses that a server's name leads to.
pub type Permits = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// The way to one server. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    pub(crate) address: Address,
    /// The address without secrets, for messages.
    pub(crate) server: String,
    permits: Permits,
    trust: Option<Trust>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Connector").field(&self.server).finish()
    }
}

/// What goes over a connection.
pub(crate) trait Bytes: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Bytes for S {}

impl Connector {
    /// To a server that the operator has named: wherever its name leads to.
    #[must_use]
    pub fn new(address: Address) -> Self {
        Self {
            server: address.to_string(),
            address,
            permits: Arc::new(|_address| true),
            trust: None,
        }
    }

    /// Only to such addresses. All that the server's name leads to must be, or a name could lead to a machine that nobody
    /// meant to permit.
    #[must_use]
    pub fn permitting(self, permits: Permits) -> Self {
        Self { permits, ..self }
    }

    /// Trusting others than the public authorities.
    #[must_use]
    pub fn trusting(self, trust: Trust) -> Self {
        Self {
            trust: Some(trust),
            ..self
        }
    }

    /// The server's address without secrets.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Does `set_up` on a new connection, all within the time that connecting may take.
    pub(crate) async fn open<R, F>(
        &self,
        set_up: impl FnOnce(Bounded<Box<dyn Bytes>>) -> F,
    ) -> Result<R, RedisError>
    where
        F: Future<Output = redis::RedisResult<R>>,
    {
        let opening = async {
            let stream = Bounded::new(self.stream().await?);
            set_up(stream)
                .await
                .map_err(|error| RedisError::of_connecting(&self.server, &error))
        };
        timeout(CONNECT_TIMEOUT, opening)
            .await
            .unwrap_or_else(|_elapsed| {
                Err(self.unreachable(format!("no connection within {CONNECT_TIMEOUT:?}")))
            })
    }

    async fn stream(&self) -> Result<Box<dyn Bytes>, RedisError> {
        let mut failure = None;
        for peer in self.peers().await? {
            match self.connect(peer).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = Some(error),
            }
        }
        let reason = failure.map_or_else(|| "its name leads nowhere".to_owned(), |error| error.to_string());
        Err(self.unreachable(reason))
    }

    async fn peers(&self) -> Result<Vec<SocketAddr>, RedisError> {
        let port = self.address.port;
        let peers = match &self.address.host {
            Host::Ipv4(address) => vec![SocketAddr::new((*address).into(), port)],
            Host::Ipv6(address) => vec![SocketAddr::new((*address).into(), port)],
            Host::Domain(name) => tokio::net::lookup_host((name.as_str(), port))
                .await
                .map_err(|error| self.unreachable(error.to_string()))?
                .collect(),
        };
        match peers.iter().find(|peer| !(self.permits)(peer.ip())) {
            Some(prohibited) => Err(RedisError::Prohibited {
                server: self.server.clone(),
                address: prohibited.ip(),
            }),
            None => Ok(peers),
        }
    }

    async fn connect(&self, peer: SocketAddr) -> io::Result<Box<dyn Bytes>> {
        let stream = TcpStream::connect(peer).await?;
        stream.set_nodelay(true)?;
        if !self.address.is_encrypted {
            return Ok(Box::new(stream));
        }
        let trust = match &self.trust {
            Some(trust) => trust.clone(),
            None => Trust::public().map_err(io::Error::other)?,
        };
        let name = match &self.address.host {
            Host::Domain(name) => ServerName::try_from(name.clone()).map_err(io::Error::other)?,
            Host::Ipv4(address) => ServerName::IpAddress(IpAddr::V4(*address).into()),
            Host::Ipv6(address) => ServerName::IpAddress(IpAddr::V6(*address).into()),
        };
        let stream = TlsConnector::from(trust.0).connect(name, stream).await?;
        Ok(Box::new(stream))
    }

    fn unreachable(&self, reason: String) -> RedisError {
        RedisError::Unreachable {
            server: self.server.clone(),
            reason,
        }
    }
}
