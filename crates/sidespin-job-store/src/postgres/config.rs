//! Where the Postgres is, and how hosts share it.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio_postgres::config::Host;
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::JobStoreError;

/// The time after which the firings of a host that has died come back.
const LEASE: Duration = Duration::from_secs(30);
/// Making a connection that takes longer has failed.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// What Postgres's own lists of connections show.
const APPLICATION_NAME: &str = "sidespin-jobs";

/// What is configured.
#[derive(Clone, Default)]
pub struct PostgresOptions {
    /// `postgres://user:password@host:5432/database`, with parameters as in libpq.
    pub url: String,
    /// The password, so that it need not be escaped as part of a URL.
    pub password: Option<String>,
    /// A PEM file with the authorities that may have signed the server's certificate; those of the public without it.
    pub tls_ca: Option<PathBuf>,
    /// Whose jobs they are: applications that share a database do not see each other's.
    pub application: String,
    /// How long a claim holds without being renewed; 30 s if it is not given.
    pub lease: Option<Duration>,
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rest may hold a password.
        formatter
            .debug_struct("PostgresOptions")
            .field("application", &self.application)
            .finish_non_exhaustive()
    }
}

/// Why an address cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PostgresConfigError {
    /// It is no address.
    #[error("that is no address of a Postgres: {reason}")]
    Address {
        /// What is wrong with it.
        reason: String,
    },
    /// The certificates cannot be used.
    #[error("the certificates in `{}` cannot be used: {reason}", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// An address that was understood, and what it takes to connect.
#[derive(Clone)]
pub struct PostgresConfig {
    pub(super) connection: tokio_postgres::Config,
    pub(super) tls: MakeRustlsConnect,
    pub(super) application: String,
    pub(super) lease: Duration,
}

impl fmt::Debug for PostgresConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("PostgresConfig")
            .field(&self.server())
            .finish()
    }
}

impl PostgresConfig {
    /// Understands the options. Reads the certificates, connects to nothing.
    ///
    /// # Errors
    /// The address is none, or the certificates cannot be used.
    pub fn new(options: PostgresOptions) -> Result<Self, PostgresConfigError> {
        // A certificate is always verified here, with its name, so what libpq calls its strictest modes is the only one.
        let url = ["verify-full", "verify-ca"]
            .iter()
            .fold(options.url, |url, mode| {
                url.replace(&format!("sslmode={mode}"), "sslmode=require")
            });
        let address = |reason: &str| PostgresConfigError::Address {
            reason: reason.to_owned(),
        };
        let mut connection: tokio_postgres::Config =
            url.trim().parse().map_err(|error: tokio_postgres::Error| {
                // The library's words name the part, never its value.
                let source = std::error::Error::source(&error).map(ToString::to_string);
                address(&source.unwrap_or_else(|| "it cannot be understood".to_owned()))
            })?;
        let is_named = |host: &Host| !matches!(host, Host::Tcp(name) if name.is_empty());
        if !connection.get_hosts().iter().any(is_named) && connection.get_hostaddrs().is_empty() {
            return Err(address("it names no host"));
        }
        if connection.get_user().is_none() {
            return Err(address("it names no user"));
        }
        if let Some(password) = options.password {
            connection.password(password);
        }
        connection
            .application_name(APPLICATION_NAME)
            .connect_timeout(CONNECT_TIMEOUT)
            .keepalives_idle(Duration::from_secs(30))
            .tcp_user_timeout(Duration::from_secs(20));
        Ok(Self {
            tls: MakeRustlsConnect::new(tls(options.tls_ca)?),
            connection,
            application: options.application,
            lease: options.lease.unwrap_or(LEASE),
        })
    }

    pub(super) fn lease_milliseconds(&self) -> i64 {
        i64::try_from(self.lease.as_millis()).unwrap_or(i64::MAX)
    }

    /// Host and port, for messages.
    pub(super) fn server(&self) -> String {
        let host = match (self.connection.get_hosts(), self.connection.get_hostaddrs()) {
            ([Host::Tcp(name), ..], _) => name.clone(),
            ([Host::Unix(path), ..], _) => path.display().to_string(),
            ([], [address, ..]) => IpAddr::to_string(address),
            ([], []) => String::new(),
        };
        let port = self.connection.get_ports().first().copied().unwrap_or(5432);
        format!("{host}:{port}")
    }

    pub(super) fn failed(&self, source: tokio_postgres::Error) -> JobStoreError {
        JobStoreError::Postgres {
            server: self.server(),
            source,
        }
    }
}

fn tls(authorities: Option<PathBuf>) -> Result<ClientConfig, PostgresConfigError> {
    let path = authorities.clone().unwrap_or_default();
    let unusable = |error: &dyn std::error::Error| PostgresConfigError::Certificates {
        path: path.clone(),
        reason: error.to_string(),
    };
    let mut roots = RootCertStore::empty();
    match authorities {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(file) => {
            for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unusable(&error))? {
                let certificate = certificate.map_err(|error| unusable(&error))?;
                roots.add(certificate).map_err(|error| unusable(&error))?;
            }
            if roots.is_empty() {
                return Err(unusable(&std::io::Error::other("it holds no certificate")));
            }
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
