//! Which store a command is about.

use std::path::PathBuf;

use clap::Args;
use sidespin_host::JobsLocation;
use sidespin_loader::{LoadOptions, Loader};

use crate::commands::up::{STATE_DIRECTORY, manifest_directory, pair, read_runtime_config};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::variables;

#[derive(Debug, Args)]
pub(crate) struct LocationArguments {
    /// The application: a spin.toml, or the directory that holds one.
    #[arg(
        short = 'f',
        long = "from",
        visible_alias = "file",
        global = true,
        default_value = "spin.toml"
    )]
    from: PathBuf,
    /// Where its state is kept. [default: .sidespin beside the manifest]
    #[arg(long, global = true, value_name = "DIRECTORY")]
    state_dir: Option<PathBuf>,
    /// The runtime-config.toml that it runs with, whose section `jobs` may name a Postgres.
    #[arg(long, global = true, value_name = "FILE")]
    runtime_config_file: Option<PathBuf>,
    /// Give a variable that the section uses a value.
    #[arg(long = "variable", global = true, value_name = "NAME=VALUE", value_parser = pair)]
    variables: Vec<(String, String)>,
    /// The Postgres with the jobs, whatever the configuration says. [env: SIDESPIN_JOBS_POSTGRES, where a password is not seen by
    /// others on this machine]
    #[arg(long, global = true, value_name = "URL")]
    postgres: Option<String>,
}

impl LocationArguments {
    /// Where the jobs are. Reads the manifest only where its name or its variables are needed.
    pub(crate) fn find(&self, environment: &impl Environment) -> Result<JobsLocation, Failure> {
        let manifest_directory = manifest_directory(&self.from);
        let state_directory = self
            .state_dir
            .clone()
            .unwrap_or_else(|| manifest_directory.join(STATE_DIRECTORY));
        let outline = || {
            Loader::outline(&LoadOptions {
                from: self.from.clone(),
                ..LoadOptions::default()
            })
        };
        let postgres = self
            .postgres
            .clone()
            .or_else(|| environment.get("SIDESPIN_JOBS_POSTGRES"));
        if let Some(url) = postgres {
            return Ok(JobsLocation::postgres(&outline()?.name, &url)?);
        }
        let Some(file) = &self.runtime_config_file else {
            return Ok(JobsLocation::File(state_directory.join("jobs.db")));
        };
        let config = read_runtime_config(file)?;
        let mut app = outline()?;
        let used = JobsLocation::variables(&config);
        app.variables.retain(|name, _variable| used.contains(name));
        let variables = variables::resolve(&app.variables, &self.variables, manifest_directory, environment)?;
        Ok(JobsLocation::of(
            &app.name,
            &config,
            &variables,
            &state_directory,
        )?)
    }
}
