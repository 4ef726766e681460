//! Keys: the one that signs, and the sets that verify, as they are published.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

/// A key as a JSON Web Key (RFC 8037). Only Ed25519 keys for signatures are of use here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// `OKP`.
    pub kty: String,
    /// `Ed25519`.
    pub crv: String,
    /// `EdDSA`, where it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// `sig`, where it is said.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// The name by which tokens refer to the key.
    pub kid: String,
    /// The key itself: 32 bytes in base64url.
    pub x: String,
}

impl PublicKey {
    /// The key in the form that verifies, if it is one of ours: Ed25519, not meant for another use, not a
    /// weak point.
    pub(crate) fn verifying(&self) -> Option<VerifyingKey> {
        let is_usable = self.kty == "OKP"
            && self.crv == "Ed25519"
            && self.alg.as_deref().is_none_or(|algorithm| algorithm == "EdDSA")
            && self.usage.as_deref().is_none_or(|usage| usage == "sig");
        let bytes = URL_SAFE_NO_PAD.decode(&self.x).ok().filter(|_| is_usable)?;
        let key = VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok()?;
        (!key.is_weak()).then_some(key)
    }
}

/// The keys of an issuer, as its JWKS document lists them. Keys of other kinds are skipped when it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySet {
    /// The keys that can verify a token of ours.
    #[serde(deserialize_with = "usable_keys")]
    pub keys: Vec<PublicKey>,
}

fn usable_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PublicKey>, D::Error> {
    let entries = Vec::<serde_json::Value>::deserialize(deserializer)?;
    let keys = entries
        .into_iter()
        .filter_map(|entry| serde_json::from_value::<PublicKey>(entry).ok());
    Ok(keys.filter(|key| key.verifying().is_some()).collect())
}

impl KeySet {
    /// The key of this name.
    #[must_use]
    pub fn find(&self, key_id: &str) -> Option<&PublicKey> {
        self.keys.iter().find(|key| key.kid == key_id)
    }
}

/// The key that signs.
#[derive(Clone)]
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    key_id: String,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the key.
        formatter
            .debug_struct("SigningKey")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// The key that is derived from these 32 secret random bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        // The thumbprint of RFC 7638: the name follows from the key, so that every replica gives it the same.
        let thumbprint = Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#));
        Self {
            key,
            key_id: URL_SAFE_NO_PAD.encode(thumbprint),
        }
    }

    /// The name by which tokens refer to it.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// What is published of it.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            alg: Some("EdDSA".to_owned()),
            usage: Some("sig".to_owned()),
            kid: self.key_id.clone(),
            x: URL_SAFE_NO_PAD.encode(self.key.verifying_key().as_bytes()),
        }
    }

    pub(crate) fn signature(&self, message: &[u8]) -> Signature {
        self.key.sign(message)
    }
}
