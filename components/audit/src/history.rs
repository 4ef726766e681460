//! Reading a user's history, and checking its chain.

use serde::Serialize;
use todo_domain::audit::{self, AuditEntry};
use todo_domain::time::Timestamp;
use todo_domain::validation::FieldError;
use todo_service::answer::{Failure, Page};
use todo_service::cursor::CursorKey;
use todo_service::database::{Connection, DatabaseError, Row, Value};
use todo_service::query::{Query, one_more};

use crate::erase::erased_at;
use crate::record::head;

const COLUMNS: &str = "seq, event_id, type, task_id, time, data, prev_hash, hash";

/// How many entries are held in memory while a chain is checked.
const CHECKED_AT_ONCE: i64 = 500;

fn entry(row: &Row) -> Result<AuditEntry, DatabaseError> {
    let wrong = |column, expected| DatabaseError::Content { column, expected };
    let data = row.text(5)?;
    Ok(AuditEntry {
        seq: u64::try_from(row.integer(0)?).map_err(|_negative| wrong(0, "a positive number"))?,
        event_id: row.text(1)?.to_owned(),
        event_type: row.text(2)?.to_owned(),
        task_id: row.text(3)?.to_owned(),
        time: Timestamp::from_millis(row.integer(4)?).ok_or(wrong(4, "a time"))?,
        // What is no JSON was not written by us; it is shown as it is, and the chain tells.
        data: serde_json::from_str(data).unwrap_or_else(|_not_json| data.into()),
        prev_hash: row.text(6)?.to_owned(),
        hash: row.text(7)?.to_owned(),
    })
}

/// What is asked: whose entries, and which of them.
#[derive(Debug)]
pub(crate) struct Filter {
    conditions: String,
    values: Vec<Value>,
    /// What a cursor is bound to.
    question: String,
}

impl Filter {
    pub(crate) fn of(user_id: &str, query: &Query) -> Result<Self, FieldError> {
        let mut conditions = "user_id = ?".to_owned();
        let mut values = vec![Value::from(user_id)];
        for (parameter, condition) in [("task_id", " AND task_id = ?"), ("type", " AND type = ?")] {
            if let Some(value) = query.get(parameter) {
                conditions.push_str(condition);
                values.push(value.into());
            }
        }
        if let Some(since) = query.get("since") {
            let since =
                Timestamp::parse(since).map_err(|error| FieldError::new("since", error.to_string()))?;
            conditions.push_str(" AND time >= ?");
            values.push(since.millis().into());
        }
        let question = format!("{conditions} {values:?}");
        Ok(Self {
            conditions,
            values,
            question,
        })
    }

    /// One page, the oldest entries first.
    pub(crate) async fn page(
        mut self,
        connection: &impl Connection,
        key: &CursorKey,
        query: &Query,
    ) -> Result<Page<AuditEntry>, Failure> {
        let limit = query.limit()?;
        let after = query.position(key, &self.question)?.unwrap_or_default();
        let total = match query.flag("count")? {
            Some(true) => Some(self.count(connection).await?),
            _ => None,
        };
        let statement = format!(
            "SELECT {COLUMNS} FROM audit_entries WHERE {} AND seq > ? ORDER BY seq LIMIT ?",
            self.conditions
        );
        // One more than wanted tells whether there is a next page.
        self.values.extend([after.into(), one_more(limit).into()]);
        let rows = connection.execute(&statement, &self.values).await?;
        let items = rows.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::of(items, limit, total, |last| {
            key.seal(&self.question, number(last.seq))
        }))
    }

    async fn count(&self, connection: &impl Connection) -> Result<i64, DatabaseError> {
        let statement = format!("SELECT count(*) FROM audit_entries WHERE {}", self.conditions);
        let rows = connection.execute(&statement, &self.values).await?;
        rows.first().map_or(Ok(0), |row| row.integer(0))
    }
}

/// Whether a user's whole chain is as it was written, and how many entries were looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Verification {
    verified: bool,
    entries: u64,
    /// When the chain went with its account: then nothing is left that could be verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    erased_at: Option<Timestamp>,
}

impl Verification {
    fn failed(entries: u64) -> Self {
        Self {
            verified: false,
            entries,
            erased_at: None,
        }
    }
}

/// Computes every hash of a user's chain anew, up to the first that is wrong.
pub(crate) async fn verify(
    connection: &impl Connection,
    user_id: &str,
) -> Result<Verification, DatabaseError> {
    if let Some(time) = erased_at(connection, user_id).await? {
        return Ok(Verification {
            erased_at: Timestamp::from_millis(time),
            ..Verification::failed(0)
        });
    }
    // The end first: what is appended meanwhile is not looked at.
    let end = head(connection, user_id).await?;
    let statement = format!(
        "SELECT {COLUMNS} FROM audit_entries WHERE user_id = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
    );
    let (mut seq, mut hash) = (0, audit::GENESIS.to_owned());
    loop {
        let values = [
            user_id.into(),
            number(seq).into(),
            number(end.seq).into(),
            CHECKED_AT_ONCE.into(),
        ];
        let rows = connection.execute(&statement, &values).await?;
        let entries = match rows.iter().map(entry).collect::<Result<Vec<_>, _>>() {
            Ok(entries) => entries,
            // Content that is not even readable was certainly not written by us.
            Err(_changed) => {
                return Ok(Verification::failed(seq));
            }
        };
        let Some(last) = entries.last() else {
            break;
        };
        if audit::verify(Some((seq, &hash)), &entries).is_err() {
            return Ok(Verification::failed(seq));
        }
        (seq, hash) = (last.seq, last.hash.clone());
    }
    // Without the last entries the rest would still fit together.
    Ok(Verification {
        verified: seq == end.seq && hash == end.hash,
        entries: seq,
        erased_at: None,
    })
}

fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
