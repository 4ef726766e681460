//! The passages of the operator's entries, and of a user's tasks, that have a question's words: FTS5 in SQLite, a `tsvector` in
//! Postgres. The indexes choose the candidates; how well each answers is for [`todo_knowledge::score`], the same on both.

use todo_domain::query::search::{Phrase, index_words};
use todo_domain::task::Task;
use todo_knowledge::Kind;
use todo_knowledge::score::Statistics;
use todo_knowledge::words::{Question, Term};
use todo_service::database::{Connection, DatabaseError, Dialect, Value};

use super::search::{COLUMNS, Passage, passage};
use crate::store::search::{Matching, any_of};
use crate::store::tasks;

/// Candidates that are looked at closely.
const CANDIDATES: i64 = 40;

/// Counting stops here: what more have is common.
const COUNTED: u32 = 2_000;

/// A word that so many have chooses no candidates, unless there is no rarer one.
const TOO_COMMON: u64 = 1_000;

/// The passages that a question's words choose, of one kind if it is said, and what the words say in all of them.
pub(crate) async fn passages(
    connection: &impl Connection,
    question: &Question,
    kind: Option<Kind>,
) -> Result<(Vec<Passage>, Statistics), DatabaseError> {
    let dialect = connection.dialect();
    let expressions: Vec<Value> = question
        .terms
        .iter()
        .map(|term| expression(dialect, &[term], kind).into())
        .collect();
    let matches = match dialect {
        Dialect::Sqlite => "SELECT 1 FROM chat_passage_words WHERE chat_passage_words MATCH ?",
        Dialect::Postgres => "SELECT 1 FROM chat_passages WHERE search @@ CAST(? AS tsquery)",
    };
    let all = "SELECT 1 FROM chat_passages";
    let statistics = statistics(connection, all, &[], matches, expressions).await?;
    let Some(chosen) = choosing(question, &statistics) else {
        return Ok((Vec::new(), statistics));
    };
    let expression: Value = expression(dialect, &chosen, kind).into();
    let (statement, parameters) = match dialect {
        Dialect::Sqlite => (
            format!(
                "SELECT {COLUMNS} FROM chat_passage_words CROSS JOIN chat_passages AS passage ON passage.seq = chat_passage_words.rowid
                    WHERE chat_passage_words MATCH ? ORDER BY bm25(chat_passage_words, 0, 5, 3, 1) LIMIT ?"
            ),
            vec![expression, CANDIDATES.into()],
        ),
        Dialect::Postgres => (
            format!(
                "SELECT {COLUMNS} FROM chat_passages AS passage WHERE passage.search @@ CAST(? AS tsquery)
                    ORDER BY ts_rank(CAST('{{0, 0.2, 0.6, 1}}' AS real[]), passage.search, CAST(? AS tsquery)) DESC, seq LIMIT ?"
            ),
            vec![expression.clone(), expression, CANDIDATES.into()],
        ),
    };
    let rows = connection.execute(&statement, &parameters).await?;
    let found = rows.iter().map(passage).collect::<Result<_, _>>()?;
    Ok((found, statistics))
}

