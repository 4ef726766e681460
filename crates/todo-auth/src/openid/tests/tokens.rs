//! Tokens that are accepted, and those that would like to be.

use sha2::Sha512;

use super::*;

const ALGORITHMS: [&str; 3] = ["EdDSA", "ES256", "RS256"];

#[test]
fn each_algorithm_is_accepted_from_its_own_key() {
    for algorithm in ALGORITHMS {
        let accepted = verified(&token(algorithm, &claims()), &keys()).unwrap();
        assert_eq!((accepted.iss.as_str(), accepted.sub.as_str()), (ISSUER, "ann"));
        assert_eq!(
            claimed_issuer(&token(algorithm, &claims())).as_deref(),
            Some(ISSUER)
        );
    }
}

#[test]
fn an_algorithm_follows_from_the_key_and_not_from_the_header() {
    for signer in ALGORITHMS {
        for (named, kid) in [("EdDSA", "ed"), ("ES256", "ec"), ("RS256", "rsa")] {
            for algorithm in ALGORITHMS {
                let header = json!({"alg": algorithm, "kid": kid}).to_string();
                let result = verified(&signed(signer, &header, &claims().to_string()), &keys());
                match result {
                    Ok(_) => assert_eq!((signer, named), (algorithm, algorithm)),
                    Err(error) if named == algorithm => {
                        assert_eq!(error, TokenError::BadSignature, "{signer} {header}");
                    }
                    Err(error) => assert_eq!(error, TokenError::KeyMismatch, "{signer} {header}"),
                }
            }
        }
    }
}

