//! Tokens that are accepted, and all the ways in which one is not.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::*;

const NOW: i64 = 1_760_000_000;

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

fn keys() -> KeySet {
    KeySet {
        keys: vec![key().public()],
    }
}

fn claims() -> Claims {
    Claims {
        iss: ISSUER.into(),
        aud: Audience::One(AUDIENCE.into()),
        sub: "user-1".into(),
        iat: NOW,
        exp: NOW + 900,
        jti: "token-1".into(),
        email: Some("ada@example.com".into()),
        sid: Some("session-1".into()),
    }
}

fn verified_at(claims: &Claims, now: i64) -> Result<Claims, TokenError> {
    verify(
        &sign(&key(), claims).unwrap(),
        &keys(),
        now,
        &Expectations::default(),
    )
}

/// The token with its header replaced, signed again.
fn with_header(header: &serde_json::Value) -> String {
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims()).unwrap());
    let signature = key().signature(format!("{header}.{claims}").as_bytes());
    format!(
        "{header}.{claims}.{}",
        URL_SAFE_NO_PAD.encode(signature.to_bytes())
    )
}

fn refusal(token: &str) -> TokenError {
    verify(token, &keys(), NOW, &Expectations::default()).unwrap_err()
}

#[test]
fn a_signed_token_is_accepted_until_it_expires_with_a_minute_of_leeway() {
    assert_eq!(verified_at(&claims(), NOW), Ok(claims()));
    assert_eq!(verified_at(&claims(), NOW + 959), Ok(claims()));
    assert_eq!(verified_at(&claims(), NOW + 960), Err(TokenError::Expired));
    assert_eq!(verified_at(&claims(), NOW - 60), Ok(claims()));
    assert_eq!(verified_at(&claims(), NOW - 61), Err(TokenError::NotYetValid));
}

#[test]
fn issuer_audience_and_subject_must_be_the_expected_ones() {
    let refused = |change: fn(&mut Claims)| {
        let mut claims = claims();
        change(&mut claims);
        verified_at(&claims, NOW).unwrap_err()
    };
    assert_eq!(
        refused(|claims| claims.iss = "other".into()),
        TokenError::WrongIssuer
    );
    assert_eq!(
        refused(|claims| claims.aud = Audience::One("other".into())),
        TokenError::WrongAudience
    );
    assert_eq!(
        refused(|claims| claims.aud = Audience::Many(vec![])),
        TokenError::WrongAudience
    );
    assert_eq!(
        refused(|claims| claims.sub = String::new()),
        TokenError::Malformed
    );
    let several = Claims {
        aud: Audience::Many(vec!["other".into(), AUDIENCE.into()]),
        ..claims()
    };
    assert!(verified_at(&several, NOW).is_ok());
}

#[test]
fn no_other_algorithm_is_accepted_and_none_least_of_all() {
    for algorithm in ["none", "None", "HS256", "ES256", "eddsa", ""] {
        let token = with_header(&json!({"alg": algorithm, "kid": key().key_id()}));
        assert_eq!(
            refusal(&token),
            TokenError::UnsupportedAlgorithm {
                algorithm: algorithm.into()
            }
        );
    }
    let unsigned = format!(
        "{}.",
        with_header(&json!({"alg": "none"})).rsplit_once('.').unwrap().0
    );
    assert_eq!(
        refusal(&unsigned),
        TokenError::UnsupportedAlgorithm {
            algorithm: "none".into()
        }
    );
    assert_eq!(
        refusal(&with_header(&json!({"kid": key().key_id()}))),
        TokenError::Malformed
    );
    let critical = json!({"alg": "EdDSA", "kid": key().key_id(), "crit": ["b64"]});
    assert_eq!(refusal(&with_header(&critical)), TokenError::Malformed);
}

#[test]
fn another_key_is_told_from_a_wrong_signature() {
    let other = SigningKey::from_seed(&[8; 32]);
    let foreign = sign(&other, &claims()).unwrap();
    assert_eq!(
        refusal(&foreign),
        TokenError::UnknownKey {
            key_id: other.key_id().into()
        }
    );
    let nameless = with_header(&json!({"alg": "EdDSA"}));
    assert_eq!(
        refusal(&nameless),
        TokenError::UnknownKey {
            key_id: String::new()
        }
    );

    // Another key under a name that we know.
    let mut impostor = KeySet {
        keys: vec![other.public()],
    };
    impostor.keys[0].kid = key().key_id().into();
    let token = sign(&key(), &claims()).unwrap();
    assert_eq!(
        verify(&token, &impostor, NOW, &Expectations::default()),
        Err(TokenError::BadSignature)
    );
}

#[test]
fn a_changed_token_is_refused() {
    let token = sign(&key(), &claims()).unwrap();
    let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    let changed = Claims {
        sub: "user-2".into(),
        ..claims()
    };
    parts[1] = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&changed).unwrap());
    assert_eq!(refusal(&parts.join(".")), TokenError::BadSignature);
}

#[test]
fn what_is_no_token_is_malformed() {
    let long = "a".repeat(9000);
    for text in [
        "",
        ".",
        "..",
        "a.b.c",
        "a.b",
        "e30.e30.e30",
        "e30.e30.e30.e30",
        "🙂.🙂.🙂",
        &long,
    ] {
        assert_eq!(refusal(text), TokenError::Malformed, "{text}");
    }
}

#[test]
fn a_key_set_is_read_as_published_and_other_kinds_are_skipped() {
    let published = serde_json::to_value(keys()).unwrap();
    let entry = &published["keys"][0];
    assert_eq!(entry["kty"], "OKP");
    assert_eq!(
        (&entry["crv"], &entry["alg"], &entry["use"]),
        (&json!("Ed25519"), &json!("EdDSA"), &json!("sig"))
    );
    assert_eq!(entry["kid"], key().key_id());

    let encryption = PublicKey {
        usage: Some("enc".into()),
        kid: "e".into(),
        ..key().public()
    };
    let short = PublicKey {
        x: "AAAA".into(),
        kid: "s".into(),
        ..key().public()
    };
    let document = json!({"keys": [
        {"kty": "RSA", "kid": "r", "n": "AQAB", "e": "AQAB"}, encryption, short, entry,
    ]});
    assert_eq!(serde_json::from_value::<KeySet>(document).unwrap(), keys());
}

#[test]
fn a_key_is_named_by_its_thumbprint() {
    // The example of RFC 8037, appendix A.3.
    let seed = URL_SAFE_NO_PAD
        .decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
        .unwrap();
    let key = SigningKey::from_seed(&seed.try_into().unwrap());
    assert_eq!(key.key_id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(key.public().x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    assert!(!format!("{key:?}").contains("157, 97, 177"));
}
