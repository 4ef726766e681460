//! The book: one row per message, whatever is delivered how often, and whether each key came in its order.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use spin_sdk::sqlite::{Connection, Value as Cell};

const SCHEMA: [&str; 4] = [
    "PRAGMA busy_timeout = 10000",
    "CREATE TABLE IF NOT EXISTS handled (key TEXT, number INTEGER, times INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (key, number)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS disorder (key TEXT, number INTEGER)",
    "CREATE TABLE IF NOT EXISTS attempts (value TEXT PRIMARY KEY, count INTEGER NOT NULL)",
];

pub(crate) struct Book {
    connection: Connection,
}

impl Book {
    pub(crate) async fn open() -> Result<Self> {
        let connection = Connection::open_default().await?;
        for statement in SCHEMA {
            connection.execute(statement, []).await?.collect().await?;
        }
        Ok(Self { connection })
    }

    /// Enters messages in one transaction. One that is there already counts another time and changes nothing else.
    pub(crate) async fn enter(&self, messages: &[(String, i64)]) -> Result<()> {
        let rows: Vec<Value> = messages
            .iter()
            .map(|(key, number)| json!([key, number]))
            .collect();
        let rows = Cell::Text(Value::Array(rows).to_string());
        self.connection
            .execute("BEGIN IMMEDIATE", [])
            .await?
            .collect()
            .await?;
        let done = self.enter_rows(rows).await;
        let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
        self.connection.execute(end, []).await?.collect().await?;
        done
    }

    async fn enter_rows(&self, rows: Cell) -> Result<()> {
        // Out of order is what was not there yet though a later one of its key was, before this batch or earlier in it.
        self.connection
            .execute(
                "WITH batch AS (SELECT value ->> 0 AS key, value ->> 1 AS number, key AS place FROM json_each(?1)) \
                 INSERT INTO disorder SELECT key, number FROM batch \
                 WHERE NOT EXISTS (SELECT 1 FROM handled WHERE handled.key = batch.key AND handled.number = batch.number) \
                 AND (EXISTS (SELECT 1 FROM handled WHERE handled.key = batch.key AND handled.number > batch.number) \
                 OR EXISTS (SELECT 1 FROM batch AS earlier WHERE earlier.key = batch.key \
                 AND earlier.number > batch.number AND earlier.place < batch.place))",
                [rows.clone()],
            )
            .await?
            .collect()
            .await?;
        self.connection
            .execute(
                "INSERT INTO handled (key, number) SELECT value ->> 0, value ->> 1 FROM json_each(?1) WHERE true \
                 ON CONFLICT (key, number) DO UPDATE SET times = times + 1",
                [rows],
            )
            .await?
            .collect()
            .await?;
        Ok(())
    }

    /// Counts another attempt at a message and answers the count.
    pub(crate) async fn attempt(&self, value: &str) -> Result<i64> {
        let statement = "INSERT INTO attempts VALUES (?1, 1) ON CONFLICT (value) DO UPDATE SET count = count + 1 \
                         RETURNING count";
        let rows = self
            .connection
            .execute(statement, [Cell::Text(value.to_owned())])
            .await?
            .collect()
            .await?;
        Ok(rows.first().and_then(|row| row.get::<i64>(0)).unwrap_or_default())
    }

    /// How many of these lines `key number` are not entered.
    pub(crate) async fn missing(&self, lines: &str) -> Result<i64> {
        let wanted = |line: &str| {
            let (key, number) = line.split_once(' ')?;
            Some(json!([key, number.parse::<i64>().ok()?]))
        };
        let wanted: Vec<Value> = lines.lines().filter_map(wanted).collect();
        let statement = "SELECT count(*) FROM json_each(?1) AS wanted WHERE NOT EXISTS \
                         (SELECT 1 FROM handled WHERE key = wanted.value ->> 0 AND number = wanted.value ->> 1)";
        let rows = self
            .connection
            .execute(statement, [Cell::Text(Value::Array(wanted).to_string())])
            .await?
            .collect()
            .await?;
        rows.first().and_then(|row| row.get::<i64>(0)).context("no count")
    }

    /// What a test compares with what it has sent.
    pub(crate) async fn summary(&self) -> Result<Value> {
        let statement = "SELECT (SELECT count(*) FROM handled), (SELECT coalesce(sum(times), 0) FROM handled), \
                         (SELECT count(*) FROM disorder), (SELECT coalesce(sum(count), 0) FROM attempts)";
        let rows = self.connection.execute(statement, []).await?.collect().await?;
        let cell = |index| {
            rows.first()
                .and_then(|row| row.get::<i64>(index))
                .unwrap_or_default()
        };
        Ok(json!({"handled": cell(0), "deliveries": cell(1), "disorder": cell(2), "attempts": cell(3)}))
    }
}
