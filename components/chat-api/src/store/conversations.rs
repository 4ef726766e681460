//! Conversations and their messages.

use serde::Serialize;
use serde_json::value::RawValue;
use todo_domain::text::fold;
use todo_domain::time::Timestamp;
use todo_service::database::{Connection, DatabaseError, Dialect, Row, Value};

/// A conversation, as the API shows it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Conversation {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) message_count: i64,
    /// What the assistant remembers of it, as JSON; not shown.
    #[serde(skip)]
    pub(crate) state: String,
}

/// A message, as the API shows it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Message {
    #[serde(skip)]
    pub(crate) seq: i64,
    pub(crate) id: String,
    pub(crate) role: String,
    pub(crate) content: String,
    pub(crate) tool_calls: Option<Box<RawValue>>,
    pub(crate) created_at: Timestamp,
}

/// How much of what was said last is searched, in characters.
const SEARCHED: usize = 16_000;

const COLUMNS: &str = "id, title, created_at, updated_at, last_message, state";

fn time(row: &Row, column: usize) -> Result<Timestamp, DatabaseError> {
    Timestamp::from_millis(row.integer(column)?).ok_or(DatabaseError::Content {
        column,
        expected: "a time",
    })
}

fn conversation(row: &Row) -> Result<Conversation, DatabaseError> {
    Ok(Conversation {
        id: row.text(0)?.to_owned(),
        title: row.text(1)?.to_owned(),
        created_at: time(row, 2)?,
        updated_at: time(row, 3)?,
        message_count: row.integer(4)?,
        state: row.text(5)?.to_owned(),
    })
}

fn message(row: &Row) -> Result<Message, DatabaseError> {
    let calls = row
        .optional_text(4)?
        .map(|calls| RawValue::from_string(calls.to_owned()))
        .transpose();
    Ok(Message {
        seq: row.integer(0)?,
        id: row.text(1)?.to_owned(),
        role: row.text(2)?.to_owned(),
        content: row.text(3)?.to_owned(),
        tool_calls: calls.map_err(|_not_json| DatabaseError::Content {
            column: 4,
            expected: "JSON",
        })?,
        created_at: time(row, 5)?,
    })
}

/// The user's conversation.
pub(crate) async fn find(
    connection: &impl Connection,
    user_id: &str,
    id: &str,
) -> Result<Option<Conversation>, DatabaseError> {
    let statement = format!("SELECT {COLUMNS} FROM chat_conversations WHERE user_id = ? AND id = ?");
    let rows = connection
        .execute(&statement, &[user_id.into(), id.into()])
        .await?;
    rows.first().map(conversation).transpose()
}

/// The condition that all words of a search occur in the title or in what was said, with its parameters.
fn found_by(search: Option<&str>) -> (String, Vec<Value>) {
    let (mut condition, mut parameters) = (String::new(), Vec::new());
    for word in fold(search.unwrap_or_default()).split_whitespace() {
        let literal = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        condition.push_str(" AND (title_key LIKE ? ESCAPE '\\' OR said_key LIKE ? ESCAPE '\\')");
        let pattern = format!("%{literal}%");
        parameters.extend([pattern.as_str().into(), pattern.as_str().into()]);
    }
    (condition, parameters)
}

/// The user's conversations before a place, the last one that was spoken in first.
pub(crate) async fn page(
    connection: &impl Connection,
    user_id: &str,
    search: Option<&str>,
    before: Option<&(i64, String)>,
    limit: i64,
) -> Result<Vec<Conversation>, DatabaseError> {
    let (updated_at, id) = before.map_or((i64::MAX, ""), |(updated_at, id)| (*updated_at, id.as_str()));
    let (found, words) = found_by(search);
    let statement = format!(
        "SELECT {COLUMNS} FROM chat_conversations WHERE user_id = ? AND (updated_at, id) < (?, ?){found}
            ORDER BY updated_at DESC, id DESC LIMIT ?"
    );
    let mut parameters = vec![user_id.into(), updated_at.into(), id.into()];
    parameters.extend(words);
    parameters.push(limit.into());
    connection
        .execute(&statement, &parameters)
        .await?
        .iter()
        .map(conversation)
        .collect()
}

/// How many conversations of the user are found.
pub(crate) async fn count(
    connection: &impl Connection,
    user_id: &str,
    search: Option<&str>,
) -> Result<i64, DatabaseError> {
    let (found, words) = found_by(search);
    let statement = format!("SELECT count(*) FROM chat_conversations WHERE user_id = ?{found}");
    let mut parameters = vec![user_id.into()];
    parameters.extend(words);
    let rows = connection.execute(&statement, &parameters).await?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}

/// Keeps a new conversation. Answers whether its user is there.
pub(crate) async fn insert(
    connection: &impl Connection,
    user_id: &str,
    id: &str,
    title: &str,
    now: i64,
) -> Result<bool, DatabaseError> {
    let statement = "INSERT INTO chat_conversations (id, user_id, title, title_key, created_at, updated_at)
        SELECT ?, id, ?, ?, ?, ? FROM chat_users WHERE id = ? RETURNING 1";
    let parameters = [
        id.into(),
        title.into(),
        fold(title).into(),
        now.into(),
        now.into(),
        user_id.into(),
    ];
    Ok(!connection.execute(statement, &parameters).await?.is_empty())
}

