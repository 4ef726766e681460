//! `sidespin`: runs a `spin.toml` with Kafka, jobs and state built in.

mod commands;
mod environment;
mod failure;
mod signals;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::environment::ProcessEnvironment;
use crate::failure::Failure;

/// Requests and answers are many small pieces that one thread makes and another one drops, which the system's allocator is slow
/// at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs WebAssembly applications: a spin.toml with Kafka, jobs, state and service invocation in one process.
#[derive(Debug, Parser)]
#[command(name = "sidespin", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run an application until it is told to stop.
    Up(Box<commands::up::Up>),
    /// Run the build commands of an application's components.
    Build(commands::build::Build),
}

fn main() -> ExitCode {
    // clap itself ends the process with exit code 2 on bad usage.
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Up(up) => up.run(&ProcessEnvironment),
        Command::Build(build) => build.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report(&failure),
    }
}

#[expect(clippy::print_stderr, reason = "this is where the program speaks to its user")]
fn report(failure: &Failure) -> ExitCode {
    eprintln!("{failure}");
    failure.exit_code()
}
