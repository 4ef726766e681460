//! What was decided and is still to be told to the platform, in the order of the decisions.

use todo_service::database::{Connection, DatabaseError, Row, Value};

use crate::platform::Message;

/// How many entries are read at once.
pub(crate) const BATCH: i64 = 100;

/// One thing to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// An event.
    Publish(Message),
    /// A job at a time.
    Schedule { name: String, due: i64 },
    /// No job of this name any more.
    Cancel { name: String },
}

/// An entry and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) seq: i64,
    pub(crate) entry: Entry,
}

/// Appends entries, in their order.
pub(crate) async fn append(
    connection: &impl Connection,
    entries: &[Entry],
    now: i64,
) -> Result<(), DatabaseError> {
    // Far below SQLite's limit of 32,766 parameters, and few enough different statements to be worth preparing.
    for entries in entries.chunks(32) {
        let mut statement =
            "INSERT INTO chat_outbox (kind, target, key, body, due, created_at) VALUES (?, ?, ?, ?, ?, ?)"
                .to_owned();
        statement.push_str(&", (?, ?, ?, ?, ?, ?)".repeat(entries.len().saturating_sub(1)));
        let parameters: Vec<Value> = entries.iter().flat_map(|entry| columns(entry, now)).collect();
        connection.execute(&statement, &parameters).await?;
    }
    Ok(())
}

fn columns(entry: &Entry, now: i64) -> [Value; 6] {
    let (kind, target, key, body, due) = match entry {
        Entry::Publish(message) => (
            "publish",
            &message.topic,
            message.key.as_str(),
            message.body.as_str(),
            0,
        ),
        Entry::Schedule { name, due } => ("schedule", name, "", "", *due),
        Entry::Cancel { name } => ("cancel", name, "", "", 0),
    };
    [
        kind.into(),
        target.as_str().into(),
        key.into(),
        body.into(),
        due.into(),
        now.into(),
    ]
}

fn waiting(row: &Row) -> Result<Waiting, DatabaseError> {
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
    Ok(Waiting {
        seq: row.integer(0)?,
        entry,
    })
}

/// The oldest entries.
pub(crate) async fn oldest(connection: &impl Connection) -> Result<Vec<Waiting>, DatabaseError> {
    let statement = "SELECT seq, kind, target, key, body, due FROM chat_outbox
        WHERE rejected IS NULL ORDER BY seq LIMIT ?";
    connection
        .execute(statement, &[BATCH.into()])
        .await?
        .iter()
        .map(waiting)
        .collect()
}

/// Forgets the entries up to this place: they were told.
pub(crate) async fn remove_up_to(connection: &impl Connection, seq: i64) -> Result<(), DatabaseError> {
    let statement = "DELETE FROM chat_outbox WHERE seq <= ? AND rejected IS NULL";
    connection.execute(statement, &[seq.into()]).await.map(drop)
}

/// Keeps an entry that the platform will never take, for an operator to look at, out of the others' way.
pub(crate) async fn reject(
    connection: &impl Connection,
    seq: i64,
    reason: &str,
) -> Result<(), DatabaseError> {
    let statement = "UPDATE chat_outbox SET rejected = ? WHERE seq = ?";
    connection
        .execute(statement, &[reason.into(), seq.into()])
        .await
        .map(drop)
}

/// Since when the oldest entry has waited; nothing if none waits.
pub(crate) async fn waiting_since(connection: &impl Connection) -> Result<Option<i64>, DatabaseError> {
    let statement = "SELECT created_at FROM chat_outbox WHERE rejected IS NULL ORDER BY seq LIMIT 1";
    let rows = connection.execute(statement, &[]).await?;
    rows.first().map(|row| row.integer(0)).transpose()
}

/// Tries to become the one instance that tells. Whoever holds the lease already keeps it.
pub(crate) async fn claim(
    connection: &impl Connection,
    holder: &str,
    now: i64,
    until: i64,
) -> Result<bool, DatabaseError> {
    let statement = "UPDATE chat_leases SET holder = ?1, until = ?3
        WHERE name = 'outbox' AND (until <= ?2 OR holder = ?1) RETURNING 1";
    let rows = connection
        .execute(statement, &[holder.into(), now.into(), until.into()])
        .await?;
    Ok(!rows.is_empty())
}

/// Gives the lease back if nothing waits; otherwise prolongs it. Answers whether it is still held.
pub(crate) async fn release_if_done(
    connection: &impl Connection,
    holder: &str,
    until: i64,
) -> Result<bool, DatabaseError> {
    let statement = "UPDATE chat_leases
        SET until = CASE WHEN EXISTS (SELECT 1 FROM chat_outbox WHERE rejected IS NULL) THEN ? ELSE 0 END
        WHERE name = 'outbox' AND holder = ? RETURNING until";
    let rows = connection
        .execute(statement, &[until.into(), holder.into()])
        .await?;
    Ok(rows.first().map_or(Ok(0), |row| row.integer(0))? > 0)
}

/// Gives the lease back, whatever waits.
pub(crate) async fn release(connection: &impl Connection, holder: &str) -> Result<(), DatabaseError> {
    let statement = "UPDATE chat_leases SET until = 0 WHERE name = 'outbox' AND holder = ?";
    connection.execute(statement, &[holder.into()]).await.map(drop)
}
