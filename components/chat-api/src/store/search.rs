//! The index of words: FTS5 in SQLite, a `tsvector` in Postgres. Both are given the words that the domain makes of a text and
//! take them as they are, so both find the same. It is kept in the transaction of the change itself.
//!
//! The owner is a word of each entry, so that a search walks through one user's tasks alone.

use todo_domain::query::Search;
use todo_domain::query::search::{DESCRIPTION_WEIGHT, Phrase, TAG_WEIGHT, TITLE_WEIGHT, index_words};
use todo_domain::task::Task;
use todo_knowledge::Kind;
use todo_service::database::{Connection, DatabaseError, Dialect, Value, in_transaction};

use crate::store::knowledge::vectors;
use crate::store::tasks;

/// Under this name in the settings stands that all tasks are in the index, and which words it is made of.
const SETTING: &str = "search_index";
const VERSION: &str = "1";

/// Under this name stands that the index holds words of accounts that were deleted.
const MERGE: &str = "search_merge";
const MERGE_BEGINS: &str = "begins";

/// How many pages of the index are written in one transaction, and how often that is done in one go.
const PAGES: i64 = 500;
const MERGED_AT_ONCE: usize = 100;

/// Tasks that are read at once when the index is made anew.
const BATCH: i64 = 200;

/// A word that no search has: what stands before it and what stands behind it are no phrase.
const GAP: &str = " \u{a7} ";

/// A search as a part of a statement on `chat_tasks`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matching {
    /// The tables, `chat_tasks` among them.
    pub(crate) from: &'static str,
    /// The condition, with the expression as its parameter.
    pub(crate) condition: &'static str,
    pub(crate) expression: Value,
    /// What is the greater the later a task was made.
    pub(crate) age: &'static str,
    /// What is the greatest for the best hit, with its parameter if it has one.
    pub(crate) rank: String,
    pub(crate) rank_parameter: Option<Value>,
}

/// How the words of a search are found; nothing if it has none.
pub(crate) fn matching(dialect: Dialect, user_id: &str, search: &Search) -> Option<Matching> {
    if search.phrases.is_empty() {
        return None;
    }
    let (fts5, tsquery) = (" AND ", " & ");
    Some(joined(dialect, user_id, &search.phrases, [fts5, tsquery]))
}

/// How a user's tasks are found that have any of these words, of which there must be one.
pub(crate) fn any_of(dialect: Dialect, user_id: &str, phrases: &[Phrase]) -> Matching {
    joined(dialect, user_id, phrases, [" OR ", " | "])
}

fn joined(dialect: Dialect, user_id: &str, phrases: &[Phrase], [fts5, tsquery]: [&str; 2]) -> Matching {
    let phrases = |phrase: fn(&Phrase) -> String, between: &str| {
        phrases.iter().map(phrase).collect::<Vec<_>>().join(between)
    };
    let owner = owner(user_id);
    match dialect {
        Dialect::Sqlite => {
            let words = phrases(fts5_phrase, fts5);
            let expression = format!("owner : \"{owner}\" AND {{title description tags}} : ({words})");
            Matching {
                // The words come first: the other way round they would be looked up for each task.
                from: "chat_task_words CROSS JOIN chat_search ON chat_search.seq = chat_task_words.rowid
                    CROSS JOIN chat_tasks ON chat_tasks.id = chat_search.task_id",
                condition: "chat_task_words MATCH ?",
                expression: expression.into(),
                age: "chat_task_words.rowid",
                rank: format!(
                    "-bm25(chat_task_words, 0, {TITLE_WEIGHT}, {DESCRIPTION_WEIGHT}, {TAG_WEIGHT})"
                ),
                rank_parameter: None,
            }
        }
        Dialect::Postgres => {
            let words = phrases(tsquery_phrase, tsquery);
            Matching {
                from: "chat_tasks",
                condition: "search @@ CAST(? AS tsquery)",
                expression: format!("'={owner}' & ({words})").into(),
                age: "chat_tasks.number",
                // The weights of description, tags and title: it adds less for further hits than the step from one to the next.
                rank: "ts_rank(CAST('{0, 0.01, 0.2, 1}' AS real[]), search, CAST(? AS tsquery))".to_owned(),
                rank_parameter: Some(words.into()),
            }
        }
    }
}

