//! All capabilities: linked once, configured for the application, instantiated for each instance.
//!
//! A capability is added in four places of this crate, all of them lists: a field here, a line in each of `configure` and
//! `instantiate`, the macro below, and its field in the instance's data.

use std::path::PathBuf;
use std::sync::Arc;

use sidespin_app::{App, Component, ComponentId, Diagnostic};
use sidespin_capability::{Capability, Lend};
use sidespin_capability_jobs::Jobs;
use sidespin_capability_kafka::{Kafka, KafkaNeeds};
use sidespin_capability_key_value::{KeyValue, KeyValueNeeds};
use sidespin_capability_outbound_http::{OutboundHttp, OutboundHttpNeeds, ServiceDirectory};
use sidespin_capability_postgres::Postgres;
use sidespin_capability_redis::Redis;
use sidespin_capability_sqlite::{Sqlite, SqliteNeeds};
use sidespin_capability_variables::Variables;
use sidespin_capability_wasi::{Program, Wasi, WasiNeeds};
use sidespin_engine::{Engine, InstanceLimits};
use sidespin_expressions::Variables as VariableValues;
use sidespin_invocation::ServiceToken;
use sidespin_job_store::JobStore;
use sidespin_manifest::RuntimeConfig;
use sidespin_telemetry::Metrics;
use wasmtime::component::{Linker, ResourceTable};

use crate::data::InstanceData;

/// Does the same for every capability.
macro_rules! for_each_capability {
    ($do:ident) => {
        $do!(
            Wasi,
            OutboundHttp,
            Variables,
            KeyValue,
            Redis,
            Sqlite,
            Postgres,
            Kafka,
            Jobs
        )
    };
}

/// What the capabilities take from the rest of the host.
pub(crate) struct Needs {
    pub(crate) variables: Arc<VariableValues>,
    pub(crate) log_directory: Option<PathBuf>,
    pub(crate) program: Option<Program>,
    pub(crate) key_value: KeyValueNeeds,
    pub(crate) sqlite: SqliteNeeds,
    pub(crate) services: ServiceDirectory,
    pub(crate) service_token: Option<ServiceToken>,
    pub(crate) metrics: Metrics,
    pub(crate) kafka: KafkaNeeds,
    /// Nothing for an application that fires none.
    pub(crate) jobs: Option<Arc<JobStore>>,
}

/// The capabilities as configured for one application.
pub(crate) struct Capabilities {
    wasi: <Wasi as Capability>::AppState,
    outbound_http: <OutboundHttp as Capability>::AppState,
    variables: <Variables as Capability>::AppState,
    key_value: <KeyValue as Capability>::AppState,
    redis: <Redis as Capability>::AppState,
    sqlite: <Sqlite as Capability>::AppState,
    postgres: <Postgres as Capability>::AppState,
    kafka: <Kafka as Capability>::AppState,
    jobs: <Jobs as Capability>::AppState,
}

impl Capabilities {
    /// Checks all configuration that belongs to capabilities. The first mistake of each is enough to go on from.
    pub(crate) fn configure(app: &App, config: &RuntimeConfig, needs: Needs) -> Result<Self, Diagnostic> {
        let Needs {
            variables,
            log_directory,
            program,
            key_value,
            sqlite,
            services,
            service_token,
            metrics,
            kafka,
            jobs,
        } = needs;
        let http_needs = OutboundHttpNeeds {
            variables: Arc::clone(&variables),
            services,
            token: service_token,
            metrics,
        };
        let wasi_needs = WasiNeeds {
            variables: Arc::clone(&variables),
            log_directory,
            program,
        };
        Ok(Self {
            wasi: Wasi::configure(app, section::<Wasi>(config)?, wasi_needs)?,
            outbound_http: OutboundHttp::configure(app, section::<OutboundHttp>(config)?, http_needs)?,
            postgres: Postgres::configure(app, section::<Postgres>(config)?, Arc::clone(&variables))?,
            redis: Redis::configure(app, section::<Redis>(config)?, Arc::clone(&variables))?,
            variables: Variables::configure(app, section::<Variables>(config)?, variables)?,
            key_value: KeyValue::configure(app, section::<KeyValue>(config)?, key_value)?,
            sqlite: Sqlite::configure(app, section::<Sqlite>(config)?, sqlite)?,
            kafka: Kafka::configure(app, section::<Kafka>(config)?, kafka)?,
            jobs: Jobs::configure(app, section::<Jobs>(config)?, jobs)?,
        })
    }

