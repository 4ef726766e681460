//! Addresses, discovery documents and key sets.

use super::*;

#[test]
fn an_issuer_is_a_safe_address_and_kept_to_the_letter() {
    for (text, discovery) in [
        (
            "https://a.example/",
            "https://a.example/.well-known/openid-configuration",
        ),
        (
            "https://a.example",
            "https://a.example/.well-known/openid-configuration",
        ),
        (
            "https://a.example:8443/realms/todo",
            "https://a.example:8443/realms/todo/.well-known/openid-configuration",
        ),
        (
            "http://127.0.0.1:8080/x",
            "http://127.0.0.1:8080/x/.well-known/openid-configuration",
        ),
        (
            "http://[::1]:8080",
            "http://[::1]:8080/.well-known/openid-configuration",
        ),
        (
            "http://idp.spin.internal",
            "http://idp.spin.internal/.well-known/openid-configuration",
        ),
    ] {
        let issuer = IssuerUrl::parse(text).unwrap();
        assert_eq!(
            (issuer.as_str(), issuer.discovery_url().as_str()),
            (text, discovery)
        );
    }
    for (text, error) in [
        ("http://a.example", AddressError::Insecure),
        ("http://127.0.0.1.a.example", AddressError::Insecure),
        ("http://localhost.a.example", AddressError::Insecure),
        ("http://spin.internal.a.example", AddressError::Insecure),
        ("http://169.254.169.254", AddressError::Insecure),
        ("https://user:password@a.example", AddressError::Decorated),
        ("http://127.0.0.1@a.example", AddressError::Decorated),
        ("https://a.example/?tenant=1", AddressError::Decorated),
        ("https://a.example/#x", AddressError::Decorated),
        ("ftp://a.example", AddressError::Malformed),
        ("file:///etc/passwd", AddressError::Malformed),
        ("a.example", AddressError::Malformed),
        ("/realms", AddressError::Malformed),
        ("https://", AddressError::Malformed),
        ("https://a example", AddressError::Malformed),
        ("", AddressError::Malformed),
    ] {
        assert_eq!(IssuerUrl::parse(text), Err(error), "{text}");
    }
    assert!(IssuerUrl::parse(&format!("https://a.example/{}", "a".repeat(1024))).is_err());
    // Keys may be asked for with a query.
    assert!(KeysUrl::parse("https://a.example/keys?version=2").is_ok());
}

#[test]
fn a_discovery_document_speaks_for_its_own_issuer_alone() {
    let issuer = IssuerUrl::parse(ISSUER).unwrap();
    let document = |of: &str, keys: &str| json!({"issuer": of, "jwks_uri": keys, "more": [1]}).to_string();
    let keys = issuer.keys_url(document(ISSUER, "https://keys.example.com/jwks").as_bytes());
    assert_eq!(keys.unwrap().as_str(), "https://keys.example.com/jwks");
    for lie in [
        "https://evil.example",
        "https://login.example.com/realms/todo/",
        "",
    ] {
        let error = issuer.keys_url(document(lie, "https://evil.example/jwks").as_bytes());
        assert_eq!(error, Err(DiscoveryError::AnotherIssuer { issuer: lie.into() }));
    }
    let long = issuer.keys_url(document(&"x".repeat(5_000), "").as_bytes());
    assert!(long.unwrap_err().to_string().len() < 400);
    for (uri, error) in [
        ("http://keys.example.com/jwks", AddressError::Insecure),
        ("http://169.254.169.254/latest", AddressError::Insecure),
        ("jwks", AddressError::Malformed),
    ] {
        let result = issuer.keys_url(document(ISSUER, uri).as_bytes());
        assert_eq!(result, Err(DiscoveryError::Keys(error)), "{uri}");
    }
    let twice = format!(
        "{{\"issuer\": \"https://evil.example\", {}",
        &document(ISSUER, ISSUER)[1..]
    );
    let padded = format!("{}{}", document(ISSUER, ISSUER), " ".repeat(LARGEST_DOCUMENT));
    for wrong in [
        "",
        "[]",
        "<html>",
        "{\"issuer\": 5}",
        twice.as_str(),
        padded.as_str(),
    ] {
        assert_eq!(issuer.keys_url(wrong.as_bytes()), Err(DiscoveryError::Malformed));
    }
}

/// How many keys a document with this one has, or with the first of [`published`] changed.
fn usable(key: Value) -> usize {
    read(&json!({"keys": [key]})).map_or(0, |keys| keys.len())
}

