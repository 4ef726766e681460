//! `[application.trigger.redis]`, and one `[[trigger.redis]]` entry.

use serde::Deserialize;
use sidespin_app::{App, ComponentId, Diagnostic, Location, TriggerEntry};
use sidespin_expressions::Variables;
use sidespin_redis_client::Address;

/// More calls than this are more than one process works on at once.
const MOST_AT_ONCE: usize = 256;
/// More messages than this are not waiting, they are lost later.
const LONGEST_QUEUE: usize = 100_000;

/// What all entries have in common.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// A template, and where it is.
    address: Option<(String, Option<Location>)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSettings {
    address: String,
}

impl Settings {
    pub(crate) fn of(app: &App) -> Result<Self, Diagnostic> {
        let Some(settings) = app.trigger_settings.get("redis") else {
            return Ok(Self::default());
        };
        let RawSettings { address } = settings.parse_config("redis")?;
        Ok(Self {
            address: Some((address, settings.location_of("address").cloned())),
        })
    }
}

/// An entry whose keys are known and checked, with its templates filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntryConfig {
    pub(crate) component: ComponentId,
    pub(crate) address: Address,
    pub(crate) channel: String,
    /// Messages that the component works on at once. With one they keep their order.
    pub(crate) concurrency: usize,
    /// Messages that wait for the component; when there are more, the oldest ones go.
    pub(crate) queue: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    channel: String,
    address: Option<String>,
    #[serde(default = "default_concurrency")]
    concurrency: usize,
    #[serde(default = "default_queue")]
    queue: usize,
}

/// The order in which they were published.
fn default_concurrency() -> usize {
    1
}

/// A burst of a second or so.
fn default_queue() -> usize {
    1000
}

impl EntryConfig {
    pub(crate) fn parse(
        entry: &TriggerEntry,
        settings: &Settings,
        variables: &Variables,
    ) -> Result<Self, Diagnostic> {
        let raw: RawEntry = entry.parse_config()?;
        let component = &entry.component;
        let refuse = |at: Option<Location>, message: String| {
            Diagnostic::new(format!("the Redis trigger of `{component}` {message}")).at(at)
        };
        let here = |key: &str| entry.location_of(key).cloned();
        let render = |key: &str, template: &str, at: Option<Location>| {
            variables.render_text(template).map_err(|error| {
                refuse(at, format!("has a value for `{key}` that cannot be filled in"))
                    .caused_by(&error)
                    .hint(
                        error
                            .hint()
                            .unwrap_or_else(|| "declare the variable under `[variables]`".to_owned()),
                    )
            })
        };
        let (template, at) = match (&raw.address, &settings.address) {
            (Some(own), _) => (own, here("address")),
            (None, Some((common, at))) => (common, at.clone()),
            (None, None) => {
                return Err(refuse(here("address"), "has no address".to_owned()).hint(
                    "add `address = \"redis://host:6379\"` to the entry, or to `[application.trigger.redis]`",
                ));
            }
        };
        let address = render("address", template, at.clone())?;
        let address = Address::parse(address.expose()).map_err(|error| {
            refuse(at, "cannot tell where to listen".to_owned())
                .caused_by(&error)
                .hint("write it as `redis://user:password@host:6379`, of which only the host is needed")
        })?;
        let channel = render("channel", &raw.channel, here("channel"))?;
        if channel.expose().is_empty() {
            return Err(refuse(here("channel"), "names no channel".to_owned())
                .hint("write `channel = \"<channel>\"`"));
        }
        for (key, value, most) in [
            ("concurrency", raw.concurrency, MOST_AT_ONCE),
            ("queue", raw.queue, LONGEST_QUEUE),
        ] {
            if value == 0 || value > most {
                return Err(refuse(here(key), format!("has `{key} = {value}`"))
                    .hint(format!("give a number from 1 to {most}")));
            }
        }
        Ok(Self {
            component: component.clone(),
            address,
            channel: channel.expose().to_owned(),
            concurrency: raw.concurrency,
            queue: raw.queue,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};
    use sidespin_expressions::{Declaration, Resolver};

    use super::*;

    fn variables() -> Variables {
        let declare = |default: &str| Declaration {
            default: Some(default.to_owned()),
            ..Declaration::default()
        };
        let declarations = [("host", "cache"), ("channel", "news"), ("none", "")]
            .map(|(name, default)| (name.to_owned(), declare(default)));
        Resolver::new(declarations).unwrap().resolve().unwrap()
    }

    fn parse(config: Value, common: Option<&str>) -> Result<EntryConfig, String> {
        let entry = TriggerEntry {
            id: "one".to_owned(),
            trigger_type: "redis".to_owned(),
            component: "audit".into(),
            config,
            location: None,
            key_locations: BTreeMap::new(),
        };
        let settings = Settings {
            address: common.map(|address| (address.to_owned(), None)),
        };
        EntryConfig::parse(&entry, &settings, &variables()).map_err(|error| error.to_string())
    }

    #[test]
    fn templates_are_filled_and_the_rest_has_defaults() {
        let config = parse(
            json!({ "channel": "{{ channel }}-1" }),
            Some("redis://:s3cret@{{ host }}"),
        )
        .unwrap();
        assert_eq!(config.channel, "news-1");
        assert_eq!(config.address.to_string(), "redis://cache:6379");
        assert_eq!((config.concurrency, config.queue), (1, 1000));
        let own = json!({ "channel": "c", "address": "redis://own:1/2", "concurrency": 4, "queue": 10 });
        let config = parse(own, Some("redis://common")).unwrap();
        assert_eq!(config.address.to_string(), "redis://own:1/2");
        assert_eq!((config.concurrency, config.queue), (4, 10));
    }

    #[test]
    fn mistakes_name_the_key_and_the_remedy() {
        let common = Some("redis://h");
        for (config, common, expected) in [
            (json!({}), common, "channel"),
            (json!({ "channel": "c" }), None, "[application.trigger.redis]"),
            (json!({ "channel": "{{ none }}" }), common, "names no channel"),
            (json!({ "channel": "{{ other }}" }), common, "other"),
            (
                json!({ "channel": "c" }),
                Some("s3cret@h"),
                "redis://user:password@host",
            ),
            (
                json!({ "channel": "c", "address": "http://:s3cret@h" }),
                common,
                "must begin with `redis://`",
            ),
            (json!({ "channel": "c", "concurrency": 0 }), common, "1 to 256"),
            (json!({ "channel": "c", "queue": 0 }), common, "1 to 100000"),
            (json!({ "chanel": "c" }), common, "did you mean `channel`"),
        ] {
            let message = parse(config.clone(), common).unwrap_err();
            assert!(
                message.contains(expected) && !message.contains("s3cret"),
                "{config}: {message}"
            );
        }
    }
}
