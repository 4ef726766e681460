//! The Kafka cluster of an application: the one that the manifest names, or the embedded broker.

mod settings;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sidespin_app::{App, Diagnostic};
use sidespin_broker::{Broker, BrokerConfig, DEFAULT_PARTITIONS, TopicConfig};
use sidespin_capability_kafka::granted_topics;
use sidespin_expressions::Variables;
use sidespin_kafka_client::{
    Connection, ConnectionSetter, ConnectionSettings, NewTopic, Producer, ensure_topics,
};
use sidespin_resilience::RetryPolicy;

use self::settings::Settings;
use crate::HostError;

/// Until the cluster can be reached and takes the topics.
const CREATION: RetryPolicy = RetryPolicy {
    attempts: u32::MAX,
    backoff: Duration::from_millis(200),
    max_backoff: Duration::from_secs(30),
};

/// How to reach the cluster, and the broker to start if it is the embedded one.
#[derive(Debug)]
pub(crate) struct Kafka {
    pub(crate) connection: Connection,
    /// Shared by all that write.
    pub(crate) producer: Producer,
    /// Whether the application reads or writes any topic.
    is_used: bool,
    /// What is created in a cluster where it is missing.
    declared: Vec<NewTopic>,
    embedded: Option<Embedded>,
}

#[derive(Debug)]
struct Embedded {
    config: BrokerConfig,
    client_id: String,
    setter: ConnectionSetter,
}

impl Kafka {
    /// Finds out which cluster the application uses. Connects to nothing. An application that uses no topic gets no broker.
    pub(crate) fn configure(
        app: &App,
        variables: &Variables,
        listen: SocketAddr,
        state_directory: &Path,
    ) -> Result<Self, Diagnostic> {
        let settings = Settings::of(app, variables, DEFAULT_PARTITIONS)?;
        let mut used = sidespin_trigger_kafka::topics(app)?;
        used.extend(granted_topics(app)?);
        let is_used = !used.is_empty() || app.triggers_of("kafka").next().is_some();
        if let Some(cluster) = settings.cluster {
            let connection = Connection::to(cluster);
            return Ok(Self {
                producer: Producer::new(connection.clone()),
                connection,
                is_used,
                declared: settings.topics,
                embedded: None,
            });
        }
        let (setter, connection) = Connection::later();
        let embedded = is_used.then(|| {
            // There is nobody else who could make them.
            let mut partitions: BTreeMap<_, _> =
                used.into_iter().map(|name| (name, DEFAULT_PARTITIONS)).collect();
            partitions.extend(
                settings
                    .topics
                    .into_iter()
                    .map(|topic| (topic.name, topic.partitions)),
            );
            let topics = partitions
                .into_iter()
                .map(|(name, partitions)| TopicConfig { name, partitions });
            let config = BrokerConfig {
                topics: topics.collect(),
                ..BrokerConfig::new(listen, PathBuf::from(state_directory).join("kafka"))
            };
            Embedded {
                config,
                client_id: app.name.clone(),
                setter,
            }
        });
        Ok(Self {
            producer: Producer::new(connection.clone()),
            connection,
            is_used,
            declared: Vec::new(),
            embedded,
        })
    }

    /// Whether it is a cluster that others look after.
    pub(crate) fn is_external(&self) -> bool {
        self.embedded.is_none() && self.is_used
    }

    /// Starts the embedded broker, if it is that, and connects the producer behind the caller's back.
    pub(crate) async fn start(self) -> Result<Option<Broker>, HostError> {
        let broker = Self::start_broker(self.embedded).await?;
        if self.is_used {
            let producer = self.producer;
            // Detached: it ends with the connection or the process, and the first message waits for it anyhow.
            drop(tokio::spawn(async move {
                create(&self.connection, &self.declared).await;
                if let Err(error) = producer.connect().await {
                    tracing::warn!(error = error.full(), "the Kafka producer is not connected yet");
                }
            }));
        }
        Ok(broker)
    }

    async fn start_broker(embedded: Option<Embedded>) -> Result<Option<Broker>, HostError> {
        let Some(Embedded {
            config,
            client_id,
            setter,
        }) = embedded
        else {
            return Ok(None);
        };
        let broker = Broker::start(config).await.map_err(|error| {
            HostError::Environment(
                Diagnostic::new("the embedded Kafka broker cannot start")
                    .caused_by(&error)
                    .hint(error.hint()),
            )
        })?;
        setter.set(ConnectionSettings::plain(broker.address().to_string(), client_id));
        Ok(Some(broker))
    }
}

/// Creates what is declared, however long that takes: a cluster may be away, or may not have brokers enough yet.
async fn create(connection: &Connection, declared: &[NewTopic]) {
    let mut attempt = 1;
    while let Err(error) = ensure_topics(connection, declared).await {
        tracing::warn!(
            error = error.full(),
            "the topics of `[application.trigger.kafka.topics]` cannot be created yet"
        );
        tokio::time::sleep(CREATION.delay(attempt)).await;
        attempt = attempt.saturating_add(1);
    }
}