/// Puts a task into the index, in place of what was there of it.
pub(crate) async fn index(
    connection: &impl Connection,
    user_id: &str,
    task: &Task,
) -> Result<(), DatabaseError> {
    vectors::enqueue(connection, user_id, Kind::Task, &task.id).await?;
    let id: Value = task.id.as_str().into();
    if connection.dialect() == Dialect::Postgres {
        let statement = "UPDATE chat_tasks SET search = CAST(? AS tsvector) WHERE id = ?";
        let parameters = [tsvector(user_id, task).into(), id];
        return connection.execute(statement, &parameters).await.map(drop);
    }
    let place = "INSERT INTO chat_search (task_id) VALUES (?) ON CONFLICT DO NOTHING";
    connection.execute(place, std::slice::from_ref(&id)).await?;
    let words = "INSERT OR REPLACE INTO chat_task_words (rowid, owner, title, description, tags)
        VALUES ((SELECT seq FROM chat_search WHERE task_id = ?), ?, ?, ?, ?)";
    let joined = |text: &str| index_words(text).join(" ");
    let tags: Vec<String> = task.tags.iter().map(|tag| joined(tag)).collect();
    let parameters = [
        id,
        owner(user_id).into(),
        joined(&task.title).into(),
        joined(task.description.as_deref().unwrap_or_default()).into(),
        tags.join(GAP).into(),
    ];
    connection.execute(words, &parameters).await.map(drop)
}

/// Takes tasks out of the index. In Postgres they go with their rows.
pub(crate) async fn forget(connection: &impl Connection, task_ids: &[Value]) -> Result<(), DatabaseError> {
    let those = format!("id IN (?{})", ", ?".repeat(task_ids.len().saturating_sub(1)));
    vectors::enqueue_tasks(connection, &those, task_ids).await?;
    if connection.dialect() == Dialect::Postgres {
        return Ok(());
    }
    let among = format!("task_id IN (?{})", ", ?".repeat(task_ids.len().saturating_sub(1)));
    let words =
        format!("DELETE FROM chat_task_words WHERE rowid IN (SELECT seq FROM chat_search WHERE {among})");
    connection.execute(&words, task_ids).await?;
    let places = format!("DELETE FROM chat_search WHERE {among}");
    connection.execute(&places, task_ids).await.map(drop)
}

/// Takes all tasks of a user out of the index, before they go themselves.
pub(crate) async fn forget_user(connection: &impl Connection, user_id: &str) -> Result<(), DatabaseError> {
    vectors::enqueue_tasks(connection, "user_id = ?", &[user_id.into()]).await?;
    if connection.dialect() == Dialect::Postgres {
        return Ok(());
    }
    let places = "IN (SELECT id FROM chat_tasks WHERE user_id = ?)";
    for statement in [
        format!(
            "DELETE FROM chat_task_words WHERE rowid IN (SELECT seq FROM chat_search WHERE task_id {places})"
        ),
        format!("DELETE FROM chat_search WHERE task_id {places}"),
    ] {
        connection.execute(&statement, &[user_id.into()]).await?;
    }
    let merge = "INSERT INTO chat_settings (name, value) VALUES (?1, ?2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    connection
        .execute(merge, &[MERGE.into(), MERGE_BEGINS.into()])
        .await
        .map(drop)
}

