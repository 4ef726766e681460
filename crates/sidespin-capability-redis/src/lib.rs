//! `spin:redis`: Redis servers at the addresses that the manifest grants.
//!
//! All instances of a component share one connection to each address that they open. Commands that would change that
//! connection, or wait on it, are therefore refused; see `commands.rs`.

mod access;
mod commands;
mod connection;
mod host;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use sidespin_app::{App, ComponentId, Diagnostic};
use sidespin_capability::{Capability, Lend};
use sidespin_expressions::Variables;
use sidespin_outbound::AllowedHosts;
use sidespin_world::redis::redis as wit;
use wasmtime::component::{HasData, Linker, ResourceTable};

pub use crate::access::ComponentAccess;

/// The capability.
#[derive(Debug)]
pub struct Redis;

/// What host calls see of an instance.
#[derive(Debug)]
pub struct RedisView<'a> {
    pub(crate) access: &'a Arc<ComponentAccess>,
    pub(crate) table: &'a mut ResourceTable,
}

impl HasData for Redis {
    type Data<'a> = RedisView<'a>;
}

impl Capability for Redis {
    const NAME: &'static str = "Redis";
    const SERVES: &'static [&'static str] = &["spin:redis/redis@3.0.0"];

    type Config = BTreeMap<String, ()>;
    type Needs = Arc<Variables>;
    type AppState = BTreeMap<ComponentId, Arc<ComponentAccess>>;
    type InstanceState = Arc<ComponentAccess>;

    fn link<T: Lend<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        wit::add_to_linker::<T, Self>(linker, |data| {
            let (access, table) = data.lend();
            RedisView { access, table }
        })
    }

    fn configure(
        app: &App,
        _config: Self::Config,
        variables: Self::Needs,
    ) -> Result<Self::AppState, Diagnostic> {
        app.components
            .values()
            .map(|component| {
                let allowed = component.allowed_hosts(&variables)?;
                let access = ComponentAccess::new(component.id.clone(), allowed);
                Ok((component.id.clone(), Arc::new(access)))
            })
            .collect()
    }

    fn instantiate(state: &Self::AppState, component: &ComponentId) -> Self::InstanceState {
        state
            .get(component)
            .cloned()
            .unwrap_or_else(|| Arc::new(ComponentAccess::new(component.clone(), AllowedHosts::default())))
    }
}
