//! Numbered changes of a service's tables.

use crate::database::{Connection, DatabaseError, in_transaction};

/// A service's tables, as the sequence of changes that leads to them.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// The table that says which changes were made; it begins with the service's prefix.
    pub version_table: &'static str,
    /// The changes, the first one first, each a list of statements. One that was released is never edited. A statement
    /// that begins with `/* sqlite */` or `/* postgres */` is for that database alone.
    pub migrations: &'static [&'static [&'static str]],
}

/// Makes the changes that are missing. Several instances may start at once: one makes them, the others wait
/// and find nothing left to do. A database of a newer release is left as it is, so that the two can run side
/// by side.
///
/// # Errors
/// The database refuses a change; then none was made.
pub async fn migrate(connection: &impl Connection, schema: &Schema) -> Result<(), DatabaseError> {
    // Once a database is up to date this takes no writer's lock.
    if version(connection, schema).await? >= latest(schema) {
        return Ok(());
    }
    in_transaction(connection, async |connection| {
        let dialect = connection.dialect();
        let table = schema.version_table;
        let create = format!(
            "CREATE TABLE IF NOT EXISTS {table} (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL)"
        );
        connection.execute(&create, &[]).await?;
        let done = version(connection, schema).await?;
        for (number, statements) in (1_i64..)
            .zip(schema.migrations)
            .filter(|(number, _)| *number > done)
        {
            for statement in *statements {
                if let Some(statement) = dialect.definition(statement) {
                    connection.execute(&statement, &[]).await?;
                }
            }
            let now = dialect.now();
            let record = format!("INSERT INTO {table} (version, applied_at) VALUES (?, {now})");
            connection.execute(&record, &[number.into()]).await?;
        }
        Ok(())
    })
    .await
}

fn latest(schema: &Schema) -> i64 {
    i64::try_from(schema.migrations.len()).unwrap_or(i64::MAX)
}

async fn version(connection: &impl Connection, schema: &Schema) -> Result<i64, DatabaseError> {
    let exists = connection.dialect().table_exists();
    if connection
        .execute(exists, &[schema.version_table.into()])
        .await?
        .is_empty()
    {
        return Ok(0);
    }
    let query = format!("SELECT coalesce(max(version), 0) FROM {}", schema.version_table);
    let rows = connection.execute(&query, &[]).await?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::both::on_both;
    use crate::database::Database;
    use crate::database::testing::TestDatabase;

    const FIRST: Schema = Schema {
        version_table: "note_schema",
        migrations: &[&[
            "CREATE TABLE note (id INTEGER PRIMARY KEY)",
            "INSERT INTO note VALUES (1)",
        ]],
    };
    const SECOND: Schema = Schema {
        version_table: "note_schema",
        migrations: &[
            &[
                "CREATE TABLE note (id INTEGER PRIMARY KEY)",
                "INSERT INTO note VALUES (1)",
            ],
            &["INSERT INTO note VALUES (2)"],
        ],
    };

    fn notes(connection: &impl Connection) -> usize {
        block_on(connection.execute("SELECT id FROM note", &[]))
            .unwrap()
            .len()
    }

    #[test]
    fn each_change_is_made_once_and_an_older_release_leaves_a_newer_database_alone() {
        on_both(|database| {
            let connection = block_on(database.connect()).unwrap();
            for (schema, expected) in [(FIRST, 1), (FIRST, 1), (SECOND, 2), (SECOND, 2), (FIRST, 2)] {
                block_on(migrate(&connection, &schema)).unwrap();
                assert_eq!(notes(&connection), expected);
            }
        });
    }

    #[test]
    fn an_up_to_date_database_is_not_locked() {
        let database = TestDatabase::new().unwrap();
        let writer = block_on(database.connect()).unwrap();
        block_on(migrate(&writer, &FIRST)).unwrap();
        block_on(writer.execute("BEGIN IMMEDIATE", &[])).unwrap();
        let other = block_on(database.connect()).unwrap();
        block_on(migrate(&other, &FIRST)).unwrap();
    }

    #[test]
    fn a_change_that_fails_half_way_leaves_nothing_behind() {
        on_both(|database| {
            let connection = block_on(database.connect()).unwrap();
            // The look at the version, BEGIN, Postgres's lock, the version table, the version again, the table; then
            // the insert fails, or on SQLite what follows it.
            database.fail_after(6);
            assert!(block_on(migrate(&connection, &FIRST)).is_err());
            database.recover();
            for table in ["note", "note_schema"] {
                let exists = connection.dialect().table_exists();
                assert_eq!(block_on(connection.execute(exists, &[table.into()])).unwrap(), []);
            }
            block_on(migrate(&connection, &FIRST)).unwrap();
            assert_eq!(notes(&connection), 1);
        });
    }

    #[test]
    fn instances_that_start_at_once_do_not_stumble_over_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shared.db");
        start_at_once(move || TestDatabase::at(&path));
        if let Some(server) = servers::Postgres::shared().unwrap() {
            let url = server.database().unwrap();
            start_at_once(move || TestDatabase::postgres(url.clone()));
        }
    }

    fn start_at_once(database: impl Fn() -> TestDatabase + Clone + Send + 'static) {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let database = database.clone();
                std::thread::spawn(move || {
                    let database = database();
                    block_on(async {
                        let connection = database.connect().await?;
                        migrate(&connection, &SECOND).await
                    })
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap().unwrap();
        }
        let connection = block_on(database().connect()).unwrap();
        assert_eq!(notes(&connection), 2);
    }
}