/// Takes the words of deleted accounts out of SQLite's index for good, after [`forget_user`]: there, deleting only marks them.
/// The index is written anew for it, a piece at a time, so that others write in between.
pub(crate) async fn merge(connection: &impl Connection) -> Result<(), DatabaseError> {
    if connection.dialect() == Dialect::Postgres {
        return Ok(());
    }
    for _ in 0..MERGED_AT_ONCE {
        let is_left = in_transaction(connection, async |connection| {
            let statement = "SELECT value FROM chat_settings WHERE name = ?";
            let rows = connection.execute(statement, &[MERGE.into()]).await?;
            let Some(row) = rows.first() else {
                return Ok::<_, DatabaseError>(false);
            };
            let begins = row.text(0)? == MERGE_BEGINS;
            // A negative number says that all parts are to become one.
            let pages = if begins { -PAGES } else { PAGES };
            let before = changes(connection).await?;
            let merge = "INSERT INTO chat_task_words (chat_task_words, rank) VALUES ('merge', ?)";
            connection.execute(merge, &[pages.into()]).await?;
            // As FTS5 has it: fewer than two changes say that nothing was left to do.
            let next = if changes(connection).await?.saturating_sub(before) >= 2 || begins {
                "UPDATE chat_settings SET value = 'goes on' WHERE name = ?"
            } else {
                "DELETE FROM chat_settings WHERE name = ?"
            };
            connection.execute(next, &[MERGE.into()]).await?;
            Ok(true)
        })
        .await?;
        if !is_left {
            break;
        }
    }
    Ok(())
}

async fn changes(connection: &impl Connection) -> Result<i64, DatabaseError> {
    let rows = connection.execute("SELECT total_changes()", &[]).await?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}

/// Puts the tasks into the index that were there before it. Of several instances one does it, and the others wait.
pub(crate) async fn index_all(connection: &impl Connection) -> Result<(), DatabaseError> {
    if is_complete(connection).await? {
        return Ok(());
    }
    in_transaction(connection, async |connection| {
        if is_complete(connection).await? {
            return Ok(());
        }
        let mut last = String::new();
        loop {
            let statement = format!(
                "SELECT {}, user_id FROM chat_tasks WHERE id > ? ORDER BY id LIMIT ?",
                tasks::COLUMNS
            );
            let rows = connection
                .execute(&statement, &[last.as_str().into(), BATCH.into()])
                .await?;
            for row in &rows {
                let task = tasks::stored(row)?.task;
                index(connection, row.text(tasks::COLUMN_COUNT)?, &task).await?;
                last = task.id;
            }
            if rows.is_empty() {
                break;
            }
        }
        let statement = "INSERT INTO chat_settings (name, value) VALUES (?, ?)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        connection
            .execute(statement, &[SETTING.into(), VERSION.into()])
            .await
            .map(drop)
    })
    .await
}

async fn is_complete(connection: &impl Connection) -> Result<bool, DatabaseError> {
    let statement = "SELECT 1 FROM chat_settings WHERE name = ? AND value = ?";
    let rows = connection
        .execute(statement, &[SETTING.into(), VERSION.into()])
        .await?;
    Ok(!rows.is_empty())
}

/// The owner as one word. It has a column of its own, or a sign before it, so no text has it.
fn owner(user_id: &str) -> String {
    user_id
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

/// Quoted words: what is searched for has letters and digits alone, so nothing in it means anything.
fn fts5_phrase(phrase: &Phrase) -> String {
    let star = if phrase.is_prefix { " *" } else { "" };
    format!("\"{}\"{star}", phrase.words.join(" "))
}

fn tsquery_phrase(phrase: &Phrase) -> String {
    let star = if phrase.is_prefix { ":*" } else { "" };
    format!("('{}'{star})", phrase.words.join("' <-> '"))
}

/// The words with their places and weights, in the type's own notation: no parser of Postgres's makes other words of them.
fn tsvector(user_id: &str, task: &Task) -> String {
    let mut text = format!("'={}'", owner(user_id));
    let mut place = 0_usize;
    let description = task.description.as_deref().unwrap_or_default();
    let fields = [('A', task.title.as_str()), ('C', description)];
    let tags = task.tags.iter().map(|tag| ('B', tag.as_str()));
    for (weight, field) in fields.into_iter().chain(tags) {
        // One place stays empty between two fields, which keeps phrases apart.
        place += 1;
        for word in index_words(field) {
            place += 1;
            text.push_str(&format!(" '{word}':{place}{weight}"));
        }
    }
    text
}
