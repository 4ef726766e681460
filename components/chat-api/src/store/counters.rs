//! Numbers that only grow, which all instances share: what `/internal/metrics` shows.

use todo_service::database::{Connection, DatabaseError, Row};

/// One number, by name and labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counter {
    pub(crate) name: String,
    pub(crate) labels: String,
    pub(crate) value: i64,
}

/// Adds to several numbers at once, each named once.
pub(crate) async fn add(connection: &impl Connection, counters: &[Counter]) -> Result<(), DatabaseError> {
    if counters.is_empty() {
        return Ok(());
    }
    // In one order everywhere, so that two that add at once do not wait for each other.
    let mut counters: Vec<&Counter> = counters.iter().collect();
    counters.sort_unstable_by_key(|counter| (&counter.name, &counter.labels));
    let rows = vec!["(?, ?, ?)"; counters.len()].join(", ");
    let statement = format!(
        "INSERT INTO chat_counters AS kept (name, labels, value) VALUES {rows}
            ON CONFLICT (name, labels) DO UPDATE SET value = kept.value + excluded.value"
    );
    let mut parameters = Vec::with_capacity(counters.len() * 3);
    for counter in counters {
        parameters.extend([
            counter.name.as_str().into(),
            counter.labels.as_str().into(),
            counter.value.into(),
        ]);
    }
    connection.execute(&statement, &parameters).await.map(drop)
}

/// All numbers, by name and labels.
pub(crate) async fn all(connection: &impl Connection) -> Result<Vec<Counter>, DatabaseError> {
    let statement = "SELECT name, labels, value FROM chat_counters ORDER BY name, labels";
    let rows = connection.execute(statement, &[]).await?;
    let counter = |row: &Row| {
        Ok(Counter {
            name: row.text(0)?.to_owned(),
            labels: row.text(1)?.to_owned(),
            value: row.integer(2)?,
        })
    };
    rows.iter().map(counter).collect()
}
