//! What chat-api says of a token (RFC 7662), and the memory of it. A token itself is neither kept nor logged.

use std::cell::RefCell;
use std::collections::HashMap;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use todo_domain::api_token::Scopes;

use super::Caller;

/// How long a token that was good is taken for good: so long may one that was deleted still open what asks here.
const GOOD_SECONDS: i64 = 60;

/// How long one that was not is not asked about again: it may have been made since.
const BAD_SECONDS: i64 = 5;

/// How many tokens are remembered.
const MOST_KNOWN: usize = 1_024;

/// The answer of an introspection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Introspection {
    /// Whether the token is good.
    pub active: bool,
    /// The user's id.
    #[serde(default)]
    pub sub: String,
    /// What the token allows: names with spaces between them.
    #[serde(default)]
    pub scope: String,
    /// Whether it is the token of a person's session, which allows everything.
    #[serde(default)]
    pub session: bool,
    /// When it expires, in seconds since the Unix epoch.
    #[serde(default)]
    pub exp: Option<i64>,
}

impl Introspection {
    /// The user, if the token is good now.
    pub(super) fn caller(&self, now: i64) -> Option<Caller> {
        let is_good = self.active && !self.sub.is_empty() && self.expires_at() > now;
        is_good.then(|| match self.session {
            true => Caller::of_session(self.sub.clone()),
            false => Caller::of_token(self.sub.clone(), Scopes::read(&self.scope)),
        })
    }

    pub(super) fn expires_at(&self) -> i64 {
        self.exp.unwrap_or(i64::MAX)
    }
}

#[derive(Debug)]
struct Entry {
    caller: Option<Caller>,
    until: i64,
}

/// What was said of tokens, by their hashes.
#[derive(Debug, Default)]
pub(super) struct Known(RefCell<HashMap<[u8; 32], Entry>>);

fn key(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

impl Known {
    /// What is remembered of a token: whose it is, or that it is nobody's.
    pub(super) fn find(&self, token: &str, now: i64) -> Option<Option<Caller>> {
        let known = self.0.borrow();
        let entry = known.get(&key(token)).filter(|entry| now < entry.until);
        entry.map(|entry| entry.caller.clone())
    }

    pub(super) fn keep(&self, token: &str, caller: Option<Caller>, expires_at: i64, now: i64) {
        let seconds = if caller.is_some() {
            GOOD_SECONDS
        } else {
            BAD_SECONDS
        };
        let mut until = now.saturating_add(seconds);
        if caller.is_some() {
            until = until.min(expires_at);
        }
        let mut known = self.0.borrow_mut();
        if known.len() >= MOST_KNOWN {
            known.retain(|_token, entry| now < entry.until);
        }
        if known.len() >= MOST_KNOWN {
            // Tokens that are nobody's go first: whoever makes them up must not push out those that are good.
            let first = known
                .iter()
                .min_by_key(|(_token, entry)| (entry.caller.is_some(), entry.until))
                .map(|(token, _entry)| *token);
            if let Some(first) = first {
                known.remove(&first);
            }
        }
        known.insert(key(token), Entry { caller, until });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(name: &str) -> Option<Caller> {
        Some(Caller::of_session(name.to_owned()))
    }

    #[test]
    fn what_was_said_is_remembered_for_its_time() {
        let known = Known::default();
        known.keep("a", good("ann"), i64::MAX, 100);
        known.keep("b", good("bob"), 110, 100);
        known.keep("c", None, i64::MAX, 100);
        for (token, at, expected) in [
            ("a", 159, Some(good("ann"))),
            ("a", 160, None),
            ("b", 109, Some(good("bob"))),
            ("b", 110, None),
            ("c", 104, Some(None)),
            ("c", 105, None),
            ("d", 100, None),
        ] {
            assert_eq!(known.find(token, at), expected, "{token} at {at}");
        }
        assert!(!format!("{known:?}").contains("\"a\""));
    }

    #[test]
    fn made_up_tokens_fill_no_memory_and_push_out_no_good_ones() {
        let known = Known::default();
        known.keep("good", good("ann"), i64::MAX, 100);
        for number in 0..3 * MOST_KNOWN {
            known.keep(&number.to_string(), None, i64::MAX, 100);
        }
        assert_eq!(known.0.borrow().len(), MOST_KNOWN);
        assert_eq!(known.find("good", 100), Some(good("ann")));
    }

    #[test]
    fn only_a_good_answer_names_a_user() {
        let said = |text: &str| serde_json::from_str::<Introspection>(text).unwrap().caller(100);
        assert_eq!(said(r#"{"active": false}"#), None);
        assert_eq!(said(r#"{"active": false, "sub": "ann"}"#), None);
        assert_eq!(said(r#"{"active": true}"#), None);
        assert_eq!(said(r#"{"active": true, "sub": "ann", "exp": 100}"#), None);
        let reader = Caller::of_token("ann".to_owned(), Scopes::read("tasks:read"));
        assert_eq!(
            said(
                r#"{"active": true, "sub": "ann", "scope": "tasks:read openid", "exp": 101, "token_type": "Bearer"}"#
            ),
            Some(reader)
        );
        let nothing = Caller::of_token("ann".to_owned(), Scopes::default());
        assert_eq!(said(r#"{"active": true, "sub": "ann"}"#), Some(nothing));
        assert_eq!(
            said(r#"{"active": true, "sub": "ann", "session": true}"#),
            good("ann")
        );
    }
}
