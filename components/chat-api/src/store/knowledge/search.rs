//! The passages of the operator's entries: made with each change, in its transaction, with the index of their words.

use todo_knowledge::words::stems;
use todo_knowledge::{Kind, chunk};
use todo_service::database::{Connection, DatabaseError, Dialect, Row, Value};

use super::{Entry, vectors};

/// A part of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Passage {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) tags: String,
    pub(crate) text: String,
}

pub(super) const COLUMNS: &str =
    "passage.kind, passage.entry_id, passage.position, passage.title, passage.tags, passage.text";

pub(super) fn passage(row: &Row) -> Result<Passage, DatabaseError> {
    let wrong = DatabaseError::Content {
        column: 0,
        expected: "a kind",
    };
    Ok(Passage {
        kind: Kind::parse(row.text(0)?).ok_or(wrong)?,
        id: passage_id(row.text(1)?, row.integer(2)?),
        title: row.text(3)?.to_owned(),
        tags: row.text(4)?.to_owned(),
        text: row.text(5)?.to_owned(),
    })
}

/// What names a passage among those of its kind.
fn passage_id(entry_id: &str, position: i64) -> String {
    format!("{entry_id}#{position}")
}

/// Makes the passages of an entry anew: none if it is not shown. Answers how many there are.
pub(super) async fn index(connection: &impl Connection, entry: &Entry) -> Result<usize, DatabaseError> {
    forget(connection, entry.kind, &entry.id).await?;
    if !entry.is_active || entry.deleted_at.is_some() {
        return Ok(0);
    }
    let mut texts = chunk::passages(&entry.content);
    if texts.is_empty() {
        texts.push(String::new());
    }
    let mut tags = entry.tags.join(" ");
    tags.push(' ');
    tags.push_str(&entry.category);
    for (position, text) in (0_i64..).zip(&texts) {
        let rows = connection
            .execute(
                "INSERT INTO chat_passages (kind, entry_id, position, title, text, tags) VALUES (?, ?, ?, ?, ?, ?) RETURNING seq",
                &[
                    entry.kind.as_str().into(),
                    entry.id.as_str().into(),
                    position.into(),
                    entry.title.as_str().into(),
                    text.as_str().into(),
                    tags.as_str().into(),
                ],
            )
            .await?;
        let seq = rows.first().map_or(Ok(0), |row| row.integer(0))?;
        let fields = [&entry.title, &tags, text].map(|field| stems(field));
        index_words_of(connection, seq, entry.kind, fields).await?;
        let id = passage_id(&entry.id, position);
        vectors::enqueue(connection, todo_knowledge::qdrant::EVERYBODY, entry.kind, &id).await?;
    }
    Ok(texts.len())
}

async fn index_words_of(
    connection: &impl Connection,
    seq: i64,
    kind: Kind,
    [title, tags, text]: [Vec<String>; 3],
) -> Result<(), DatabaseError> {
    if connection.dialect() == Dialect::Postgres {
        let mut vector = format!("'={}'", kind.as_str());
        let mut place = 0_usize;
        for (weight, words) in [('A', title), ('B', tags), ('C', text)] {
            for word in words {
                // Postgres keeps places up to 16,383; passages are far shorter.
                place += 1;
                vector.push_str(&format!(" '{word}':{place}{weight}"));
            }
        }
        let statement = "UPDATE chat_passages SET search = CAST(? AS tsvector) WHERE seq = ?";
        let parameters = [vector.into(), seq.into()];
        return connection.execute(statement, &parameters).await.map(drop);
    }
    let statement = "INSERT INTO chat_passage_words (rowid, kind, title, tags, text) VALUES (?, ?, ?, ?, ?)";
    let parameters = [
        seq.into(),
        kind.as_str().into(),
        title.join(" ").into(),
        tags.join(" ").into(),
        text.join(" ").into(),
    ];
    connection.execute(statement, &parameters).await.map(drop)
}

/// Removes an entry's passages.
pub(super) async fn forget(connection: &impl Connection, kind: Kind, id: &str) -> Result<(), DatabaseError> {
    let entry: [Value; 2] = [kind.as_str().into(), id.into()];
    if connection.dialect() == Dialect::Sqlite {
        let words = "DELETE FROM chat_passage_words WHERE rowid IN
            (SELECT seq FROM chat_passages WHERE kind = ? AND entry_id = ?)";
        connection.execute(words, &entry).await?;
    }
    let statement = "DELETE FROM chat_passages WHERE kind = ? AND entry_id = ? RETURNING position";
    for row in connection.execute(statement, &entry).await? {
        let id = passage_id(id, row.integer(0)?);
        vectors::enqueue(connection, todo_knowledge::qdrant::EVERYBODY, kind, &id).await?;
    }
    Ok(())
}

/// The passage with this id.
pub(crate) async fn find(
    connection: &impl Connection,
    kind: Kind,
    id: &str,
) -> Result<Option<Passage>, DatabaseError> {
    let Some((entry_id, position)) = id
        .rsplit_once('#')
        .and_then(|(entry_id, position)| Some((entry_id, position.parse::<i64>().ok()?)))
    else {
        return Ok(None);
    };
    let statement = format!(
        "SELECT {COLUMNS} FROM chat_passages AS passage WHERE passage.kind = ? AND passage.entry_id = ? AND passage.position = ?"
    );
    let parameters = [kind.as_str().into(), entry_id.into(), position.into()];
    let rows = connection.execute(&statement, &parameters).await?;
    rows.first().map(passage).transpose()
}

/// How many passages there are.
pub(crate) async fn count(connection: &impl Connection) -> Result<i64, DatabaseError> {
    let rows = connection
        .execute("SELECT count(*) FROM chat_passages", &[])
        .await?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}
