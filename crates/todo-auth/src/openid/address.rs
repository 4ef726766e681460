//! Where an issuer is, and where its discovery document says that its keys are.

use http::Uri;
use serde::Deserialize;
use thiserror::Error;

/// No address that is of use here is longer.
const LONGEST: usize = 1024;

/// Why an address is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It is none.
    #[error("it is not an address such as `https://login.example.com/`")]
    Malformed,
    /// Whoever stands between could give us keys of their own.
    #[error("it must begin with `https://`; `http://` is for this machine and for components alone")]
    Insecure,
    /// An issuer is named without them.
    #[error("it must have no user name, no query and no fragment")]
    Decorated,
}

/// The address of an issuer, exactly as its tokens name it in `iss`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerUrl(String);

/// The address of an issuer's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysUrl(String);

/// Why a discovery document is not believed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// It is not JSON with `issuer` and `jwks_uri`.
    #[error("the document is not one of OpenID discovery")]
    Malformed,
    /// It speaks for somebody else.
    #[error(
        "the document is of the issuer `{issuer}`, not of the configured one; they must be equal to the letter"
    )]
    AnotherIssuer {
        /// Whom it names; the beginning, if that is long.
        issuer: String,
    },
    /// The keys are not to be had safely.
    #[error("the document's `jwks_uri` is not usable: {0}")]
    Keys(AddressError),
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

impl IssuerUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// It is none that an issuer can have.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let uri = parse(text)?;
        if uri.query().is_some() {
            return Err(AddressError::Decorated);
        }
        Ok(Self(text.to_owned()))
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the issuer describes itself.
    #[must_use]
    pub fn discovery_url(&self) -> String {
        let base = self.0.strip_suffix('/').unwrap_or(&self.0);
        format!("{base}/.well-known/openid-configuration")
    }

    /// Where the issuer's keys are, according to the document that was found at [`Self::discovery_url`].
    ///
    /// # Errors
    /// The document is of another issuer, or none.
    pub fn keys_url(&self, document: &[u8]) -> Result<KeysUrl, DiscoveryError> {
        if document.len() > super::LARGEST_DOCUMENT {
            return Err(DiscoveryError::Malformed);
        }
        let document: Document =
            serde_json::from_slice(document).map_err(|_not_discovery| DiscoveryError::Malformed)?;
        if document.issuer != self.0 {
            return Err(DiscoveryError::AnotherIssuer {
                issuer: document.issuer.chars().take(200).collect(),
            });
        }
        KeysUrl::parse(&document.jwks_uri).map_err(DiscoveryError::Keys)
    }
}

impl KeysUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// It is none that keys are fetched from.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        parse(text)?;
        Ok(Self(text.to_owned()))
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn parse(text: &str) -> Result<Uri, AddressError> {
    // The parser drops a fragment without a word.
    if text.contains('#') {
        return Err(AddressError::Decorated);
    }
    let uri = (text.len() <= LONGEST)
        .then(|| text.parse::<Uri>().ok())
        .flatten();
    let uri = uri.ok_or(AddressError::Malformed)?;
    let authority = uri.authority().ok_or(AddressError::Malformed)?;
    if authority.as_str().contains('@') {
        return Err(AddressError::Decorated);
    }
    if authority.host().is_empty() {
        return Err(AddressError::Malformed);
    }
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_near(authority.host()) => Ok(uri),
        Some("http") => Err(AddressError::Insecure),
        _ => Err(AddressError::Malformed),
    }
}

/// Whether nobody can stand between: this machine, or another component of the application.
fn is_near(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]") || host.ends_with(".spin.internal")
}