#[test]
fn none_and_shared_secrets_are_refused_before_any_key_is_looked_at() {
    for algorithm in [
        "none", "None", "NONE", "", "HS256", "HS512", "RS512", "PS256", "ES384", "eddsa", "RS256 ",
    ] {
        let header = json!({"alg": algorithm, "kid": "rsa"}).to_string();
        for token in [
            signed("RS256", &header, &claims().to_string()),
            format!("{}.{}.", text(&header), text(claims().to_string())),
        ] {
            assert_eq!(
                refusal(&token),
                TokenError::UnsupportedAlgorithm {
                    algorithm: algorithm.into()
                }
            );
        }
    }
    // What a library would take that hands whatever is called a key to whatever the header names.
    let public = published()["keys"][2].to_string();
    let header = text(json!({"alg": "HS256", "kid": "rsa"}).to_string());
    let message = format!("{header}.{}", text(claims().to_string()));
    let forged = format!(
        "{message}.{}",
        text(hmac_sha256(public.as_bytes(), message.as_bytes()))
    );
    assert!(matches!(
        refusal(&forged),
        TokenError::UnsupportedAlgorithm { .. }
    ));
    assert_eq!(
        refusal(&forged.replacen(&header, &text(r#"{"alg":"RS256","kid":"rsa"}"#), 1)),
        TokenError::BadSignature
    );
}

/// RFC 2104, for the forger alone.
fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let key = if key.len() > 64 {
        Sha256::digest(key).to_vec()
    } else {
        key.to_vec()
    };
    let pad = |byte: u8| -> Vec<u8> {
        (0..64)
            .map(|index| key.get(index).copied().unwrap_or_default() ^ byte)
            .collect()
    };
    let inner = Sha256::new()
        .chain_update(pad(0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(pad(0x5c))
        .chain_update(inner)
        .finalize()
        .to_vec()
}

#[test]
fn the_hash_is_the_algorithms() {
    let message = format!(
        "{}.{}",
        text(json!({"alg": "RS256", "kid": "rsa"}).to_string()),
        text(claims().to_string())
    );
    let signature = secrets()
        .rsa
        .sign(Pkcs1v15Sign::new::<Sha512>(), &Sha512::digest(&message));
    let other = format!("{message}.{}", text(signature.unwrap()));
    assert_eq!(refusal(&other), TokenError::BadSignature);
}

#[test]
fn issuer_and_audience_must_be_the_configured_ones_to_the_letter() {
    for issuer in [
        "https://login.example.com/realms/todo/",
        "https://login.example.com/realms/TODO",
        "https://login.example.com",
        "todo-chatbot",
        "",
    ] {
        let token = token("ES256", &with("iss", json!(issuer)));
        assert_eq!(refusal(&token), TokenError::WrongIssuer, "{issuer}");
    }
    for audience in [json!("account"), json!([]), json!(["account", "todo"]), json!("")] {
        let token = token("ES256", &with("aud", audience.clone()));
        assert_eq!(refusal(&token), TokenError::WrongAudience, "{audience}");
    }
    for audience in [
        json!("todo-api"),
        json!(["account", "todo-api"]),
        json!(["other-api"]),
    ] {
        let token = token("ES256", &with("aud", audience.clone()));
        assert!(verified(&token, &keys()).is_ok(), "{audience}");
    }
}

#[test]
fn times_count_with_a_minute_of_leeway_and_may_have_fractions() {
    for (name, value, expected) in [
        ("exp", json!(NOW - 60), Some(TokenError::Expired)),
        ("exp", json!(NOW - 59), None),
        ("exp", json!(NOW as f64 + 0.5), None),
        ("exp", json!(-1e300), Some(TokenError::Expired)),
        ("exp", json!(1e300), None),
        ("nbf", json!(NOW + 61), Some(TokenError::NotYetValid)),
        ("nbf", json!(NOW + 60), None),
        ("nbf", json!(null), None),
        ("iat", json!(NOW + 61), Some(TokenError::NotYetValid)),
        ("iat", json!(0), None),
        ("exp", json!("1760000300"), Some(TokenError::Malformed)),
        ("exp", json!(null), Some(TokenError::Malformed)),
        ("nbf", json!([]), Some(TokenError::Malformed)),
    ] {
        let result = verified(&token("EdDSA", &with(name, value.clone())), &keys());
        assert_eq!(result.err(), expected, "{name} {value}");
    }
}

#[test]
fn what_must_be_said_must_be_said_once() {
    for name in ["iss", "aud", "sub", "exp"] {
        assert_eq!(
            refusal(&token("ES256", &without(name))),
            TokenError::Malformed,
            "{name}"
        );
    }
    assert!(verified(&token("ES256", &without("iat")), &keys()).is_ok());
    // Readers differ in which of two they believe.
    let header = json!({"alg": "ES256", "kid": "ec"}).to_string();
    for (name, value) in [
        ("sub", "\"bob\""),
        ("exp", "9999999999"),
        ("aud", "\"x\""),
        ("iss", "\"x\""),
    ] {
        let twice = format!("{{\"{name}\": {value}, {}", &claims().to_string()[1..]);
        assert_eq!(
            refusal(&signed("ES256", &header, &twice)),
            TokenError::Malformed,
            "{twice}"
        );
    }
    let twice = r#"{"alg": "none", "alg": "ES256", "kid": "ec"}"#;
    assert_eq!(
        refusal(&signed("ES256", twice, &claims().to_string())),
        TokenError::Malformed
    );
}

#[test]
fn subjects_have_bounds() {
    for subject in [
        json!(""),
        json!(" "),
        json!("a\u{0}b"),
        json!("a".repeat(256)),
        json!(7),
        json!(null),
    ] {
        let token = token("ES256", &with("sub", subject.clone()));
        assert_eq!(refusal(&token), TokenError::Malformed, "{subject}");
    }
    assert!(verified(&token("ES256", &with("sub", json!("a".repeat(255)))), &keys()).is_ok());
}

#[test]
fn tokens_for_other_purposes_are_refused() {
    for (kind, expected) in [
        ("logout+jwt", Some(TokenError::UnsupportedType)),
        ("dpop+jwt", Some(TokenError::UnsupportedType)),
        ("secevent+jwt", Some(TokenError::UnsupportedType)),
        ("", Some(TokenError::UnsupportedType)),
        ("at+jwt", None),
        ("application/AT+JWT", None),
        ("jwt", None),
    ] {
        let header = json!({"alg": "EdDSA", "kid": "ed", "typ": kind}).to_string();
        let result = verified(&signed("EdDSA", &header, &claims().to_string()), &keys());
        assert_eq!(result.err(), expected, "{kind}");
    }
    let bound = with(
        "cnf",
        json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}),
    );
    assert_eq!(refusal(&token("EdDSA", &bound)), TokenError::BoundToKey);
    let critical = json!({"alg": "EdDSA", "kid": "ed", "crit": ["exp"]}).to_string();
    assert_eq!(
        refusal(&signed("EdDSA", &critical, &claims().to_string())),
        TokenError::Malformed
    );
}

#[test]
fn a_key_is_found_by_its_name_or_by_being_the_only_one() {
    let unknown = json!({"alg": "RS256", "kid": "old"}).to_string();
    assert_eq!(
        refusal(&signed("RS256", &unknown, &claims().to_string())),
        TokenError::UnknownKey { key_id: "old".into() }
    );
    let nameless = signed("RS256", r#"{"alg": "RS256"}"#, &claims().to_string());
    assert!(verified(&nameless, &keys()).is_ok());
    let mut two = published();
    let mut second = two["keys"][2].clone();
    second["kid"] = json!("rsa-2");
    two["keys"].as_array_mut().unwrap().push(second);
    let two = read(&two).unwrap();
    assert_eq!(
        verified(&nameless, &two).unwrap_err(),
        TokenError::UnknownKey {
            key_id: String::new()
        }
    );
    assert!(verified(&token("RS256", &claims()), &two).is_ok());
}

#[test]
fn an_oversized_token_is_not_decoded() {
    let long = with("note", json!("a".repeat(8 * 1024)));
    assert_eq!(refusal(&token("ES256", &long)), TokenError::Malformed);
    assert_eq!(claimed_issuer(&token("ES256", &long)), None);
}

#[test]
fn what_a_person_is_called_and_may_do_is_read_leniently() {
    let read = |claims: Value| verified(&token("ES256", &claims), &keys()).unwrap();
    for (verified, expected) in [
        (json!(true), Some("ann@example.com")),
        (json!("true"), Some("ann@example.com")),
        (json!(false), None),
        (json!("false"), None),
        (json!("yes"), None),
        (json!(null), None),
    ] {
        let mut claims = with("email", json!("ann@example.com"));
        claims["email_verified"] = verified;
        assert_eq!(read(claims).verified_email(), expected);
    }
    assert_eq!(
        read(with("email", json!("ann@example.com"))).verified_email(),
        None
    );
    for (name, value) in [
        ("scope", json!("openid tasks:read")),
        ("scp", json!(["openid", "tasks:read"])),
        ("scope", json!(["openid", "tasks:read"])),
    ] {
        let claims = read(with(name, value));
        assert_eq!(claims.scopes().collect::<Vec<_>>(), ["openid", "tasks:read"]);
    }
    assert_eq!(read(claims()).scopes().count(), 0);
}
