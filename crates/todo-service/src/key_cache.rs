//! The keys of an issuer, kept between requests: asked for now and then, at once when one is missing, and kept for a while
//! when the issuer is away.

use std::cell::RefCell;

use todo_auth::TokenError;

/// How long fetched keys are used without asking again.
const FRESH_SECONDS: i64 = 5 * 60;

/// How long they are used when the issuer does not answer: its absence should not lock out users who are
/// logged in.
const STALE_SECONDS: i64 = 60 * 60;

/// The least time between two fetches while there are keys: a made-up key name in a token costs the issuer no
/// more than this.
const PAUSE_SECONDS: i64 = 10;

/// There are no keys, or none that are young enough. Tokens may well be good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoKeys;

#[derive(Debug)]
struct State<K> {
    keys: Option<K>,
    /// When the keys were fetched, in seconds since the Unix epoch; nothing before the first time.
    fetched_at: Option<i64>,
    /// When they were last asked for, successfully or not.
    asked_at: Option<i64>,
    /// When they were last asked for in vain, with no success since.
    failed_at: Option<i64>,
}

/// Keys between requests. It fetches nothing itself.
#[derive(Debug)]
pub struct KeyCache<K> {
    state: RefCell<State<K>>,
    /// How long to wait after a fetch in vain while there are no keys at all.
    first_pause: i64,
}

impl<K> KeyCache<K> {
    /// With no keys yet: the first token fetches them. While there are none, so many seconds pass between a fetch in vain
    /// and the next.
    #[must_use]
    pub const fn new(first_pause: i64) -> Self {
        let state = State {
            keys: None,
            fetched_at: None,
            asked_at: None,
            failed_at: None,
        };
        Self {
            state: RefCell::new(state),
            first_pause,
        }
    }

    /// What a check of a token with the keys says. If that is that a key is missing, it is made again with newer keys.
    ///
    /// # Errors
    /// There are no keys to check with.
    pub async fn check<T>(
        &self,
        now: i64,
        fetch: impl AsyncFn() -> Option<K>,
        check: impl Fn(&K) -> Result<T, TokenError>,
    ) -> Result<Result<T, TokenError>, NoKeys> {
        self.freshen(now, &fetch).await?;
        match self.with_keys(&check)? {
            // The issuer may have changed its key since.
            Err(TokenError::UnknownKey { .. }) if self.may_ask(now) => {
                self.fetch(now, &fetch).await;
                self.with_keys(&check)
            }
            result => Ok(result),
        }
    }

    fn with_keys<T>(&self, check: impl Fn(&K) -> T) -> Result<T, NoKeys> {
        self.state.borrow().keys.as_ref().map(check).ok_or(NoKeys)
    }

    /// Sees to it that there are keys young enough to be used.
    async fn freshen(&self, now: i64, fetch: impl AsyncFn() -> Option<K>) -> Result<(), NoKeys> {
        let age = self.age(now);
        if age.is_some_and(|age| age < FRESH_SECONDS) {
            return Ok(());
        }
        let may_ask = match age {
            None => self.may_begin(now),
            Some(_) => self.may_ask(now),
        };
        if may_ask {
            self.fetch(now, fetch).await;
        }
        match self.age(now) {
            Some(age) if age < STALE_SECONDS => Ok(()),
            _ => Err(NoKeys),
        }
    }

    fn age(&self, now: i64) -> Option<i64> {
        let fetched_at = self.state.borrow().fetched_at;
        fetched_at.map(|fetched_at| now.saturating_sub(fetched_at))
    }

    fn may_ask(&self, now: i64) -> bool {
        let asked_at = self.state.borrow().asked_at;
        asked_at.is_none_or(|asked_at| now.saturating_sub(asked_at) >= PAUSE_SECONDS)
    }

    fn may_begin(&self, now: i64) -> bool {
        let failed_at = self.state.borrow().failed_at;
        failed_at.is_none_or(|failed_at| now.saturating_sub(failed_at) >= self.first_pause)
    }

    async fn fetch(&self, now: i64, fetch: impl AsyncFn() -> Option<K>) {
        // Set before the answer comes: requests that arrive meanwhile go on with the keys that are there.
        self.state.borrow_mut().asked_at = Some(now);
        let keys = fetch().await;
        let mut state = self.state.borrow_mut();
        match keys {
            Some(keys) => {
                state.keys = Some(keys);
                state.fetched_at = Some(now);
                state.failed_at = None;
            }
            None => state.failed_at = Some(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures::executor::block_on;

    use super::*;

    #[test]
    fn an_issuer_that_was_never_there_is_left_alone_for_a_moment() {
        let (asked, keys) = (Cell::new(0), Cell::new(None));
        let cache = KeyCache::<u8>::new(2);
        let at = |now| {
            let fetch = async || {
                asked.set(asked.get() + 1);
                keys.get()
            };
            block_on(cache.check(now, fetch, |key| Ok(*key)))
        };
        for (now, times) in [(100, 1), (101, 1), (102, 2), (103, 2)] {
            assert_eq!(at(now), Err(NoKeys));
            assert_eq!(asked.get(), times, "{now}");
        }
        keys.set(Some(7));
        assert_eq!(at(103), Err(NoKeys));
        assert_eq!(at(104), Ok(Ok(7)));
        assert_eq!(at(105), Ok(Ok(7)));
        assert_eq!(asked.get(), 3);
    }
}
