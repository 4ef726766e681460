//! What all instances have counted together.

use todo_service::database::{Connection, DatabaseError, Value};

/// Counts up, several in one statement. A name has no more labels than a program gives it, so the table stays small.
pub(crate) async fn add(
    connection: &impl Connection,
    counts: &[(&str, &str, i64)],
) -> Result<(), DatabaseError> {
    if counts.is_empty() {
        return Ok(());
    }
    // Always in the same order, so that two on Postgres never wait for each other.
    let mut counts = counts.to_vec();
    counts.sort_unstable();
    let statement = format!(
        "INSERT INTO chat_knowledge_counters (name, labels, value) VALUES (?, ?, ?){}
        ON CONFLICT (name, labels) DO UPDATE SET value = chat_knowledge_counters.value + excluded.value",
        ", (?, ?, ?)".repeat(counts.len().saturating_sub(1))
    );
    let parameters: Vec<Value> = counts
        .into_iter()
        .flat_map(|(name, labels, value)| [name.into(), labels.into(), value.into()])
        .collect();
    connection.execute(&statement, &parameters).await.map(drop)
}

/// Everything that was counted, in the order of names and labels.
pub(crate) async fn all(connection: &impl Connection) -> Result<Vec<(String, String, i64)>, DatabaseError> {
    let statement = "SELECT name, labels, value FROM chat_knowledge_counters ORDER BY name, labels";
    let rows = connection.execute(statement, &[]).await?;
    rows.iter()
        .map(|row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned(), row.integer(2)?)))
        .collect()
}
