//! One `[[trigger.http]]` entry.

use serde::Deserialize;
use sidespin_app::{Diagnostic, TriggerEntry};

const HINT: &str = "write `route = \"/path\"`, `route = \"/path/...\"`, `route = \"/users/:id\"` or `route = { private = true }`";

/// An entry whose keys are known.
#[derive(Debug)]
pub(crate) struct EntryConfig {
    pub(crate) route: RouteConfig,
}

/// Which requests come to the component.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RouteConfig {
    /// Those that match the pattern.
    Public(String),
    /// None from outside, only those of other components.
    Private,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    route: RawRoute,
    #[serde(default)]
    executor: Option<Executor>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawRoute {
    Pattern(String),
    Table(RawPrivate),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPrivate {
    private: bool,
}

/// How the component is invoked. There is one way; Spin's key for it is accepted.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum Executor {
    Http,
}

impl EntryConfig {
    pub(crate) fn parse(entry: &TriggerEntry) -> Result<Self, Diagnostic> {
        let raw: RawEntry = serde_json::from_value(entry.config.clone()).map_err(|error| {
            Diagnostic::new(format!(
                "the HTTP trigger of `{}` is not valid: {error}",
                entry.component
            ))
            .at(entry.location.clone())
            .hint(HINT)
        })?;
        let (Some(Executor::Http) | None) = raw.executor;
        let route = match raw.route {
            RawRoute::Pattern(pattern) => RouteConfig::Public(pattern),
            RawRoute::Table(RawPrivate { private: true }) => RouteConfig::Private,
            RawRoute::Table(RawPrivate { private: false }) => {
                return Err(Diagnostic::new(format!(
                    "the HTTP trigger of `{}` has no route",
                    entry.component
                ))
                .at(entry.location_of("route").cloned())
                .hint(HINT));
            }
        };
        Ok(Self { route })
    }
}
