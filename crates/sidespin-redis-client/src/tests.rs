//! The client with a real Redis, and with servers that behave badly.

use std::sync::Arc;
use std::time::Duration;

use servers::Redis;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::{Address, Client, Connector, RedisError, Subscription, Trust, command};

fn connector(url: &str) -> Connector {
    Connector::new(Address::parse(url).unwrap())
}

/// A server that answers each read with the same bytes, and then hangs up if it is told to.
async fn fake(answer: &'static [u8], hangs_up: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _peer)) = listener.accept().await {
            let mut buffer = [0; 4096];
            // The first read is the library's own introduction.
            while let Ok(1..) = stream.read(&mut buffer).await {
                if stream.write_all(answer).await.is_err() || hangs_up {
                    break;
                }
            }
        }
    });
    format!("redis://{address}")
}

#[tokio::test]
async fn many_callers_share_one_connection() {
    let Some(redis) = Redis::start().unwrap() else {
        return;
    };
    let client = Client::new(connector(&redis.url()));
    let mut tasks = JoinSet::new();
    for _ in 0..1000 {
        let client = client.clone();
        tasks.spawn(async move { client.query::<i64>(command("INCR").arg("n")).await.unwrap() });
    }
    let mut answers = tasks.join_all().await;
    answers.sort_unstable();
    assert_eq!(answers, (1..=1000).collect::<Vec<i64>>());
    let clients: String = client.query(command("CLIENT").arg("LIST")).await.unwrap();
    assert_eq!(clients.lines().count(), 1, "{clients}");
}

#[tokio::test]
async fn a_lost_connection_is_told_and_made_anew() {
    let Some(mut redis) = Redis::start().unwrap() else {
        return;
    };
    let client = Client::new(connector(&redis.url()));
    client
        .query::<()>(command("SET").arg("k").arg("v"))
        .await
        .unwrap();
    redis.stop().unwrap();
    let error = client.query::<()>(&command("PING")).await.unwrap_err();
    assert!(
        error.is_transient() && error.to_string().contains(&redis.address().to_string()),
        "{error}"
    );
    let error = client.query::<()>(&command("PING")).await.unwrap_err();
    assert!(matches!(error, RedisError::Unreachable { .. }), "{error}");
    redis.restart().unwrap();
    let value: Option<String> = client.query(command("GET").arg("k")).await.unwrap();
    assert_eq!(value, None);
}

#[tokio::test]
async fn errors_of_the_server_keep_their_code() {
    let Some(redis) = Redis::start().unwrap() else {
        return;
    };
    let client = Client::new(connector(&redis.url()));
    client
        .query::<()>(command("LPUSH").arg("list").arg("a"))
        .await
        .unwrap();
    match client.query::<()>(command("GET").arg("list")).await.unwrap_err() {
        RedisError::Refused { code, .. } => assert_eq!(code, "WRONGTYPE"),
        error => panic!("{error}"),
    }
    let error = client
        .query::<i64>(command("ECHO").arg("text"))
        .await
        .unwrap_err();
    assert_eq!(error, RedisError::Unexpected);
}

#[tokio::test]
async fn a_password_is_used_and_never_told() {
    let Some(redis) = Redis::start().unwrap() else {
        return;
    };
    let admin = Client::new(connector(&redis.url()));
    admin
        .query::<()>(command("CONFIG").arg("SET").arg("requirepass").arg("hunter2"))
        .await
        .unwrap();
    let address = redis.address();
    let right = Client::new(connector(&format!("redis://:hunter2@{address}")));
    right.query::<()>(&command("PING")).await.unwrap();
    for url in [
        format!("redis://{address}"),
        format!("redis://:swordfish@{address}"),
    ] {
        let client = Client::new(connector(&url));
        let error = client.query::<()>(&command("PING")).await.unwrap_err();
        assert!(matches!(error, RedisError::Unauthenticated { .. }), "{error:?}");
        assert!(!format!("{error} {error:?} {client:?}").contains("swordfish"));
        let error = Subscription::open(&connector(&url), "news").await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("swordfish"), "{error}");
    }
    assert!(!format!("{right:?}").contains("hunter2"));
}

