//! One `[[trigger.jobs]]` entry.

use serde::Deserialize;
use sidespin_app::{Diagnostic, TriggerEntry};
use sidespin_resilience::RetryPolicy;

/// More firings than this are more than one process works on at once.
const MOST_AT_ONCE: usize = 256;

/// An entry whose keys are known and checked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct EntryConfig {
    /// Firings of the component that are worked on at once.
    pub(crate) concurrency: usize,
    pub(crate) retry: RetryPolicy,
}

impl Default for EntryConfig {
    /// Enough to be busy while some wait for a database or another service.
    fn default() -> Self {
        Self {
            concurrency: 16,
            retry: RetryPolicy::default(),
        }
    }
}

impl EntryConfig {
    pub(crate) fn parse(entry: &TriggerEntry) -> Result<Self, Diagnostic> {
        let config: Self = entry.parse_config()?;
        if config.concurrency == 0 || config.concurrency > MOST_AT_ONCE {
            return Err(Diagnostic::new(format!(
                "the jobs trigger of `{}` has `concurrency = {}`",
                entry.component, config.concurrency
            ))
            .at(entry.location_of("concurrency").cloned())
            .hint(format!("give a number from 1 to {MOST_AT_ONCE}")));
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;

    fn parse(config: Value) -> Result<EntryConfig, String> {
        let entry = TriggerEntry {
            id: "one".to_owned(),
            trigger_type: "jobs".to_owned(),
            component: "chat-api".into(),
            config,
            location: None,
            key_locations: BTreeMap::new(),
        };
        EntryConfig::parse(&entry).map_err(|error| error.to_string())
    }

    #[test]
    fn everything_has_a_default() {
        assert_eq!(parse(json!({})).unwrap(), EntryConfig::default());
        let config = parse(json!({ "concurrency": 2, "retry": { "attempts": 9 } })).unwrap();
        assert_eq!((config.concurrency, config.retry.attempts), (2, 9));
    }

    #[test]
    fn mistakes_name_the_key_and_the_remedy() {
        assert!(
            parse(json!({ "concurrency": 0 }))
                .unwrap_err()
                .contains("1 to 256")
        );
        assert!(
            parse(json!({ "concurency": 1 }))
                .unwrap_err()
                .contains("did you mean `concurrency`")
        );
    }
}
