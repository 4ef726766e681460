//! The contract of a capability: one family of interfaces that the host offers to components.
//!
//! A capability passes through four moments. It is *linked* once per engine, *configured* once per application,
//! *instantiated* once per component instance, and *lent* to each host call. It does not know the type of the store's
//! data, nor any other capability: what it needs from peers comes in as [`Capability::Needs`], filled by the
//! composition root.

use serde::de::DeserializeOwned;
use sidespin_app::{App, Component, ComponentId, Diagnostic};
use wasmtime::component::{HasData, Linker, ResourceTable};

/// One family of host interfaces.
///
/// The type itself is a name without a value: it carries the `HasData` that wasmtime's bindings want, whose data is the
/// view on which the bindings' `Host` traits are implemented.
pub trait Capability: HasData + Sized + Send + Sync + 'static {
    /// What users call it, in messages.
    const NAME: &'static str;

    /// The interfaces it serves: `package:name/interface@version`, or with `*` for all interfaces of a package and a
    /// version without patch level (`wasi:cli/*@0.2`). A component's import that no capability serves is refused by name
    /// before anything starts.
    const SERVES: &'static [&'static str];

    /// The top-level keys of runtime-config.toml that belong to it.
    const CONFIG_KEYS: &'static [&'static str] = &[];

    /// Its part of runtime-config.toml: a struct whose fields are [`Capability::CONFIG_KEYS`], every field optional.
    type Config: DeserializeOwned + Default;

    /// What it takes from the rest of the host.
    type Needs;

    /// What all instances of the application share.
    type AppState: Send + Sync + 'static;

    /// What one instance has to itself.
    type InstanceState: Send + 'static;

    /// Adds the interfaces to the linker. Called once.
    fn link<T: Lend<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()>;

    /// Checks the manifest's and the runtime configuration's entries and makes what the instances share. No component has
    /// been loaded yet; an error ends the start and must name file, key and remedy.
    fn configure(app: &App, config: Self::Config, needs: Self::Needs) -> Result<Self::AppState, Diagnostic>;

    /// The line that a component's manifest entry lacks, when it imports one of [`Capability::SERVES`] but is granted
    /// nothing of it. Such a component is refused before anything starts.
    fn missing_grant(component: &Component) -> Option<String> {
        let _granted_without_an_entry = component;
        None
    }

    /// Makes one instance's state, holding just the grants of `component`. On the path of every cold call: no I/O.
    fn instantiate(state: &Self::AppState, component: &ComponentId) -> Self::InstanceState;
}

/// Store data that holds the state of capability `C`.
pub trait Lend<C: Capability>: Send + 'static {
    /// The capability's state of this instance, and the table of resources that all capabilities share.
    fn lend(&mut self) -> (&mut C::InstanceState, &mut ResourceTable);
}
