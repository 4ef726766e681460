//! `spin:key-value`: values by key, in stores that the manifest grants by label.

mod host;
mod sqlite;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use sidespin_app::{App, Component, ComponentId, Diagnostic};
use sidespin_capability::{Capability, Lend};
use sidespin_world::key_value::key_value as wit;
use wasmtime::component::{HasData, Linker, ResourceTable};

pub use sqlite::{Stores, StoresError};

/// The capability.
#[derive(Debug)]
pub struct KeyValue;

/// The store that exists without being configured.
pub const DEFAULT_STORE: &str = "default";

/// What the capability takes from the rest of the host.
#[derive(Debug, Clone)]
pub struct KeyValueNeeds {
    /// Where stores are whose files are not configured.
    pub state_directory: PathBuf,
    /// Pairs to set in the default store before the application starts.
    pub pairs: Vec<(String, String)>,
}

/// One store: a label within a file.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) label: Arc<str>,
    pub(crate) stores: Arc<Stores>,
}

/// The stores that one component is granted, by label.
pub type Granted = Arc<BTreeMap<String, Store>>;

/// What host calls see of an instance.
#[derive(Debug)]
pub struct KeyValueView<'a> {
    pub(crate) granted: &'a Granted,
    pub(crate) table: &'a mut ResourceTable,
}

impl HasData for KeyValue {
    type Data<'a> = KeyValueView<'a>;
}

/// `[key_value_store.<label>]` of runtime-config.toml.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyValueConfig {
    key_value_store: BTreeMap<String, StoreConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum StoreConfig {
    /// A SQLite file, by Spin's name for it.
    Spin {
        /// Relative to the working directory; the state directory's own file when it is left out.
        path: Option<PathBuf>,
    },
}

impl Capability for KeyValue {
    const NAME: &'static str = "key-value";
    const SERVES: &'static [&'static str] = &["spin:key-value/key-value@3.0.0"];
    const CONFIG_KEYS: &'static [&'static str] = &["key_value_store"];

    type Config = KeyValueConfig;
    type Needs = KeyValueNeeds;
    type AppState = BTreeMap<ComponentId, Granted>;
    type InstanceState = Granted;

    fn link<T: Lend<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        wit::add_to_linker::<T, Self>(linker, |data| {
            let (granted, table) = data.lend();
            KeyValueView { granted, table }
        })
    }

    fn configure(app: &App, config: Self::Config, needs: Self::Needs) -> Result<Self::AppState, Diagnostic> {
        let own_file = Arc::new(Stores::new(needs.state_directory.join("sqlite_key_value.db")));
        let mut configured = BTreeMap::new();
        configured.insert(DEFAULT_STORE.to_owned(), Arc::clone(&own_file));
        for (label, StoreConfig::Spin { path }) in config.key_value_store {
            let stores = path.map_or_else(|| Arc::clone(&own_file), |path| Arc::new(Stores::new(path)));
            configured.insert(label, stores);
        }
        if let Some(stores) = configured.get(DEFAULT_STORE) {
            stores.set_all(DEFAULT_STORE, &needs.pairs).map_err(|error| {
                Diagnostic::new(format!(
                    "the key-value store `{DEFAULT_STORE}` cannot be written to"
                ))
                .caused_by(&error)
                .hint("see to the file's permissions, or leave `--key-value` out")
            })?;
        }
        let mut granted = BTreeMap::new();
        for component in app.components.values() {
            let mut stores = BTreeMap::new();
            for label in &component.key_value_stores {
                let Some(file) = configured.get(label) else {
                    return Err(unknown_store(component, label, &configured));
                };
                let store = Store {
                    label: Arc::from(label.as_str()),
                    stores: Arc::clone(file),
                };
                stores.insert(label.clone(), store);
            }
            granted.insert(component.id.clone(), Arc::new(stores));
        }
        Ok(granted)
    }

    fn missing_grant(component: &Component) -> Option<String> {
        component
            .key_value_stores
            .is_empty()
            .then(|| format!("key_value_stores = [\"{DEFAULT_STORE}\"]"))
    }

    fn instantiate(state: &Self::AppState, component: &ComponentId) -> Self::InstanceState {
        state.get(component).cloned().unwrap_or_default()
    }
}

fn unknown_store(
    component: &Component,
    label: &str,
    configured: &BTreeMap<String, Arc<Stores>>,
) -> Diagnostic {
    let known: Vec<_> = configured.keys().map(String::as_str).collect();
    Diagnostic::new(format!(
        "component `{}` is granted the key-value store `{label}`, which is not configured",
        component.id
    ))
    .at(component.location_of("key_value_stores").cloned())
    .hint(format!(
        "add `[key_value_store.{label}]` with `type = \"spin\"` to runtime-config.toml; configured are: {}",
        known.join(", ")
    ))
}
