//! Tokens and documents of an issuer that is honest, careless or hostile.

mod documents;
mod properties;
mod tokens;

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use rsa::rand_core::{CryptoRng, Error, RngCore};
use rsa::traits::PublicKeyParts as _;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::TokenError;

const NOW: i64 = 1_760_000_000;
const ISSUER: &str = "https://login.example.com/realms/todo";
const AUDIENCE: &str = "todo-api";

/// The same keys in each run.
struct Deterministic(u64);

impl RngCore for Deterministic {
    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    fn next_u64(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_be_bytes()[..chunk.len()]);
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Deterministic {}

fn rsa_key(bits: usize) -> RsaPrivateKey {
    RsaPrivateKey::new(&mut Deterministic(bits as u64), bits).unwrap()
}

/// The issuer's private keys.
struct Secrets {
    ed25519: ed25519_dalek::SigningKey,
    p256: p256::ecdsa::SigningKey,
    rsa: RsaPrivateKey,
}

fn secrets() -> &'static Secrets {
    static SECRETS: OnceLock<Secrets> = OnceLock::new();
    SECRETS.get_or_init(|| Secrets {
        ed25519: ed25519_dalek::SigningKey::from_bytes(&[7; 32]),
        p256: p256::ecdsa::SigningKey::from_slice(&[9; 32]).unwrap(),
        rsa: rsa_key(2048),
    })
}

fn text(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn published_rsa(key: &RsaPrivateKey, kid: &str) -> Value {
    let (n, e) = (key.n().to_bytes_be(), key.e().to_bytes_be());
    json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": text(n), "e": text(e)})
}

/// The issuer's document: a key of each kind, named `ed`, `ec` and `rsa`.
fn published() -> Value {
    let secrets = secrets();
    let point = secrets.p256.verifying_key().to_encoded_point(false);
    json!({"keys": [
        {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "ed",
            "x": text(secrets.ed25519.verifying_key().as_bytes())},
        {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "ec",
            "x": text(point.x().unwrap()), "y": text(point.y().unwrap())},
        published_rsa(&secrets.rsa, "rsa"),
    ]})
}

fn read(document: &Value) -> Option<IssuerKeys> {
    IssuerKeys::read(document.to_string().as_bytes())
}

fn keys() -> IssuerKeys {
    read(&published()).unwrap()
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "iat": NOW, "exp": NOW + 300})
}

/// The claims with one of them replaced.
fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

/// Signs with the key of an algorithm, whatever the header says.
fn signed(algorithm: &str, header: &str, claims: &str) -> String {
    let message = format!("{}.{}", text(header), text(claims));
    let secrets = secrets();
    let signature = match algorithm {
        "EdDSA" => secrets.ed25519.sign(message.as_bytes()).to_bytes().to_vec(),
        "ES256" => {
            let signature: p256::ecdsa::Signature = secrets.p256.sign(message.as_bytes());
            signature.to_bytes().to_vec()
        }
        _ => {
            let hash = Sha256::digest(&message);
            secrets.rsa.sign(Pkcs1v15Sign::new::<Sha256>(), &hash).unwrap()
        }
    };
    format!("{message}.{}", text(signature))
}

/// An ordinary token.
fn token(algorithm: &str, claims: &Value) -> String {
    let kid = match algorithm {
        "EdDSA" => "ed",
        "ES256" => "ec",
        _ => "rsa",
    };
    let header = json!({"alg": algorithm, "typ": "JWT", "kid": kid});
    signed(algorithm, &header.to_string(), &claims.to_string())
}

fn verified(token: &str, keys: &IssuerKeys) -> Result<IssuerClaims, TokenError> {
    let audiences = ["other-api".to_owned(), AUDIENCE.to_owned()];
    let expected = Expected {
        issuer: ISSUER,
        audiences: &audiences,
    };
    verify(token, keys, NOW, &expected)
}

fn refusal(token: &str) -> TokenError {
    verified(token, &keys()).unwrap_err()
}
