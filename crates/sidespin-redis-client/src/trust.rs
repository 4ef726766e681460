//! Which servers are believed to be who they say, for `rediss://`. A certificate is always verified: a connection that anybody
//! can pretend to be the other end of is no better than one without TLS.

use std::sync::{Arc, OnceLock};

use thiserror::Error;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, Error as TlsError, RootCertStore};

/// The authorities whose certificates are accepted.
#[derive(Debug, Clone)]
pub struct Trust(pub(crate) Arc<ClientConfig>);

/// Why there are no authorities.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The text is no list of certificates in PEM.
    #[error("the certificates cannot be read: {0}")]
    Pem(String),
    /// There is none in it.
    #[error("there is no `-----BEGIN CERTIFICATE-----` in it")]
    Empty,
    /// The TLS library refuses them.
    #[error("the certificates cannot be used")]
    Tls(#[from] TlsError),
}

impl Trust {
    /// The public authorities.
    ///
    /// # Errors
    /// The TLS library cannot be set up.
    pub fn public() -> Result<Self, TrustError> {
        static PUBLIC: OnceLock<Arc<ClientConfig>> = OnceLock::new();
        if let Some(config) = PUBLIC.get() {
            return Ok(Self(Arc::clone(config)));
        }
        let config = configure(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect())?;
        Ok(Self(Arc::clone(PUBLIC.get_or_init(|| config))))
    }

    /// Just these, in PEM.
    ///
    /// # Errors
    /// The text holds no certificates.
    pub fn pem(text: &[u8]) -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(text) {
            let certificate = certificate.map_err(|error| TrustError::Pem(error.to_string()))?;
            roots.add(certificate)?;
        }
        if roots.is_empty() {
            return Err(TrustError::Empty);
        }
        Ok(Self(configure(roots)?))
    }
}

fn configure(roots: RootCertStore) -> Result<Arc<ClientConfig>, TlsError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?;
    Ok(Arc::new(
        builder.with_root_certificates(roots).with_no_client_auth(),
    ))
}
