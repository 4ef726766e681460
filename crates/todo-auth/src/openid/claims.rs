//! What a token of another issuer says. Claims beside these are ignored.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use crate::Audience;

/// The claims of a token that was verified.
#[derive(Clone, Debug, Deserialize)]
pub struct IssuerClaims {
    /// The issuer.
    pub iss: String,
    /// Whom the token is for.
    pub aud: Audience,
    /// Whom the token is about, by the issuer's own name for them.
    pub sub: String,
    /// When it expires, in seconds since the Unix epoch.
    #[serde(deserialize_with = "seconds")]
    pub exp: i64,
    #[serde(default, deserialize_with = "optional_seconds")]
    pub(super) nbf: Option<i64>,
    #[serde(default, deserialize_with = "optional_seconds")]
    pub(super) iat: Option<i64>,
    /// The person's name, if the issuer tells it.
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    email_verified: Option<Flag>,
    #[serde(default)]
    scope: Option<Words>,
    #[serde(default)]
    scp: Option<Words>,
    /// The token is bound to a key that its bearer would have to show (RFC 7800).
    #[serde(default)]
    pub(super) cnf: Option<IgnoredAny>,
}

/// Some issuers write booleans as text.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Flag {
    Boolean(bool),
    Text(String),
}

/// Words with spaces between them, or a list of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Many(Vec<String>),
}

impl Words {
    fn iter(&self) -> impl Iterator<Item = &str> {
        let texts = match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        };
        texts.iter().flat_map(|text| text.split_whitespace())
    }
}

impl IssuerClaims {
    /// The person's e-mail address, if the issuer says that it has seen to its being theirs.
    #[must_use]
    pub fn verified_email(&self) -> Option<&str> {
        let is_verified = match self.email_verified.as_ref()? {
            Flag::Boolean(is_verified) => *is_verified,
            Flag::Text(text) => text == "true",
        };
        self.email.as_deref().filter(|_| is_verified)
    }

    /// What the token is for: the names in `scope` and `scp`.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        [&self.scope, &self.scp]
            .into_iter()
            .flatten()
            .flat_map(Words::iter)
    }
}

/// A `NumericDate`, which may have a fraction.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    // What is beyond the bounds becomes the bound.
    f64::deserialize(deserializer).map(|seconds| seconds.floor() as i64)
}

fn optional_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let seconds = Option::<f64>::deserialize(deserializer)?;
    Ok(seconds.map(|seconds| seconds.floor() as i64))
}
