//! Keys that change, and an issuer that is away.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::executor::block_on;
use http::HeaderValue;
use todo_auth::{AUDIENCE, Audience, ISSUER, SigningKey, sign};
use todo_domain::api_token::Scope;

use super::*;

const NOW: i64 = 1_760_000_000;

/// The issuer: it publishes the key made from one byte, or is away.
#[derive(Clone, Default)]
struct Issuer {
    key: Rc<Cell<Option<u8>>>,
    asked: Rc<Cell<u32>>,
    /// What it says of tokens; nothing while it is away.
    said: Rc<RefCell<Option<Introspection>>>,
    introspected: Rc<Cell<u32>>,
}

impl KeySource for Issuer {
    async fn fetch(&self) -> Option<KeySet> {
        self.asked.set(self.asked.get() + 1);
        self.key.get().map(|key| KeySet {
            keys: vec![signing_key(key).public()],
        })
    }

    async fn introspect(&self, _token: &str) -> Option<Introspection> {
        self.introspected.set(self.introspected.get() + 1);
        self.said.borrow().clone()
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
    bearing(&token(key, ISSUER))
}

fn bearing(token: &str) -> HeaderMap {
    let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
    HeaderMap::from_iter([(AUTHORIZATION, value)])
}

fn token(key: u8, issuer: &str) -> String {
    let claims = Claims {
        iss: issuer.into(),
        aud: Audience::One(AUDIENCE.into()),
        sub: "user-1".into(),
        iat: NOW,
        exp: NOW + 100_000,
        jti: String::new(),
        email: None,
        sid: None,
    };
    sign(&signing_key(key), &claims).unwrap()
}

fn at(authenticator: &Authenticator<Issuer>, key: u8, seconds: i64) -> Result<String, AuthenticationError> {
    block_on(authenticator.authenticate(&headers(key), time(seconds))).map(|caller| caller.user_id)
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

fn show(
    authenticator: &Authenticator<Issuer>,
    token: &str,
    seconds: i64,
) -> Result<Caller, AuthenticationError> {
    block_on(authenticator.authenticate(&bearing(token), time(seconds)))
}

fn reader() -> Introspection {
    Introspection {
        active: true,
        sub: "user-2".into(),
        scope: "tasks:read".into(),
        ..Introspection::default()
    }
}

#[test]
fn tokens_of_others_are_shown_to_whoever_knows_them_once_a_minute() {
    let (issuer, authenticator) = with_key(Some(1));
    *issuer.said.borrow_mut() = Some(reader());
    let api_token = "todo_pat_abc";
    let foreign = token(3, "https://login.example.com");
    for (seconds, introspected) in [(0, 2), (59, 2), (60, 4)] {
        for token in [api_token, foreign.as_str()] {
            let caller = show(&authenticator, token, seconds).unwrap();
            assert_eq!(caller.user_id, "user-2");
            assert!(caller.require(Scope::Read).is_ok() && caller.require(Scope::Write).is_err());
            assert!(caller.require_session("do this").is_err());
        }
        assert_eq!(issuer.introspected.get(), introspected, "after {seconds} s");
    }
    // Their keys are of no use for it.
    assert_eq!(issuer.asked.get(), 0);
}

#[test]
fn a_deleted_token_ends_within_a_minute_and_a_new_one_begins_within_seconds() {
    let (issuer, authenticator) = with_key(None);
    *issuer.said.borrow_mut() = Some(Introspection::default());
    for (seconds, introspected) in [(0, 1), (4, 1), (5, 2)] {
        let refused = show(&authenticator, "todo_pat_a", seconds);
        assert_eq!(refused, Err(AuthenticationError::Unknown));
        assert_eq!(issuer.introspected.get(), introspected, "after {seconds} s");
    }
    *issuer.said.borrow_mut() = Some(reader());
    assert!(show(&authenticator, "todo_pat_a", 10).is_ok());
    *issuer.said.borrow_mut() = Some(Introspection::default());
    assert!(show(&authenticator, "todo_pat_a", 69).is_ok());
    assert_eq!(
        show(&authenticator, "todo_pat_a", 70),
        Err(AuthenticationError::Unknown)
    );
}

#[test]
fn a_token_ends_at_its_time_though_it_was_good_a_moment_ago() {
    let (issuer, authenticator) = with_key(None);
    *issuer.said.borrow_mut() = Some(Introspection {
        exp: Some(NOW + 30),
        ..reader()
    });
    assert!(show(&authenticator, "todo_pat_a", 0).is_ok());
    assert!(show(&authenticator, "todo_pat_a", 29).is_ok());
    assert_eq!(
        show(&authenticator, "todo_pat_a", 30),
        Err(AuthenticationError::Unknown)
    );
}

#[test]
fn while_nobody_can_say_whose_a_token_is_it_is_not_refused_for_good() {
    let (issuer, authenticator) = with_key(Some(1));
    *issuer.said.borrow_mut() = Some(reader());
    assert!(show(&authenticator, "todo_pat_a", 0).is_ok());
    *issuer.said.borrow_mut() = None;
    assert!(show(&authenticator, "todo_pat_a", 59).is_ok());
    let away = AuthenticationError::IssuerUnavailable;
    assert!(away.is_passing());
    assert_eq!(show(&authenticator, "todo_pat_a", 60), Err(away.clone()));
    assert_eq!(show(&authenticator, "todo_pat_b", 60), Err(away));
    // Sessions need nobody.
    assert_eq!(at(&authenticator, 1, 60), Ok("user-1".into()));
    *issuer.said.borrow_mut() = Some(reader());
    assert!(show(&authenticator, "todo_pat_b", 60).is_ok());
}

#[test]
fn what_is_no_token_or_one_of_ours_is_nobody_elses_affair() {
    let (issuer, authenticator) = with_key(Some(1));
    *issuer.said.borrow_mut() = Some(reader());
    let forged = token(9, ISSUER);
    let long = format!("{}{}", token(9, "https://x.example"), "a".repeat(9_000));
    for token in ["x", "a.b.c", "todo-pat", forged.as_str(), long.as_str()] {
        let refused = show(&authenticator, token, 0);
        assert!(matches!(refused, Err(AuthenticationError::Refused(_))), "{token}");
    }
    assert_eq!(issuer.introspected.get(), 0);
}
