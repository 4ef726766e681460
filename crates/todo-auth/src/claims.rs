//! What a token says about its bearer.

use serde::{Deserialize, Serialize};

use crate::{AUDIENCE, ISSUER};

/// The claims of an access token. Others that a token carries are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// Whom the token is for.
    pub aud: Audience,
    /// The user's id.
    pub sub: String,
    /// When it was issued, in seconds since the Unix epoch.
    pub iat: i64,
    /// When it expires, in seconds since the Unix epoch.
    pub exp: i64,
    /// The token's own id.
    #[serde(default)]
    pub jti: String,
    /// The user's e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The session that it was issued in, which may end before the token does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

/// `aud`: one name, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// For one.
    One(String),
    /// For each of these.
    Many(Vec<String>),
}

impl Audience {
    /// Whether this audience is among those named.
    #[must_use]
    pub fn includes(&self, name: &str) -> bool {
        match self {
            Self::One(audience) => audience == name,
            Self::Many(audiences) => audiences.iter().any(|audience| audience == name),
        }
    }
}

/// What a token must say to be accepted.
#[derive(Clone, Copy, Debug)]
pub struct Expectations<'a> {
    /// Its issuer.
    pub issuer: &'a str,
    /// Its audience, or one of them.
    pub audience: &'a str,
}

impl Default for Expectations<'_> {
    /// This application's own tokens.
    fn default() -> Self {
        Self {
            issuer: ISSUER,
            audience: AUDIENCE,
        }
    }
}
