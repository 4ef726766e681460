//! Keys that change, and an issuer that is away.

use std::cell::Cell;
use std::rc::Rc;

use futures::executor::block_on;
use http::HeaderValue;
use todo_auth::{AUDIENCE, Audience, ISSUER, SigningKey, sign};

use super::*;

const NOW: i64 = 1_760_000_000;

/// The issuer: it publishes the key made from one byte, or is away.
#[derive(Clone, Default)]
struct Issuer {
    key: Rc<Cell<Option<u8>>>,
    asked: Rc<Cell<u32>>,
}

impl KeySource for Issuer {
    async fn fetch(&self) -> Option<KeySet> {
        self.asked.set(self.asked.get() + 1);
        self.key.get().map(|key| KeySet {
            keys: vec![signing_key(key).public()],
        })
    }
}

/// So many seconds after [`NOW`].
fn time(seconds: i64) -> Timestamp {
    Timestamp::from_millis((NOW + seconds) * 1000).unwrap()
}

fn signing_key(key: u8) -> SigningKey {
    SigningKey::from_seed(&[key; 32])
}

fn headers(key: u8) -> HeaderMap {
    let claims = Claims {
        iss: ISSUER.into(),
        aud: Audience::One(AUDIENCE.into()),
        sub: "user-1".into(),
        iat: NOW,
        exp: NOW + 100_000,
        jti: String::new(),
        email: None,
        sid: None,
    };
    let value = format!("Bearer {}", sign(&signing_key(key), &claims).unwrap());
    HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(&value).unwrap())])
}

fn at(authenticator: &Authenticator<Issuer>, key: u8, seconds: i64) -> Result<String, AuthenticationError> {
    block_on(authenticator.authenticate(&headers(key), time(seconds))).map(|claims| claims.sub)
}

fn with_key(key: Option<u8>) -> (Issuer, Authenticator<Issuer>) {
    let issuer = Issuer::default();
    issuer.key.set(key);
    (issuer.clone(), Authenticator::new(issuer))
}

#[test]
fn keys_are_fetched_once_in_five_minutes() {
    let (issuer, authenticator) = with_key(Some(1));
    for (seconds, asked) in [(0, 1), (1, 1), (299, 1), (300, 2), (301, 2)] {
        assert_eq!(at(&authenticator, 1, seconds), Ok("user-1".into()));
        assert_eq!(issuer.asked.get(), asked, "after {seconds} s");
    }
}

#[test]
fn a_new_key_is_known_at_once_and_made_up_ones_do_not_bother_the_issuer() {
    let (issuer, authenticator) = with_key(Some(1));
    at(&authenticator, 1, 0).unwrap();
    issuer.key.set(Some(2));
    assert_eq!(at(&authenticator, 2, 20), Ok("user-1".into()));
    assert_eq!(issuer.asked.get(), 2);
    for second in 21..30 {
        assert!(matches!(
            at(&authenticator, 3, second),
            Err(AuthenticationError::Refused(_))
        ));
    }
    assert_eq!(issuer.asked.get(), 2);
}

#[test]
fn while_the_issuer_is_away_its_last_keys_serve_for_an_hour() {
    let (issuer, authenticator) = with_key(Some(1));
    at(&authenticator, 1, 0).unwrap();
    issuer.key.set(None);
    assert_eq!(at(&authenticator, 1, 400), Ok("user-1".into()));
    assert_eq!(at(&authenticator, 1, 405), Ok("user-1".into()));
    assert_eq!(
        issuer.asked.get(),
        2,
        "the second time within the pause nobody asks"
    );
    assert_eq!(at(&authenticator, 1, 3599), Ok("user-1".into()));
    assert_eq!(
        at(&authenticator, 1, 3600),
        Err(AuthenticationError::KeysUnavailable)
    );
    issuer.key.set(Some(1));
    assert_eq!(at(&authenticator, 1, 3700), Ok("user-1".into()));
}

#[test]
fn without_any_keys_nobody_is_let_in_and_the_next_request_tries_again() {
    let (issuer, authenticator) = with_key(None);
    assert_eq!(
        at(&authenticator, 1, 0),
        Err(AuthenticationError::KeysUnavailable)
    );
    issuer.key.set(Some(1));
    assert_eq!(at(&authenticator, 1, 0), Ok("user-1".into()));
}

#[test]
fn only_a_bearer_token_counts() {
    let (_, authenticator) = with_key(Some(1));
    for value in ["", "Bearer", "Bearer ", "Basic dTpw", "token"] {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(value).unwrap())]);
        let result = block_on(authenticator.authenticate(&headers, time(0)));
        assert_eq!(result, Err(AuthenticationError::Missing), "{value:?}");
    }
    let none = block_on(authenticator.authenticate(&HeaderMap::new(), time(0)));
    assert_eq!(none, Err(AuthenticationError::Missing));
}
