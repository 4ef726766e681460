//! One `[[trigger.kafka]]` entry.

use std::collections::BTreeSet;

use serde::Deserialize;
use sidespin_app::{ComponentId, Diagnostic, TriggerEntry};
use sidespin_kafka_client::{GroupConfig, Start, validate_topic};
use sidespin_resilience::RetryPolicy;

/// What follows a topic's name in the name of its dead-letter topic, unless the entry names one.
const DEAD_LETTER_SUFFIX: &str = ".dlq";
/// More messages in one call are not faster, only harder to repeat.
const LARGEST_BATCH: usize = 1000;
/// More lanes than this are more than one process works on at once.
const MOST_LANES: usize = 256;

/// An entry whose keys are known and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntryConfig {
    pub(crate) component: ComponentId,
    pub(crate) group: GroupConfig,
    pub(crate) batch_size: usize,
    pub(crate) lanes: usize,
    pub(crate) retry: RetryPolicy,
    dead_letter_topic: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    topics: Vec<String>,
    group: Option<String>,
    #[serde(default)]
    start: RawStart,
    #[serde(default = "default_batch_size")]
    batch_size: usize,
    #[serde(default = "default_concurrency")]
    concurrency: usize,
    #[serde(default)]
    retry: RetryPolicy,
    dead_letter_topic: Option<String>,
}

/// Without a position nothing has been handled yet, so everything is still to be done.
#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum RawStart {
    #[default]
    Earliest,
    Latest,
}

/// Enough to make a call's cost small beside its messages'.
fn default_batch_size() -> usize {
    64
}

/// Enough to be busy while some wait for a database or another service.
fn default_concurrency() -> usize {
    8
}

impl EntryConfig {
    pub(crate) fn parse(app: &str, entry: &TriggerEntry) -> Result<Self, Diagnostic> {
        let raw: RawEntry = entry.parse_config()?;
        let component = &entry.component;
        let refuse = |key: &str, message: String| {
            Diagnostic::new(format!("the Kafka trigger of `{component}` {message}"))
                .at(entry.location_of(key).cloned())
        };
        if raw.topics.is_empty() {
            return Err(refuse("topics", "names no topic".to_owned()).hint("write `topics = [\"<topic>\"]`"));
        }
        let mut seen = BTreeSet::new();
        for topic in &raw.topics {
            if is_pattern(topic) {
                check_pattern(topic).map_err(|reason| {
                    refuse("topics", format!("reads `{topic}`, which is no regular expression: {reason}"))
                        .hint("a topic that begins with `^` is an expression for the names of topics, such as `^orders-.*`")
                })?;
            } else {
                validate_topic(topic)
                    .map_err(|reason| refuse("topics", format!("reads `{topic}`: {reason}")))?;
            }
            if !seen.insert(topic) {
                return Err(refuse("topics", format!("names the topic `{topic}` twice")).hint("name it once"));
            }
        }
        if let Some(topic) = &raw.dead_letter_topic {
            let key = "dead_letter_topic";
            validate_topic(topic)
                .map_err(|reason| refuse(key, format!("puts messages aside in `{topic}`: {reason}")))?;
            if raw.topics.contains(topic) {
                let message = format!("would read what it puts aside in `{topic}` again");
                return Err(refuse(key, message).hint("name a topic that is not among `topics`"));
            }
        }
        for (key, value, most) in [
            ("batch_size", raw.batch_size, LARGEST_BATCH),
            ("concurrency", raw.concurrency, MOST_LANES),
        ] {
            if value == 0 || value > most {
                let message = format!("has `{key} = {value}`");
                return Err(refuse(key, message).hint(format!("give a number from 1 to {most}")));
            }
        }
        let except = except(&raw.topics, raw.dead_letter_topic.as_deref()).map_err(|topic| {
            refuse(
                "topics",
                format!(
                    "has an expression beside `{topic}`, a topic of dead letters, which expressions leave out"
                ),
            )
            .hint(format!("read `{topic}` in an entry of its own"))
        })?;
        let group = raw.group.unwrap_or_else(|| format!("{app}-{component}"));
        if group.is_empty() {
            return Err(refuse("group", "has a group without a name".to_owned())
                .hint(format!("name it, or leave it out for `{app}-{component}`")));
        }
        let start = match raw.start {
            RawStart::Earliest => Start::Earliest,
            RawStart::Latest => Start::Latest,
        };
        Ok(Self {
            component: component.clone(),
            group: GroupConfig {
                group,
                topics: raw.topics,
                except,
                start,
            },
            batch_size: raw.batch_size,
            lanes: raw.concurrency,
            retry: raw.retry,
            dead_letter_topic: raw.dead_letter_topic,
        })
    }

