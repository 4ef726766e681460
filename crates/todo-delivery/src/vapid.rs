//! Who sends a Web Push message, shown to the push service by a signed token (VAPID, RFC 8292).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::json;

/// How long a token is valid, in seconds. A day is the most that push services take.
const VALID_FOR: i64 = 12 * 3600;

/// The key that signs; browsers subscribe with its public half.
#[derive(Clone)]
pub struct VapidKey(SigningKey);

impl fmt::Debug for VapidKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("VapidKey(…)")
    }
}

impl VapidKey {
    /// From 32 random bytes; nothing in the one case of 2^32 in which they are no private key.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Option<Self> {
        SigningKey::from_slice(bytes).ok().map(Self)
    }

    /// The key in the text that [`Self::reveal`] made, as other Web Push tools write private keys: 32 bytes in base64url.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
        Self::new(&bytes.try_into().ok()?)
    }

    /// As it is kept.
    #[must_use]
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.to_bytes())
    }

    /// The public half in base64url: `applicationServerKey` of a browser's `subscribe`.
    #[must_use]
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.verifying_key().to_encoded_point(false).as_bytes())
    }

    /// The value of `authorization` for a push service, by its origin. `subject` says whom it may write to, as a `mailto:`
    /// or `https:` address; empty says nobody.
    #[must_use]
    pub fn authorization(&self, origin: &str, subject: &str, now_seconds: i64) -> String {
        let mut claims = json!({ "aud": origin, "exp": now_seconds.saturating_add(VALID_FOR) });
        if !subject.is_empty()
            && let Some(claims) = claims.as_object_mut()
        {
            claims.insert("sub".to_owned(), subject.into());
        }
        let encode = |part: serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!(
            "{}.{}",
            encode(json!({ "typ": "JWT", "alg": "ES256" })),
            encode(claims)
        );
        let signature: Signature = self.0.sign(signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(signature.to_bytes());
        format!("vapid t={signed}.{signature}, k={}", self.public())
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier as _;
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_push_service_finds_what_rfc_8292_asks_for() {
        let key = VapidKey::new(&[9; 32]).unwrap();
        let value = key.authorization(
            "https://push.example.net",
            "mailto:push@example.com",
            1_453_500_000,
        );
        let (token, public) = value
            .strip_prefix("vapid t=")
            .unwrap()
            .split_once(", k=")
            .unwrap();
        let point = URL_SAFE_NO_PAD.decode(public).unwrap();
        assert_eq!((point.len(), point[0]), (65, 4));

        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        assert_eq!(signature.len(), 64);
        let verifying = VerifyingKey::from_sec1_bytes(&point).unwrap();
        let signature = Signature::from_slice(&signature).unwrap();
        verifying.verify(signed.as_bytes(), &signature).unwrap();

        let part =
            |text| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap() };
        let (header, claims) = signed.split_once('.').unwrap();
        assert_eq!(part(header), json!({ "typ": "JWT", "alg": "ES256" }));
        assert_eq!(
            part(claims),
            json!({ "aud": "https://push.example.net", "exp": 1_453_543_200, "sub": "mailto:push@example.com" })
        );
        let nobody = key.authorization("https://push.example.net", "", 0);
        assert!(nobody.len() < value.len());
    }

    #[test]
    fn the_key_is_kept_as_text_and_not_printed() {
        let key = VapidKey::new(&[9; 32]).unwrap();
        let again = VapidKey::parse(&key.reveal()).unwrap();
        assert_eq!(again.public(), key.public());
        assert_eq!(format!("{key:?}"), "VapidKey(…)");
        assert!(VapidKey::new(&[0; 32]).is_none() && VapidKey::parse("AAAA").is_none());
    }
}
