//! The table of an outbox.

use super::{Entry, Message};
use crate::database::{Connection, DatabaseError, Row, Value, in_transaction_on};

/// How many entries an instance claims at once.
pub(super) const BATCH: i64 = 100;

/// How many entries one statement writes: far below the databases' limits of parameters, and few enough different
/// statements to be worth preparing.
const WRITTEN_AT_ONCE: usize = 32;

/// An outbox, by the name of its table, which begins with the service's prefix and is made by the statements of
/// [`outbox_tables!`](crate::outbox_tables).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outbox {
    table: &'static str,
}

/// The statements of a migration that make an outbox of this name.
///
/// `seq` is drawn while whoever writes excludes the other writers of the same keys, so that within a key it is the order
/// of the commits. An entry is claimed until `claimed_until`, by `holder`.
#[macro_export]
macro_rules! outbox_tables {
    ($table:literal) => {
        concat!(
            "CREATE TABLE ",
            $table,
            " (
                seq INTEGER PRIMARY KEY AUTOINCREMENT,
                kind TEXT NOT NULL,
                target TEXT NOT NULL,
                key TEXT NOT NULL,
                body TEXT NOT NULL,
                due INTEGER NOT NULL,
                created_at INTEGER NOT NULL,
                rejected TEXT,
                holder TEXT NOT NULL DEFAULT '',
                claimed_until INTEGER NOT NULL DEFAULT 0
            )"
        )
    };
    ($table:literal, waiting) => {
        concat!(
            "CREATE INDEX ",
            $table,
            "_waiting ON ",
            $table,
            " (seq) WHERE rejected IS NULL"
        )
    };
    ($table:literal, held) => {
        concat!(
            "CREATE INDEX ",
            $table,
            "_held ON ",
            $table,
            " (key, claimed_until) WHERE rejected IS NULL"
        )
    };
    ($table:literal, by_holder) => {
        concat!(
            "CREATE INDEX ",
            $table,
            "_by_holder ON ",
            $table,
            " (holder) WHERE claimed_until > 0"
        )
    };
    ($table:literal, rejected) => {
        concat!(
            "CREATE INDEX ",
            $table,
            "_rejected ON ",
            $table,
            " (created_at) WHERE rejected IS NOT NULL"
        )
    };
}

/// An entry and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claimed {
    pub(super) seq: i64,
    pub(super) entry: Entry,
}

impl Outbox {
    /// The outbox in this table.
    #[must_use]
    pub const fn new(table: &'static str) -> Self {
        Self { table }
    }

    /// Appends entries, in their order. The transaction must exclude others that write entries of the same keys, as
    /// [`in_transaction_on`] with what the keys stand for does.
    ///
    /// # Errors
    /// The database's.
    pub async fn append(
        &self,
        connection: &impl Connection,
        entries: &[Entry],
        now: i64,
    ) -> Result<(), DatabaseError> {
        for entries in entries.chunks(WRITTEN_AT_ONCE) {
            let mut statement = format!(
                "INSERT INTO {} (kind, target, key, body, due, created_at) VALUES (?, ?, ?, ?, ?, ?)",
                self.table
            );
            statement.push_str(&", (?, ?, ?, ?, ?, ?)".repeat(entries.len().saturating_sub(1)));
            let parameters: Vec<Value> = entries.iter().flat_map(|entry| columns(entry, now)).collect();
            connection.execute(&statement, &parameters).await?;
        }
        Ok(())
    }

    /// Appends that each of these jobs is forgotten: those that a query answers in its column `name`. The transaction
    /// must exclude others as for [`Self::append`].
    ///
    /// # Errors
    /// The database's.
    pub async fn cancel_all(
        &self,
        connection: &impl Connection,
        names: &str,
        parameters: &[Value],
        now: i64,
    ) -> Result<(), DatabaseError> {
        let statement = format!(
            "INSERT INTO {} (kind, target, key, body, due, created_at)
                SELECT 'cancel', job.name, job.name, '', 0, ? FROM ({names}) AS job",
            self.table
        );
        let parameters: Vec<Value> = std::iter::once(now.into())
            .chain(parameters.iter().cloned())
            .collect();
        connection.execute(&statement, &parameters).await.map(drop)
    }

