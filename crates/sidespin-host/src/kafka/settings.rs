//! `[application.trigger.kafka]`: where the cluster is, what it asks for, and the topics that the application brings along.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use sidespin_app::{App, Diagnostic, TriggerSettings};
use sidespin_expressions::Variables;
use sidespin_kafka_client::{
    ConnectionSettings, NewTopic, Sasl, SaslMechanism, Security, Tls, TlsIdentity, validate_topic,
};

/// More partitions of one topic are a mistake of typing.
const MOST_PARTITIONS: u32 = 10_000;

/// The protocols by the names that Kafka has for them, with whether each has TLS and a user.
const PROTOCOLS: [(&str, bool, bool); 4] = [
    ("PLAINTEXT", false, false),
    ("SSL", true, false),
    ("SASL_PLAINTEXT", false, true),
    ("SASL_SSL", true, true),
];

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

    fn path(&self, key: &str, template: &str) -> Result<Option<PathBuf>, Diagnostic> {
        let path = self.text(key, template)?;
        if path.is_empty() {
            return Ok(None);
        }
        let path = PathBuf::from(path);
        match std::fs::File::open(&path) {
            Ok(_file) => Ok(Some(path)),
            Err(error) => Err(self
                .refuse(
                    key,
                    format!("names `{}`, which cannot be read", path.display()),
                    "give the path of a file in PEM",
                )
                .caused_by(&error)),
        }
    }

    fn security(&self, raw: &Raw) -> Result<Security, Diagnostic> {
        let protocol = self.text("security_protocol", &raw.security_protocol)?;
        let protocol = if protocol.is_empty() {
            "PLAINTEXT"
        } else {
            &protocol
        };
        let Some((_, has_tls, has_user)) = PROTOCOLS
            .iter()
            .find(|(name, ..)| name.eq_ignore_ascii_case(protocol))
        else {
            let names: Vec<_> = PROTOCOLS.iter().map(|(name, ..)| *name).collect();
            let message = format!("has the protocol `{protocol}`, which is unknown");
            return Err(self.refuse(
                "security_protocol",
                message,
                format!("give one of {}", names.join(", ")),
            ));
        };
        Ok(Security {
            tls: has_tls.then(|| self.tls(raw)).transpose()?,
            sasl: has_user.then(|| self.sasl(raw)).transpose()?,
        })
    }

    fn tls(&self, raw: &Raw) -> Result<Tls, Diagnostic> {
        let certificate = self.path("tls_certificate", &raw.tls_certificate)?;
        let key = self.path("tls_key", &raw.tls_key)?;
        let identity = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(TlsIdentity { certificate, key }),
            (None, None) => None,
            (Some(_), None) => return Err(self.halved("tls_certificate", "tls_key")),
            (None, Some(_)) => return Err(self.halved("tls_key", "tls_certificate")),
        };
        Ok(Tls {
            authorities: self.path("tls_ca", &raw.tls_ca)?,
            identity,
        })
    }

    fn halved(&self, given: &str, missing: &str) -> Diagnostic {
        self.refuse(
            given,
            format!("has `{given}` but no `{missing}`"),
            format!("give both, or neither: add `{missing}`"),
        )
    }

    fn sasl(&self, raw: &Raw) -> Result<Sasl, Diagnostic> {
        let name = self.text("sasl_mechanism", &raw.sasl_mechanism)?;
        let mechanism = SaslMechanism::ALL
            .into_iter()
            .find(|mechanism| mechanism.name().eq_ignore_ascii_case(&name));
        let Some(mechanism) = mechanism else {
            let names: Vec<_> = SaslMechanism::ALL
                .iter()
                .map(|mechanism| mechanism.name())
                .collect();
            let message = format!("has the mechanism `{name}`, which is unknown");
            return Err(self.refuse(
                "sasl_mechanism",
                message,
                format!("give one of {}", names.join(", ")),
            ));
        };
        let username = self.text("sasl_username", &raw.sasl_username)?;
        if username.is_empty() {
            let message = "has a `security_protocol` that asks for a user, but no `sasl_username`".to_owned();
            return Err(self.refuse(
                "security_protocol",
                message,
                "give `sasl_username` and `sasl_password`",
            ));
        }
        Ok(Sasl {
            mechanism,
            username,
            password: self.text("sasl_password", &raw.sasl_password)?,
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
