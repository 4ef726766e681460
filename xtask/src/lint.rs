//! `cargo xtask lint`: formatting, clippy for both targets, svelte-check, the repository's own rules. All are run, so that one run
//! shows everything there is to mend.

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::progress::Steps;
use crate::target::{self, TARGET};
use crate::test::Check;
use crate::workspace::Workspace;
use crate::{guests, no_arguments, openapi, process, tidy, web, wit};

/// The crates that are native but no default members.
const NATIVE_TESTS: &str = "end-to-end";

pub(crate) fn run(workspace: &Workspace, arguments: lexopt::Parser) -> Result<()> {
    no_arguments(arguments)?;
    let failed: Vec<_> = checks(workspace)?
        .into_iter()
        .filter(|check| !check.well)
        .map(|check| check.name)
        .collect();
    if !failed.is_empty() {
        bail!("not clean: {}", failed.join(", "));
    }
    println!("all clean");
    Ok(())
}

/// Runs every check, prints what is wrong and returns the verdicts.
pub(crate) fn checks(workspace: &Workspace) -> Result<Vec<Check>> {
    // The clippy of components needs the target, and the component that embeds the browser app needs its build.
    println!("{}", target::ensure(workspace)?);
    println!("{}", web::build(workspace)?);
    type Work = fn(&Workspace) -> Result<()>;
    let work: [(&str, &str, Work); 8] = [
        ("rustfmt", "run `cargo fmt --all`", rustfmt),
        ("clippy", "the messages above name the lines", clippy_native),
        (
            "clippy (end-to-end)",
            "the messages above name the lines",
            clippy_tests,
        ),
        (
            "clippy (components)",
            "the messages above name the lines",
            clippy_guests,
        ),
        (
            "svelte-check",
            "run `npm run check` in components/web/app",
            web::check,
        ),
        ("tidy", "CONTRIBUTING.md explains the rules", tidy::check),
        (
            "wit",
            "run `cargo xtask wit` when the change is meant",
            wit::check,
        ),
        (
            "openapi",
            "run `cargo xtask openapi` and look at the difference",
            openapi::check,
        ),
    ];
    let mut steps = Steps::new(work.len());
    let mut checks = Vec::new();
    for (name, remedy, work) in work {
        let started = Instant::now();
        let result = steps.step(name, remedy, || work(workspace));
        if let Err(error) = &result {
            eprintln!("error: {error:#}");
        }
        checks.push(Check {
            name: name.to_owned(),
            well: result.is_ok(),
            took: started.elapsed(),
        });
    }
    Ok(checks)
}

fn rustfmt(workspace: &Workspace) -> Result<()> {
    process::run(workspace.cargo().args(["fmt", "--all", "--", "--check"]))
}

fn clippy_native(workspace: &Workspace) -> Result<()> {
    clippy(workspace.cargo().args(["clippy", "--all-targets"]))
}

fn clippy_tests(workspace: &Workspace) -> Result<()> {
    clippy(
        workspace
            .cargo()
            .args(["clippy", "--all-targets", "--package", NATIVE_TESTS]),
    )
}

fn clippy_guests(workspace: &Workspace) -> Result<()> {
    let mut cargo = workspace.guest_cargo();
    cargo.args(["clippy", "--lib", "--target", TARGET]);
    for guest in guests::all(workspace.packages()?) {
        cargo.args(["--package", &guest.name]);
    }
    clippy(&mut cargo)
}

fn clippy(cargo: &mut Command) -> Result<()> {
    process::run(cargo.args(["--", "-D", "warnings"]))
}
