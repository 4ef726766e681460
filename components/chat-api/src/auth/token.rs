//! The two tokens of a session: a signed one that is verified without the database, and a random one that renews it. And
//! personal API tokens, which are random too.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use todo_auth::{AUDIENCE, Audience, Claims, Expectations, ISSUER, KeySet, SigningKey, TokenError};
use todo_domain::api_token::PREFIX;

/// How long an access token is good for, if its session lasts.
pub(crate) const ACCESS_SECONDS: i64 = 15 * 60;

/// How long a refresh token is, if it is not used: then the person logs in again.
pub(crate) const REFRESH_SECONDS: i64 = 30 * 24 * 3600;

/// The key of this application: signs, and verifies what it signed.
#[derive(Debug)]
pub(crate) struct Signer {
    key: SigningKey,
    keys: KeySet,
}

impl Signer {
    pub(crate) fn new(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_seed(seed);
        let keys = KeySet {
            keys: vec![key.public()],
        };
        Self { key, keys }
    }

    /// What others need to verify tokens.
    pub(crate) fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// An access token. `now` is in seconds since the Unix epoch.
    pub(crate) fn sign(
        &self,
        user_id: &str,
        email: &str,
        session: String,
        token_id: String,
        now: i64,
    ) -> Option<String> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: Audience::One(AUDIENCE.to_owned()),
            sub: user_id.to_owned(),
            iat: now,
            exp: now.saturating_add(ACCESS_SECONDS),
            jti: token_id,
            email: Some(email.to_owned()),
            sid: Some(session),
        };
        todo_auth::sign(&self.key, &claims).ok()
    }

    /// The claims of an access token. `now` is in seconds since the Unix epoch.
    pub(crate) fn verify(&self, token: &str, now: i64) -> Result<Claims, TokenError> {
        todo_auth::verify(token, &self.keys, now, &Expectations::default())
    }
}

/// The seed in a variable: 32 bytes in base64 of either alphabet.
pub(crate) fn seed(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    let bytes = STANDARD
        .decode(text)
        .or_else(|_other_alphabet| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')));
    bytes.ok()?.try_into().ok()
}

/// A refresh token, as the client keeps it.
pub(crate) fn refresh_token(random: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

/// A personal API token, as its owner keeps it.
pub(crate) fn api_token(random: &[u8; 32]) -> String {
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random))
}

/// Whether the text has the form of a personal API token. What has not need not be looked for.
pub(crate) fn is_api_token(text: &str) -> bool {
    let rest = text.strip_prefix(PREFIX);
    rest.is_some_and(|rest| URL_SAFE_NO_PAD.decode(rest).is_ok_and(|bytes| bytes.len() == 32))
}

/// What is stored of a random token. A plain hash is enough: nobody can try 2^256 tokens.
pub(crate) fn token_hash(token: &str) -> String {
    crate::hex::encode(&Sha256::digest(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_verifies_until_its_time_is_over() {
        let signer = Signer::new(&[1; 32]);
        let token = signer
            .sign("user-1", "ann@example.com", "s".into(), "t".into(), 1_000)
            .unwrap();
        assert_eq!(signer.verify(&token, 1_000).unwrap().sub, "user-1");
        assert!(signer.verify(&token, 1_000 + ACCESS_SECONDS + 59).is_ok());
        assert_eq!(
            signer.verify(&token, 1_000 + ACCESS_SECONDS + 60),
            Err(TokenError::Expired)
        );
        assert!(matches!(
            Signer::new(&[2; 32]).verify(&token, 1_000),
            Err(TokenError::UnknownKey { .. })
        ));
    }

    #[test]
    fn a_seed_is_32_bytes_of_either_alphabet() {
        assert_eq!(seed(&STANDARD.encode([0xfb; 32])), Some([0xfb; 32]));
        assert_eq!(seed(&URL_SAFE_NO_PAD.encode([0xfb; 32])), Some([0xfb; 32]));
        assert_eq!(seed(&STANDARD.encode([0xfb; 31])), None);
        assert_eq!(seed("not base64!"), None);
    }
}