/// A user's tasks that a question's words choose, and what the words say in all of them.
pub(crate) async fn tasks_of(
    connection: &impl Connection,
    user_id: &str,
    question: &Question,
) -> Result<(Vec<Task>, Statistics), DatabaseError> {
    let dialect = connection.dialect();
    // The index of tasks has whole words: they begin with the stem.
    let phrases = |terms: &[&Term]| -> Vec<Phrase> {
        let words = terms.iter().flat_map(|term| term.all());
        words
            .map(|word| Phrase {
                words: index_words(word),
                is_prefix: true,
            })
            .filter(|phrase| !phrase.words.is_empty())
            .collect()
    };
    let matching = |terms: &[&Term]| any_of(dialect, user_id, &phrases(terms));
    let expressions: Vec<Value> = question
        .terms
        .iter()
        .map(|term| matching(&[term]).expression)
        .collect();
    let matches = match dialect {
        Dialect::Sqlite => "SELECT 1 FROM chat_task_words WHERE chat_task_words MATCH ?",
        Dialect::Postgres => "SELECT 1 FROM chat_tasks WHERE search @@ CAST(? AS tsquery)",
    };
    let all = "SELECT 1 FROM chat_tasks WHERE user_id = ? AND deleted_at IS NULL";
    let statistics = statistics(connection, all, &[user_id.into()], matches, expressions).await?;
    let Some(chosen) = choosing(question, &statistics) else {
        return Ok((Vec::new(), statistics));
    };
    let Matching {
        from,
        condition,
        expression,
        rank,
        rank_parameter,
        ..
    } = matching(&chosen);
    let statement = format!(
        "SELECT {} FROM {from} WHERE user_id = ? AND deleted_at IS NULL AND {condition} ORDER BY {rank} DESC, number DESC LIMIT ?",
        tasks::COLUMNS
    );
    let mut parameters = vec![user_id.into(), expression];
    parameters.extend(rank_parameter);
    parameters.push(CANDIDATES.into());
    let rows = connection.execute(&statement, &parameters).await?;
    let found = rows
        .iter()
        .map(|row| tasks::stored(row).map(|stored| stored.task))
        .collect::<Result<_, _>>()?;
    Ok((found, statistics))
}

/// Counts, in one statement: all, and those with each word, up to where it makes no difference any more.
async fn statistics(
    connection: &impl Connection,
    all: &str,
    of: &[Value],
    matches: &str,
    expressions: Vec<Value>,
) -> Result<Statistics, DatabaseError> {
    let counted =
        |rows: &str, limit: u32| format!("(SELECT count(*) FROM ({rows} LIMIT {limit}) AS counted)");
    let mut columns = vec![counted(all, 10 * COUNTED)];
    columns.extend(expressions.iter().map(|_expression| counted(matches, COUNTED)));
    let mut parameters = of.to_vec();
    parameters.extend(expressions);
    let statement = format!("SELECT {}", columns.join(", "));
    let rows = connection.execute(&statement, &parameters).await?;
    let mut statistics = Statistics::default();
    let Some(row) = rows.first() else {
        return Ok(statistics);
    };
    let count = |column| Ok::<_, DatabaseError>(u64::try_from(row.integer(column)?).unwrap_or_default());
    statistics.passages = count(0)?;
    for column in 1..columns.len() {
        statistics.having.push(count(column)?);
    }
    Ok(statistics)
}

/// The words that choose candidates: the rare ones, which say most. Nothing if none is anywhere, or all are everywhere.
fn choosing<'a>(question: &'a Question, statistics: &Statistics) -> Option<Vec<&'a Term>> {
    let mut terms: Vec<(u64, &Term)> = statistics
        .having
        .iter()
        .copied()
        .zip(&question.terms)
        .filter(|(having, _term)| (1..u64::from(COUNTED)).contains(having))
        .collect();
    terms.sort_by_key(|(having, _term)| *having);
    let mut sum = 0_u64;
    let rare = terms.iter().take_while(|(having, _term)| {
        let is_first = sum == 0;
        sum = sum.saturating_add(*having);
        is_first || sum <= TOO_COMMON
    });
    let chosen: Vec<&Term> = rare.map(|(_having, term)| *term).collect();
    (!chosen.is_empty()).then_some(chosen)
}

/// Stems have letters and digits alone, so nothing in them means anything to the database.
fn expression(dialect: Dialect, terms: &[&Term], kind: Option<Kind>) -> String {
    let words = terms.iter().flat_map(|term| term.all());
    match dialect {
        Dialect::Sqlite => {
            let words: Vec<String> = words.map(|word| format!("\"{word}\"")).collect();
            let kind = kind
                .map(|kind| format!("kind : \"{}\" AND ", kind.as_str()))
                .unwrap_or_default();
            format!("{kind}{{title tags text}} : ({})", words.join(" OR "))
        }
        Dialect::Postgres => {
            let words: Vec<String> = words.map(|word| format!("'{word}'")).collect();
            let kind = kind
                .map(|kind| format!("'={}' & ", kind.as_str()))
                .unwrap_or_default();
            format!("{kind}({})", words.join(" | "))
        }
    }
}
