//! The validated manifest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde_json::Value;
use sidespin_diagnostic::{Diagnostic, Location, nearest};

use crate::dependency::DependencyName;

/// A whole manifest.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Manifest {
    /// `[application]`
    pub application: Application,
    /// `[variables]` by name.
    pub variables: BTreeMap<String, Variable>,
    /// All `[[trigger.<type>]]` entries, in the order of the file within a type.
    pub triggers: Vec<Trigger>,
    /// `[component.<id>]` by id, inline components included.
    pub components: BTreeMap<String, Component>,
}

impl Manifest {
    /// Applies a profile: each component that defines it gets its overrides, the others stay as they are.
    ///
    /// # Errors
    /// No component defines the profile, so its name is probably mistyped.
    pub fn apply_profile(&mut self, name: &str) -> Result<(), Diagnostic> {
        let known: BTreeSet<&str> = self
            .components
            .values()
            .flat_map(|component| component.profiles.keys())
            .map(String::as_str)
            .collect();
        if !known.contains(name) {
            let diagnostic = Diagnostic::new(format!("no component defines the profile `{name}`"));
            let list: Vec<_> = known.iter().map(|known| format!("`{known}`")).collect();
            return Err(match nearest(name, known.iter().copied()) {
                Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
                None if list.is_empty() => diagnostic.hint("this application has no profiles"),
                None => diagnostic.hint(format!("its profiles are {}", list.join(", "))),
            });
        }
        for component in self.components.values_mut() {
            component.apply_profile(name);
        }
        Ok(())
    }
}

/// The `[application]` table.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Application {
    /// The application's name.
    pub name: String,
    /// Its version; may be empty.
    pub version: String,
    /// What it is for; may be empty.
    pub description: String,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Environments that it must run in, for tools that check this.
    pub targets: Vec<Value>,
    /// `[application.trigger.<type>]` by type.
    pub trigger_settings: BTreeMap<String, Settings>,
    /// `[application.tool.<name>]` by name.
    pub tool: BTreeMap<String, Value>,
}

/// A table whose meaning is another crate's, with the places of its keys.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Settings {
    /// The table, as a JSON object.
    pub config: Value,
    /// Where it is.
    #[serde(skip)]
    pub location: Option<Location>,
    /// Where its keys are.
    #[serde(skip)]
    pub key_locations: BTreeMap<String, Location>,
}

/// One entry of `[variables]`: it has a default or is required.
#[derive(Clone, Serialize)]
pub struct Variable {
    /// What it is for.
    pub description: Option<String>,
    /// The value when none is given.
    pub default: Option<String>,
    /// Whether a value must be given.
    pub required: bool,
    /// Whether the value must not be shown.
    pub secret: bool,
    /// Where it is declared.
    #[serde(skip)]
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
#[derive(Clone, Debug, Serialize)]
pub struct Trigger {
    /// Its id, given or made.
    pub id: String,
    /// Its type, such as `http`.
    #[serde(rename = "type")]
    pub trigger_type: String,
    /// The id of the component that it starts.
    pub component: String,
    /// The rest of the table.
    #[serde(flatten)]
    pub settings: Settings,
}

/// One `[component.<id>]` table.
#[derive(Clone, Debug, Serialize)]
pub struct Component {
    /// Where its Wasm is.
    pub source: WasmSource,
    /// What it is for; may be empty.
    pub description: String,
    /// Its variables; the values are templates.
    pub variables: BTreeMap<String, String>,
    /// Its environment variables; the values are templates.
    pub environment: BTreeMap<String, String>,
    /// Files that it may read.
    pub files: Vec<FilesMount>,
    /// Patterns of files that it may not read although `files` matches them.
    pub exclude_files: Vec<String>,
    /// Destinations that it may reach; the entries are templates.
    pub allowed_outbound_hosts: Vec<String>,
    /// Labels of its key-value stores.
    pub key_value_stores: Vec<String>,
    /// Labels of its SQLite databases.
    pub sqlite_databases: Vec<String>,
    /// AI models that it may use.
    pub ai_models: Vec<String>,
    /// Environments that it must run in, for tools that check this.
    pub targets: Vec<Value>,
    /// How it is built.
    pub build: Option<Build>,
    /// `[component.<id>.tool.<name>]` by name.
    pub tool: BTreeMap<String, Value>,
    /// What satisfies its imports.
    pub dependencies: Vec<Dependency>,
    /// Overrides by profile.
    pub profiles: BTreeMap<String, Profile>,
    /// Where it is.
    #[serde(skip)]
    pub location: Option<Location>,
    /// Where its keys are. Entries are there too, as `variables.<name>`, `environment.<name>`,
    /// `allowed_outbound_hosts.<index>`, and the keys of `tool.sidespin` as `sidespin.<key>`.
    #[serde(skip)]
    pub key_locations: BTreeMap<String, Location>,
}

/// Where a component's Wasm is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WasmSource {
    /// A file, relative to the manifest.
    Path(String),
    /// A download with the hash of what must arrive.
    Url {
        /// Where from.
        url: String,
        /// `sha256:` and the hash.
        digest: String,
    },
    /// A package of a registry.
    Registry {
        /// The registry, or else the machine's default.
        registry: Option<String>,
        /// The package.
        package: String,
        /// Its version.
        version: String,
    },
}

/// One entry of `files`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FilesMount {
    /// Files by a pattern relative to the manifest, seen at the same relative path under `/`.
    Pattern(String),
    /// A directory or file, seen at another path.
    Placement {
        /// The path outside, relative to the manifest.
        source: String,
        /// The absolute path inside.
        destination: String,
    },
}

/// A `build` table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Build {
    /// Commands, run one after the other.
    pub commands: Vec<String>,
    /// Where to run them, relative to the manifest.
    pub workdir: Option<String>,
    /// Patterns, relative to `workdir`, of the files it is built from.
    pub watch: Vec<String>,
}

/// One entry of `dependencies`.
#[derive(Clone, Debug, Serialize)]
pub struct Dependency {
    /// Which imports it satisfies.
    pub name: DependencyName,
    /// Where its Wasm is.
    pub source: DependencySource,
    /// The export that satisfies the import, if it is called differently.
    pub export: Option<String>,
    /// What of the component's grants it may use.
    pub inherit: Inherit,
    /// Where it is.
    #[serde(skip)]
    pub location: Option<Location>,
}

/// Where a dependency's Wasm is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DependencySource {
    /// A file, relative to the manifest.
    Path(String),
    /// The Wasm of another component of the manifest.
    Component(String),
    /// A download with the hash of what must arrive.
    Url {
        /// Where from.
        url: String,
        /// `sha256:` and the hash.
        digest: String,
    },
    /// A package of a registry.
    Registry {
        /// The registry, or else the machine's default.
        registry: Option<String>,
        /// The package, or else the one of the dependency's name.
        package: Option<String>,
        /// Which versions will do.
        version: String,
    },
}

/// What of a component's grants its dependency may use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Inherit {
    /// Nothing: it can only compute.
    #[default]
    Nothing,
    /// Everything.
    Everything,
    /// The grants of these keys, such as `allowed_outbound_hosts`.
    Keys(Vec<String>),
}

/// One `profile.<name>` table: what differs in that profile.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Profile {
    /// Other Wasm.
    pub source: Option<WasmSource>,
    /// More, or other, environment variables.
    pub environment: BTreeMap<String, String>,
    /// More, or other, dependencies.
    pub dependencies: Vec<Dependency>,
    /// Other build commands.
    pub build_commands: Option<Vec<String>>,
}