    pub(crate) fn instantiate(&self, component: &ComponentId, limits: InstanceLimits) -> InstanceData {
        InstanceData {
            limits,
            table: ResourceTable::new(),
            wasi: Wasi::instantiate(&self.wasi, component),
            outbound_http: OutboundHttp::instantiate(&self.outbound_http, component),
            variables: Variables::instantiate(&self.variables, component),
            key_value: KeyValue::instantiate(&self.key_value, component),
            redis: Redis::instantiate(&self.redis, component),
            sqlite: Sqlite::instantiate(&self.sqlite, component),
            postgres: Postgres::instantiate(&self.postgres, component),
            kafka: Kafka::instantiate(&self.kafka, component),
            jobs: Jobs::instantiate(&self.jobs, component),
        }
    }
}

/// A linker with every capability's interfaces.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<InstanceData>, Diagnostic> {
    let mut linker = engine.linker();
    link(&mut linker)
        .map_err(|error| Diagnostic::new(format!("the host's interfaces could not be linked: {error:#}")))?;
    Ok(linker)
}

/// Adds every capability to the linker.
fn link(linker: &mut Linker<InstanceData>) -> wasmtime::Result<()> {
    fn one<C: Capability>(linker: &mut Linker<InstanceData>) -> wasmtime::Result<()>
    where
        InstanceData: Lend<C>,
    {
        C::link(linker)
    }
    macro_rules! link_all {
        ($($capability:ty),+) => {{ $(one::<$capability>(linker)?;)+ Ok(()) }};
    }
    for_each_capability!(link_all)
}

/// The top-level keys of runtime-config.toml that some capability owns.
pub(crate) fn config_keys() -> Vec<&'static str> {
    macro_rules! keys {
        ($($capability:ty),+) => { [$(<$capability as Capability>::CONFIG_KEYS),+].concat() };
    }
    for_each_capability!(keys)
}

/// Why a component's import cannot be satisfied.
pub(crate) enum Refusal {
    /// No capability serves the interface; these are served.
    Unknown(Vec<&'static str>),
    /// The capability is there, but the manifest entry grants nothing of it.
    NotGranted {
        /// The capability's name.
        capability: &'static str,
        /// The line that the entry lacks.
        line: String,
    },
}

/// Whether `component` may import `interface`, such as `spin:sqlite/sqlite@3.1.0`: some capability must serve it, and the
/// manifest entry must grant something of it.
pub(crate) fn check_import(interface: &str, component: &Component) -> Result<(), Refusal> {
    macro_rules! check_all {
        ($($capability:ty),+) => {{
            $(if serves(<$capability as Capability>::SERVES, interface) {
                return match <$capability as Capability>::missing_grant(component) {
                    Some(line) => Err(Refusal::NotGranted { capability: <$capability as Capability>::NAME, line }),
                    None => Ok(()),
                };
            })+
            Err(Refusal::Unknown([$(<$capability as Capability>::SERVES),+].concat()))
        }};
    }
    for_each_capability!(check_all)
}

/// `wasi:cli/*@0.2` serves `wasi:cli/stdout@0.2.6`; a pattern without `*` serves just itself.
fn serves(patterns: &[&str], interface: &str) -> bool {
    patterns.iter().any(|pattern| match pattern.split_once("*@") {
        None => *pattern == interface,
        Some((package, version)) => interface
            .strip_prefix(package)
            .and_then(|rest| rest.split_once('@'))
            .is_some_and(|(_name, imported)| {
                imported
                    .strip_prefix(version)
                    .is_some_and(|patch| patch.is_empty() || patch.starts_with('.'))
            }),
    })
}

/// A capability's part of runtime-config.toml, its defaults where there is none.
fn section<C: Capability>(config: &RuntimeConfig) -> Result<C::Config, Diagnostic> {
    config.parse_sections(C::CONFIG_KEYS)
}

#[cfg(test)]
mod tests {
    use super::serves;

    #[test]
    fn a_package_pattern_serves_every_interface_at_every_patch_level() {
        let patterns = ["wasi:cli/*@0.2", "spin:sqlite/sqlite@3.1.0"];
        assert!(serves(&patterns, "wasi:cli/stdout@0.2.6"));
        assert!(serves(&patterns, "spin:sqlite/sqlite@3.1.0"));
        assert!(!serves(&patterns, "wasi:cli/stdout@0.3.0"));
        assert!(!serves(&patterns, "wasi:cli/stdout@0.20.0"));
        assert!(!serves(&patterns, "wasi:clip/stdout@0.2.0"));
        assert!(!serves(&patterns, "spin:sqlite/sqlite@3.2.0"));
        assert!(!serves(&patterns, "wasi:cli/stdout"));
    }
}
