//! The description of the HTTP API: written by the crate `todo-openapi`, kept where the browser app's build takes it along.

use std::fs;

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;

use crate::process;
use crate::workspace::Workspace;

/// Where the component `web` finds it.
const DOCUMENT: &str = "components/web/app/public/openapi.json";

pub(crate) fn run(workspace: &Workspace, mut arguments: lexopt::Parser) -> Result<()> {
    let mut only_check = false;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("check") => only_check = true,
            other => bail!("{}; the only option of `openapi` is --check", other.unexpected()),
        }
    }
    if only_check {
        check(workspace)?;
        println!("{DOCUMENT} is what the code says");
        return Ok(());
    }
    fs::write(workspace.root.join(DOCUMENT), described(workspace)?)
        .with_context(|| format!("writing {DOCUMENT}"))?;
    println!("{DOCUMENT} was written");
    Ok(())
}

/// Fails where the document is not what the code says.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let kept =
        fs::read_to_string(workspace.root.join(DOCUMENT)).with_context(|| format!("reading {DOCUMENT}"))?;
    if kept != described(workspace)? {
        bail!("{DOCUMENT} is not what the code says; `cargo xtask openapi` writes it");
    }
    Ok(())
}

fn described(workspace: &Workspace) -> Result<String> {
    process::capture(
        workspace
            .cargo()
            .args(["run", "--quiet", "--package", "todo-openapi"]),
    )
}
