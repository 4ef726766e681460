//! The second issuer: its tokens open an account of ours, and nothing but that account.

mod keys;
mod people;
mod questions;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

use super::service::{Response, START, Service};

const ISSUER: &str = "https://login.example.com/realms/todo";
const DISCOVERY: &str = "https://login.example.com/realms/todo/.well-known/openid-configuration";
const KEYS: &str = "https://keys.example.com/jwks";

/// The settings that name the issuer.
const SETTINGS: [(&str, &str); 5] = [
    ("oidc_issuer", ISSUER),
    ("oidc_audience", "todo-api https://tasks.example.com/mcp"),
    ("rate_limit_auth", "0"),
    ("rate_limit_chat", "0"),
    ("rate_limit_default", "0"),
];

/// The service, and an issuer with the key that is made from one byte.
fn service() -> Service {
    let service = Service::with(&SETTINGS);
    publish(&service, &[1]);
    service
}

fn publish(service: &Service, keys: &[u8]) {
    let document = |key: &u8| {
        let public = SigningKey::from_bytes(&[*key; 32]).verifying_key();
        json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": key.to_string(), "x": URL_SAFE_NO_PAD.encode(public)})
    };
    let keys: Vec<Value> = keys.iter().map(document).collect();
    let mut documents = service.world.documents.borrow_mut();
    let discovery = json!({"issuer": ISSUER, "jwks_uri": KEYS, "token_endpoint": format!("{ISSUER}/token")});
    documents.insert(DISCOVERY.to_owned(), discovery.to_string());
    documents.insert(KEYS.to_owned(), json!({ "keys": keys }).to_string());
}

/// The claims of somebody's token, an hour long.
fn claims(subject: &str) -> Value {
    let now = START / 1000;
    json!({"iss": ISSUER, "aud": "todo-api", "sub": subject, "iat": now, "exp": now + 3_600})
}

fn with(subject: &str, more: &Value) -> Value {
    let mut claims = claims(subject);
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn sign(key: u8, claims: &Value) -> String {
    let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": key.to_string()});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&header), part(claims));
    let signature = SigningKey::from_bytes(&[key; 32]).sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

fn token(subject: &str) -> String {
    sign(1, &claims(subject))
}

fn send(service: &Service, token: &str, method: &str, target: &str, body: &Value) -> Response {
    let authorization = format!("Bearer {token}");
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
    ];
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    service.send(method, target, &headers, &body)
}

fn get(service: &Service, token: &str, target: &str) -> Response {
    send(service, token, "GET", target, &Value::Null)
}

/// The account of a token.
fn me(service: &Service, token: &str) -> Value {
    get(service, token, "/api/v1/auth/me").expect(200).body
}
