//! `[service_invocation]` of runtime-config.toml: where components are that run in another process.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use sidespin_app::Diagnostic;
use sidespin_expressions::Variables;
use sidespin_resilience::deserialize_duration;
use url::Url;

/// The components by name.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundHttpConfig {
    pub(crate) service_invocation: BTreeMap<String, ServiceConfig>,
}

/// One component elsewhere: its URL alone, or a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceConfig {
    /// A template. What follows the host goes before the path of every request.
    pub(crate) url: String,
    /// For each attempt, until the head of the response.
    pub(crate) timeout: Duration,
    /// The first one included.
    pub(crate) attempts: u32,
    /// Requests at once, until their responses have ended.
    pub(crate) max_concurrent: u32,
    /// Failures in a row after which nothing is sent for a while.
    pub(crate) open_after: u32,
    /// How long nothing is sent then.
    pub(crate) open_for: Duration,
}

/// One service as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    url: String,
    #[serde(default = "timeout", deserialize_with = "deserialize_duration")]
    timeout: Duration,
    #[serde(default = "attempts")]
    attempts: u32,
    #[serde(default = "max_concurrent")]
    max_concurrent: u32,
    #[serde(default = "open_after")]
    open_after: u32,
    #[serde(default = "open_for", deserialize_with = "deserialize_duration")]
    open_for: Duration,
}

/// Shorter than the half minute that a call of a component may take, so that the caller can still answer.
const fn timeout() -> Duration {
    Duration::from_secs(10)
}

const fn attempts() -> u32 {
    3
}

const fn max_concurrent() -> u32 {
    256
}

const fn open_after() -> u32 {
    5
}

const fn open_for() -> Duration {
    Duration::from_secs(5)
}

impl TryFrom<Table> for ServiceConfig {
    type Error = String;

    fn try_from(table: Table) -> Result<Self, String> {
        let Table {
            url,
            timeout,
            attempts,
            max_concurrent,
            open_after,
            open_for,
        } = table;
        for (key, is_zero) in [
            ("timeout", timeout.is_zero()),
            ("attempts", attempts == 0),
            ("max_concurrent", max_concurrent == 0),
            ("open_after", open_after == 0),
        ] {
            if is_zero {
                return Err(format!(
                    "`{key}` must be more than nothing; leave it out for its default"
                ));
            }
        }
        Ok(Self {
            url,
            timeout,
            attempts,
            max_concurrent,
            open_after,
            open_for,
        })
    }
}

impl<'de> Deserialize<'de> for ServiceConfig {
    /// By hand, because an untagged enum would lose the places of mistakes.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UrlOrTable;

        impl<'de> Visitor<'de> for UrlOrTable {
            type Value = ServiceConfig;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a URL such as \"http://audit:80\", or a table with `url`")
            }

            fn visit_str<E: serde::de::Error>(self, url: &str) -> Result<ServiceConfig, E> {
                Ok(ServiceConfig {
                    url: url.to_owned(),
                    timeout: timeout(),
                    attempts: attempts(),
                    max_concurrent: max_concurrent(),
                    open_after: open_after(),
                    open_for: open_for(),
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ServiceConfig, A::Error> {
                let table = Table::deserialize(MapAccessDeserializer::new(map))?;
                table.try_into().map_err(serde::de::Error::custom)
            }
        }

        deserializer.deserialize_any(UrlOrTable)
    }
}

impl ServiceConfig {
    /// The URL with its variables filled in. Nothing for an empty one, so that a variable can leave a service in this process.
    pub(crate) fn url(&self, service: &str, variables: &Variables) -> Result<Option<Url>, Diagnostic> {
        let wrong = |message: String| {
            Diagnostic::new(format!(
                "`{service}` of section `service_invocation` of the runtime configuration {message}"
            ))
            .hint("write a URL such as \"http://audit.example.svc:80\", without user, query and fragment")
        };
        let rendered = variables
            .render_text(&self.url)
            .map_err(|error| wrong("has no value".to_owned()).caused_by(&error))?;
        let text = rendered.expose().trim();
        if text.is_empty() {
            return Ok(None);
        }
        // The text is not shown: it may hold what a variable keeps secret.
        let url = Url::parse(text).map_err(|error| wrong(format!("is no URL: {error}")))?;
        let has_more = !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some();
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("is no URL of HTTP".to_owned()));
        }
        if has_more {
            return Err(wrong("has parts that no service has".to_owned()));
        }
        Ok(Some(url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ServiceConfig, String> {
        let text = format!("[service_invocation]\naudit = {text}");
        toml::from_str::<OutboundHttpConfig>(&text)
            .map(|config| config.service_invocation["audit"].clone())
            .map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_service_is_a_url_or_a_table() {
        let plain = parse("\"http://audit:80\"").unwrap();
        assert_eq!(plain, parse("{ url = \"http://audit:80\" }").unwrap());
        assert_eq!((plain.attempts, plain.max_concurrent), (3, 256));
        let table = "{ url = \"u\", timeout = \"2s\", attempts = 1, max_concurrent = 8, open_after = 2, open_for = \"1m\" }";
        let table = parse(table).unwrap();
        assert_eq!(
            (table.timeout, table.attempts, table.open_for),
            (Duration::from_secs(2), 1, Duration::from_secs(60))
        );
    }

    #[test]
    fn mistakes_say_what_is_right() {
        for (text, expected) in [
            ("80", "http://audit:80"),
            ("{ timeout = \"1s\" }", "missing field `url`"),
            ("{ url = \"u\", retries = 1 }", "unknown field `retries`"),
            ("{ url = \"u\", attempts = 0 }", "`attempts` must be more than"),
            ("{ url = \"u\", timeout = 5 }", "200ms"),
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }

    #[test]
    fn only_the_url_of_a_service_is_one() {
        let url = |text: &str| {
            parse(&format!("{text:?}"))
                .unwrap()
                .url("audit", &Variables::default())
                .map_err(|mistake| mistake.to_string())
        };
        assert_eq!(url("http://audit/base").unwrap().unwrap().path(), "/base");
        assert_eq!(url("").unwrap(), None);
        for text in [
            "audit:80",
            "redis://audit",
            "http://user:secret@audit",
            "http://audit?key=secret",
            "http://audit#x",
            "{{ missing }}",
        ] {
            let message = url(text).unwrap_err();
            assert!(
                message.contains("`audit` of section") && !message.contains("secret"),
                "{message}"
            );
        }
    }
}
