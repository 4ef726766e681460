//! One `[[trigger.cron]]` entry.

use chrono_tz::Tz;
use serde::Deserialize;
use sidespin_app::{Diagnostic, TriggerEntry};

use crate::ticks::{LONGEST, Ticks};

/// An entry as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryConfig {
    cron_expression: String,
    /// Whose clock on the wall the expression speaks of.
    #[serde(default = "utc")]
    timezone: String,
}

fn utc() -> String {
    Tz::UTC.name().to_owned()
}

impl EntryConfig {
    /// When the entry ticks.
    pub(crate) fn ticks(entry: &TriggerEntry) -> Result<Ticks, Diagnostic> {
        let Self {
            cron_expression,
            timezone,
        } = entry.parse_config()?;
        let zone: Tz = timezone.parse().map_err(|_unknown| {
            Diagnostic::new(format!("`{timezone}` is no time zone"))
                .at(entry.location_of("timezone").cloned())
                .hint("write the name that the IANA has for it, such as \"Europe/Berlin\" or \"UTC\"")
        })?;
        let wrong =
            |message: String| Diagnostic::new(message).at(entry.location_of("cron_expression").cloned());
        if cron_expression.len() > LONGEST {
            return Err(wrong(format!(
                "a cron expression has up to {LONGEST} bytes, this one {}",
                cron_expression.len()
            )));
        }
        let ticks = Ticks::parse(&cron_expression, zone).map_err(|error| {
            wrong(format!("`{cron_expression}` is no cron expression"))
                .caused_by(&error)
                .hint("write minute, hour, day of month, month and day of week, as in \"*/5 * * * *\", with seconds before them if need be")
        })?;
        if ticks.after(0).is_none() {
            return Err(wrong(format!("`{cron_expression}` never ticks"))
                .hint("there is no such day; correct day and month"));
        }
        Ok(ticks)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;

    fn parse(config: Value) -> Result<String, String> {
        let entry = TriggerEntry {
            id: "one".to_owned(),
            trigger_type: "cron".to_owned(),
            component: "sweeper".into(),
            config,
            location: None,
            key_locations: BTreeMap::new(),
        };
        EntryConfig::ticks(&entry)
            .map(|ticks| ticks.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_time_zone_has_a_default() {
        assert_eq!(
            parse(json!({ "cron_expression": "0 * * * *" })).unwrap(),
            "0 * * * * UTC"
        );
        let config = json!({ "cron_expression": "0 9 * * *", "timezone": "Asia/Tokyo" });
        assert_eq!(parse(config).unwrap(), "0 9 * * * Asia/Tokyo");
    }

    #[test]
    fn mistakes_name_what_is_wrong_and_the_remedy() {
        let check = |config: Value, expected: &str| {
            let error = parse(config).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check(json!({}), "cron_expression");
        check(json!({ "cron_expression": "* * * *" }), "\"*/5 * * * *\"");
        check(
            json!({ "cron_expression": "61 * * * *" }),
            "`61 * * * *` is no cron expression",
        );
        check(json!({ "cron_expression": "0 0 30 2 *" }), "never ticks");
        check(json!({ "cron_expression": "* ".repeat(101) }), "up to 200 bytes");
        check(
            json!({ "cron_expression": "0 0 * * *", "timezone": "Berlin" }),
            "Europe/Berlin",
        );
        check(
            json!({ "cron_expression": "0 0 * * *", "time_zone": "UTC" }),
            "did you mean `timezone`",
        );
    }
}
