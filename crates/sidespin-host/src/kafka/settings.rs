//! `[application.trigger.kafka]`: where the cluster is, what it asks for, and the topics that the application brings along.

use std::collections::BTreeMap;

use serde::Deserialize;
use sidespin_app::{App, Diagnostic, TriggerSettings};
use sidespin_expressions::Variables;
use sidespin_kafka_client::{ConnectionSettings, NewTopic, Security, SecurityOptions, validate_topic};

/// More partitions of one topic are a mistake of typing.
const MOST_PARTITIONS: u32 = 10_000;

/// The table as it is written. All texts are templates.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Raw {
    bootstrap_servers: String,
    security_protocol: String,
    sasl_mechanism: String,
    sasl_username: String,
    sasl_password: String,
    tls_ca: String,
    tls_certificate: String,
    tls_key: String,
    topics: BTreeMap<String, RawTopic>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTopic {
    partitions: Option<u32>,
    replication: Option<u32>,
}

/// The table with its templates filled.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// The cluster; nothing for the embedded broker.
    pub(super) cluster: Option<ConnectionSettings>,
    /// The topics that are created where they are missing.
    pub(super) topics: Vec<NewTopic>,
}

impl Settings {
    pub(super) fn of(app: &App, variables: &Variables, default_partitions: u32) -> Result<Self, Diagnostic> {
        let Some(settings) = app.trigger_settings.get("kafka") else {
            return Ok(Self::default());
        };
        let raw: Raw = settings.parse_config("kafka")?;
        let table = Table { settings, variables };
        let topics = table.topics(&raw, default_partitions)?;
        let bootstrap_servers = table.text("bootstrap_servers", &raw.bootstrap_servers)?;
        if bootstrap_servers.is_empty() {
            return Ok(Self {
                cluster: None,
                topics,
            });
        }
        let cluster = ConnectionSettings {
            bootstrap_servers,
            client_id: app.name.clone(),
            security: table.security(&raw)?,
        };
        Ok(Self {
            cluster: Some(cluster),
            topics,
        })
    }
}

struct Table<'a> {
    settings: &'a TriggerSettings,
    variables: &'a Variables,
}

impl Table<'_> {
    fn refuse(&self, key: &str, message: String, remedy: impl Into<String>) -> Diagnostic {
        Diagnostic::new(format!("`[application.trigger.kafka]` {message}"))
            .at(self.settings.location_of(key).cloned())
            .hint(remedy)
    }

    fn text(&self, key: &str, template: &str) -> Result<String, Diagnostic> {
        let rendered = self.variables.render_text(template).map_err(|error| {
            Diagnostic::new(format!("`{key}` has no value"))
                .at(self.settings.location_of(key).cloned())
                .caused_by(&error)
                .hint(
                    error
                        .hint()
                        .unwrap_or_else(|| "declare the variable under `[variables]`".to_owned()),
                )
        })?;
        Ok(rendered.expose().trim().to_owned())
    }

    fn security(&self, raw: &Raw) -> Result<Security, Diagnostic> {
        let options = SecurityOptions {
            security_protocol: self.text("security_protocol", &raw.security_protocol)?,
            sasl_mechanism: self.text("sasl_mechanism", &raw.sasl_mechanism)?,
            sasl_username: self.text("sasl_username", &raw.sasl_username)?,
            sasl_password: self.text("sasl_password", &raw.sasl_password)?,
            tls_ca: self.text("tls_ca", &raw.tls_ca)?,
            tls_certificate: self.text("tls_certificate", &raw.tls_certificate)?,
            tls_key: self.text("tls_key", &raw.tls_key)?,
        };
        options.security().map_err(|mistake| {
            let message = format!("cannot be followed: `{}`", mistake.option);
            self.refuse(mistake.option, message, mistake.remedy.clone())
                .caused_by(&mistake)
        })
    }

    fn topics(&self, raw: &Raw, default_partitions: u32) -> Result<Vec<NewTopic>, Diagnostic> {
        let mut topics = Vec::with_capacity(raw.topics.len());
        for (name, topic) in &raw.topics {
            validate_topic(name).map_err(|reason| {
                self.refuse(
                    "topics",
                    format!("lists the topic `{name}`: {reason}"),
                    "rename it",
                )
            })?;
            let partitions = topic.partitions.unwrap_or(default_partitions);
            if !(1..=MOST_PARTITIONS).contains(&partitions) {
                let message = format!("gives the topic `{name}` {partitions} partitions");
                return Err(self.refuse(
                    "topics",
                    message,
                    format!("give a number from 1 to {MOST_PARTITIONS}"),
                ));
            }
            if topic.replication == Some(0) {
                let message = format!("keeps the topic `{name}` on no broker");
                return Err(self.refuse(
                    "topics",
                    message,
                    "leave `replication` out for the cluster's own setting",
                ));
            }
            topics.push(NewTopic {
                name: name.clone(),
                partitions,
                replication: topic.replication,
            });
        }
        Ok(topics)
    }
}
