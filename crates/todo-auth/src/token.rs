//! Signing and verifying.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signature;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Claims, Expectations, KeySet, SigningKey};

/// How far two machines' clocks may differ.
pub const LEEWAY_SECONDS: i64 = 60;

/// No token of ours comes near this length; what is longer is not worth decoding.
const LONGEST_TOKEN: usize = 8 * 1024;

const ALGORITHM: &str = "EdDSA";

#[derive(Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) alg: String,
    #[serde(default)]
    pub(crate) typ: Option<String>,
    #[serde(default)]
    pub(crate) kid: Option<String>,
    /// Extensions that must be understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crit: Option<Vec<String>>,
}

/// A token's parts, still encoded but for its header.
pub(crate) struct Split<'a> {
    /// What the signature is for.
    pub(crate) signed: &'a str,
    header: &'a str,
    pub(crate) claims: &'a str,
    signature: &'a str,
}

impl<'a> Split<'a> {
    pub(crate) fn of(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > LONGEST_TOKEN {
            return Err(TokenError::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        Ok(Self {
            signed,
            header,
            claims,
            signature,
        })
    }

    pub(crate) fn header(&self) -> Result<Header, TokenError> {
        let header: Header = decode(self.header)?;
        // Extensions that must be understood: there are none that we do.
        match header.crit {
            Some(_) => Err(TokenError::Malformed),
            None => Ok(header),
        }
    }

    pub(crate) fn signature(&self) -> Result<Vec<u8>, TokenError> {
        URL_SAFE_NO_PAD
            .decode(self.signature)
            .map_err(|_not_base64| TokenError::Malformed)
    }
}

/// Why a token is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is not three parts of base64url with JSON in the first two, or a claim is missing.
    #[error("the token is malformed")]
    Malformed,
    /// Its header names another algorithm, or `none`.
    #[error("the token's algorithm `{algorithm}` is not accepted")]
    UnsupportedAlgorithm {
        /// What the header says.
        algorithm: String,
    },
    /// It says that it is no access token.
    #[error("the token is of a type that opens nothing")]
    UnsupportedType,
    /// The key that it names is for another algorithm.
    #[error("the token's key is not for its algorithm")]
    KeyMismatch,
    /// Its bearer would have to show a key, which is not asked for here.
    #[error("the token is bound to a key; a plain bearer token is needed")]
    BoundToKey,
    /// No key has the name that it gives. A newer key set may have it.
    #[error("the token's key `{key_id}` is not known")]
    UnknownKey {
        /// The name; empty where the header gives none.
        key_id: String,
    },
    /// It was not signed by that key, or was changed.
    #[error("the token's signature does not match")]
    BadSignature,
    /// It is from somebody else.
    #[error("the token's issuer is not the expected one")]
    WrongIssuer,
    /// It is for somebody else.
    #[error("the token is for another audience")]
    WrongAudience,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// It was issued in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
}

/// The token with these claims.
///
/// # Errors
/// The claims cannot be written as JSON, which no value of their types makes happen.
pub fn sign(key: &SigningKey, claims: &Claims) -> Result<String, serde_json::Error> {
    let header = Header {
        alg: ALGORITHM.to_owned(),
        typ: Some("JWT".to_owned()),
        kid: Some(key.key_id().to_owned()),
        crit: None,
    };
    let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?);
    let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims)?);
    let signature = key.signature(format!("{header}.{claims}").as_bytes());
    Ok(format!(
        "{header}.{claims}.{}",
        URL_SAFE_NO_PAD.encode(signature.to_bytes())
    ))
}

/// The claims of a token that one of the keys signed, that says what is expected, and whose time is now
/// (seconds since the Unix epoch).
///
/// # Errors
/// It is not such a token.
pub fn verify(
    token: &str,
    keys: &KeySet,
    now: i64,
    expected: &Expectations<'_>,
) -> Result<Claims, TokenError> {
    let split = Split::of(token)?;
    let header = split.header()?;
    if header.alg != ALGORITHM {
        return Err(TokenError::UnsupportedAlgorithm {
            algorithm: header.alg,
        });
    }
    let key_id = header.kid.unwrap_or_default();
    let key = keys.find(&key_id).and_then(crate::PublicKey::verifying);
    let key = key.ok_or(TokenError::UnknownKey { key_id })?;
    let signature = Signature::from_slice(&split.signature()?);
    let signature = signature.map_err(|_other_length| TokenError::Malformed)?;
    if key.verify_strict(split.signed.as_bytes(), &signature).is_err() {
        return Err(TokenError::BadSignature);
    }
    let claims: Claims = decode(split.claims)?;
    check(&claims, now, expected)?;
    Ok(claims)
}

fn check(claims: &Claims, now: i64, expected: &Expectations<'_>) -> Result<(), TokenError> {
    if claims.iss != expected.issuer {
        return Err(TokenError::WrongIssuer);
    }
    if !claims.aud.includes(expected.audience) {
        return Err(TokenError::WrongAudience);
    }
    if claims.sub.is_empty() {
        return Err(TokenError::Malformed);
    }
    if now >= claims.exp.saturating_add(LEEWAY_SECONDS) {
        return Err(TokenError::Expired);
    }
    if claims.iat > now.saturating_add(LEEWAY_SECONDS) {
        return Err(TokenError::NotYetValid);
    }
    Ok(())
}

pub(crate) fn decode<T: DeserializeOwned>(part: &str) -> Result<T, TokenError> {
    let json = URL_SAFE_NO_PAD.decode(part).ok();
    json.and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or(TokenError::Malformed)
}
