//! `sidespin build`: runs the components' own build commands.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use sidespin_app::Diagnostic;
use sidespin_loader::{ComponentBuild, LoadOptions, Loader};

use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct Build {
    /// The application: a spin.toml, or the directory that holds one.
    #[arg(
        short = 'f',
        long = "from",
        visible_alias = "file",
        default_value = "spin.toml"
    )]
    from: PathBuf,
}

impl Build {
    pub(crate) fn run(self) -> Result<(), Failure> {
        run(&self.from)
    }
}

/// Runs the commands in the order of the manifest, and stops at the first that fails.
pub(crate) fn run(from: &Path) -> Result<(), Failure> {
    let options = LoadOptions {
        from: from.to_owned(),
        state_dir: None,
        profile: None,
    };
    for component in Loader::build_plan(&options)?.components {
        for command in &component.commands {
            run_one(&component, command)?;
        }
    }
    Ok(())
}

fn run_one(component: &ComponentBuild, command: &str) -> Result<(), Failure> {
    let failed = |reason: String| {
        Failure::Runtime(
            Diagnostic::new(format!("building component `{}` failed: {reason}", component.id)).hint(format!(
                "run `{command}` in `{}` to see why",
                component.workdir.display()
            )),
        )
    };
    tracing::info!(component = %component.id, "building: {command}");
    let status = Command::new("sh")
        .arg("-c")
        .arg(command)
        .current_dir(&component.workdir)
        .status()
        .map_err(|error| failed(error.to_string()))?;
    if status.success() {
        Ok(())
    } else {
        Err(failed(status.to_string()))
    }
}
