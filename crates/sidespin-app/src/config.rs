//! Reading the tables that are a trigger's or capability's own: typed, with mistakes shown in the manifest.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;
use sidespin_diagnostic::{Diagnostic, Location, nearest};

use crate::{Component, TriggerEntry, TriggerSettings};

impl TriggerEntry {
    /// The entry's own keys as a trigger's configuration type, which should refuse unknown fields.
    ///
    /// # Errors
    /// The table does not fit the type.
    pub fn parse_config<T: DeserializeOwned>(&self) -> Result<T, Diagnostic> {
        let what = format!("`[[trigger.{}]]`", self.trigger_type);
        parse(
            &self.config,
            &what,
            "",
            self.location.as_ref(),
            &self.key_locations,
        )
    }
}

impl TriggerSettings {
    /// The table as a trigger's settings type, which should refuse unknown fields.
    ///
    /// # Errors
    /// The table does not fit the type.
    pub fn parse_config<T: DeserializeOwned>(&self, trigger_type: &str) -> Result<T, Diagnostic> {
        let what = format!("`[application.trigger.{trigger_type}]`");
        parse(
            &self.config,
            &what,
            "",
            self.location.as_ref(),
            &self.key_locations,
        )
    }
}

impl Component {
    /// The `[component.<id>.tool.sidespin]` table as one type. The table is shared by all capabilities, so the type must
    /// either cover it all or ignore unknown fields.
    ///
    /// # Errors
    /// The table does not fit the type.
    pub fn parse_sidespin<T: DeserializeOwned>(&self) -> Result<T, Diagnostic> {
        let what = format!("`[component.{}.tool.sidespin]`", self.id);
        parse(
            &self.sidespin,
            &what,
            "sidespin.",
            self.location.as_ref(),
            &self.key_locations,
        )
    }
}

fn parse<T: DeserializeOwned>(
    config: &Value,
    what: &str,
    prefix: &str,
    location: Option<&Location>,
    key_locations: &BTreeMap<String, Location>,
) -> Result<T, Diagnostic> {
    serde_path_to_error::deserialize(config.clone()).map_err(|error| {
        let path = error.path().to_string();
        let reason = error.inner().to_string();
        let quoted: Vec<_> = reason.split('`').skip(1).step_by(2).collect();
        let is_unknown = reason.starts_with("unknown field");
        // An unknown field is not part of the path; serde names it first, and the known ones after it.
        let key = match quoted.split_first() {
            Some((unknown, _)) if is_unknown && path == *"." => (*unknown).to_owned(),
            _ => path.split(['.', '[']).next().unwrap_or_default().to_owned(),
        };
        let at = key_locations.get(&format!("{prefix}{key}")).or(location).cloned();
        let place = if path == "." || is_unknown {
            String::new()
        } else {
            format!("`{path}`: ")
        };
        let diagnostic = Diagnostic::new(format!("{what}: {place}{reason}")).at(at);
        match quoted
            .split_first()
            .and_then(|(unknown, known)| nearest(unknown, known.iter().copied()))
        {
            Some(near) if is_unknown => diagnostic.hint(format!("did you mean `{near}`?")),
            _ => diagnostic,
        }
    })
}