    /// Forgets the events of a user that are not told yet, and those that the platform has rejected.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget_user(
        &self,
        connection: &impl Connection,
        user_id: &str,
    ) -> Result<(), DatabaseError> {
        // The attribute as this application writes it: within a text the quotes would not be bare.
        let attribute = format!("\"userid\":{}", serde_json::Value::from(user_id));
        let statement = format!(
            "DELETE FROM {} WHERE kind = 'publish' AND instr(body, ?) > 0",
            self.table
        );
        connection
            .execute(&statement, &[attribute.into()])
            .await
            .map(drop)
    }

    /// Since when the oldest entry has waited; nothing if none waits.
    ///
    /// # Errors
    /// The database's.
    pub async fn waiting_since(&self, connection: &impl Connection) -> Result<Option<i64>, DatabaseError> {
        let statement = format!(
            "SELECT created_at FROM {} WHERE rejected IS NULL ORDER BY seq LIMIT 1",
            self.table
        );
        let rows = connection.execute(&statement, &[]).await?;
        rows.first().map(|row| row.integer(0)).transpose()
    }

    /// Forgets what the platform has rejected before this time.
    ///
    /// # Errors
    /// The database's.
    pub async fn prune(&self, connection: &impl Connection, before: i64) -> Result<(), DatabaseError> {
        let statement = format!(
            "DELETE FROM {} WHERE rejected IS NOT NULL AND created_at < ?",
            self.table
        );
        connection.execute(&statement, &[before.into()]).await.map(drop)
    }

    /// Forgets what was told, and claims the oldest entries that are free for `holder`, in one commit. Free is what
    /// nobody else holds, and what shares its key with nothing that somebody else holds. What `holder` itself still
    /// holds is left from a run that was given up.
    pub(super) async fn claim(
        &self,
        connection: &impl Connection,
        told: &[i64],
        holder: &str,
        now: i64,
        until: i64,
    ) -> Result<Vec<Claimed>, DatabaseError> {
        let statement = format!(
            "UPDATE {0} SET holder = ?1, claimed_until = ?3 WHERE seq IN (
                SELECT seq FROM {0} AS free
                WHERE rejected IS NULL AND (claimed_until <= ?2 OR holder = ?1) AND NOT EXISTS (
                    SELECT 1 FROM {0} AS held WHERE held.key = free.key AND held.rejected IS NULL
                        AND held.claimed_until > ?2 AND held.holder <> ?1
                ) ORDER BY seq LIMIT ?4
            ) RETURNING seq, kind, target, key, body, due",
            self.table
        );
        let parameters = [holder.into(), now.into(), until.into(), BATCH.into()];
        // Two that claimed at once would not see each other's claims, and could part a key between them.
        let rows = in_transaction_on(connection, &[self.table], async |connection| {
            self.remove(connection, told).await?;
            connection.execute(&statement, &parameters).await
        })
        .await?;
        let mut claimed = rows.iter().map(claimed).collect::<Result<Vec<_>, _>>()?;
        claimed.sort_unstable_by_key(|claimed| claimed.seq);
        Ok(claimed)
    }

    /// Forgets what was told, and gives back what `holder` has not told.
    pub(super) async fn release(
        &self,
        connection: &impl Connection,
        told: &[i64],
        holder: &str,
    ) -> Result<(), DatabaseError> {
        let statement = format!(
            "UPDATE {} SET claimed_until = 0 WHERE holder = ? AND claimed_until > 0 AND rejected IS NULL",
            self.table
        );
        in_transaction_on(connection, &[self.table], async |connection| {
            self.remove(connection, told).await?;
            connection.execute(&statement, &[holder.into()]).await.map(drop)
        })
        .await
    }

    /// Prolongs what `holder` holds. What it has lost meanwhile stays lost.
    pub(super) async fn renew(
        &self,
        connection: &impl Connection,
        holder: &str,
        now: i64,
        until: i64,
    ) -> Result<(), DatabaseError> {
        let statement = format!(
            "UPDATE {} SET claimed_until = ? WHERE holder = ? AND claimed_until > ? AND claimed_until > 0",
            self.table
        );
        let parameters = [until.into(), holder.into(), now.into()];
        connection.execute(&statement, &parameters).await.map(drop)
    }

    /// Keeps an entry that the platform will never take, for an operator to look at, out of the others' way.
    pub(super) async fn reject(
        &self,
        connection: &impl Connection,
        seq: i64,
        reason: &str,
    ) -> Result<(), DatabaseError> {
        let statement = format!("UPDATE {} SET rejected = ? WHERE seq = ?", self.table);
        connection
            .execute(&statement, &[reason.into(), seq.into()])
            .await
            .map(drop)
    }

    async fn remove(&self, connection: &impl Connection, told: &[i64]) -> Result<(), DatabaseError> {
        if told.is_empty() {
            return Ok(());
        }
        let statement = format!(
            "DELETE FROM {} WHERE rejected IS NULL AND seq IN (?{})",
            self.table,
            ", ?".repeat(told.len().saturating_sub(1))
        );
        let parameters: Vec<_> = told.iter().map(|seq| Value::from(*seq)).collect();
        connection.execute(&statement, &parameters).await.map(drop)
    }
}

fn columns(entry: &Entry, now: i64) -> [Value; 6] {
    let (kind, target, body, due) = match entry {
        Entry::Publish(message) => ("publish", &message.topic, message.body.as_str(), 0),
        Entry::Schedule { name, due } => ("schedule", name, "", *due),
        Entry::Cancel { name } => ("cancel", name, "", 0),
    };
    [
        kind.into(),
        target.as_str().into(),
        entry.key().into(),
        body.into(),
        due.into(),
        now.into(),
    ]
}

fn claimed(row: &Row) -> Result<Claimed, DatabaseError> {
    let target = row.text(2)?.to_owned();
    let entry = match row.text(1)? {
        "publish" => Entry::Publish(Message {
            topic: target,
            key: row.text(3)?.to_owned(),
            body: row.text(4)?.to_owned(),
        }),
        "schedule" => Entry::Schedule {
            name: target,
            due: row.integer(5)?,
        },
        "cancel" => Entry::Cancel { name: target },
        _ => {
            return Err(DatabaseError::Content {
                column: 1,
                expected: "a kind of entry",
            });
        }
    };
    Ok(Claimed {
        seq: row.integer(0)?,
        entry,
    })
}