#[tokio::test]
async fn an_address_that_is_not_permitted_is_not_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://localhost:{}", listener.local_addr().unwrap().port());
    let client = Client::new(connector(&url).permitting(Arc::new(|_address| false)));
    let error = client.connect().await.unwrap_err();
    assert!(matches!(error, RedisError::Prohibited { .. }), "{error}");
}

#[tokio::test]
async fn an_answer_without_end_and_another_protocol_end_the_connection() {
    for answer in [
        &b"$999999999\r\n"[..],
        b"*999999999\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ] {
        let client = Client::new(connector(&fake(answer, false).await));
        let error = client.query::<String>(command("GET").arg("k")).await.unwrap_err();
        assert!(
            matches!(error, RedisError::Unreachable { .. } | RedisError::Lost { .. }),
            "{error:?}"
        );
    }
    let client = Client::new(connector(&fake(b"+OK\r\n", true).await));
    client.query::<()>(&command("PING")).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_given_up_after_a_time() {
    let client = Client::new(connector(&fake(b"", false).await));
    let error = client.query::<()>(&command("PING")).await.unwrap_err();
    assert!(error.to_string().contains("within 5s"), "{error}");
}

#[tokio::test]
async fn messages_of_a_channel_arrive_until_the_connection_is_lost() {
    let Some(mut redis) = Redis::start().unwrap() else {
        return;
    };
    let client = Client::new(connector(&redis.url()));
    let mut subscription = Subscription::open(&connector(&redis.url()), "news")
        .await
        .unwrap();
    for payload in [&b"one"[..], b"", &[0, 255, 13, 10]] {
        let receivers: u32 = client
            .query(command("PUBLISH").arg("news").arg(payload))
            .await
            .unwrap();
        assert_eq!(receivers, 1);
        assert_eq!(subscription.next().await.unwrap(), payload);
    }
    client
        .query::<u32>(command("PUBLISH").arg("other").arg("x"))
        .await
        .unwrap();
    redis.stop().unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(10), subscription.next()).await;
    assert_eq!(ended.unwrap(), None);
    assert!(
        Subscription::open(&connector(&redis.url()), "news")
            .await
            .is_err()
    );
}

/// Puts TLS in front of a server, with a certificate for `localhost`, and answers with its port and the certificate.
async fn behind_tls(redis: &Redis) -> (u16, String) {
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, target) = (listener.local_addr().unwrap().port(), redis.address());
    tokio::spawn(async move {
        while let Ok((stream, _peer)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that does not trust the certificate hangs up here.
                if let Ok(mut inside) = acceptor.accept(stream).await {
                    let mut outside = TcpStream::connect(target).await.unwrap();
                    let _copied = tokio::io::copy_bidirectional(&mut inside, &mut outside).await;
                }
            });
        }
    });
    (port, signed.cert.pem())
}

#[tokio::test]
async fn an_encrypted_connection_is_made_to_the_server_that_is_meant() {
    let Some(redis) = Redis::start().unwrap() else {
        return;
    };
    let (port, certificate) = behind_tls(&redis).await;
    let trust = Trust::pem(certificate.as_bytes()).unwrap();
    let trusted = connector(&format!("rediss://localhost:{port}")).trusting(trust.clone());
    let client = Client::new(trusted.clone());
    client
        .query::<()>(command("SET").arg("k").arg("v"))
        .await
        .unwrap();
    let mut subscription = Subscription::open(&trusted, "news").await.unwrap();
    client
        .query::<()>(command("PUBLISH").arg("news").arg("hello"))
        .await
        .unwrap();
    assert_eq!(subscription.next().await.unwrap(), b"hello");
    for other in [
        connector(&format!("rediss://localhost:{port}")),
        connector(&format!("rediss://127.0.0.1:{port}")).trusting(trust),
    ] {
        let error = Client::new(other).connect().await.unwrap_err();
        assert!(error.to_string().contains("certificate"), "{error}");
    }
    assert!(Trust::pem(b"no certificate").is_err());
}
