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
struct Header {
    alg: String,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    kid: Option<String>,
    /// Extensions that must be understood. There are none that we do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crit: Option<Vec<String>>,
}

/// Why a token is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is not three parts of base64url with JSON in the first two, or a claim is missing.
    #[error("the token is malformed")]
    Malformed,
    /// Its header names another algorithm, or `none`.
    #[error("the token's algorithm `{algorithm}` is not `EdDSA`")]
    UnsupportedAlgorithm {
        /// What the header says.
        algorithm: String,
    },
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
    if token.len() > LONGEST_TOKEN {
        return Err(TokenError::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
    let header: Header = decode(header)?;
    if header.alg != ALGORITHM {
        return Err(TokenError::UnsupportedAlgorithm {
            algorithm: header.alg,
        });
    }
    if header.crit.is_some() {
        return Err(TokenError::Malformed);
    }
    let key_id = header.kid.unwrap_or_default();
    let key = keys.find(&key_id).and_then(crate::PublicKey::verifying);
    let key = key.ok_or(TokenError::UnknownKey { key_id })?;
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .ok()
        .and_then(|bytes| Signature::from_slice(&bytes).ok());
    let signature = signature.ok_or(TokenError::Malformed)?;
    if key.verify_strict(signed.as_bytes(), &signature).is_err() {
        return Err(TokenError::BadSignature);
    }
    let claims: Claims = decode(claims)?;
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

fn decode<T: DeserializeOwned>(part: &str) -> Result<T, TokenError> {
    let json = URL_SAFE_NO_PAD.decode(part).ok();
    json.and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or(TokenError::Malformed)
}
