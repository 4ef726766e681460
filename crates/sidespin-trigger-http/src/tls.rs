//! HTTPS: the certificate that the server shows, and the handshake.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sidespin_app::Diagnostic;
use tokio::net::TcpStream;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{TlsAcceptor, rustls};

/// How long a client may take for the handshake. Slower ones would hold connections for nothing.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The files that make an HTTP server an HTTPS server, both in PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The server's certificate, followed by those between it and a root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// A server's identity, read and checked.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
}

impl Tls {
    pub(crate) fn read(files: &TlsFiles) -> Result<Self, Diagnostic> {
        let unusable = |file: &Path, what: &str, error: &dyn std::error::Error| {
            Diagnostic::new(format!("`{}` holds no {what} that can be used", file.display()))
                .caused_by(error)
                .hint("give PEM files that belong together with `--tls-cert` and `--tls-key`")
        };
        let certificates = CertificateDer::pem_file_iter(&files.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| unusable(&files.certificate, "certificate", &error))?;
        let key = PrivateKeyDer::from_pem_file(&files.key)
            .map_err(|error| unusable(&files.key, "private key", &error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key))
            .map_err(|error| unusable(&files.certificate, "certificate", &error))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }

    pub(crate) async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        tokio::time::timeout(HANDSHAKE_TIMEOUT, self.acceptor.accept(stream)).await?
    }
}
