//! What the vector database is still to be told. A thing is put into the queue in the transaction of its change, and taken out
//! when the database has it as it is then; so nothing is lost, whoever is killed meanwhile.

use sha2::{Digest as _, Sha256};
use todo_knowledge::Kind;
use todo_knowledge::qdrant::{EVERYBODY, Reference};
use todo_service::database::{Connection, DatabaseError, Dialect, Value, in_transaction};

/// Under this name in the settings stands with what the vector database is filled; nothing if there is none.
const SETTING: &str = "vector_index";

/// Something in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) seq: i64,
    pub(crate) reference: Reference,
}

/// Puts a thing into the queue, if there is a vector database.
pub(crate) async fn enqueue(
    connection: &impl Connection,
    owner: &str,
    kind: Kind,
    id: &str,
) -> Result<(), DatabaseError> {
    let select =
        format!("SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM chat_settings WHERE name = '{SETTING}')");
    let parameters = [kind.as_str().into(), id.into(), owner.into()];
    connection
        .execute(&insert(connection.dialect(), &select), &parameters)
        .await
        .map(drop)
}

/// Puts the tasks into the queue that a condition on their table names, before they go.
pub(crate) async fn enqueue_tasks(
    connection: &impl Connection,
    condition: &str,
    parameters: &[Value],
) -> Result<(), DatabaseError> {
    let select = format!(
        "SELECT 'task', id, user_id FROM chat_tasks WHERE {condition}
            AND EXISTS (SELECT 1 FROM chat_settings WHERE name = '{SETTING}')"
    );
    connection
        .execute(&insert(connection.dialect(), &select), parameters)
        .await
        .map(drop)
}

/// A thing that is in the queue already gets a new number, so that whoever is at it leaves it there.
fn insert(dialect: Dialect, select: &str) -> String {
    let (verb, conflict) = match dialect {
        Dialect::Sqlite => ("INSERT OR REPLACE", ""),
        Dialect::Postgres => (
            "INSERT",
            "ON CONFLICT (kind, id) DO UPDATE SET seq = excluded.seq, owner = excluded.owner",
        ),
    };
    format!("{verb} INTO chat_vector_queue (kind, id, owner) {select} {conflict}")
}

/// Puts everything into the queue, once for each vector database (`place`) and each version of the help.
pub(crate) async fn fill(
    connection: &impl Connection,
    place: &str,
    help: &[String],
) -> Result<(), DatabaseError> {
    let mut hash = Sha256::new();
    for part in std::iter::once(place).chain(help.iter().map(String::as_str)) {
        hash.update(part);
        hash.update([0]);
    }
    let wanted = crate::hex::encode(&hash.finalize());
    if is_filled(connection, &wanted).await? {
        return Ok(());
    }
    in_transaction(connection, async |connection| {
        if is_filled(connection, &wanted).await? {
            return Ok(());
        }
        let statement = "INSERT INTO chat_settings (name, value) VALUES (?, ?)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        connection
            .execute(statement, &[SETTING.into(), wanted.as_str().into()])
            .await?;
        let passages =
            format!("SELECT kind, entry_id || '#' || position, '{EVERYBODY}' FROM chat_passages WHERE 1 = 1");
        for select in [
            "SELECT 'task', id, user_id FROM chat_tasks WHERE deleted_at IS NULL",
            &passages,
        ] {
            connection
                .execute(&insert(connection.dialect(), select), &[])
                .await?;
        }
        for id in help {
            enqueue(connection, EVERYBODY, Kind::Help, id).await?;
        }
        Ok(())
    })
    .await
}

async fn is_filled(connection: &impl Connection, wanted: &str) -> Result<bool, DatabaseError> {
    let statement = "SELECT 1 FROM chat_settings WHERE name = ? AND value = ?";
    let rows = connection
        .execute(statement, &[SETTING.into(), wanted.into()])
        .await?;
    Ok(!rows.is_empty())
}

/// What has waited longest.
pub(crate) async fn first(connection: &impl Connection, limit: usize) -> Result<Vec<Waiting>, DatabaseError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let statement = "SELECT seq, kind, id, owner FROM chat_vector_queue ORDER BY seq LIMIT ?";
    let rows = connection.execute(statement, &[limit.into()]).await?;
    rows.iter()
        .map(|row| {
            let kind = Kind::parse(row.text(1)?).ok_or(DatabaseError::Content {
                column: 1,
                expected: "a kind",
            })?;
            Ok(Waiting {
                seq: row.integer(0)?,
                reference: Reference {
                    owner: row.text(3)?.to_owned(),
                    kind,
                    id: row.text(2)?.to_owned(),
                },
            })
        })
        .collect()
}

/// Takes out of the queue what was told. What has changed meanwhile has another number, and stays.
pub(crate) async fn done(connection: &impl Connection, told: &[Waiting]) -> Result<(), DatabaseError> {
    if told.is_empty() {
        return Ok(());
    }
    let among = format!("(?{})", ", ?".repeat(told.len().saturating_sub(1)));
    let numbers: Vec<Value> = told.iter().map(|waiting| waiting.seq.into()).collect();
    let statement = format!("DELETE FROM chat_vector_queue WHERE seq IN {among}");
    connection.execute(&statement, &numbers).await.map(drop)
}

/// How much waits, counted up to a bound.
pub(crate) async fn waiting(connection: &impl Connection) -> Result<i64, DatabaseError> {
    let statement = "SELECT count(*) FROM (SELECT 1 FROM chat_vector_queue LIMIT 100000) AS counted";
    let rows = connection.execute(statement, &[]).await?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}