#[test]
fn rsa_keys_have_a_least_and_a_largest_size() {
    for (bits, count) in [(1024, 0), (2040, 0), (2048, 1), (3072, 1)] {
        assert_eq!(usable(published_rsa(&rsa_key(bits), "k")), count, "{bits}");
    }
    // Nobody need know the factors to publish a number.
    let modulus = |bytes: usize| {
        let mut modulus = vec![0xff; bytes];
        modulus[0] = 0x80;
        json!({"kty": "RSA", "kid": "k", "n": text(modulus), "e": "AQAB"})
    };
    assert_eq!(
        (
            usable(modulus(1024)),
            usable(modulus(1025)),
            usable(modulus(100_000))
        ),
        (1, 0, 0)
    );
    // Leading zeros make no key larger.
    let mut padded = rsa_key(1024).n().to_bytes_be();
    padded.splice(0..0, [0; 128]);
    assert_eq!(usable(json!({"kty": "RSA", "n": text(padded), "e": "AQAB"})), 0);
}

#[test]
fn weak_and_misshapen_keys_are_skipped() {
    let published = published();
    let change = |index: usize, name: &str, value: Value| {
        let mut key = published["keys"][index].clone();
        key[name] = value;
        usable(key)
    };
    for (index, name, value) in [
        (0, "x", json!(text([0; 32]))),
        (0, "x", json!(text([1; 31]))),
        (0, "crv", json!("X25519")),
        (0, "alg", json!("ES256")),
        (1, "y", json!(text([3; 32]))),
        (1, "crv", json!("secp256k1")),
        (1, "alg", json!("RS256")),
        (2, "e", json!(text([1]))),
        (2, "e", json!(text([1, 0]))),
        (2, "e", json!(text([0xff; 9]))),
        (2, "e", json!("")),
        (2, "n", json!("not base64!")),
        (2, "alg", json!("PS256")),
        (2, "alg", json!("none")),
        (2, "use", json!("enc")),
        (2, "key_ops", json!(["encrypt"])),
        (2, "kty", json!("oct")),
        (2, "kid", json!(7)),
    ] {
        assert_eq!(change(index, name, value.clone()), 0, "{name} {value}");
    }
    for (index, name, value) in [
        (2, "alg", Value::Null),
        (2, "use", Value::Null),
        (1, "key_ops", json!(["verify"])),
        (0, "kid", Value::Null),
    ] {
        assert_eq!(change(index, name, value.clone()), 1, "{name} {value}");
    }
    assert_eq!(
        usable(json!({"kty": "oct", "k": text([1; 32]), "alg": "HS256"})),
        0
    );
}

#[test]
fn a_document_without_a_usable_key_is_none() {
    for wrong in [
        "",
        "{}",
        "[]",
        "{\"keys\": {}}",
        "{\"keys\": []}",
        "{\"keys\": [7, null, {}]}",
    ] {
        assert!(IssuerKeys::read(wrong.as_bytes()).is_none(), "{wrong}");
    }
    let padded = format!("{}{}", published(), " ".repeat(LARGEST_DOCUMENT));
    assert!(IssuerKeys::read(padded.as_bytes()).is_none());
    let mut many = published();
    let key = many["keys"][0].clone();
    many["keys"].as_array_mut().unwrap().splice(0..0, vec![key; 200]);
    assert_eq!(read(&many).unwrap().len(), 64);
    // Nothing of a key is told but what it is called.
    let shown = format!("{:?}", keys());
    assert_eq!(
        shown,
        r#"[(EdDsa, Some("ed")), (Es256, Some("ec")), (Rs256, Some("rsa"))]"#
    );
}

#[test]
fn the_example_of_rfc_7515_verifies() {
    // Appendix A.2; its claims name no audience, so the signature alone is looked at.
    let key = json!({"kty": "RSA", "e": "AQAB", "n": concat!(
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR",
        "T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXB",
        "dQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia",
        "GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    )});
    let message = concat!(
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt",
        "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
    );
    let signature = concat!(
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9",
        "uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB",
        "_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rq",
        "Vt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
    );
    let keys = read(&json!({"keys": [key]})).unwrap();
    let token = format!("{message}.{signature}");
    let audiences = ["x".to_owned()];
    let expected = Expected {
        issuer: "joe",
        audiences: &audiences,
    };
    // The signature was right: what is missing is the audience.
    assert_eq!(
        verify(&token, &keys, 1_300_819_000, &expected).unwrap_err(),
        TokenError::Malformed
    );
    let changed = token.replacen("cC4h", "cC4i", 1);
    assert_eq!(
        verify(&changed, &keys, 1_300_819_000, &expected).unwrap_err(),
        TokenError::BadSignature
    );
}
