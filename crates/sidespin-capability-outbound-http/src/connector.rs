//! Connections to the outside: opened only to addresses that may be reached.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use http::Uri;
use hyper_util::rt::TokioIo;
use sidespin_app::ComponentId;
use sidespin_outbound::{AllowedHosts, Destination};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::timeout;
use wasmtime_wasi_http::Error;

/// How long opening a connection may take: the look-up of the name, and each address in turn.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Which addresses a connection may go to.
#[derive(Debug, Clone)]
pub(crate) enum Reach {
    /// Those that the manifest grants a component.
    Granted {
        component: ComponentId,
        allowed: Arc<AllowedHosts>,
    },
    /// Any, because the operator named the destination.
    Configured,
}

/// Opens connections within its reach.
#[derive(Debug, Clone)]
pub(crate) struct Connector(pub(crate) Reach);

/// Why there is no connection.
#[derive(Debug, Clone, Copy, Error)]
pub(crate) enum ConnectError {
    #[error("the address is not valid")]
    Invalid,
    #[error("the host was not found")]
    NotFound,
    #[error("the host's address is not permitted")]
    Prohibited,
    #[error("the connection was not made: {0}")]
    Failed(io::ErrorKind),
    #[error("the connection was not made in time")]
    TimedOut,
}

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Invalid => Self::HttpRequestUriInvalid,
            ConnectError::NotFound => Self::DestinationNotFound,
            ConnectError::Prohibited => Self::DestinationIpProhibited,
            ConnectError::Failed(kind) => Self::Connect(kind.into()),
            ConnectError::TimedOut => Self::ConnectionTimeout,
        }
    }
}

impl tower_service::Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = BoxFuture<'static, Result<Self::Response, ConnectError>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let reach = self.0.clone();
        async move {
            let connecting = reach.connect(&uri);
            let stream = timeout(CONNECT_TIMEOUT, connecting)
                .await
                .map_err(|_elapsed| ConnectError::TimedOut)??;
            Ok(TokioIo::new(stream))
        }
        .boxed()
    }
}

impl fmt::Display for Reach {
    /// Whose requests they are, as logs have it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted { component, .. } => component.fmt(formatter),
            Self::Configured => formatter.write_str("service invocation"),
        }
    }
}

impl Reach {
    async fn connect(&self, uri: &Uri) -> Result<TcpStream, ConnectError> {
        let destination =
            Destination::parse(&uri.to_string(), "https").map_err(|_error| ConnectError::Invalid)?;
        let mut failure = ConnectError::NotFound;
        for address in self.permitted_addresses(&destination).await? {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(component = %self, %address, %error, "a connection has gone already");
                    }
                    return Ok(stream);
                }
                Err(error) => failure = ConnectError::Failed(error.kind()),
            }
        }
        Err(failure)
    }

    /// Every address that the name resolves to must be one that the grant covers, or a granted name could lead to a machine
    /// that nobody meant to grant. Looking the name up once more for the connection could give another address.
    async fn permitted_addresses(&self, destination: &Destination) -> Result<Vec<SocketAddr>, ConnectError> {
        let host = destination.host().to_string();
        let port = destination.port().ok_or(ConnectError::Invalid)?;
        let addresses = tokio::net::lookup_host((host.trim_matches(['[', ']']), port))
            .await
            .map_err(|error| {
                tracing::warn!(component = %self, %host, %error, "an outbound host was not found");
                ConnectError::NotFound
            })?;
        let addresses: Vec<_> = addresses.collect();
        let Self::Granted { component, allowed } = self else {
            return Ok(addresses);
        };
        let prohibited = addresses
            .iter()
            .find(|address| !allowed.allows_address(destination, address.ip()));
        if let Some(address) = prohibited {
            let hint = allowed.address_denial_hint(component.as_str(), destination, address.ip());
            tracing::warn!(component = %self, "an outbound request was denied; {hint}");
            return Err(ConnectError::Prohibited);
        }
        Ok(addresses)
    }
}
