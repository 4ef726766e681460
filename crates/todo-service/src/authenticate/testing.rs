//! An issuer for native tests: tokens for anybody, the key that verifies them, and API tokens that tell themselves whose
//! they are.

use http::header::AUTHORIZATION;
use http::{HeaderValue, request};
use todo_auth::{AUDIENCE, Audience, Claims, ISSUER, KeySet, SigningKey, sign};
use todo_domain::api_token::PREFIX;

use super::{Introspection, KeySource};

/// Issues tokens and publishes their key.
#[derive(Clone, Copy, Debug, Default)]
pub struct TestIssuer;

impl TestIssuer {
    fn key() -> SigningKey {
        SigningKey::from_seed(&[42; 32])
    }

    /// A header with a token of this user that is valid for a quarter of an hour from `now`, in seconds.
    #[must_use]
    pub fn bearer(user_id: &str, now: i64) -> HeaderValue {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: Audience::One(AUDIENCE.to_owned()),
            sub: user_id.to_owned(),
            iat: now,
            exp: now.saturating_add(900),
            jti: "token".to_owned(),
            email: None,
            sid: None,
        };
        let token = sign(&Self::key(), &claims).unwrap_or_default();
        HeaderValue::from_str(&format!("Bearer {token}"))
            .unwrap_or_else(|_no_header| HeaderValue::from_static(""))
    }

    /// A header with a personal API token of this user that allows this: names of scopes with spaces between them.
    #[must_use]
    pub fn api_token(user_id: &str, scopes: &str) -> HeaderValue {
        HeaderValue::from_str(&format!("Bearer {PREFIX}{user_id}/{}", scopes.replace(' ', "/")))
            .unwrap_or_else(|_no_header| HeaderValue::from_static(""))
    }

    /// A request of this user.
    pub fn request(user_id: &str, now: i64) -> request::Builder {
        http::Request::builder().header(AUTHORIZATION, Self::bearer(user_id, now))
    }
}

impl KeySource for TestIssuer {
    async fn fetch(&self) -> Option<KeySet> {
        Some(KeySet {
            keys: vec![Self::key().public()],
        })
    }

    async fn introspect(&self, token: &str) -> Option<Introspection> {
        let mut parts = token.strip_prefix(PREFIX).unwrap_or_default().split('/');
        let sub = parts.next().unwrap_or_default().to_owned();
        let scope = parts.collect::<Vec<_>>().join(" ");
        // Of whoever is called `away`, it cannot be found out.
        (sub != "away").then(|| Introspection {
            active: !sub.is_empty(),
            sub,
            scope,
            ..Introspection::default()
        })
    }
}
