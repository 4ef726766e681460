//! The Kafka cluster of an application: the one that the manifest names, or the embedded broker.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sidespin_app::{App, Diagnostic};
use sidespin_broker::{Broker, BrokerConfig, DEFAULT_PARTITIONS, TopicConfig};
use sidespin_capability_kafka::granted_topics;
use sidespin_expressions::Variables;
use sidespin_kafka_client::{Connection, ConnectionSetter, ConnectionSettings, Producer};

use crate::HostError;

/// How to reach the cluster, and the broker to start if it is the embedded one.
#[derive(Debug)]
pub(crate) struct Kafka {
    pub(crate) connection: Connection,
    /// Shared by all that write.
    pub(crate) producer: Producer,
    /// Whether the application reads or writes any topic.
    is_used: bool,
    embedded: Option<Embedded>,
}

#[derive(Debug)]
struct Embedded {
    config: BrokerConfig,
    client_id: String,
    setter: ConnectionSetter,
}

/// `[application.trigger.kafka]`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// A template; empty for the embedded broker.
    bootstrap_servers: String,
}

impl Kafka {
    /// Finds out which cluster the application uses. Connects to nothing. An application that uses no topic gets no broker.
    pub(crate) fn configure(
        app: &App,
        variables: &Variables,
        listen: SocketAddr,
        state_directory: &Path,
    ) -> Result<Self, Diagnostic> {
        let client_id = app.name.clone();
        let mut topics = sidespin_trigger_kafka::topics(app)?;
        topics.extend(granted_topics(app)?);
        let is_used = !topics.is_empty();
        let bootstrap_servers = bootstrap_servers(app, variables)?;
        if !bootstrap_servers.is_empty() {
            let connection = Connection::to(ConnectionSettings {
                bootstrap_servers,
                client_id,
            });
            return Ok(Self {
                producer: Producer::new(connection.clone()),
                connection,
                is_used,
                embedded: None,
            });
        }
        let (setter, connection) = Connection::later();
        let embedded = is_used.then(|| {
            let topics = topics.into_iter().map(|name| TopicConfig {
                name,
                partitions: DEFAULT_PARTITIONS,
            });
            let config = BrokerConfig {
                topics: topics.collect(),
                ..BrokerConfig::new(listen, PathBuf::from(state_directory).join("kafka"))
            };
            Embedded {
                config,
                client_id,
                setter,
            }
        });
        Ok(Self {
            producer: Producer::new(connection.clone()),
            connection,
            is_used,
            embedded,
        })
    }

    /// Starts the embedded broker, if it is that, and connects the producer behind the caller's back.
    pub(crate) async fn start(self) -> Result<Option<Broker>, HostError> {
        let broker = Self::start_broker(self.embedded).await?;
        if self.is_used {
            let producer = self.producer;
            // Detached: it ends with the connection or the process, and the first message waits for it anyhow.
            drop(tokio::spawn(async move {
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
        setter.set(ConnectionSettings {
            bootstrap_servers: broker.address().to_string(),
            client_id,
        });
        Ok(Some(broker))
    }
}

fn bootstrap_servers(app: &App, variables: &Variables) -> Result<String, Diagnostic> {
    let Some(settings) = app.trigger_settings.get("kafka") else {
        return Ok(String::new());
    };
    let template = settings.parse_config::<Settings>("kafka")?.bootstrap_servers;
    let rendered = variables.render_text(&template).map_err(|error| {
        Diagnostic::new("`bootstrap_servers` has no value")
            .at(settings.location_of("bootstrap_servers").cloned())
            .caused_by(&error)
            .hint(
                error
                    .hint()
                    .unwrap_or_else(|| "declare the variable under `[variables]`".to_owned()),
            )
    })?;
    Ok(rendered.expose().trim().to_owned())
}
