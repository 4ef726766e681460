//! `spin:key-value` and `wasi:keyvalue`: values by key, in stores that the manifest grants by label.
//!
//! A store is kept in a SQLite file or in a Redis, and behaves the same in both: what one call does, it does as a whole, and a
//! value that was written is there for whoever reads next. Neither interface knows values that expire.

mod backend;
mod cas;
mod config;
mod host;
mod redis;
mod sqlite;
mod store;
#[cfg(test)]
mod tests;
mod wasi;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use sidespin_app::{App, Component, ComponentId, Diagnostic};
use sidespin_capability::{Capability, Lend};
use sidespin_world::key_value::key_value as wit;
use sidespin_world::keyvalue::{atomics, batch, store as buckets};
use wasmtime::component::{HasData, Linker, ResourceTable};

use crate::config::Stores;

pub use crate::backend::StoreError;
pub use crate::config::KeyValueConfig;
pub use crate::store::Store;

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

/// The stores that one component is granted, by label.
pub type Granted = Arc<BTreeMap<String, Store>>;

/// One instance's state.
#[derive(Debug, Default)]
pub struct KeyValueInstance {
    pub(crate) granted: Granted,
    /// Bytes of the values that handles for swaps hold.
    pub(crate) held: usize,
}

/// What host calls see of an instance.
#[derive(Debug)]
pub struct KeyValueView<'a> {
    pub(crate) instance: &'a mut KeyValueInstance,
    pub(crate) table: &'a mut ResourceTable,
}

impl HasData for KeyValue {
    type Data<'a> = KeyValueView<'a>;
}

impl Capability for KeyValue {
    const NAME: &'static str = "key-value";
    const SERVES: &'static [&'static str] = &[
        "spin:key-value/key-value@3.0.0",
        "wasi:keyvalue/store@0.2.0-draft2",
        "wasi:keyvalue/atomics@0.2.0-draft2",
        "wasi:keyvalue/batch@0.2.0-draft2",
    ];
    const CONFIG_KEYS: &'static [&'static str] = &["key_value_store"];

    type Config = KeyValueConfig;
    type Needs = KeyValueNeeds;
    type AppState = BTreeMap<ComponentId, Granted>;
    type InstanceState = KeyValueInstance;

    fn link<T: Lend<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        fn view<T: Lend<KeyValue>>(data: &mut T) -> KeyValueView<'_> {
            let (instance, table) = data.lend();
            KeyValueView { instance, table }
        }
        wit::add_to_linker::<T, Self>(linker, view)?;
        buckets::add_to_linker::<T, Self>(linker, view)?;
        atomics::add_to_linker::<T, Self>(linker, view)?;
        batch::add_to_linker::<T, Self>(linker, view)
    }

    fn configure(app: &App, config: Self::Config, needs: Self::Needs) -> Result<Self::AppState, Diagnostic> {
        let configured = Stores::configure(config, &needs.state_directory)?;
        configured.set_default(&needs.pairs)?;
        let mut granted = BTreeMap::new();
        for component in app.components.values() {
            let mut stores = BTreeMap::new();
            for label in &component.key_value_stores {
                let store = configured.get(label);
                let store = store.ok_or_else(|| unknown_store(component, label, &configured))?;
                stores.insert(label.clone(), store.clone());
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
        KeyValueInstance {
            granted: state.get(component).cloned().unwrap_or_default(),
            held: 0,
        }
    }
}

fn unknown_store(component: &Component, label: &str, configured: &Stores) -> Diagnostic {
    Diagnostic::new(format!(
        "component `{}` is granted the key-value store `{label}`, which is not configured",
        component.id
    ))
    .at(component.location_of("key_value_stores").cloned())
    .hint(format!(
        "add `[key_value_store.{label}]` with `type = \"spin\"` or `type = \"redis\"` to runtime-config.toml; configured are: {}",
        configured.labels().join(", ")
    ))
}
