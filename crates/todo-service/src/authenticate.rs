//! Who is calling: the bearer token of a request, verified with the keys that chat-api publishes, or, where they do not
//! verify it, shown to chat-api, which knows whose it is.

mod caller;
mod introspection;
#[cfg(all(not(target_arch = "wasm32"), feature = "testing"))]
pub mod testing;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use thiserror::Error;
use todo_auth::openid::claimed_issuer;
use todo_auth::{Claims, Expectations, ISSUER, KeySet, TokenError, verify};
use todo_domain::api_token::PREFIX;
use todo_domain::time::Timestamp;

pub use caller::Caller;
pub use introspection::Introspection;
use introspection::Known;

use crate::key_cache::{KeyCache, NoKeys};

/// Why a request has no known caller.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthenticationError {
    /// There is no `Authorization: Bearer` header.
    #[error("the request carries no bearer token")]
    Missing,
    /// There is one, and it is not accepted.
    #[error(transparent)]
    Refused(#[from] TokenError),
    /// There is one, and nobody knows it.
    #[error("the token is not known here: it has ended, was deleted, is of another issuer, or has a mistake")]
    Unknown,
    /// The keys could not be fetched; the token may well be good.
    #[error("the keys that verify tokens cannot be fetched")]
    KeysUnavailable,
    /// Whose the token is could not be asked; it may well be good.
    #[error("the service that knows whose a token is does not answer")]
    IssuerUnavailable,
}

impl AuthenticationError {
    /// Whether the same request may be answered later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::KeysUnavailable | Self::IssuerUnavailable)
    }
}

/// Where the issuer's keys are, and what it says of tokens that they do not verify.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread: its futures need not be Send"
)]
pub trait KeySource {
    /// The JWKS document, or nothing when the issuer does not answer with one.
    async fn fetch(&self) -> Option<KeySet>;

    /// Whose token this is and what it allows, or nothing when the issuer does not say.
    async fn introspect(&self, token: &str) -> Option<Introspection>;
}

/// Verifies bearer tokens, and keeps the issuer's keys and what it said between requests.
#[derive(Debug)]
pub struct Authenticator<S> {
    source: S,
    keys: KeyCache<KeySet>,
    known: Known,
}

impl<S: KeySource> Authenticator<S> {
    /// With no keys yet: the first request fetches them.
    pub fn new(source: S) -> Self {
        Self {
            source,
            // Asking is a call inside of the application.
            keys: KeyCache::new(0),
            known: Known::default(),
        }
    }

    /// The user whose bearer token a request carries that came at this time, and what the token allows.
    ///
    /// # Errors
    /// There is none, it is not accepted, or that cannot be found out.
    pub async fn authenticate(
        &self,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Caller, AuthenticationError> {
        let now = now.millis() / 1000;
        let token = bearer(headers).ok_or(AuthenticationError::Missing)?;
        if is_of_others(token) {
            return self.introspect(token, now).await;
        }
        let claims = self.verify(token, now).await?;
        Ok(Caller::of_session(claims.sub))
    }

    async fn verify(&self, token: &str, now: i64) -> Result<Claims, AuthenticationError> {
        let check = |keys: &KeySet| verify(token, keys, now, &Expectations::default());
        let checked = self.keys.check(now, async || self.source.fetch().await, check);
        match checked.await {
            Ok(claims) => Ok(claims?),
            Err(NoKeys) => Err(AuthenticationError::KeysUnavailable),
        }
    }

    async fn introspect(&self, token: &str, now: i64) -> Result<Caller, AuthenticationError> {
        if let Some(known) = self.known.find(token, now) {
            return known.ok_or(AuthenticationError::Unknown);
        }
        let answer = self.source.introspect(token).await;
        let answer = answer.ok_or(AuthenticationError::IssuerUnavailable)?;
        let caller = answer.caller(now);
        self.known.keep(token, caller.clone(), answer.expires_at(), now);
        caller.ok_or(AuthenticationError::Unknown)
    }
}

/// Whether the keys can say nothing of a token: it is a personal API token, or says that somebody else has issued it. What
/// is neither need not be asked about.
fn is_of_others(token: &str) -> bool {
    token.starts_with(PREFIX) || claimed_issuer(token).is_some_and(|issuer| issuer != ISSUER)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim())
        .filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests;
