//! TLS to a server, by rustls. A server's certificate is always verified: a connection that anybody can pretend to be the other
//! end of is no better than one without TLS.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::error::PostgresError;

/// What a server that speaks TLS from the first byte wants to hear.
const PROTOCOL: &[u8] = b"postgresql";

/// Which certificates are trusted.
#[derive(Clone, Debug)]
pub(crate) struct Trust(Arc<ClientConfig>);

impl Trust {
    /// Those that an authority of this PEM text has signed; without one, those of the public authorities.
    ///
    /// # Errors
    /// The text holds no certificate.
    pub(crate) fn new(authority: Option<&str>) -> Result<Self, PostgresError> {
        static PUBLIC: OnceLock<Arc<ClientConfig>> = OnceLock::new();
        let Some(authority) = authority else {
            if let Some(config) = PUBLIC.get() {
                return Ok(Self(Arc::clone(config)));
            }
            let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
            let config = configure(roots)?;
            return Ok(Self(Arc::clone(PUBLIC.get_or_init(|| config))));
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(authority.as_bytes()) {
            let certificate = certificate.map_err(|error| wrong(&error))?;
            roots.add(certificate).map_err(|error| wrong(&error))?;
        }
        if roots.is_empty() {
            return Err(PostgresError::Certificate {
                reason: "it holds no `-----BEGIN CERTIFICATE-----`".to_owned(),
            });
        }
        configure(roots).map(Self)
    }

    /// Makes the handshake with the server of this name.
    ///
    /// # Errors
    /// No certificate can bear the name.
    pub(crate) fn connector(&self, name: &str) -> Result<Connector, PostgresError> {
        let name = ServerName::try_from(name.to_owned()).map_err(|error| wrong(&error))?;
        Ok(Connector {
            config: Arc::clone(&self.0),
            name,
        })
    }
}

fn configure(roots: RootCertStore) -> Result<Arc<ClientConfig>, PostgresError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&error))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    Ok(Arc::new(config))
}

fn wrong(error: &dyn std::error::Error) -> PostgresError {
    PostgresError::Certificate {
        reason: error.to_string(),
    }
}

/// One handshake.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl<S> TlsConnect<S> for Connector
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Stream<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let connector = tokio_rustls::TlsConnector::from(self.config);
        Box::pin(async move { Ok(Stream(connector.connect(self.name, stream).await?)) })
    }
}

/// A connection inside of TLS.
#[derive(Debug)]
pub(crate) struct Stream<S>(tokio_rustls::client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Stream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
