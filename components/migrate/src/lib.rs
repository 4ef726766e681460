//! The command that changes the tables of all services, forward and back, and says how they are.
//!
//! It knows the changes by `todo-schema` and reaches each service's tables as the service itself does, by that service's own
//! address. Two that run at once wait for each other; each change is made once.

mod arguments;
#[cfg(target_arch = "wasm32")]
mod component;
mod report;
mod roles;
#[cfg(test)]
mod tests;

use todo_service::database::{Database, DatabaseError};
use todo_service::migrate::{Schema, Step, migrate, roll_back, status};

pub use crate::arguments::Arguments;
use crate::arguments::{Action, Back};
use crate::report::{Done, Report, State};

/// What is printed where the arguments make no sense.
pub const USAGE: &str = "\
usage: migrate status                                      what was made, and what is missing
       migrate up                                          make what is missing
       migrate rollback --service NAME [--steps N | --to N]  take the newest N changes back, or all above number N
       migrate roles [--apply]                             the SQL that gives each service a schema and a role of its own

options: --service NAME   of this service alone: chat, notification or audit; may be given several times
         --dry-run        say what would be done, and do nothing
         --output json    for programs";

/// Why the command ended without having done what it was told.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The arguments make no sense.
    #[error("{0}\n\n{USAGE}")]
    Usage(String),
    /// The database of a service did not do it. What was done for others stays.
    #[error("`{service}`: {source}")]
    Database {
        /// Whose.
        service: &'static str,
        /// In its words.
        source: DatabaseError,
    },
}

/// Does what the arguments say and answers with what is to be printed. `database` is where a service's tables are.
///
/// # Errors
/// See [`CommandError`].
pub async fn run<D: Database>(
    arguments: &Arguments,
    database: impl Fn(&'static str) -> D,
) -> Result<String, CommandError> {
    let schemas = todo_schema::ALL.iter();
    let schemas = schemas.filter(|schema| arguments.is_of(schema.service));
    if let Action::Roles { apply } = arguments.action {
        return roles::run(schemas, apply && !arguments.is_dry_run, database).await;
    }
    let mut report = Report::default();
    for schema in schemas {
        let failed = |source| CommandError::Database {
            service: schema.service,
            source,
        };
        let service = database(schema.service);
        run_one(arguments, schema, &service, &mut report)
            .await
            .map_err(failed)?;
    }
    Ok(report.print(arguments))
}

async fn run_one(
    arguments: &Arguments,
    schema: &Schema,
    database: &impl Database,
    report: &mut Report,
) -> Result<(), DatabaseError> {
    let connection = database.connect().await?;
    let before = status(&connection, schema).await?;
    let numbers = match &arguments.action {
        Action::Status | Action::Roles { .. } => Vec::new(),
        Action::Up if arguments.is_dry_run => missing(&before),
        Action::Up => migrate(&connection, schema).await?,
        Action::Back(back) => {
            let to = target(*back, &before);
            if arguments.is_dry_run {
                above(to, &before)
            } else {
                roll_back(&connection, schema, to).await?
            }
        }
    };
    for number in numbers {
        let index = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
        let migration = schema.migrations.get(index);
        report.done.push(Done {
            service: schema.service,
            number,
            name: migration.map_or("", |migration| migration.name),
            loses: migration
                .filter(|_migration| matches!(arguments.action, Action::Back(_)))
                .map_or("", |migration| migration.loses),
        });
    }
    let after = status(&connection, schema).await?;
    report.states.push(State::of(schema, after));
    Ok(())
}

fn missing(steps: &[Step]) -> Vec<i64> {
    let newest = newest(steps);
    let missing = steps.iter().filter(|step| step.number > newest);
    missing.map(|step| step.number).collect()
}

fn newest(steps: &[Step]) -> i64 {
    let made = steps.iter().filter(|step| step.made_at.is_some());
    made.map(|step| step.number).max().unwrap_or_default()
}

fn above(to: i64, steps: &[Step]) -> Vec<i64> {
    let made = steps.iter().rev().filter(|step| step.made_at.is_some());
    made.map(|step| step.number)
        .filter(|number| *number > to)
        .collect()
}

/// How many changes are to be left.
fn target(back: Back, steps: &[Step]) -> i64 {
    match back {
        Back::To(to) => to,
        Back::Steps(count) => newest(steps).saturating_sub(count).max(0),
    }
}
