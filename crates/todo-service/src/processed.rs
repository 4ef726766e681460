//! What a consumer has done already: the ids of the events whose effect it has written, in the same transaction. An
//! event that comes again is then known, and changes nothing.
//!
//! Ids are forgotten after a month, which is longer than anything is delivered again by itself. A table whose rows have
//! the event's id refuses what comes after that.

use std::cell::Cell;
use std::collections::HashSet;

use crate::database::{Connection, DatabaseError, Value};

/// How long ids are kept, in milliseconds.
const KEPT_FOR: i64 = 30 * 24 * 3600 * 1000;

/// How often an instance looks for ids that are too old, in milliseconds, and how many it forgets at once.
const PRUNED_EVERY: i64 = 3600 * 1000;
const PRUNED_AT_ONCE: i64 = 1_000;

/// How many ids one statement writes.
const WRITTEN_AT_ONCE: usize = 64;

/// The statements of a migration that make a table of consumed events of this name.
#[macro_export]
macro_rules! processed_table {
    ($table:literal) => {
        concat!(
            "CREATE TABLE ",
            $table,
            " (event_id TEXT PRIMARY KEY, processed_at INTEGER NOT NULL) WITHOUT ROWID"
        )
    };
    ($table:literal, by_age) => {
        concat!("CREATE INDEX ", $table, "_by_age ON ", $table, " (processed_at)")
    };
}

/// The consumed events of a service, by the name of their table.
#[derive(Debug)]
pub struct Processed {
    table: &'static str,
    pruned_at: Cell<i64>,
}

impl Processed {
    /// The events in this table, which the statements of [`processed_table!`](crate::processed_table) make.
    #[must_use]
    pub const fn new(table: &'static str) -> Self {
        Self {
            table,
            pruned_at: Cell::new(0),
        }
    }

    /// Notes events, inside of the transaction that writes their effects. Answers which of them are new; the others
    /// have had their effect.
    ///
    /// # Errors
    /// The database's.
    pub async fn note<'a>(
        &self,
        connection: &impl Connection,
        event_ids: impl IntoIterator<Item = &'a str>,
        now: i64,
    ) -> Result<HashSet<String>, DatabaseError> {
        let ids: HashSet<&str> = event_ids.into_iter().collect();
        let mut ids: Vec<&str> = ids.into_iter().collect();
        // Two consumers that get the same events wait for each other in the same order.
        ids.sort_unstable();
        let mut new = HashSet::new();
        for ids in ids.chunks(WRITTEN_AT_ONCE) {
            let statement = format!(
                "INSERT INTO {} (event_id, processed_at) VALUES (?, ?){} ON CONFLICT (event_id) DO NOTHING RETURNING event_id",
                self.table,
                ", (?, ?)".repeat(ids.len().saturating_sub(1))
            );
            let parameters: Vec<Value> = ids.iter().flat_map(|id| [(*id).into(), now.into()]).collect();
            for row in connection.execute(&statement, &parameters).await? {
                new.insert(row.text(0)?.to_owned());
            }
        }
        self.prune(connection, now).await?;
        Ok(new)
    }

    /// Forgets some of what is too old, now and then.
    async fn prune(&self, connection: &impl Connection, now: i64) -> Result<(), DatabaseError> {
        if now.saturating_sub(self.pruned_at.get()) < PRUNED_EVERY {
            return Ok(());
        }
        let statement = format!(
            "DELETE FROM {0} WHERE event_id IN
                (SELECT event_id FROM {0} WHERE processed_at < ? ORDER BY processed_at LIMIT ?) RETURNING event_id",
            self.table
        );
        let before = now.saturating_sub(KEPT_FOR);
        let forgotten = connection
            .execute(&statement, &[before.into(), PRUNED_AT_ONCE.into()])
            .await?;
        // Where there are more, the next batch of events goes on.
        if i64::try_from(forgotten.len()).unwrap_or(i64::MAX) < PRUNED_AT_ONCE {
            self.pruned_at.set(now);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::both::on_both;
    use crate::database::testing::TestDatabase;
    use crate::database::{Database, in_transaction_on};
    use crate::migrate::{Migration, Schema, migrate};

    const SCHEMA: Schema = Schema {
        service: "note",
        version_table: "note_schema",
        migrations: &[Migration {
            name: "tables",
            forward: &[
                crate::processed_table!("note_processed"),
                crate::processed_table!("note_processed", by_age),
            ],
            back: &[],
            loses: "",
        }],
    };

    async fn note(database: &TestDatabase, processed: &Processed, ids: &[&str], now: i64) -> Vec<String> {
        let connection = database.connect().await.unwrap();
        let new = in_transaction_on(&connection, &[], async |connection| {
            processed.note(connection, ids.iter().copied(), now).await
        });
        let mut new: Vec<_> = new.await.unwrap().into_iter().collect();
        new.sort();
        new
    }

    #[test]
    fn an_event_is_new_once_and_forgotten_after_a_month() {
        on_both(|database| {
            block_on(async {
                migrate(&database.connect().await.unwrap(), &SCHEMA)
                    .await
                    .unwrap();
                let processed = Processed::new("note_processed");
                assert_eq!(
                    note(&database, &processed, &["a", "b", "a"], 1_000).await,
                    ["a", "b"]
                );
                assert_eq!(note(&database, &processed, &["b", "c"], 2_000).await, ["c"]);
                let many: Vec<_> = (0..200).map(|number| format!("id-{number}")).collect();
                let many: Vec<_> = many.iter().map(String::as_str).collect();
                assert_eq!(note(&database, &processed, &many, 3_000).await.len(), 200);
                assert_eq!(note(&database, &processed, &many, 3_000).await.len(), 0);
                // A month after `a` and `b`, and before `c` has been there for one.
                assert_eq!(note(&database, &processed, &["d"], KEPT_FOR + 1_500).await, ["d"]);
                assert_eq!(
                    note(&database, &processed, &["a", "c"], KEPT_FOR + 1_600).await,
                    ["a"]
                );
            });
        });
    }

    #[test]
    fn what_is_undone_was_not_consumed() {
        on_both(|database| {
            block_on(async {
                let connection = database.connect().await.unwrap();
                migrate(&connection, &SCHEMA).await.unwrap();
                let processed = Processed::new("note_processed");
                let undone: Result<(), _> = in_transaction_on(&connection, &[], async |connection| {
                    processed.note(connection, ["a"], 1_000).await?;
                    Err(DatabaseError::Failed {
                        reason: "as wanted".to_owned(),
                    })
                })
                .await;
                assert!(undone.is_err());
                assert_eq!(note(&database, &processed, &["a"], 1_000).await, ["a"]);
            });
        });
    }
}
