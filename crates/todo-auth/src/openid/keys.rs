//! The keys of an issuer, as its JWKS document lists them (RFC 7517). A key has one algorithm, which its type decides.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::EncodedPoint;
use p256::ecdsa::signature::Verifier as _;
use rsa::{BigUint, Pkcs1v15Sign, RsaPublicKey};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// RSA keys below this can be broken with means that some have.
pub const SMALLEST_RSA_BITS: usize = 2048;

/// Verifying with larger ones would cost whoever is asked more than whoever asks.
pub const LARGEST_RSA_BITS: usize = 8192;

/// How many keys of a document are looked at.
const MOST_KEYS: usize = 64;

/// What a token can be signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    EdDsa,
    Es256,
    Rs256,
}

impl Algorithm {
    /// The algorithm of this name. There is no other: neither `none` nor any that needs a shared secret.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "EdDSA" => Some(Self::EdDsa),
            "ES256" => Some(Self::Es256),
            "RS256" => Some(Self::Rs256),
            _ => None,
        }
    }
}

/// A key as it is published. Members that only private keys have are not looked at.
#[derive(Deserialize)]
struct Published {
    kty: String,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default, rename = "use")]
    usage: Option<String>,
    #[serde(default)]
    key_ops: Option<Vec<String>>,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    x: String,
    #[serde(default)]
    y: String,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
}

#[derive(Clone)]
enum Material {
    Ed25519(ed25519_dalek::VerifyingKey),
    P256(p256::ecdsa::VerifyingKey),
    Rsa(Box<RsaPublicKey>),
}

/// A key that verifies.
#[derive(Clone)]
pub(super) struct IssuerKey {
    name: Option<String>,
    material: Material,
}

/// The keys of an issuer that can verify a token here. Keys of other kinds, for other uses or too weak are skipped when the
/// document is read.
#[derive(Clone, Default)]
pub struct IssuerKeys(Vec<IssuerKey>);

impl fmt::Debug for IssuerKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|key| (key.algorithm(), &key.name));
        formatter.debug_list().entries(names).finish()
    }
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

impl IssuerKeys {
    /// Reads a document. Nothing if it is none, or has no key that is of use.
    #[must_use]
    pub fn read(document: &[u8]) -> Option<Self> {
        if document.len() > super::LARGEST_DOCUMENT {
            return None;
        }
        let Document { keys } = serde_json::from_slice(document).ok()?;
        let keys = keys.into_iter().take(MOST_KEYS);
        let keys = keys.filter_map(|key| serde_json::from_value::<Published>(key).ok()?.usable());
        let keys: Vec<IssuerKey> = keys.collect();
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key of this name for this algorithm. A token that names none can mean the only one.
    pub(super) fn find(&self, name: Option<&str>, algorithm: Algorithm) -> Option<&IssuerKey> {
        let fits = |key: &&IssuerKey| {
            key.algorithm() == algorithm && (name.is_none() || key.name.as_deref() == name)
        };
        let mut found = self.0.iter().filter(fits);
        let first = found.next()?;
        (name.is_some() || found.next().is_none()).then_some(first)
    }

    /// Whether there is a key of this name, whatever it is for.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|key| key.name.as_deref() == Some(name))
    }
}

impl IssuerKey {
    fn algorithm(&self) -> Algorithm {
        match self.material {
            Material::Ed25519(_) => Algorithm::EdDsa,
            Material::P256(_) => Algorithm::Es256,
            Material::Rsa(_) => Algorithm::Rs256,
        }
    }

    /// Whether the key signed the message.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
            Material::P256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Material::Rsa(key) => key
                .verify(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message), signature)
                .is_ok(),
        }
    }
}

impl Published {
    fn usable(self) -> Option<IssuerKey> {
        let verifies = self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && self
                .key_ops
                .as_ref()
                .is_none_or(|uses| uses.iter().any(|usage| usage == "verify"));
        if !verifies {
            return None;
        }
        let (kind, curve) = (self.kty.as_str(), self.crv.as_deref());
        let material = match (kind, curve) {
            ("OKP", Some("Ed25519")) => self.ed25519()?,
            ("EC", Some("P-256")) => self.p256()?,
            ("RSA", None) => self.rsa()?,
            _ => return None,
        };
        let key = IssuerKey {
            name: self.kid,
            material,
        };
        let is_meant = |name: &str| Algorithm::named(name) == Some(key.algorithm());
        self.alg.as_deref().is_none_or(is_meant).then_some(key)
    }

    fn ed25519(&self) -> Option<Material> {
        let bytes: [u8; 32] = decode(&self.x)?.try_into().ok()?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok()?;
        (!key.is_weak()).then_some(Material::Ed25519(key))
    }

    fn p256(&self) -> Option<Material> {
        let (x, y): ([u8; 32], [u8; 32]) = (
            decode(&self.x)?.try_into().ok()?,
            decode(&self.y)?.try_into().ok()?,
        );
        // Refuses what is no point of the curve.
        let point = EncodedPoint::from_affine_coordinates(&x.into(), &y.into(), false);
        let key = p256::ecdsa::VerifyingKey::from_encoded_point(&point).ok()?;
        Some(Material::P256(key))
    }

    fn rsa(&self) -> Option<Material> {
        let modulus = decode(&self.n)?;
        let is_bounded = |bytes: &[u8]| bytes.len() <= LARGEST_RSA_BITS / 8 + 1;
        let modulus = is_bounded(&modulus).then(|| BigUint::from_bytes_be(&modulus))?;
        let exponent = decode(&self.e).filter(|bytes| bytes.len() <= 8)?;
        if modulus.bits() < SMALLEST_RSA_BITS {
            return None;
        }
        // Refuses even numbers, and exponents that are too small or too large.
        let key =
            RsaPublicKey::new_with_max_size(modulus, BigUint::from_bytes_be(&exponent), LARGEST_RSA_BITS);
        Some(Material::Rsa(Box::new(key.ok()?)))
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
