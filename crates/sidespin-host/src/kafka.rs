//! The Kafka cluster of an application: the one that the manifest names, or the embedded broker.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use sidespin_app::{App, Diagnostic};
use sidespin_broker::{Broker, BrokerConfig, TopicConfig};
use sidespin_expressions::Variables;
use sidespin_kafka_client::{Connection, ConnectionSetter, ConnectionSettings};

use crate::HostError;

/// What follows a topic's name in the name of its dead-letter topic.
const DEAD_LETTER_SUFFIX: &str = ".dlq";

/// How to reach the cluster, and the broker to start if it is the embedded one.
#[derive(Debug)]
pub(crate) struct Kafka {
    pub(crate) connection: Connection,
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
        let bootstrap_servers = bootstrap_servers(app, variables)?;
        if !bootstrap_servers.is_empty() {
            let connection = Connection::to(ConnectionSettings {
                bootstrap_servers,
                client_id,
            });
            return Ok(Self {
                connection,
                embedded: None,
            });
        }
        let (setter, connection) = Connection::later();
        let topics = topics(app);
        let embedded = (!topics.is_empty()).then(|| {
            let config = BrokerConfig {
                topics,
                ..BrokerConfig::new(listen, PathBuf::from(state_directory).join("kafka"))
            };
            Embedded {
                config,
                client_id,
                setter,
            }
        });
        Ok(Self { connection, embedded })
    }

    /// Starts the embedded broker, if it is that.
    pub(crate) async fn start(self) -> Result<Option<Broker>, HostError> {
        let Some(Embedded {
            config,
            client_id,
            setter,
        }) = self.embedded
        else {
            return Ok(None);
        };
        let broker = Broker::start(config).await.map_err(|error| {
            HostError::Environment(Diagnostic::new("the embedded Kafka broker cannot start").caused_by(&error).hint(
                "stop what uses the address or the directory, or give others with `--kafka-listen` and `--state-dir`",
            ))
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

/// Every topic that the manifest names: what triggers read, where their dead letters go, what components may write.
fn topics(app: &App) -> Vec<TopicConfig> {
    let mut names = BTreeSet::new();
    for entry in app.triggers_of("kafka") {
        let read = strings(entry.config.get("topics"));
        match entry.config.get("dead_letter_topic").and_then(Value::as_str) {
            Some(topic) => drop(names.insert(topic.to_owned())),
            None => names.extend(read.iter().map(|topic| format!("{topic}{DEAD_LETTER_SUFFIX}"))),
        }
        names.extend(read);
    }
    for component in app.components.values() {
        names.extend(strings(component.sidespin.get("kafka_topics")));
    }
    let partitions = sidespin_broker::DEFAULT_PARTITIONS;
    names
        .into_iter()
        .map(|name| TopicConfig { name, partitions })
        .collect()
}

/// The strings in a list; what is none is reported by whoever owns the key.
fn strings(list: Option<&Value>) -> Vec<String> {
    let list = list
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