    /// Two members of one group share a topic's messages: each would get a part of them, though both want all.
    pub(crate) fn refuse_shared<'a>(
        &self,
        entry: &TriggerEntry,
        others: impl IntoIterator<Item = &'a Self>,
    ) -> Result<(), Diagnostic> {
        let same_group = others
            .into_iter()
            .filter(|other| other.group.group == self.group.group);
        let shared = same_group
            .flat_map(|other| other.group.topics.iter().map(move |topic| (other, topic)))
            .find(|(_other, topic)| self.group.topics.contains(topic));
        let Some((other, topic)) = shared else {
            return Ok(());
        };
        Err(Diagnostic::new(format!(
            "the Kafka triggers of `{}` and `{}` read the topic `{topic}` as one group, `{}`, so that each gets only a part of it",
            other.component, self.component, self.group.group
        ))
        .at(entry.location_of("group").cloned())
        .hint("give each entry a `group` of its own"))
    }

    /// Where messages of `topic` go that cannot be handled.
    pub(crate) fn dead_letter_topic(&self, topic: &str) -> String {
        self.dead_letter_topic
            .clone()
            .unwrap_or_else(|| format!("{topic}{DEAD_LETTER_SUFFIX}"))
    }

    /// The topics that it reads and names.
    pub(crate) fn named_topics(&self) -> impl Iterator<Item = &String> {
        self.group.topics.iter().filter(|topic| !is_pattern(topic))
    }

    /// Every topic that is known to be read or written.
    pub(crate) fn all_topics(&self) -> impl Iterator<Item = String> {
        let named = self
            .named_topics()
            .flat_map(|topic| [topic.clone(), self.dead_letter_topic(topic)]);
        named.chain(self.dead_letter_topic.clone())
    }
}

/// Whether it is an expression for the names of topics, as librdkafka marks them.
fn is_pattern(topic: &str) -> bool {
    topic.starts_with('^')
}

