//! Numbered changes of a service's tables, forward and back.

mod history;
#[cfg(test)]
mod tests;

use sha2::{Digest as _, Sha256};

use self::history::Done;
use crate::database::{Connection, Database, DatabaseError, Dialect, in_transaction};

/// A service's tables, as the sequence of changes that leads to them.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// What people call the service.
    pub service: &'static str,
    /// The table that says which changes were made; it begins with the service's prefix.
    pub version_table: &'static str,
    /// The changes, the first one first.
    pub migrations: &'static [Migration],
}

/// One change, as lists of statements. A statement that begins with `/* sqlite */` or `/* postgres */` is for that database
/// alone.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// What people call it.
    pub name: &'static str,
    /// What makes it. Once it was released it is never edited: databases keep a checksum of it.
    pub forward: &'static [&'static str],
    /// What takes it back, so that the release before works again.
    pub back: &'static [&'static str],
    /// What is gone after going back; empty where that is nothing.
    pub loses: &'static str,
}

/// A change and whether it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Counted from 1.
    pub number: i64,
    /// What it is called; empty where a newer release made it without a name.
    pub name: String,
    /// When it was made, if it was.
    pub made_at: Option<String>,
    /// Whether this release knows it.
    pub is_known: bool,
    /// Whether it was made from other statements than this release has for it.
    pub is_changed: bool,
}

impl Migration {
    /// What this change does to a database of this kind, in short. How its lines are broken does not count.
    fn checksum(&self, dialect: Dialect) -> String {
        let mut hash = Sha256::new();
        let statements = self.forward.iter().filter_map(|text| dialect.definition(text));
        for statement in statements {
            for word in statement.split_ascii_whitespace() {
                hash.update(word);
                hash.update(b" ");
            }
            hash.update(b";");
        }
        let hash = hash.finalize();
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    async fn run(statements: &[&str], connection: &impl Connection) -> Result<(), DatabaseError> {
        for statement in statements {
            if let Some(statement) = connection.dialect().definition(statement) {
                connection.execute(&statement, &[]).await?;
            }
        }
        Ok(())
    }
}

impl Schema {
    fn numbered(&self) -> impl DoubleEndedIterator<Item = (i64, &'static Migration)> + ExactSizeIterator {
        self.migrations.iter().enumerate().map(|(index, migration)| {
            (
                i64::try_from(index).unwrap_or(i64::MAX).saturating_add(1),
                migration,
            )
        })
    }

    /// How many changes there are.
    #[must_use]
    pub fn latest(&self) -> i64 {
        i64::try_from(self.migrations.len()).unwrap_or(i64::MAX)
    }

    /// Each change that was made must be the one that this release has.
    fn verify(&self, done: &[Done], dialect: Dialect) -> Result<(), DatabaseError> {
        let changed = self
            .numbered()
            .find(|(number, migration)| history::is_changed(done, *number, migration, dialect));
        let Some((number, migration)) = changed else {
            return Ok(());
        };
        Err(DatabaseError::Schema {
            reason: format!(
                "change {number} of `{}`, \"{}\", was edited after it was made; restore its statements and put \
                 what is new into another change",
                self.service, migration.name
            ),
        })
    }

