//! `cargo xtask up`: builds everything, then becomes `sidespin up`, so that signals reach it and its exit code is ours.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;

use crate::build::{self, Profile};
use crate::process;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, mut arguments: lexopt::Parser) -> Result<ExitCode> {
    let mut passed_on = Vec::new();
    // What follows `--` arrives as plain values; anything else before it is a mistake.
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(value) => passed_on.push(value),
            other => bail!(
                "{}; write arguments of `sidespin up` after `--`",
                other.unexpected()
            ),
        }
    }
    build::build(workspace, Profile::Development)?;
    let mut sidespin = Command::new(workspace.binary(Profile::Development.folder()));
    sidespin
        .current_dir(&workspace.root)
        .args(["up", "-f", "spin.toml"])
        .args(passed_on);
    println!("running `{}`", process::describe(&sidespin));
    become_program(sidespin)
}

#[cfg(unix)]
pub(crate) fn become_program(mut command: Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;

    let described = process::describe(&command);
    // Returns only when it could not start.
    Err(command.exec()).with_context(|| format!("cannot start `{described}`"))
}

#[cfg(not(unix))]
pub(crate) fn become_program(mut command: Command) -> Result<ExitCode> {
    process::run(&mut command)?;
    Ok(ExitCode::SUCCESS)
}
