//! All automation of the repository: `cargo xtask <command>`. What a command does is in the file of its name.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool: printing is its job"
)]

mod bench;
mod build;
mod ci;
mod fingerprint;
mod guests;
mod lint;
mod migrate;
mod process;
mod progress;
mod target;
mod test;
mod tidy;
mod up;
mod web;
mod wit;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};
use lexopt::prelude::*;

use crate::workspace::Workspace;

const USAGE: &str = "\
usage: cargo xtask <command>

  up [-- arguments]      build everything and run the application
  migrate [status|up|rollback|roles] [--database-url URL]
                         the tables of all services, forward and back
  test [--only SUITE]    build everything and run the tests: unit, guests, kafka, e2e, postgres or browser
  lint                   formatting, clippy, svelte-check, tidy
  tidy                   the repository's own rules: layers, file headers, sizes
  ci                     lint and test, as continuous integration does
  build                  the browser app, the components and the `sidespin` binary
  guests [NAME...]       the components and the fixture guests alone
  target [--sysroot DIR] the wasm32-wasip2 target of the compiler
  bench                  measure start, memory, latency and throughput of a release build
  wit [--check]          write, or check, the lock file of wit/deps
";

fn main() -> ExitCode {
    match command(lexopt::Parser::from_env()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command(mut arguments: lexopt::Parser) -> Result<ExitCode> {
    let name = match arguments.next()? {
        Some(Value(name)) => name.to_string_lossy().into_owned(),
        Some(Short('h') | Long("help")) => {
            print!("{USAGE}");
            return Ok(ExitCode::SUCCESS);
        }
        Some(other) => return usage(&other.unexpected().to_string()),
        None => return usage("a command is missing"),
    };
    let workspace = Workspace::find()?;
    match name.as_str() {
        "migrate" => migrate::run(&workspace, arguments),
        "up" => up::run(&workspace, arguments),
        "test" => test::run(&workspace, arguments),
        "lint" => done(lint::run(&workspace, arguments)),
        "tidy" => done(tidy::run(&workspace, arguments)),
        "ci" => ci::run(&workspace, arguments),
        "build" => done(build::run(&workspace, arguments)),
        "guests" => done(guests::run(&workspace, arguments)),
        "target" => done(target::run(&workspace, arguments)),
        "bench" => done(bench::run(&workspace, arguments)),
        "wit" => done(wit::run(&workspace, arguments)),
        other => usage(&format!("`{other}` is not a command")),
    }
}

fn done(result: Result<()>) -> Result<ExitCode> {
    result.map(|()| ExitCode::SUCCESS)
}

fn usage(problem: &str) -> Result<ExitCode> {
    eprintln!("error: {problem}\n\n{USAGE}");
    Ok(ExitCode::from(2))
}

/// For commands that take no arguments.
fn no_arguments(mut arguments: lexopt::Parser) -> Result<()> {
    match arguments.next()? {
        None => Ok(()),
        Some(other) => bail!("{}; `cargo xtask --help` lists the commands", other.unexpected()),
    }
}
