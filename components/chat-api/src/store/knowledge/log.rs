//! What was asked through the FAQ's key and answered, for the operator. No user's conversation is here.

use serde::Serialize;
use serde_json::Value as Json;
use todo_domain::time::Timestamp;
use todo_service::database::{Connection, DatabaseError, Row, Value};

/// The most interactions that are kept; the oldest go first.
const MOST_KEPT: i64 = 100_000;

/// One question with its answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Interaction {
    #[serde(skip)]
    pub(crate) seq: i64,
    pub(crate) session_id: String,
    pub(crate) intent: String,
    pub(crate) user_message: String,
    pub(crate) assistant_answer: String,
    pub(crate) has_fallback: bool,
    pub(crate) latency_ms: i64,
    pub(crate) sources: Json,
    pub(crate) feedback: Option<String>,
    pub(crate) created_at: Option<Timestamp>,
}

/// All that was asked under one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Session {
    pub(crate) session_id: String,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) last_at: Option<Timestamp>,
    pub(crate) interactions: i64,
    pub(crate) fallbacks: i64,
}

const COLUMNS: &str = "seq, session_id, intent, user_message, assistant_answer, has_fallback, latency_ms, sources, feedback, created_at";

fn interaction(row: &Row) -> Result<Interaction, DatabaseError> {
    Ok(Interaction {
        seq: row.integer(0)?,
        session_id: row.text(1)?.to_owned(),
        intent: row.text(2)?.to_owned(),
        user_message: row.text(3)?.to_owned(),
        assistant_answer: row.text(4)?.to_owned(),
        has_fallback: row.integer(5)? != 0,
        latency_ms: row.integer(6)?,
        sources: serde_json::from_str(row.text(7)?).unwrap_or_default(),
        feedback: row.optional_text(8)?.map(str::to_owned),
        created_at: Timestamp::from_millis(row.integer(9)?),
    })
}

/// Keeps an interaction. Call it in a transaction.
pub(crate) async fn append(
    connection: &impl Connection,
    interaction: &Interaction,
    now: i64,
) -> Result<(), DatabaseError> {
    let fallback = i64::from(interaction.has_fallback);
    let statement = "INSERT INTO chat_faq_log
            (session_id, intent, user_message, assistant_answer, has_fallback, latency_ms, sources, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let parameters = [
        interaction.session_id.as_str().into(),
        interaction.intent.as_str().into(),
        interaction.user_message.as_str().into(),
        interaction.assistant_answer.as_str().into(),
        fallback.into(),
        interaction.latency_ms.into(),
        interaction.sources.to_string().into(),
        now.into(),
    ];
    connection.execute(statement, &parameters).await?;
    let statement = "INSERT INTO chat_faq_sessions (session_id, started_at, last_at, interactions, fallbacks)
        VALUES (?1, ?2, ?2, 1, ?3)
        ON CONFLICT (session_id) DO UPDATE SET last_at = excluded.last_at,
            interactions = chat_faq_sessions.interactions + 1, fallbacks = chat_faq_sessions.fallbacks + excluded.fallbacks";
    let parameters = [
        interaction.session_id.as_str().into(),
        now.into(),
        fallback.into(),
    ];
    connection.execute(statement, &parameters).await.map(drop)
}

/// Notes what somebody thinks of the last answer of a session. Answers whether there is one.
pub(crate) async fn rate(
    connection: &impl Connection,
    session_id: &str,
    feedback: Option<&str>,
) -> Result<bool, DatabaseError> {
    let statement = "UPDATE chat_faq_log SET feedback = ? WHERE seq =
        (SELECT max(seq) FROM chat_faq_log WHERE session_id = ?) RETURNING 1";
    let rows = connection
        .execute(statement, &[feedback.into(), session_id.into()])
        .await?;
    Ok(!rows.is_empty())
}

/// Interactions before a place, the last one first; of one session if it is said.
pub(crate) async fn page(
    connection: &impl Connection,
    session_id: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Interaction>, DatabaseError> {
    let mut parameters: Vec<Value> = session_id.map(Value::from).into_iter().collect();
    parameters.extend([before.unwrap_or(i64::MAX).into(), limit.into()]);
    let of_session = session_id.map_or("", |_session| "session_id = ? AND ");
    let statement =
        format!("SELECT {COLUMNS} FROM chat_faq_log WHERE {of_session}seq < ? ORDER BY seq DESC LIMIT ?");
    let rows = connection.execute(&statement, &parameters).await?;
    rows.iter().map(interaction).collect()
}

/// Sessions before a place, the last one first.
pub(crate) async fn sessions(
    connection: &impl Connection,
    before: Option<&(i64, String)>,
    limit: i64,
) -> Result<Vec<Session>, DatabaseError> {
    let (last_at, id) = before.map_or((i64::MAX, ""), |(last_at, id)| (*last_at, id.as_str()));
    let statement = "SELECT session_id, started_at, last_at, interactions, fallbacks FROM chat_faq_sessions
        WHERE (last_at, session_id) < (?, ?) ORDER BY last_at DESC, session_id DESC LIMIT ?";
    let parameters = [last_at.into(), id.into(), limit.into()];
    let rows = connection.execute(statement, &parameters).await?;
    let session = |row: &Row| {
        Ok(Session {
            session_id: row.text(0)?.to_owned(),
            started_at: Timestamp::from_millis(row.integer(1)?),
            last_at: Timestamp::from_millis(row.integer(2)?),
            interactions: row.integer(3)?,
            fallbacks: row.integer(4)?,
        })
    };
    rows.iter().map(session).collect()
}

/// How many interactions there are of each intent, and how many of these had no answer.
pub(crate) async fn by_intent(
    connection: &impl Connection,
) -> Result<Vec<(String, i64, i64)>, DatabaseError> {
    let statement =
        "SELECT intent, count(*), CAST(coalesce(sum(has_fallback), 0) AS BIGINT) FROM chat_faq_log
        GROUP BY intent ORDER BY intent";
    let rows = connection.execute(statement, &[]).await?;
    rows.iter()
        .map(|row| Ok((row.text(0)?.to_owned(), row.integer(1)?, row.integer(2)?)))
        .collect()
}

/// Removes the interactions of one session, or all. Answers how many there were.
pub(crate) async fn clear(
    connection: &impl Connection,
    session_id: Option<&str>,
) -> Result<i64, DatabaseError> {
    let of_session = session_id.map_or("", |_session| "WHERE session_id = ?");
    let parameters: Vec<Value> = session_id.map(Value::from).into_iter().collect();
    let count = format!("SELECT count(*) FROM chat_faq_log {of_session}");
    let rows = connection.execute(&count, &parameters).await?;
    let count = rows.first().map_or(Ok(0), |row| row.integer(0))?;
    for table in ["chat_faq_log", "chat_faq_sessions"] {
        let statement = format!("DELETE FROM {table} {of_session}");
        connection.execute(&statement, &parameters).await?;
    }
    Ok(count)
}

/// Removes what is older than a time, and what is too much.
pub(crate) async fn prune(connection: &impl Connection, before: i64) -> Result<(), DatabaseError> {
    for statement in [
        "DELETE FROM chat_faq_log WHERE created_at < ?",
        "DELETE FROM chat_faq_sessions WHERE last_at < ?",
    ] {
        connection.execute(statement, &[before.into()]).await?;
    }
    let statement = "DELETE FROM chat_faq_log WHERE seq <= (SELECT max(seq) FROM chat_faq_log) - ?";
    connection.execute(statement, &[MOST_KEPT.into()]).await.map(drop)
}
