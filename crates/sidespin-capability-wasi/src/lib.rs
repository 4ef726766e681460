//! WASI 0.2 and 0.3 for components: clocks, randomness, environment, mounted files, standard output.
//!
//! Sockets are linked, because toolchains import them unasked, and refuse every address: what a component may reach on
//! the network is granted through outbound HTTP.

mod link;
mod output;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use sidespin_app::{App, ComponentId, Diagnostic};
use sidespin_capability::{Capability, Lend};
use sidespin_expressions::Variables;
use wasmtime::component::{HasData, Linker};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView};

use crate::output::ComponentOutput;

/// The capability.
#[derive(Debug)]
pub struct Wasi;

impl HasData for Wasi {
    type Data<'a> = WasiCtxView<'a>;
}

/// What the capability takes from the rest of the host.
#[derive(Debug, Clone)]
pub struct WasiNeeds {
    /// For templates in `environment`.
    pub variables: Arc<Variables>,
    /// Where what components print is kept, beside the log: `<component>_stdout.txt` and `<component>_stderr.txt`.
    pub log_directory: Option<PathBuf>,
    /// The component that is run as a program, if one is.
    pub program: Option<Program>,
}

/// A component that has the process's own standard input, output and error.
#[derive(Debug, Clone)]
pub struct Program {
    /// Which one.
    pub component: ComponentId,
    /// What it is told, after its name.
    pub arguments: Vec<String>,
}

/// What instances of one component are made from.
#[derive(Debug)]
pub struct ComponentEnvironment {
    stdout: ComponentOutput,
    stderr: ComponentOutput,
    environment: Vec<(String, String)>,
    mounts: Vec<(PathBuf, String)>,
    /// The name and the arguments of a program.
    program: Option<Vec<String>>,
}

impl Capability for Wasi {
    const NAME: &'static str = "wasi";
    const SERVES: &'static [&'static str] = link::SERVES;

    type Config = BTreeMap<String, ()>;
    type Needs = WasiNeeds;
    type AppState = BTreeMap<ComponentId, ComponentEnvironment>;
    type InstanceState = WasiCtx;

    fn link<T: Lend<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        link::add_p2(linker)?;
        link::add_p3(linker)
    }

    fn configure(app: &App, _config: Self::Config, needs: Self::Needs) -> Result<Self::AppState, Diagnostic> {
        app.components
            .values()
            .map(|component| {
                let rendered =
                    needs
                        .variables
                        .render_map(&component.environment)
                        .map_err(|(name, error)| {
                            Diagnostic::new(format!(
                                "environment entry `{name}` of `{}` has no value",
                                component.id
                            ))
                            .at(component.location_of("environment").cloned())
                            .caused_by(&error)
                            .hint(
                                error
                                    .hint()
                                    .unwrap_or_else(|| "declare the variable under `[variables]`".to_owned()),
                            )
                        })?;
                let environment = rendered
                    .into_iter()
                    .map(|(name, value)| (name, value.expose().to_owned()))
                    .collect();
                let mounts = component
                    .files
                    .iter()
                    .map(|mount| (mount.host_path.clone(), mount.guest_path.clone()))
                    .collect();
                let output =
                    |stream| ComponentOutput::open(&component.id, stream, needs.log_directory.as_deref());
                let program = needs
                    .program
                    .as_ref()
                    .filter(|program| program.component == component.id);
                let name_and_arguments = |program: &Program| {
                    let name = std::iter::once(component.id.to_string());
                    name.chain(program.arguments.iter().cloned()).collect()
                };
                Ok((
                    component.id.clone(),
                    ComponentEnvironment {
                        stdout: output("stdout")?,
                        stderr: output("stderr")?,
                        environment,
                        mounts,
                        program: program.map(name_and_arguments),
                    },
                ))
            })
            .collect()
    }

    fn instantiate(state: &Self::AppState, component: &ComponentId) -> Self::InstanceState {
        let mut builder = WasiCtxBuilder::new();
        builder
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false);
        let Some(environment) = state.get(component) else {
            return builder.build();
        };
        builder.envs(&environment.environment);
        match &environment.program {
            Some(arguments) => builder.args(arguments).inherit_stdio(),
            None => builder
                .stdout(environment.stdout.clone())
                .stderr(environment.stderr.clone()),
        };
        for (host_path, guest_path) in &environment.mounts {
            if let Err(error) = builder.preopened_dir(host_path, guest_path, FsPerms::ReadOnly) {
                tracing::warn!(%component, path = %host_path.display(), %error, "a directory could not be mounted");
            }
        }
        builder.build()
    }
}
