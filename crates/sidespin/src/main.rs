//! `sidespin`: runs a `spin.toml` with Kafka, jobs and state built in.

mod commands;
mod environment;
mod failure;
mod open_files;
mod operate;
mod signals;
mod variables;

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
    /// Look at topics, read and write them, and let their readers go back.
    Topics(commands::topics::Topics),
    /// Look at messages that could not be handled, and retry or drop them.
    Dlq(commands::dlq::Dlq),
    /// Look at jobs and cron entries, cancel them or run them now.
    Jobs(commands::jobs::Jobs),
}

fn main() -> ExitCode {
    // clap itself ends the process with exit code 2 on bad usage.
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Up(up) => {
            return up
                .run(&ProcessEnvironment)
                .unwrap_or_else(|failure| report(&failure));
        }
        Command::Build(build) => build.run(),
        Command::Topics(topics) => topics.run(&ProcessEnvironment),
        Command::Dlq(dlq) => dlq.run(&ProcessEnvironment),
        Command::Jobs(jobs) => jobs.run(&ProcessEnvironment),
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_cannot_be_meant_is_bad_usage() {
        let check = |line: &str, is_right: bool| {
            let parsed = Arguments::try_parse_from(line.split(' '));
            assert_eq!(parsed.is_ok(), is_right, "{line}");
        };
        check(
            "sidespin topics list --output json --bootstrap-servers kafka:9092",
            true,
        );
        check("sidespin topics list --output yaml", false);
        check("sidespin topics tail events --from 1h --count 5", true);
        check("sidespin topics tail events --from yesterday", false);
        check("sidespin topics tail", false);
        check(
            "sidespin topics publish events value --header a=b --header c=d",
            true,
        );
        check("sidespin topics publish events", false);
        check("sidespin topics publish events value --null", false);
        check("sidespin topics publish events --null", true);
        check("sidespin topics publish events --lines --file x", false);
        check("sidespin topics publish events value --header a", false);
        check(
            "sidespin topics replay events --group g --from beginning --yes",
            true,
        );
        check("sidespin topics replay events --group g", false);
        check("sidespin dlq show events.dlq 0:12", true);
        check("sidespin dlq show events.dlq 12", false);
        check("sidespin dlq retry events.dlq 0:12 1:3", true);
        check("sidespin dlq retry events.dlq", false);
        check(
            "sidespin dlq retry events.dlq --all --component audit --reason such",
            true,
        );
        check("sidespin dlq retry events.dlq 0:12 --all", false);
        check("sidespin dlq drop events.dlq 0:12 --component audit", false);
        check("sidespin jobs list --component chat-api --output json", true);
        check("sidespin jobs list --limit 0", false);
        check(
            "sidespin jobs show chat-api reminder-7 --postgres postgres://user@host/db",
            true,
        );
        check("sidespin jobs run chat-api", false);
    }
}
