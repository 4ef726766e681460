//! An OpenID provider: two documents over HTTP, and keys that sign tokens.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use p256::ecdsa::signature::Signer as _;
use rsa::rand_core::{CryptoRng, Error, RngCore};
use rsa::traits::PublicKeyParts as _;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// What it says at the moment.
#[derive(Debug, Default)]
struct Said {
    issuer: String,
    keys: Vec<Value>,
    is_away: bool,
}

/// A provider at `/realms/todo` of a free port.
pub(super) struct Provider {
    address: SocketAddr,
    said: Arc<Mutex<Said>>,
    asked: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Provider {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let said = Arc::new(Mutex::new(Said {
            issuer: format!("http://{address}/realms/todo"),
            ..Said::default()
        }));
        let asked = Arc::new(AtomicUsize::new(0));
        let shared = (Arc::clone(&said), Arc::clone(&asked));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _peer)) = listener.accept().await {
                let (said, asked) = shared.clone();
                tokio::spawn(async move {
                    let answer = service_fn(move |request: Request<hyper::body::Incoming>| {
                        asked.fetch_add(1, Ordering::Relaxed);
                        let answer = answer(request.uri().path(), &said.lock().unwrap(), address);
                        async move { answer }
                    });
                    let _ended = hyper::server::conn::http1::Builder::new()
                        .keep_alive(false)
                        .serve_connection(TokioIo::new(stream), answer)
                        .await;
                });
            }
        });
        Self {
            address,
            said,
            asked,
            serving,
        }
    }

    pub(super) fn issuer(&self) -> String {
        format!("http://{}/realms/todo", self.address)
    }

    /// From now on these keys count and no others.
    pub(super) fn publish(&self, keys: &[&Key]) {
        self.said.lock().unwrap().keys = keys.iter().map(|key| key.published()).collect();
    }

    /// From now on the discovery document is of this issuer.
    pub(super) fn pretend(&self, issuer: &str) {
        self.said.lock().unwrap().issuer = issuer.to_owned();
    }

    /// From now on no request is answered.
    pub(super) fn leave(&self) {
        self.said.lock().unwrap().is_away = true;
    }

    pub(super) fn come_back(&self) {
        self.said.lock().unwrap().is_away = false;
    }

    pub(super) fn times_asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// The answer to a request; an error closes the connection.
fn answer(path: &str, said: &Said, address: SocketAddr) -> Result<Response<Full<Bytes>>, &'static str> {
    if said.is_away {
        return Err("away");
    }
    let document = match path {
        "/realms/todo/.well-known/openid-configuration" => {
            json!({"issuer": said.issuer, "jwks_uri": format!("http://{address}/realms/todo/certs")})
        }
        "/realms/todo/certs" => json!({ "keys": said.keys }),
        _ => Value::Null,
    };
    let mut response = Response::new(Full::new(Bytes::from(document.to_string())));
    if document.is_null() {
        *response.status_mut() = hyper::StatusCode::NOT_FOUND;
    }
    Ok(response)
}

/// A key that signs.
pub(super) struct Key {
    name: String,
    secret: Secret,
}

enum Secret {
    Rsa(Box<RsaPrivateKey>),
    P256(p256::ecdsa::SigningKey),
}

/// The operating system's randomness.
struct Random;

impl RngCore for Random {
    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    fn next_u64(&mut self) -> u64 {
        // Neither half of such a name is random throughout; both together are more than enough of it.
        let (first, second) = Uuid::new_v4().as_u64_pair();
        first ^ second.rotate_left(17)
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

impl CryptoRng for Random {}

fn text(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Key {
    pub(super) fn rsa(name: &str) -> Self {
        let secret = Secret::Rsa(Box::new(RsaPrivateKey::new(&mut Random, 2048).unwrap()));
        Self {
            name: name.to_owned(),
            secret,
        }
    }

    pub(super) fn p256(name: &str) -> Self {
        let secret = Secret::P256(p256::ecdsa::SigningKey::random(&mut Random));
        Self {
            name: name.to_owned(),
            secret,
        }
    }

    fn algorithm(&self) -> &'static str {
        match self.secret {
            Secret::Rsa(_) => "RS256",
            Secret::P256(_) => "ES256",
        }
    }

    fn published(&self) -> Value {
        let mut key = json!({"kid": self.name, "use": "sig", "alg": self.algorithm()});
        let members = match &self.secret {
            Secret::Rsa(secret) => vec![
                ("kty", "RSA".to_owned()),
                ("n", text(secret.n().to_bytes_be())),
                ("e", text(secret.e().to_bytes_be())),
            ],
            Secret::P256(secret) => {
                let point = secret.verifying_key().to_encoded_point(false);
                vec![
                    ("kty", "EC".to_owned()),
                    ("crv", "P-256".to_owned()),
                    ("x", text(point.x().unwrap())),
                    ("y", text(point.y().unwrap())),
                ]
            }
        };
        for (name, value) in members {
            key[name] = value.into();
        }
        key
    }

    /// A token of this subject for the application, five minutes long, with these claims beside or in place of the usual.
    pub(super) fn token(&self, issuer: &str, subject: &str, claims: &Value) -> String {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let mut all = json!({"iss": issuer, "aud": ["account", "todo-api"], "sub": subject, "iat": now, "exp": now + 300});
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        let header = json!({"alg": self.algorithm(), "typ": "JWT", "kid": self.name});
        let message = format!("{}.{}", text(header.to_string()), text(all.to_string()));
        let signature = match &self.secret {
            Secret::Rsa(secret) => {
                let hash = Sha256::digest(&message);
                secret.sign(Pkcs1v15Sign::new::<Sha256>(), &hash).unwrap()
            }
            Secret::P256(secret) => {
                let signature: p256::ecdsa::Signature = secret.sign(message.as_bytes());
                signature.to_bytes().to_vec()
            }
        };
        format!("{message}.{}", text(signature))
    }
}
