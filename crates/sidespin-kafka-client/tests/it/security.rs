//! Brokers that ask who comes, and prove who they are: an Apache Kafka with users and TLS.

use std::path::Path;

use servers::{Kafka, KafkaIdentity, KafkaListener};
use sidespin_kafka_client::{
    Connection, ConnectionSettings, NewTopic, Outgoing, Producer, Sasl, SaslMechanism, Security, Start, Tls,
    ensure_topics, existing_topics,
};

use crate::cluster::records;

const USER: &str = "worker";
const PASSWORD: &str = "correct-horse";

struct Secured {
    kafka: Kafka,
    directory: tempfile::TempDir,
}

impl Secured {
    fn start() -> Option<Self> {
        let (identity, authority) = KafkaIdentity::generate(USER, PASSWORD).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ca.pem"), authority).unwrap();
        let kafka = Kafka::start_secured(&identity).unwrap()?;
        Some(Self { kafka, directory })
    }

    fn connection(&self, listener: KafkaListener, security: Security) -> Connection {
        let servers = self.kafka.at(listener).unwrap();
        Connection::to(ConnectionSettings {
            security,
            ..ConnectionSettings::plain(servers, "test")
        })
    }

    fn tls(&self) -> Tls {
        trusting(&self.directory.path().join("ca.pem"))
    }
}

fn trusting(authorities: &Path) -> Tls {
    Tls {
        authorities: Some(authorities.to_owned()),
        identity: None,
    }
}

fn user(mechanism: SaslMechanism, password: &str) -> Sasl {
    Sasl {
        mechanism,
        username: USER.to_owned(),
        password: password.to_owned(),
    }
}

/// One Kafka for all of it: starting one takes seconds.
#[tokio::test]
async fn users_and_certificates_are_shown_and_checked() {
    let Some(secured) = Secured::start() else { return };
    let mut ways = vec![(
        KafkaListener::Ssl,
        Security {
            tls: Some(secured.tls()),
            sasl: None,
        },
    )];
    for mechanism in SaslMechanism::ALL {
        let sasl = Some(user(mechanism, PASSWORD));
        let (with, without) = (Some(secured.tls()), None);
        ways.push((
            KafkaListener::SaslPlaintext,
            Security {
                tls: without,
                sasl: sasl.clone(),
            },
        ));
        ways.push((KafkaListener::SaslSsl, Security { tls: with, sasl }));
    }
    for (number, (listener, security)) in ways.into_iter().enumerate() {
        let described = format!("{listener:?} {security:?}");
        let connection = secured.connection(listener, security);
        let topic = format!("events-{number}");
        let wanted = [NewTopic {
            name: topic.clone(),
            partitions: 1,
            replication: Some(1),
        }];
        ensure_topics(&connection, &wanted).await.expect(&described);
        let producer = Producer::new(connection.clone());
        let message = Outgoing {
            topic: topic.clone(),
            key: None,
            value: Some(b"hello".to_vec()),
            headers: Vec::new(),
        };
        producer.send(message).await.expect(&described);
        let config = sidespin_kafka_client::GroupConfig {
            group: topic.clone(),
            topics: vec![topic],
            except: Vec::new(),
            start: Start::Earliest,
        };
        let mut consumer = sidespin_kafka_client::GroupConsumer::start(&connection, &config)
            .await
            .unwrap();
        let read = records(&mut consumer).await;
        assert_eq!(
            read[0].record.value.as_deref(),
            Some(&b"hello"[..]),
            "{described}"
        );
    }

    // A wrong password, and a certificate that nobody vouches for.
    let wrong = Security {
        tls: None,
        sasl: Some(user(SaslMechanism::ScramSha256, "wrong")),
    };
    existing_topics(&secured.connection(KafkaListener::SaslPlaintext, wrong))
        .await
        .unwrap_err();
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let unrelated = secured.directory.path().join("other.pem");
    std::fs::write(&unrelated, other.cert.pem()).unwrap();
    let strangers = Security {
        tls: Some(trusting(&unrelated)),
        sasl: None,
    };
    existing_topics(&secured.connection(KafkaListener::Ssl, strangers))
        .await
        .unwrap_err();
}
