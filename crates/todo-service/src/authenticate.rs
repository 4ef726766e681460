//! Who is calling: the bearer token of a request, verified with the keys that the issuer publishes.

#[cfg(all(not(target_arch = "wasm32"), feature = "testing"))]
pub mod testing;

use std::cell::RefCell;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use thiserror::Error;
use todo_auth::{Claims, Expectations, KeySet, TokenError, verify};
use todo_domain::time::Timestamp;

/// How long fetched keys are used without asking again.
const FRESH_SECONDS: i64 = 5 * 60;

/// How long they are used when the issuer does not answer: its absence should not lock out users who are
/// logged in.
const STALE_SECONDS: i64 = 60 * 60;

/// The least time between two fetches while there are keys: a made-up key name in a token costs the issuer no
/// more than this.
const PAUSE_SECONDS: i64 = 10;

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
    /// The keys could not be fetched; the token may well be good.
    #[error("the keys that verify tokens cannot be fetched")]
    KeysUnavailable,
}

/// Where the issuer's keys are.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread: its futures need not be Send"
)]
pub trait KeySource {
    /// The JWKS document, or nothing when the issuer does not answer with one.
    async fn fetch(&self) -> Option<KeySet>;
}

#[derive(Debug, Default)]
struct Cache {
    keys: KeySet,
    /// When the keys were fetched, in seconds since the Unix epoch; nothing before the first time.
    fetched_at: Option<i64>,
    /// When they were last asked for, successfully or not.
    asked_at: Option<i64>,
}

/// Verifies bearer tokens, and keeps the issuer's keys between requests.
#[derive(Debug)]
pub struct Authenticator<S> {
    source: S,
    cache: RefCell<Cache>,
}

impl<S: KeySource> Authenticator<S> {
    /// With no keys yet: the first request fetches them.
    pub fn new(source: S) -> Self {
        Self {
            source,
            cache: RefCell::default(),
        }
    }

    /// The claims of the bearer token of a request that came at this time.
    ///
    /// # Errors
    /// There is none, it is not accepted, or that cannot be found out.
    pub async fn authenticate(
        &self,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Claims, AuthenticationError> {
        let now = now.millis() / 1000;
        let token = bearer(headers).ok_or(AuthenticationError::Missing)?;
        self.freshen(now).await?;
        match self.check(token, now) {
            // The issuer may have changed its key since.
            Err(TokenError::UnknownKey { .. }) if self.may_ask(now) => {
                self.fetch(now).await;
                Ok(self.check(token, now)?)
            }
            result => Ok(result?),
        }
    }

    fn check(&self, token: &str, now: i64) -> Result<Claims, TokenError> {
        verify(token, &self.cache.borrow().keys, now, &Expectations::default())
    }

    /// Sees to it that there are keys young enough to be used.
    async fn freshen(&self, now: i64) -> Result<(), AuthenticationError> {
        if self.age(now).is_some_and(|age| age < FRESH_SECONDS) {
            return Ok(());
        }
        if self.age(now).is_none() || self.may_ask(now) {
            self.fetch(now).await;
        }
        match self.age(now) {
            Some(age) if age < STALE_SECONDS => Ok(()),
            _ => Err(AuthenticationError::KeysUnavailable),
        }
    }

    fn age(&self, now: i64) -> Option<i64> {
        self.cache
            .borrow()
            .fetched_at
            .map(|fetched_at| now.saturating_sub(fetched_at))
    }

    fn may_ask(&self, now: i64) -> bool {
        self.cache
            .borrow()
            .asked_at
            .is_none_or(|asked_at| now.saturating_sub(asked_at) >= PAUSE_SECONDS)
    }

    async fn fetch(&self, now: i64) {
        // Set before the answer comes: requests that arrive meanwhile go on with the keys that are there.
        self.cache.borrow_mut().asked_at = Some(now);
        if let Some(keys) = self.source.fetch().await {
            let mut cache = self.cache.borrow_mut();
            cache.keys = keys;
            cache.fetched_at = Some(now);
        }
    }
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
