//! What a cluster asks for before it talks: TLS, and who the client is.

mod options;

use std::fmt;
use std::path::PathBuf;

use rdkafka::config::ClientConfig;

pub use options::{SecurityMistake, SecurityOptions};

/// How a connection is secured. The default is not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Security {
    /// TLS, if the brokers want it.
    pub tls: Option<Tls>,
    /// A user, if the brokers ask for one.
    pub sasl: Option<Sasl>,
}

/// TLS. The files are read when a client connects, so that renewed certificates need no restart of the process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tls {
    /// Certificates in PEM that a broker's must come from; the system's, without it.
    pub authorities: Option<PathBuf>,
    /// This client's own certificate and key in PEM, for brokers that ask for them.
    pub identity: Option<TlsIdentity>,
}

/// A client's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsIdentity {
    /// The certificate, and those between it and an authority.
    pub certificate: PathBuf,
    /// Its key, not encrypted.
    pub key: PathBuf,
}

/// A user by SASL (RFC 4422).
#[derive(Clone, PartialEq, Eq)]
pub struct Sasl {
    /// How the password is shown.
    pub mechanism: SaslMechanism,
    /// The user.
    pub username: String,
    /// The user's password.
    pub password: String,
}

/// A user is not secret, a password is.
impl fmt::Debug for Sasl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sasl")
            .field("mechanism", &self.mechanism)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// How a password is shown to a broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaslMechanism {
    /// As it is (RFC 4616): only for use with TLS.
    Plain,
    /// By challenge and response (RFC 7677).
    ScramSha256,
    /// The same with SHA-512.
    ScramSha512,
}

impl SaslMechanism {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Plain, Self::ScramSha256, Self::ScramSha512];

    /// Its registered name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

impl Security {
    pub(crate) fn apply(&self, config: &mut ClientConfig) {
        let protocol = match (&self.tls, &self.sasl) {
            (None, None) => return,
            (None, Some(_)) => "sasl_plaintext",
            (Some(_), None) => "ssl",
            (Some(_), Some(_)) => "sasl_ssl",
        };
        config.set("security.protocol", protocol);
        if let Some(sasl) = &self.sasl {
            config
                .set("sasl.mechanism", sasl.mechanism.name())
                .set("sasl.username", &sasl.username)
                .set("sasl.password", &sasl.password);
        }
        if let Some(tls) = &self.tls {
            // A certificate must be for the host that was connected to.
            config.set("ssl.endpoint.identification.algorithm", "https");
            if let Some(authorities) = &tls.authorities {
                config.set("ssl.ca.location", authorities.to_string_lossy());
            }
            if let Some(identity) = &tls.identity {
                config
                    .set("ssl.certificate.location", identity.certificate.to_string_lossy())
                    .set("ssl.key.location", identity.key.to_string_lossy());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let sasl = Sasl {
            mechanism: SaslMechanism::ScramSha512,
            username: "worker".to_owned(),
            password: "open sesame".to_owned(),
        };
        let security = Security {
            tls: None,
            sasl: Some(sasl),
        };
        let shown = format!("{security:?}");
        assert!(shown.contains("worker") && !shown.contains("sesame"), "{shown}");
    }
}
