//! What people write about security, in Kafka's own terms, made into [`Security`].

use std::fmt;
use std::fs::File;
use std::path::PathBuf;

use thiserror::Error;

use super::{Sasl, SaslMechanism, Security, Tls, TlsIdentity};

/// The protocols by the names that Kafka has for them, with whether each has TLS and a user.
const PROTOCOLS: [(&str, bool, bool); 4] = [
    ("PLAINTEXT", false, false),
    ("SSL", true, false),
    ("SASL_PLAINTEXT", false, true),
    ("SASL_SSL", true, true),
];

/// Texts as they were written. What is empty was left out.
#[derive(Clone, Default)]
pub struct SecurityOptions {
    /// `PLAINTEXT`, the default, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`.
    pub security_protocol: String,
    /// `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`.
    pub sasl_mechanism: String,
    /// The user.
    pub sasl_username: String,
    /// The user's password.
    pub sasl_password: String,
    /// A file in PEM: [`Tls::authorities`].
    pub tls_ca: String,
    /// A file in PEM: [`TlsIdentity::certificate`].
    pub tls_certificate: String,
    /// A file in PEM: [`TlsIdentity::key`].
    pub tls_key: String,
}

/// The password is not shown.
impl fmt::Debug for SecurityOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SecurityOptions")
            .field("security_protocol", &self.security_protocol)
            .field("sasl_mechanism", &self.sasl_mechanism)
            .field("sasl_username", &self.sasl_username)
            .finish_non_exhaustive()
    }
}

/// An option that cannot be followed.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct SecurityMistake {
    /// The name of its field in [`SecurityOptions`]; whoever asked for it may have another name for it.
    pub option: &'static str,
    message: String,
    /// What to do about it.
    pub remedy: String,
    #[source]
    source: Option<std::io::Error>,
}

impl SecurityMistake {
    fn new(option: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            option,
            message: message.into(),
            remedy: remedy.into(),
            source: None,
        }
    }
}

impl SecurityOptions {
    /// What they ask for. Options that their protocol does not use are not looked at, so that variables can switch it alone.
    ///
    /// # Errors
    /// An unknown name, a missing user, half of an identity, or a file that cannot be read.
    pub fn security(&self) -> Result<Security, SecurityMistake> {
        let asked = self.security_protocol.trim();
        let protocol = if asked.is_empty() { "PLAINTEXT" } else { asked };
        let known = PROTOCOLS
            .iter()
            .find(|(name, ..)| name.eq_ignore_ascii_case(protocol));
        let Some((_name, has_tls, has_user)) = known else {
            return Err(SecurityMistake::new(
                "security_protocol",
                format!("the security protocol `{protocol}` is unknown"),
                format!("give one of {}", PROTOCOLS.map(|(name, ..)| name).join(", ")),
            ));
        };
        Ok(Security {
            tls: has_tls.then(|| self.tls()).transpose()?,
            sasl: has_user.then(|| self.sasl()).transpose()?,
        })
    }

    fn tls(&self) -> Result<Tls, SecurityMistake> {
        let halved = |given, missing| {
            SecurityMistake::new(
                given,
                format!("the client's `{given}` is given, but no `{missing}`"),
                "give both, or neither",
            )
        };
        let identity = match (
            readable("tls_certificate", &self.tls_certificate)?,
            readable("tls_key", &self.tls_key)?,
        ) {
            (Some(certificate), Some(key)) => Some(TlsIdentity { certificate, key }),
            (None, None) => None,
            (Some(_), None) => return Err(halved("tls_certificate", "tls_key")),
            (None, Some(_)) => return Err(halved("tls_key", "tls_certificate")),
        };
        Ok(Tls {
            authorities: readable("tls_ca", &self.tls_ca)?,
            identity,
        })
    }

    fn sasl(&self) -> Result<Sasl, SecurityMistake> {
        let name = self.sasl_mechanism.trim();
        let mechanism = SaslMechanism::ALL
            .into_iter()
            .find(|mechanism| mechanism.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| {
                SecurityMistake::new(
                    "sasl_mechanism",
                    format!("the SASL mechanism `{name}` is unknown"),
                    format!(
                        "give one of {}",
                        SaslMechanism::ALL.map(SaslMechanism::name).join(", ")
                    ),
                )
            })?;
        if self.sasl_username.is_empty() {
            return Err(SecurityMistake::new(
                "sasl_username",
                "the security protocol asks for a user, and there is none",
                "give a user and a password",
            ));
        }
        Ok(Sasl {
            mechanism,
            username: self.sasl_username.clone(),
            password: self.sasl_password.clone(),
        })
    }
}

/// A file that is there. What is in it is read when a client connects.
fn readable(option: &'static str, path: &str) -> Result<Option<PathBuf>, SecurityMistake> {
    if path.is_empty() {
        return Ok(None);
    }
    match File::open(path) {
        Ok(_file) => Ok(Some(PathBuf::from(path))),
        Err(error) => Err(SecurityMistake {
            source: Some(error),
            ..SecurityMistake::new(
                option,
                format!("`{path}` cannot be read"),
                "give the path of a file in PEM",
            )
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(protocol: &str) -> SecurityOptions {
        SecurityOptions {
            security_protocol: protocol.to_owned(),
            sasl_mechanism: "scram-sha-256".to_owned(),
            sasl_username: "worker".to_owned(),
            sasl_password: "open sesame".to_owned(),
            ..SecurityOptions::default()
        }
    }

    #[test]
    fn a_protocol_says_what_is_used() {
        for (protocol, has_tls, has_user) in [
            ("", false, false),
            ("plaintext", false, false),
            ("SSL", true, false),
            ("Sasl_Plaintext", false, true),
            ("SASL_SSL", true, true),
        ] {
            let security = options(protocol).security().unwrap();
            assert_eq!(
                (security.tls.is_some(), security.sasl.is_some()),
                (has_tls, has_user),
                "{protocol}"
            );
        }
    }

    #[test]
    fn mistakes_name_the_option_and_the_remedy_and_no_password() {
        let file = std::env::current_exe().unwrap().display().to_string();
        let check = |change: &dyn Fn(&mut SecurityOptions), option: &str, remedy: &str| {
            let mut options = options("SASL_SSL");
            change(&mut options);
            assert!(!format!("{options:?}").contains("sesame"));
            let mistake = options.security().unwrap_err();
            assert!(
                mistake.option == option && mistake.remedy.contains(remedy),
                "{mistake:?}"
            );
        };
        check(
            &|options| options.security_protocol = "TLS".to_owned(),
            "security_protocol",
            "SASL_SSL",
        );
        check(
            &|options| options.sasl_mechanism.clear(),
            "sasl_mechanism",
            "SCRAM-SHA-512",
        );
        check(
            &|options| options.sasl_username.clear(),
            "sasl_username",
            "a user",
        );
        check(
            &|options| options.tls_ca = "/not/there".to_owned(),
            "tls_ca",
            "PEM",
        );
        check(&|options| options.tls_key.clone_from(&file), "tls_key", "both");
        check(
            &|options| options.tls_certificate.clone_from(&file),
            "tls_certificate",
            "both",
        );
    }
}
