//! How often the assistant was asked for what, and how often it could do nothing. Only kinds are counted, never words.

use todo_service::database::{Connection, DatabaseError};

/// The table, as a change of the service's tables. A count is spread over several rows, so that turns of different users need
/// not wait for each other.
pub(crate) const MIGRATION: &[&str] = &["CREATE TABLE chat_turns (
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        provider TEXT NOT NULL,
        part INTEGER NOT NULL,
        turns INTEGER NOT NULL,
        PRIMARY KEY (kind, name, provider, part)
    ) WITHOUT ROWID"];

/// Over how many rows a count is spread.
const PARTS: u8 = 8;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What a message asked for.
    Intent,
    /// Why nothing could be done.
    Fallback,
}

/// A count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) name: String,
    pub(crate) provider: String,
    pub(crate) turns: i64,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Fallback => "fallback",
        }
    }
}

/// Counts one turn. `lot` is any number; equal ones meet in one row.
pub(crate) async fn count(
    connection: &impl Connection,
    kind: Kind,
    name: &str,
    provider: &str,
    lot: u8,
) -> Result<(), DatabaseError> {
    let statement = "INSERT INTO chat_turns (kind, name, provider, part, turns) VALUES (?, ?, ?, ?, 1)
        ON CONFLICT (kind, name, provider, part) DO UPDATE SET turns = chat_turns.turns + 1";
    let part = i64::from(lot % PARTS);
    let parameters = [kind.as_str().into(), name.into(), provider.into(), part.into()];
    connection.execute(statement, &parameters).await.map(drop)
}

/// All counts of a kind.
pub(crate) async fn all(connection: &impl Connection, kind: Kind) -> Result<Vec<Count>, DatabaseError> {
    let statement = "SELECT name, provider, CAST(sum(turns) AS BIGINT) FROM chat_turns WHERE kind = ?
        GROUP BY name, provider ORDER BY name, provider";
    let rows = connection.execute(statement, &[kind.as_str().into()]).await?;
    let count = |row: &todo_service::database::Row| {
        Ok(Count {
            name: row.text(0)?.to_owned(),
            provider: row.text(1)?.to_owned(),
            turns: row.integer(2)?,
        })
    };
    rows.iter().map(count).collect()
}
