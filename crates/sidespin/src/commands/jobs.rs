//! `sidespin jobs`: what components have scheduled, and the ticks of cron, in the store of an application.
//!
//! The commands use the store as the host does, whether that runs or not; a host that sleeps over a file is woken.

mod location;
mod shown;

use clap::{Args, Subcommand};
use serde_json::Value;
use sidespin_app::Diagnostic;
use sidespin_job_store::{JobStore, JobStoreError};

use crate::environment::Environment;
use crate::failure::Failure;
use crate::operate::output::{Format, Output};
use crate::operate::table::{Column, Table};
use crate::operate::{self, Stop};
use location::LocationArguments;

/// Cron entries are jobs of this and the component.
const CRON: &str = "cron/";

#[derive(Debug, Args)]
pub(crate) struct Jobs {
    #[command(flatten)]
    location: LocationArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List jobs, each component's in the order in which they fire.
    ///
    /// A cron entry is a job of `cron/` and its component, and is called like its expression.
    List(List),
    /// Show everything about a job.
    Show(Show),
    /// Forget a job. A firing that has begun goes on to its end.
    Cancel(Named),
    /// Fire a job now. One that repeats still fires at the time that was planned.
    Run(Named),
}

#[derive(Debug, Args)]
struct List {
    /// Only those of this component.
    #[arg(long, value_name = "ID")]
    component: Option<String>,
    /// No more than so many.
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    limit: u64,
    /// How to write the list; json is an array of {component, name, due, fire_at, attempt, every_ms, rule, timezone, payload_bytes,
    /// running}, where running is null if only the host knows.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

#[derive(Debug, Args)]
struct Show {
    #[command(flatten)]
    named: Named,
    /// How to write it; json is what the list has, and the payload.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

#[derive(Debug, Args)]
struct Named {
    /// Whose job it is.
    component: String,
    /// What it is called.
    name: String,
}

impl Jobs {
    pub(crate) fn run(self, environment: &impl Environment) -> Result<(), Failure> {
        let location = self.location.find(environment)?;
        let store = location.open_existing().map_err(|error| failed(&error))?;
        operate::run(environment, async move {
            match self.command {
                Command::List(list) => list.run(&store).await,
                Command::Show(show) => show.run(&store).await,
                Command::Cancel(named) => named.cancel(&store).await,
                Command::Run(named) => named.fire(&store).await,
            }
        })
    }
}

impl List {
    async fn run(self, store: &JobStore) -> Result<(), Stop> {
        let jobs = store.list(self.component.as_deref(), self.limit).await;
        let jobs = jobs.map_err(|error| failed(&error))?;
        let mut output = Output::new();
        if self.output == Format::Json {
            let jobs = jobs.iter().map(|job| Value::Object(shown::json(job)));
            return Ok(output.document(&jobs.collect())?);
        }
        let mut table = Table::new([
            Column::Left("COMPONENT"),
            Column::Left("NAME"),
            Column::Left("FIRES AT"),
            Column::Right("ATTEMPT"),
            Column::Left("REPEATS"),
            Column::Right("BYTES"),
        ]);
        for job in &jobs {
            table.row(shown::row(job));
        }
        Ok(table.write(&mut output)?)
    }
}

impl Show {
    async fn run(self, store: &JobStore) -> Result<(), Stop> {
        let Named { component, name } = &self.named;
        let job = store.get(component, name).await.map_err(|error| failed(&error))?;
        let job = job.ok_or_else(|| self.named.missing())?;
        let mut output = Output::new();
        let shown = shown::json(&job);
        if self.output == Format::Json {
            return Ok(output.document(&Value::Object(shown))?);
        }
        for line in shown::lines(&job) {
            output.line(&line)?;
        }
        Ok(output.flush()?)
    }
}

impl Named {
    async fn cancel(self, store: &JobStore) -> Result<(), Stop> {
        if self.component.starts_with(CRON) {
            let mistake =
                Diagnostic::new("a cron entry is the manifest's, and would be back with the next start");
            return Err(Failure::from(
                mistake.hint("remove its `[[trigger.cron]]` and start the application again"),
            )
            .into());
        }
        let existed = store.cancel(&self.component, &self.name).await;
        self.done(store, existed)
    }

    async fn fire(self, store: &JobStore) -> Result<(), Stop> {
        let existed = store.run(&self.component, &self.name).await;
        self.done(store, existed)
    }

    fn done(self, store: &JobStore, existed: Result<bool, JobStoreError>) -> Result<(), Stop> {
        if !existed.map_err(|error| failed(&error))? {
            return Err(self.missing().into());
        }
        store.wake_others();
        Ok(())
    }

    fn missing(&self) -> Failure {
        let mistake = Diagnostic::new(format!(
            "component `{}` has no job `{}`",
            self.component, self.name
        ));
        Failure::Runtime(
            mistake.hint("see `sidespin jobs list`; a job that has fired for the last time is gone"),
        )
    }
}

fn failed(error: &JobStoreError) -> Failure {
    let mut mistake = Diagnostic::new(error.to_string());
    if let Some(source) = std::error::Error::source(error) {
        mistake = mistake.caused_by(source);
    }
    let hint = match error {
        JobStoreError::Missing { .. } => {
            "name the application with `--from` or its state directory with `--state-dir`; before its first start it has no jobs"
        }
        JobStoreError::Unreachable { .. } | JobStoreError::TimedOut { .. } => {
            "see that Postgres runs and that its address is right"
        }
        _ => "see the log of the host for more",
    };
    Failure::Runtime(mistake.hint(hint))
}
