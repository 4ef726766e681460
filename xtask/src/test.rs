//! `cargo xtask test`: builds everything and runs every suite to its end, whatever fails on the way. Ends with a table and one
//! plain line of totals.

mod summary;

use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Result, bail};
use lexopt::prelude::*;

pub(crate) use self::summary::{Check, Summary};
use self::summary::{Counts, Row};
use crate::build::{self, Profile};
use crate::progress::Steps;
use crate::workspace::Workspace;
use crate::{guests, process, web};

/// The browser tests' own npm packages.
const BROWSER: &str = "tests/browser";

/// Those of the tests with clients of the Model Context Protocol.
const MCP_CLIENT: &str = "tests/mcp-client";

/// The packages whose tests run against whichever Kafka `KAFKA_BOOTSTRAP_SERVERS` names.
const KAFKA: [&str; 3] = [
    "sidespin-kafka-client",
    "sidespin-operations",
    "sidespin-trigger-kafka",
];

/// Stories of the application, not of the host: the files of the end-to-end tests that are told of two processes too.
const TOLD_OF_TWO: [&str; 13] = [
    "accounts::",
    "assistant::",
    "bad_input::",
    "changes::",
    "crash::",
    "duplicates::",
    "events::",
    "exchange::",
    "mcp::",
    "recurrence::",
    "reminders::",
    "tasks::",
    "updates::",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Suite {
    /// The crates, natively.
    Unit,
    /// The components' own tests, natively.
    Guests,
    /// What talks to Kafka, once more with an Apache Kafka in place of the embedded broker.
    Kafka,
    /// The real binary with the real components; includes the browser.
    EndToEnd,
    /// Stories of the former, told of two processes on one Postgres.
    Postgres,
    /// Of the former, only what needs a browser.
    Browser,
}

impl Suite {
    /// Those of a full run: `e2e` contains `browser`.
    const ALL: [Self; 5] = [
        Self::Unit,
        Self::Guests,
        Self::Kafka,
        Self::EndToEnd,
        Self::Postgres,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Guests => "guests",
            Self::Kafka => "kafka",
            Self::EndToEnd => "e2e",
            Self::Postgres => "postgres",
            Self::Browser => "browser",
        }
    }

    fn parse(name: &str) -> Result<Self> {
        match name {
            "unit" => Ok(Self::Unit),
            "guests" => Ok(Self::Guests),
            "kafka" => Ok(Self::Kafka),
            "e2e" => Ok(Self::EndToEnd),
            "postgres" => Ok(Self::Postgres),
            "browser" => Ok(Self::Browser),
            other => {
                bail!("there is no suite `{other}`; there are unit, guests, kafka, e2e, postgres and browser")
            }
        }
    }
}

pub(crate) fn run(workspace: &Workspace, mut arguments: lexopt::Parser) -> Result<ExitCode> {
    let mut suites = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("only") => suites.push(Suite::parse(&arguments.value()?.to_string_lossy())?),
            other => bail!("{}; the only option of `test` is --only", other.unexpected()),
        }
    }
    if suites.is_empty() {
        suites = Suite::ALL.to_vec();
    }
    run_suites(workspace, &suites, Summary::default())
}

/// Runs all suites and adds them to what was checked before.
pub(crate) fn run_all(workspace: &Workspace, summary: Summary) -> Result<ExitCode> {
    run_suites(workspace, &Suite::ALL, summary)
}

fn run_suites(workspace: &Workspace, suites: &[Suite], mut summary: Summary) -> Result<ExitCode> {
    build::build(workspace, Profile::Development)?;
    let mut steps = Steps::new(suites.len());
    for suite in suites {
        let started = Instant::now();
        let remedy = format!("`cargo xtask test --only {}` repeats it", suite.name());
        let mut counts = Counts::default();
        let result = steps.step(&format!("tests: {}", suite.name()), &remedy, || {
            let mut command = prepare(workspace, *suite)?;
            let status = process::stream(&mut command, |line| counts.read(line))?;
            if !status.success() {
                bail!("`{}` failed ({status})", process::describe(&command));
            }
            Ok(())
        });
        if let Err(error) = &result {
            eprintln!("error: {error:#}");
        }
        summary.add(Row {
            name: suite.name().to_owned(),
            well: result.is_ok(),
            counts,
            took: started.elapsed(),
        });
    }
    print!("{summary}");
    Ok(if summary.is_well() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn prepare(workspace: &Workspace, suite: Suite) -> Result<Command> {
    let mut cargo = workspace.cargo();
    cargo.env("SIDESPIN_ROOT", &workspace.root);
    cargo.env("SIDESPIN_BIN", workspace.binary(Profile::Development.folder()));
    if suite == Suite::Kafka {
        // It starts the broker, and runs what follows.
        cargo.args([
            "run",
            "--quiet",
            "--package",
            "servers",
            "--bin",
            "with-kafka",
            "--",
            "cargo",
        ]);
    }
    cargo.args(["test", "--no-fail-fast"]);
    match suite {
        // The workspace's default members.
        Suite::Unit => {}
        Suite::Guests => {
            // A component's export names break a native link of the cdylib; `--lib` links a test program alone.
            cargo.arg("--lib");
            for guest in guests::all(workspace.packages()?) {
                if guest.folder.starts_with("components/") {
                    cargo.args(["--package", &guest.name]);
                }
            }
        }
        Suite::Kafka => {
            for package in KAFKA {
                cargo.args(["--package", package]);
            }
        }
        Suite::Postgres => {
            cargo.env("SIDESPIN_DATABASE", "postgres");
            cargo.args(["--package", "end-to-end", "--test", "it", "--"]);
            cargo.args(TOLD_OF_TWO);
        }
        Suite::EndToEnd | Suite::Browser => {
            if workspace.root.join(BROWSER).join("package.json").exists() {
                web::install(workspace, BROWSER)?;
            }
            if suite == Suite::EndToEnd && workspace.root.join(MCP_CLIENT).join("package.json").exists() {
                web::install(workspace, MCP_CLIENT)?;
            }
            cargo.args(["--package", "end-to-end"]);
            if suite == Suite::Browser {
                // Every test that needs a browser has the word in its path.
                cargo.arg("browser");
            }
        }
    }
    Ok(cargo)
}