/// Gives a conversation another title. Answers it, if there is one.
pub(crate) async fn rename(
    connection: &impl Connection,
    user_id: &str,
    id: &str,
    title: &str,
) -> Result<Option<Conversation>, DatabaseError> {
    let statement = format!(
        "UPDATE chat_conversations SET title = ?, title_key = ? WHERE user_id = ? AND id = ? RETURNING {COLUMNS}"
    );
    let parameters = [title.into(), fold(title).into(), user_id.into(), id.into()];
    let rows = connection.execute(&statement, &parameters).await?;
    rows.first().map(conversation).transpose()
}

/// Deletes a conversation with its messages. Answers whether there was one.
pub(crate) async fn delete(
    connection: &impl Connection,
    user_id: &str,
    id: &str,
) -> Result<bool, DatabaseError> {
    let statement = "DELETE FROM chat_conversations WHERE user_id = ? AND id = ? RETURNING 1";
    let was_there = !connection
        .execute(statement, &[user_id.into(), id.into()])
        .await?
        .is_empty();
    if was_there {
        connection
            .execute(
                "DELETE FROM chat_messages WHERE conversation_id = ?",
                &[id.into()],
            )
            .await?;
    }
    Ok(was_there)
}

/// What is said by one side.
pub(crate) struct Said<'a> {
    pub(crate) id: String,
    pub(crate) role: &'static str,
    pub(crate) content: &'a str,
    /// JSON.
    pub(crate) tool_calls: Option<String>,
}

/// Appends a question and its answer, and what the assistant remembers after it. Answers whether there is such a conversation.
pub(crate) async fn append(
    connection: &impl Connection,
    conversation_id: &str,
    turn: [Said<'_>; 2],
    state: &str,
    now: i64,
) -> Result<bool, DatabaseError> {
    let [question, _answer] = &turn;
    let said = format!("{}\n", fold(question.content));
    let key = match connection.dialect() {
        Dialect::Sqlite => format!("substr(said_key || ?, -{SEARCHED})"),
        Dialect::Postgres => format!("right(said_key || ?, {SEARCHED})"),
    };
    let statement = format!(
        "UPDATE chat_conversations SET last_message = last_message + 2, updated_at = ?, state = ?, said_key = {key}
            WHERE id = ? RETURNING last_message"
    );
    let parameters = [now.into(), state.into(), said.into(), conversation_id.into()];
    let rows = connection.execute(&statement, &parameters).await?;
    let Some(last) = rows.first().map(|row| row.integer(0)).transpose()? else {
        return Ok(false);
    };
    let statement =
        "INSERT INTO chat_messages (conversation_id, seq, id, role, content, tool_calls, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?, ?)";
    let mut parameters = Vec::with_capacity(14);
    for (seq, said) in (last.saturating_sub(1)..).zip(turn) {
        parameters.extend([
            conversation_id.into(),
            seq.into(),
            said.id.into(),
            said.role.into(),
            said.content.into(),
            said.tool_calls.into(),
            now.into(),
        ]);
    }
    connection.execute(statement, &parameters).await.map(|_none| true)
}

/// Replaces what was answered, and what the assistant remembers after it.
pub(crate) async fn amend(
    connection: &impl Connection,
    conversation_id: &str,
    said: Said<'_>,
    state: &str,
    now: i64,
) -> Result<(), DatabaseError> {
    let statement = "UPDATE chat_conversations SET updated_at = ?, state = ? WHERE id = ?";
    connection
        .execute(statement, &[now.into(), state.into(), conversation_id.into()])
        .await?;
    let statement = "UPDATE chat_messages SET content = ?, tool_calls = ? WHERE conversation_id = ? AND id = ? AND role = ?";
    let parameters = [
        said.content.into(),
        said.tool_calls.into(),
        conversation_id.into(),
        said.id.into(),
        said.role.into(),
    ];
    connection.execute(statement, &parameters).await.map(drop)
}

/// The last messages of a conversation, the first one first.
pub(crate) async fn last_messages(
    connection: &impl Connection,
    conversation_id: &str,
    limit: i64,
) -> Result<Vec<Message>, DatabaseError> {
    let statement = "SELECT seq, id, role, content, tool_calls, created_at FROM chat_messages
        WHERE conversation_id = ? ORDER BY seq DESC LIMIT ?";
    let rows = connection
        .execute(statement, &[conversation_id.into(), limit.into()])
        .await?;
    rows.iter().rev().map(message).collect()
}

/// The messages of a conversation after a place, the first one first.
pub(crate) async fn messages(
    connection: &impl Connection,
    conversation_id: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<Message>, DatabaseError> {
    let statement = "SELECT seq, id, role, content, tool_calls, created_at FROM chat_messages
        WHERE conversation_id = ? AND seq > ? ORDER BY seq LIMIT ?";
    let parameters = [conversation_id.into(), after.into(), limit.into()];
    connection
        .execute(statement, &parameters)
        .await?
        .iter()
        .map(message)
        .collect()
}
