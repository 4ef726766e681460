//! `spin:sqlite`: databases in files, by the names that the manifest grants.
//!
//! Each connection that a component opens is a connection of its own, with its own transaction; the connections
//! themselves are pooled, so that opening one is cheap. Statements run off the async workers.

mod database;
mod host;
mod writers;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use sidespin_app::{App, Component, ComponentId, Diagnostic};
use sidespin_capability::{Capability, Lend};
use sidespin_world::sqlite::sqlite as wit;
use wasmtime::component::{HasData, Linker, ResourceTable};

pub use database::{Database, DatabaseError, PooledConnection};

/// The capability.
#[derive(Debug)]
pub struct Sqlite;

/// The database that exists without being configured.
pub const DEFAULT_DATABASE: &str = "default";

/// What the capability takes from the rest of the host.
#[derive(Debug, Clone)]
pub struct SqliteNeeds {
    /// Where databases are whose files are not configured.
    pub state_directory: PathBuf,
    /// SQL to run on the default database before the application starts, such as a migration.
    pub statements: Vec<String>,
}

/// One instance's databases: those that its component is granted, and whether each is configured.
pub type Granted = Arc<BTreeMap<String, Option<Arc<Database>>>>;

/// What host calls see of an instance.
#[derive(Debug)]
pub struct SqliteView<'a> {
    granted: &'a Granted,
    table: &'a mut ResourceTable,
}

impl HasData for Sqlite {
    type Data<'a> = SqliteView<'a>;
}

/// `[sqlite_database.<name>]` of runtime-config.toml.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SqliteConfig {
    sqlite_database: BTreeMap<String, DatabaseConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum DatabaseConfig {
    /// A file, by Spin's name for it.
    Spin {
        /// Relative to the working directory; in the state directory when it is left out.
        path: Option<PathBuf>,
    },
}

impl Capability for Sqlite {
    const NAME: &'static str = "SQLite";
    const SERVES: &'static [&'static str] = &["spin:sqlite/sqlite@3.1.0"];
    const CONFIG_KEYS: &'static [&'static str] = &["sqlite_database"];

    type Config = SqliteConfig;
    type Needs = SqliteNeeds;
    type AppState = BTreeMap<ComponentId, Granted>;
    type InstanceState = Granted;

    fn link<T: Lend<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        wit::add_to_linker::<T, Self>(linker, |data| {
            let (granted, table) = data.lend();
            SqliteView { granted, table }
        })
    }

    fn configure(app: &App, config: Self::Config, needs: Self::Needs) -> Result<Self::AppState, Diagnostic> {
        let SqliteNeeds {
            state_directory,
            statements,
        } = needs;
        let mut databases = BTreeMap::new();
        for (name, DatabaseConfig::Spin { path }) in config.sqlite_database {
            let path = path.unwrap_or_else(|| state_directory.join(format!("sqlite_{name}.db")));
            databases.insert(name, Arc::new(Database::new(path)));
        }
        let default = databases
            .entry(DEFAULT_DATABASE.to_owned())
            .or_insert_with(|| Arc::new(Database::new(state_directory.join("sqlite_db.db"))));
        for statement in statements {
            let run = || default.connect()?.execute_batch(&statement);
            run().map_err(|error| {
                Diagnostic::new(format!(
                    "a statement for the database `{DEFAULT_DATABASE}` failed"
                ))
                .caused_by(&error)
                .hint("correct the SQL that `--sqlite` gives")
            })?;
        }
        for component in app.components.values() {
            if let Some(missing) = component
                .sqlite_databases
                .iter()
                .find(|name| !databases.contains_key(*name))
            {
                return Err(unknown_database(component, missing, &databases));
            }
        }
        Ok(app
            .components
            .values()
            .map(|component| {
                let granted: BTreeSet<_> = component.sqlite_databases.iter().collect();
                let granted = granted
                    .into_iter()
                    .map(|name| (name.clone(), databases.get(name).cloned()));
                (component.id.clone(), Arc::new(granted.collect()))
            })
            .collect())
    }

    fn missing_grant(component: &Component) -> Option<String> {
        let granted = !component.sqlite_databases.is_empty();
        (!granted).then(|| format!("sqlite_databases = [\"{DEFAULT_DATABASE}\"]"))
    }

    fn instantiate(state: &Self::AppState, component: &ComponentId) -> Self::InstanceState {
        state.get(component).cloned().unwrap_or_default()
    }
}

fn unknown_database(
    component: &Component,
    name: &str,
    databases: &BTreeMap<String, Arc<Database>>,
) -> Diagnostic {
    let known: Vec<_> = databases.keys().map(String::as_str).collect();
    Diagnostic::new(format!(
        "component `{}` is granted the SQLite database `{name}`, which is not configured",
        component.id
    ))
    .at(component.location_of("sqlite_databases").cloned())
    .hint(format!(
        "add `[sqlite_database.{name}]` with `type = \"spin\"` to runtime-config.toml; configured are: {}",
        known.join(", ")
    ))
}
