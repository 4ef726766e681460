//! Who may reach what, and what is told of it.

use super::*;

#[tokio::test]
async fn a_database_that_is_not_granted_is_not_connected_to() {
    for (granted, url, expected) in [
        (
            "postgres://db.example.com",
            "postgres://ada:secret@127.0.0.1/x",
            "postgres://127.0.0.1",
        ),
        (
            "postgres://127.0.0.1:5433",
            "postgres://ada:secret@127.0.0.1/x",
            "postgres://127.0.0.1",
        ),
        (
            "redis://127.0.0.1:5432",
            "host=127.0.0.1 user=ada password=secret",
            "postgres://127.0.0.1",
        ),
        // Behind a granted one.
        (
            "postgres://db.example.com",
            "postgres://ada:secret@db.example.com,other.example.com/x",
            "other",
        ),
        (
            "postgres://db.example.com",
            "host=db.example.com hostaddr=10.0.0.7 user=ada password=secret",
            "10.0.0.7",
        ),
        // A wildcard does not lead to this machine.
        (
            "postgres://*:*",
            "postgres://ada:secret@localhost:1/x",
            "localhost",
        ),
    ] {
        let access = access(granted, Limits::default());
        let error = access.pools().connect(url.to_owned(), None).await.unwrap_err();
        assert!(
            matches!(error, PostgresError::Denied { .. }),
            "{granted} {url}: {error}"
        );
        let text = error.to_string();
        assert!(text.contains(expected), "{text}");
        assert!(!text.contains("secret"), "{text}");
        assert!(matches!(wit::Error::from(error), wit::Error::ConnectionFailed(_)));
        assert!(!format!("{access:?}").contains("secret"));
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_without_it() {
    let Some(fixture) = Fixture::new(Limits::default()) else {
        return;
    };
    require_passwords(&fixture);
    fixture.sql("CREATE ROLE lovelace LOGIN PASSWORD 'analytical'");
    let url = fixture.url.replace("postgres@", "lovelace:diff%40erence@");
    while fixture.open(&url).await.is_ok() {
        // The server has not read its rules anew yet.
        tokio::task::yield_now().await;
    }
    let error = fixture.open(&url).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(
        text.contains("password authentication failed for user \"lovelace\""),
        "{text}"
    );
    assert!(!text.contains("erence") && !text.contains("analytical"), "{text}");
    let right = fixture.url.replace("postgres@", "lovelace:analytical@");
    let mut lease = fixture.open(&right).await.unwrap();
    assert!(
        matches!(value(&mut lease, "SELECT current_user::text").await, DbValue::Str(user) if user == "lovelace")
    );
}

/// From now on everybody but the superuser needs a password.
fn require_passwords(fixture: &Fixture) {
    let file = fixture.sql("SHOW hba_file");
    fixture.sql(&format!(
        "COPY (VALUES ('host all postgres 127.0.0.1/32 trust'), ('host all all 127.0.0.1/32 scram-sha-256')) TO '{file}'"
    ));
    fixture.sql("SELECT pg_reload_conf()");
}

#[tokio::test]
async fn tls_is_used_as_the_address_says_and_certificates_are_verified() {
    let Some(server) = Postgres::start().unwrap() else {
        return;
    };
    let fixture = Fixture::on(Arc::new(server), Limits::default()).unwrap();
    let required = format!("{}?sslmode=require", fixture.url);
    let error = fixture.open(&required).await.unwrap_err().to_string();
    assert!(error.contains("server does not support TLS"), "{error}");

    let (authority, certificate, key) = certificates();
    for (name, text) in [("server.crt", &certificate), ("server.key", &key)] {
        fixture.sql(&format!(
            "COPY (SELECT unnest(string_to_array('{}', E'\\n'))) TO PROGRAM 'umask 077; cat > {name}'",
            text.trim()
        ));
    }
    fixture.sql("ALTER SYSTEM SET ssl = on");
    fixture.sql("SELECT pg_reload_conf()");
    let question = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let encrypted = loop {
        let opened = fixture
            .access
            .pools()
            .connect(required.clone(), Some(authority.clone()))
            .await;
        match opened {
            Ok(lease) => break lease,
            // The server has not read its settings anew yet.
            Err(error) => assert!(error.to_string().contains("does not support TLS"), "{error}"),
        }
    };
    let is_encrypted = |value: DbValue| matches!(value, DbValue::Boolean(true));
    let mut encrypted = encrypted;
    assert!(is_encrypted(value(&mut encrypted, question).await));

    // Nobody known has signed it; the default is to use TLS where the server has it.
    for url in [
        &required,
        &fixture.url,
        &format!("{}?sslmode=verify-full", fixture.url),
    ] {
        let error = fixture.open(url).await.unwrap_err().to_string();
        assert!(error.contains("invalid peer certificate"), "{error}");
    }
    let other = certificates().0;
    let error = fixture
        .access
        .pools()
        .connect(required, Some(other))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("invalid peer certificate"), "{error}");
    let mut plain = fixture
        .open(&format!("{}?sslmode=disable", fixture.url))
        .await
        .unwrap();
    assert!(!is_encrypted(value(&mut plain, question).await));

    // A statement on an encrypted connection is cancelled by an encrypted one.
    let pool = encrypted.pool();
    abandon(&mut encrypted, &fixture).await;
    drop(encrypted);
    settled(&pool, 0, 20).await;
    while fixture.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") != "0" {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_no_certificate_is_refused() {
    let access = access("postgres://127.0.0.1:*", Limits::default());
    let url = "postgres://ada@127.0.0.1:1/x".to_owned();
    let error = access
        .pools()
        .connect(url, Some("nothing".to_owned()))
        .await
        .unwrap_err();
    assert!(matches!(error, PostgresError::Certificate { .. }), "{error}");
}

/// An authority, and a certificate of 127.0.0.1 with its key, in PEM.
fn certificates() -> (String, String, String) {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_certificate = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    (
        authority_certificate.pem(),
        certificate.pem(),
        key.serialize_pem(),
    )
}
