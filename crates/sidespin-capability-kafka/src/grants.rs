//! Which topics a component may use: `kafka_topics` in `[component.<id>.tool.sidespin]`.

use std::collections::BTreeSet;

use serde::Deserialize;
use sidespin_app::{Component, Diagnostic};
use sidespin_kafka_client::validate_topic;

/// The table. Its only key so far is this capability's; whoever adds another one splits the check for unknown keys off.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Table {
    kafka_topics: Vec<String>,
}

/// The topics that one component may write to and read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Grants {
    topics: BTreeSet<String>,
}

impl Grants {
    pub(crate) fn of(component: &Component) -> Result<Self, Diagnostic> {
        let table: Table = component.parse_sidespin()?;
        for topic in &table.kafka_topics {
            validate_topic(topic).map_err(|reason| {
                Diagnostic::new(format!(
                    "component `{}` is granted a topic `{topic}`: {reason}",
                    component.id
                ))
                .at(component.location_of("sidespin.kafka_topics").cloned())
                .hint("name each topic in full; there are no patterns")
            })?;
        }
        Ok(Self {
            topics: table.kafka_topics.into_iter().collect(),
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    pub(crate) fn into_topics(self) -> BTreeSet<String> {
        self.topics
    }

    pub(crate) fn contains(&self, topic: &str) -> bool {
        self.topics.contains(topic)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};
    use sidespin_app::{ComponentId, ComponentSource};

    use super::*;

    fn component(sidespin: Value) -> Component {
        Component {
            id: ComponentId::from("audit"),
            description: String::new(),
            source: ComponentSource::from_bytes(*b"wasm"),
            environment: BTreeMap::new(),
            files: Vec::new(),
            allowed_outbound_hosts: Vec::new(),
            key_value_stores: Vec::new(),
            sqlite_databases: Vec::new(),
            ai_models: Vec::new(),
            variables: BTreeMap::new(),
            sidespin,
            location: None,
            key_locations: BTreeMap::new(),
        }
    }

    fn refused(sidespin: Value) -> String {
        Grants::of(&component(sidespin)).unwrap_err().to_string()
    }

    #[test]
    fn only_what_is_listed_is_granted() {
        let grants = Grants::of(&component(json!({ "kafka_topics": ["task-events"] }))).unwrap();
        assert!(grants.contains("task-events"));
        assert!(!grants.contains("task-event"));
        assert!(Grants::of(&component(json!({}))).unwrap().is_empty());
    }

    #[test]
    fn mistakes_are_named() {
        let unknown = refused(json!({ "kafka_topic": ["a"] }));
        assert!(
            unknown.contains("kafka_topic") && unknown.contains("did you mean `kafka_topics`"),
            "{unknown}"
        );
        assert!(refused(json!({ "kafka_topics": "a" })).contains("kafka_topics"));
        let pattern = refused(json!({ "kafka_topics": ["task-*"] }));
        assert!(
            pattern.contains("`task-*`") && pattern.contains("'*'"),
            "{pattern}"
        );
    }
}
