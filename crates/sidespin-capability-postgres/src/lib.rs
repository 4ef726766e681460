//! `spin:postgres`: Postgres databases at the addresses that the manifest grants.
//!
//! Each connection that a component opens is a server connection of its own, with its own transaction, until the component
//! drops it. Server connections are pooled by component and address; what a component left behind on one is gone before the
//! next instance gets it.

mod address;
mod connect;
mod error;
mod grants;
mod host;
mod lease;
mod pool;
mod rows;
mod session;
#[cfg(test)]
mod tests;
mod tls;
mod tracker;
mod value;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use sidespin_app::{App, ComponentId, Diagnostic};
use sidespin_capability::{Capability, Lend};
use sidespin_expressions::Variables;
use sidespin_outbound::AllowedHosts;
use sidespin_world::postgres::postgres as wit;
use wasmtime::component::{HasData, Linker, ResourceTable};

use crate::connect::Connector;
use crate::pool::Pools;

/// The capability.
#[derive(Debug)]
pub struct Postgres;

/// `[postgres]` of runtime-config.toml.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PostgresConfig {
    postgres: Limits,
}

/// What keeps one component from taking a server, or a server from holding up a component.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    /// Server connections of one component to one database. A server takes 100 by default, from all hosts together.
    max_connections: u16,
    /// How long it may take to get a connection, from the pool or from the server.
    connect_timeout_seconds: u16,
    /// How long a statement may run before the server ends it.
    statement_timeout_seconds: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 20,
            connect_timeout_seconds: 10,
            statement_timeout_seconds: 30,
        }
    }
}

impl Limits {
    pub(crate) fn connections(self) -> usize {
        usize::from(self.max_connections.max(1))
    }

    pub(crate) fn connect_timeout(self) -> Duration {
        Duration::from_secs(self.connect_timeout_seconds.max(1).into())
    }

    pub(crate) fn statement_timeout(self) -> Duration {
        Duration::from_secs(self.statement_timeout_seconds.max(1).into())
    }
}

/// What the instances of one component share: its grants and its connections.
#[derive(Debug)]
pub struct ComponentAccess {
    pools: Pools,
}

impl ComponentAccess {
    fn new(component: ComponentId, allowed: AllowedHosts, limits: Limits) -> Self {
        Self {
            pools: Pools::new(Connector::new(component, allowed, limits)),
        }
    }

    pub(crate) fn pools(&self) -> &Pools {
        &self.pools
    }
}

/// What host calls see of an instance.
#[derive(Debug)]
pub struct PostgresView<'a> {
    access: &'a Arc<ComponentAccess>,
    table: &'a mut ResourceTable,
}

impl HasData for Postgres {
    type Data<'a> = PostgresView<'a>;
}

impl Capability for Postgres {
    const NAME: &'static str = "Postgres";
    const SERVES: &'static [&'static str] = &["spin:postgres/postgres@4.2.0"];
    const CONFIG_KEYS: &'static [&'static str] = &["postgres"];

    type Config = PostgresConfig;
    type Needs = Arc<Variables>;
    type AppState = BTreeMap<ComponentId, Arc<ComponentAccess>>;
    type InstanceState = Arc<ComponentAccess>;

    fn link<T: Lend<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        wit::add_to_linker::<T, Self>(linker, |data| {
            let (access, table) = data.lend();
            PostgresView { access, table }
        })
    }

    fn configure(
        app: &App,
        config: Self::Config,
        variables: Self::Needs,
    ) -> Result<Self::AppState, Diagnostic> {
        app.components
            .values()
            .map(|component| {
                let allowed = grants::allowed_hosts(component, &variables)?;
                let access = ComponentAccess::new(component.id.clone(), allowed, config.postgres);
                Ok((component.id.clone(), Arc::new(access)))
            })
            .collect()
    }

    fn instantiate(state: &Self::AppState, component: &ComponentId) -> Self::InstanceState {
        state.get(component).cloned().unwrap_or_else(|| {
            Arc::new(ComponentAccess::new(
                component.clone(),
                AllowedHosts::default(),
                Limits::default(),
            ))
        })
    }
}