/// What the client library understands is checked as far as it can be without it.
fn check_pattern(pattern: &str) -> Result<(), String> {
    if pattern.contains(',') {
        return Err("it has a comma, which is in no topic's name".to_owned());
    }
    match regex_lite::Regex::new(pattern) {
        Ok(_expression) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// What expressions among `topics` do not mean: an entry that puts messages aside must not read them again. An error names a
/// topic that is read beside an expression though it is left out.
fn except<'a>(topics: &'a [String], dead_letter_topic: Option<&str>) -> Result<Vec<String>, &'a str> {
    if !topics.iter().any(|topic| is_pattern(topic)) {
        return Ok(Vec::new());
    }
    let is_left_out = |topic: &str| topic.ends_with(DEAD_LETTER_SUFFIX) || Some(topic) == dead_letter_topic;
    if let Some(topic) = topics.iter().find(|topic| is_left_out(topic)) {
        return Err(topic);
    }
    let mut except = vec![format!("{}$", DEAD_LETTER_SUFFIX.replace('.', "\\."))];
    except.extend(dead_letter_topic.map(|topic| format!("^{}$", topic.replace('.', "\\."))));
    Ok(except)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    fn entry(component: &str, config: Value) -> TriggerEntry {
        TriggerEntry {
            id: "one".to_owned(),
            trigger_type: "kafka".to_owned(),
            component: component.into(),
            config,
            location: None,
            key_locations: BTreeMap::new(),
        }
    }

    fn parse(config: Value) -> Result<EntryConfig, String> {
        EntryConfig::parse("shop", &entry("audit", config)).map_err(|error| error.to_string())
    }

    #[test]
    fn everything_but_the_topics_has_a_default() {
        let config = parse(json!({ "topics": ["task-events"] })).unwrap();
        assert_eq!(config.group.group, "shop-audit");
        assert_eq!(config.group.start, Start::Earliest);
        assert_eq!((config.batch_size, config.lanes), (64, 8));
        assert_eq!(config.retry, RetryPolicy::default());
        assert_eq!(
            config.all_topics().collect::<Vec<_>>(),
            ["task-events", "task-events.dlq"]
        );
    }

    #[test]
    fn every_key_is_understood() {
        let config = parse(json!({
            "topics": ["a", "b"], "group": "g", "start": "latest", "batch_size": 1, "concurrency": 2,
            "retry": { "attempts": 2, "backoff": "10ms", "max_backoff": "1s" }, "dead_letter_topic": "dead",
        }))
        .unwrap();
        assert_eq!(config.group.start, Start::Latest);
        assert_eq!(config.retry.backoff, Duration::from_millis(10));
        assert_eq!(config.dead_letter_topic("b"), "dead");
    }

    #[test]
    fn mistakes_name_the_key_and_the_remedy() {
        let refused = |config| parse(config).unwrap_err();
        assert!(refused(json!({})).contains("topics"));
        assert!(refused(json!({ "topics": [] })).contains("topics = ["));
        assert!(refused(json!({ "topics": ["a b"] })).contains("`a b`"));
        assert!(refused(json!({ "topics": ["a", "a"] })).contains("twice"));
        assert!(refused(json!({ "topics": ["a"], "topic": "b" })).contains("did you mean `topics`"));
        assert!(refused(json!({ "topics": ["a"], "batch_size": 0 })).contains("batch_size = 0"));
        assert!(refused(json!({ "topics": ["a"], "concurrency": 1000 })).contains("1 to 256"));
        assert!(refused(json!({ "topics": ["a"], "start": "newest" })).contains("latest"));
        assert!(refused(json!({ "topics": ["a"], "dead_letter_topic": "a" })).contains("again"));
        assert!(refused(json!({ "topics": ["a"], "retry": { "backoff": "5" } })).contains("200ms"));
    }

    #[test]
    fn an_expression_leaves_dead_letters_out() {
        let config = parse(json!({ "topics": ["^orders-.*"], "dead_letter_topic": "dead.orders" })).unwrap();
        assert_eq!(config.group.except, ["\\.dlq$", "^dead\\.orders$"]);
        assert_eq!(config.all_topics().collect::<Vec<_>>(), ["dead.orders"]);
        let refused = |config| parse(config).unwrap_err();
        assert!(refused(json!({ "topics": ["^orders-(.*"] })).contains("^orders-.*"));
        assert!(refused(json!({ "topics": ["^a", "b.dlq"] })).contains("an entry of its own"));
    }

    #[test]
    fn two_components_do_not_share_a_topic_by_mistake() {
        let first =
            EntryConfig::parse("shop", &entry("audit", json!({ "topics": ["a"], "group": "g" }))).unwrap();
        let other = entry("notification", json!({ "topics": ["b", "a"], "group": "g" }));
        let second = EntryConfig::parse("shop", &other).unwrap();
        let message = second.refuse_shared(&other, [&first]).unwrap_err().to_string();
        assert!(
            message.contains("`audit`") && message.contains("`a`") && message.contains("`g`"),
            "{message}"
        );
        let own = entry("notification", json!({ "topics": ["a"] }));
        EntryConfig::parse("shop", &own)
            .unwrap()
            .refuse_shared(&own, [&first])
            .unwrap();
    }
}
