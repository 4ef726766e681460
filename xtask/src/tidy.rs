//! `cargo xtask tidy`: the rules of the repository that no other tool checks. What they are for is in ARCHITECTURE.md (layers) and
//! CONTRIBUTING.md (files). Finds everything that is wrong, not only the first.

mod files;
mod layers;
mod separation;

use std::fs;

use anyhow::{Context, Result, bail};

use crate::no_arguments;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, arguments: lexopt::Parser) -> Result<()> {
    no_arguments(arguments)?;
    check(workspace)?;
    println!("tidy");
    Ok(())
}

/// Prints every broken rule, and fails when there is one.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let packages = workspace.packages()?;
    let architecture = workspace.root.join("ARCHITECTURE.md");
    let architecture =
        fs::read_to_string(&architecture).with_context(|| format!("reading {}", architecture.display()))?;
    let sources = files::sources(&workspace.root)?;
    let mut problems = layers::check(&layers::table(&architecture)?, &packages);
    problems.extend(separation::check(&packages, &sources));
    problems.extend(files::check(&sources));
    problems.extend(files::untested_guests(&packages, &sources));
    for problem in &problems {
        eprintln!("tidy: {problem}");
    }
    if !problems.is_empty() {
        bail!("{} rules are broken", problems.len());
    }
    Ok(())
}
