//! The locked application: what loading hands to running.
//!
//! Everything from here on sees only these types, never a manifest. Paths are absolute, dependencies are composed in,
//! every component has a content hash; templates (`{{ name }}`) are still templates, because their values belong to the
//! running process. The crate reads nothing but a component's bytes when asked for them.

mod component;
mod config;
mod outbound;
mod retain;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde_json::Value;

pub use component::{
    Component, ComponentId, ComponentSource, ContentHash, MountedDirectory, SourceError, WasmContent,
};
pub use retain::UnknownComponent;
pub use sidespin_diagnostic::{Diagnostic, Diagnostics, Location, nearest};

/// An application that is ready to run.
#[derive(Clone, Debug)]
pub struct App {
    /// The application's name.
    pub name: String,
    /// Its version; may be empty.
    pub version: String,
    /// Its description; may be empty.
    pub description: String,
    /// The application's variables by name.
    pub variables: BTreeMap<String, Variable>,
    /// What starts components, in the order of the manifest.
    pub triggers: Vec<TriggerEntry>,
    /// `[application.trigger.<type>]` by trigger type: always JSON objects.
    pub trigger_settings: BTreeMap<String, TriggerSettings>,
    /// The components by id, including those that no trigger names.
    pub components: BTreeMap<ComponentId, Component>,
    /// The manifest's absolute path.
    pub manifest_path: PathBuf,
}

impl App {
    /// The entries of one trigger type, in the order of the manifest.
    pub fn triggers_of<'a>(&'a self, trigger_type: &'a str) -> impl Iterator<Item = &'a TriggerEntry> {
        self.triggers
            .iter()
            .filter(move |trigger| trigger.trigger_type == trigger_type)
    }

    /// The ids of all components, in alphabetical order.
    pub fn component_ids(&self) -> impl Iterator<Item = &ComponentId> {
        self.components.keys()
    }
}

/// An application variable as declared; its value is found at run time.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variable {
    /// The value when nothing else gives one.
    pub default: Option<String>,
    /// Whether the application cannot run without a value from outside.
    pub required: bool,
    /// Whether the value must not be shown.
    pub secret: bool,
    /// What it is for.
    pub description: Option<String>,
    /// Where it is declared.
    pub location: Option<Location>,
}

/// The default of a secret is not shown.
impl fmt::Debug for Variable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = self
            .default
            .as_deref()
            .map(|text| if self.secret { "[secret]" } else { text });
        formatter
            .debug_struct("Variable")
            .field("default", &default)
            .field("required", &self.required)
            .field("secret", &self.secret)
            .field("description", &self.description)
            .field("location", &self.location)
            .finish()
    }
}

/// One `[[trigger.<type>]]` entry.
#[derive(Clone, Debug)]
pub struct TriggerEntry {
    /// The entry's id: the manifest's, or `<component>-<type>-trigger`, or `<type>-trigger<number>` when that is taken.
    pub id: String,
    /// The trigger type, such as `http`.
    pub trigger_type: String,
    /// The component that it starts.
    pub component: ComponentId,
    /// The rest of the entry's table as a JSON object, without `id` and `component`.
    pub config: Value,
    /// Where the entry is.
    pub location: Option<Location>,
    /// Where each of its keys is.
    pub key_locations: BTreeMap<String, Location>,
}

impl TriggerEntry {
    /// Where a key is, or else where the entry is.
    #[must_use]
    pub fn location_of(&self, key: &str) -> Option<&Location> {
        self.key_locations.get(key).or(self.location.as_ref())
    }
}

/// One `[application.trigger.<type>]` table.
#[derive(Clone, Debug)]
pub struct TriggerSettings {
    /// The table as a JSON object.
    pub config: Value,
    /// Where the table is.
    pub location: Option<Location>,
    /// Where each of its keys is.
    pub key_locations: BTreeMap<String, Location>,
}

impl TriggerSettings {
    /// Where a key is, or else where the table is.
    #[must_use]
    pub fn location_of(&self, key: &str) -> Option<&Location> {
        self.key_locations.get(key).or(self.location.as_ref())
    }
}

#[cfg(test)]
mod tests;