    /// Whether nothing is to be written.
    fn is_up_to_date(&self, done: &[Done]) -> bool {
        let newest = done.last().map_or(0, |done| done.number);
        let is_noted = |done: &Done| done.checksum.is_some() || done.number > self.latest();
        newest >= self.latest() && done.iter().all(is_noted)
    }
}

/// Makes the changes that are missing, and answers with their numbers. Several instances may start at once: one makes them,
/// the others wait and find nothing left to do. A database of a newer release is left as it is, so that the two can run side
/// by side.
///
/// # Errors
/// The database refuses a change, or one that was made has been edited since; then none was made.
pub async fn migrate(connection: &impl Connection, schema: &Schema) -> Result<Vec<i64>, DatabaseError> {
    let dialect = connection.dialect();
    // Once a database is up to date this takes no writer's lock.
    let done = history::read(connection, schema.version_table).await?;
    schema.verify(&done, dialect)?;
    if schema.is_up_to_date(&done) {
        return Ok(Vec::new());
    }
    in_transaction(connection, async |connection| {
        history::prepare(connection, schema.version_table).await?;
        let done = history::read(connection, schema.version_table).await?;
        schema.verify(&done, dialect)?;
        let newest = done.last().map_or(0, |done| done.number);
        let mut made = Vec::new();
        for (number, migration) in schema.numbered() {
            let checksum = migration.checksum(dialect);
            if number > newest {
                Migration::run(migration.forward, connection).await?;
                history::insert(
                    connection,
                    schema.version_table,
                    number,
                    migration.name,
                    &checksum,
                )
                .await?;
                made.push(number);
            } else {
                // From before there were checksums.
                history::complete(
                    connection,
                    schema.version_table,
                    number,
                    migration.name,
                    &checksum,
                )
                .await?;
            }
        }
        Ok(made)
    })
    .await
}

/// Sees to it that a service that starts has its tables: makes the changes that are missing, or where that is left to a
/// command, says which command.
///
/// # Errors
/// As [`migrate`] and [`check`].
pub async fn prepare<D: Database>(
    database: &D,
    connection: &D::Connection,
    schema: &Schema,
) -> Result<(), DatabaseError> {
    if connection.dialect() == Dialect::Postgres && database.is_migrated_by_command().await {
        return check(connection, schema).await;
    }
    migrate(connection, schema).await.map(drop)
}

/// Takes changes back until `to` are left, the newest one first, and answers with their numbers.
///
/// # Errors
/// The database refuses, or a newer release has made a change that this one does not know how to take back; then none was.
pub async fn roll_back(
    connection: &impl Connection,
    schema: &Schema,
    to: i64,
) -> Result<Vec<i64>, DatabaseError> {
    in_transaction(connection, async |connection| {
        let done = history::read(connection, schema.version_table).await?;
        let newest = done.last().map_or(0, |done| done.number);
        if newest > schema.latest() && newest > to {
            return Err(DatabaseError::Schema {
                reason: format!(
                    "change {newest} of `{}` was made by a newer release; roll back with that release",
                    schema.service
                ),
            });
        }
        schema.verify(&done, connection.dialect())?;
        let mut undone = Vec::new();
        let newest_first = schema.numbered().rev();
        for (number, migration) in newest_first.filter(|(number, _)| *number > to && *number <= newest) {
            Migration::run(migration.back, connection).await?;
            history::remove(connection, schema.version_table, number).await?;
            undone.push(number);
        }
        if to <= 0 && !done.is_empty() {
            history::drop_table(connection, schema.version_table).await?;
        }
        Ok(undone)
    })
    .await
}

/// Every change that this release knows or that was made, the first one first.
///
/// # Errors
/// The database's.
pub async fn status(connection: &impl Connection, schema: &Schema) -> Result<Vec<Step>, DatabaseError> {
    let dialect = connection.dialect();
    let done = history::read(connection, schema.version_table).await?;
    let known = schema.numbered().map(|(number, migration)| Step {
        number,
        name: migration.name.to_owned(),
        made_at: history::of(&done, number).map(|done| done.made_at.clone()),
        is_known: true,
        is_changed: history::is_changed(&done, number, migration, dialect),
    });
    let newer = done.iter().filter(|done| done.number > schema.latest());
    let newer = newer.map(|done| Step {
        number: done.number,
        name: done.name.clone().unwrap_or_default(),
        made_at: Some(done.made_at.clone()),
        is_known: false,
        is_changed: false,
    });
    Ok(known.chain(newer).collect())
}

/// Checks that the tables are there, and changes nothing.
///
/// # Errors
/// They are those of an older release, or the database does not answer.
pub async fn check(connection: &impl Connection, schema: &Schema) -> Result<(), DatabaseError> {
    let done = history::read(connection, schema.version_table).await?;
    schema.verify(&done, connection.dialect())?;
    let newest = done.last().map_or(0, |done| done.number);
    if newest >= schema.latest() {
        return Ok(());
    }
    Err(DatabaseError::Schema {
        reason: format!(
            "those of `{}` are at change {newest} of {}; run `cargo xtask migrate up` or the component `migrate`",
            schema.service,
            schema.latest()
        ),
    })
}
