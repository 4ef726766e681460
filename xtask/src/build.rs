//! `cargo xtask build`: everything that `sidespin up` needs, in the order in which one part goes into the next.

use anyhow::Result;

use crate::progress::Steps;
use crate::workspace::Workspace;
use crate::{guests, no_arguments, process, target, web};

/// How the `sidespin` binary is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// For everyday work: quick to build again, dependencies optimised.
    Development,
    /// For measuring.
    Release,
}

impl Profile {
    /// Its folder below the target folder.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Development => "debug",
            Self::Release => "release",
        }
    }
}

pub(crate) fn run(workspace: &Workspace, arguments: lexopt::Parser) -> Result<()> {
    no_arguments(arguments)?;
    build(workspace, Profile::Development)
}

pub(crate) fn build(workspace: &Workspace, profile: Profile) -> Result<()> {
    let mut steps = Steps::new(4);
    steps.step(
        "the wasm32-wasip2 target",
        "the application's components are compiled for it",
        || say(target::ensure(workspace)),
    )?;
    // Before the components: one of them embeds it.
    steps.step(
        "browser app",
        "repeat the failed command in components/web/app to see more",
        || say(web::build(workspace)),
    )?;
    steps.step(
        "components",
        "`cargo xtask guests <name>` builds one alone",
        || say(guests::build(workspace, &[])),
    )?;
    steps.step("sidespin", "the compiler's messages above say where", || {
        let mut cargo = workspace.cargo();
        // Not `--package`: the features of dependencies are then those of `cargo test`, and nothing is compiled twice.
        cargo.args(["build", "--bin", "sidespin"]);
        if profile == Profile::Release {
            cargo.arg("--release");
        }
        process::run(&mut cargo)
    })
}

fn say(result: Result<String>) -> Result<()> {
    println!("{}", result?);
    Ok(())
}
