//! Verifying a token of another issuer.

use serde::Deserialize;

use super::keys::Algorithm;
use super::{IssuerClaims, IssuerKeys};
use crate::LEEWAY_SECONDS;
use crate::token::{Split, TokenError, decode};

/// OpenID Connect bounds the name of a subject.
const LONGEST_SUBJECT: usize = 255;

/// What a token must say to be accepted.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Its issuer.
    pub issuer: &'a str,
    /// Its audiences: one of them is enough.
    pub audiences: &'a [String],
}

/// Who a token says has issued it. Nothing of it is verified: this tells only with whose keys to try.
#[must_use]
pub fn claimed_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claimed {
        iss: String,
    }
    let split = Split::of(token).ok()?;
    decode::<Claimed>(split.claims).ok().map(|claimed| claimed.iss)
}

/// The claims of a token that one of the keys signed, that says what is expected, and whose time is now
/// (seconds since the Unix epoch).
///
/// # Errors
/// It is not such a token.
pub fn verify(
    token: &str,
    keys: &IssuerKeys,
    now: i64,
    expected: &Expected<'_>,
) -> Result<IssuerClaims, TokenError> {
    let split = Split::of(token)?;
    let header = split.header()?;
    let Some(algorithm) = Algorithm::named(&header.alg) else {
        return Err(TokenError::UnsupportedAlgorithm {
            algorithm: header.alg,
        });
    };
    if !header.typ.as_deref().is_none_or(is_access_token) {
        return Err(TokenError::UnsupportedType);
    }
    let Some(key) = keys.find(header.kid.as_deref(), algorithm) else {
        let key_id = header.kid.unwrap_or_default();
        return Err(if keys.has(&key_id) {
            TokenError::KeyMismatch
        } else {
            TokenError::UnknownKey { key_id }
        });
    };
    if !key.has_signed(split.signed.as_bytes(), &split.signature()?) {
        return Err(TokenError::BadSignature);
    }
    let claims: IssuerClaims = decode(split.claims)?;
    check(&claims, now, expected)?;
    Ok(claims)
}

/// Tokens that say goodbye, prove a key or report an event are signed with the same keys and open nothing.
fn is_access_token(kind: &str) -> bool {
    ["JWT", "at+jwt", "application/at+jwt"]
        .iter()
        .any(|known| kind.eq_ignore_ascii_case(known))
}

fn check(claims: &IssuerClaims, now: i64, expected: &Expected<'_>) -> Result<(), TokenError> {
    if claims.iss != expected.issuer {
        return Err(TokenError::WrongIssuer);
    }
    if !expected.audiences.iter().any(|name| claims.aud.includes(name)) {
        return Err(TokenError::WrongAudience);
    }
    let is_subject = (1..=LONGEST_SUBJECT).contains(&claims.sub.len())
        && !claims.sub.chars().any(char::is_control)
        && !claims.sub.trim().is_empty();
    if !is_subject {
        return Err(TokenError::Malformed);
    }
    if claims.cnf.is_some() {
        return Err(TokenError::BoundToKey);
    }
    if now >= claims.exp.saturating_add(LEEWAY_SECONDS) {
        return Err(TokenError::Expired);
    }
    let latest = now.saturating_add(LEEWAY_SECONDS);
    if [claims.nbf, claims.iat]
        .into_iter()
        .flatten()
        .any(|from| from > latest)
    {
        return Err(TokenError::NotYetValid);
    }
    Ok(())
}
