//! Recording events: each once, in its user's chain, until the user is forgotten.

use serde_json::Value;
use todo_domain::audit::{AuditEntry, GENESIS};
use todo_domain::events::{CloudEvent, USER_DELETED};
use todo_domain::time::Timestamp;
use todo_service::database::{Connection, Database, DatabaseError, in_transaction_on};
use todo_service::refusal::{Refusal, all_or_none, read_event};

use crate::Audit;
use crate::erase::{erase, erased};

/// Any event: the log keeps payloads as they are.
pub(crate) type Event = CloudEvent<Value>;

impl<D: Database, S> Audit<D, S> {
    /// Records a batch of message values, which came at this time, in one transaction: what is no event is rejected, and
    /// when the database fails all the others come again. The answer has one entry per message.
    pub async fn record(&self, messages: &[Option<Vec<u8>>], now: Timestamp) -> Vec<Result<(), Refusal>> {
        let read = |message: &Option<Vec<u8>>| read_event(message.as_deref());
        all_or_none(messages, read, async |events: &[Event]| {
            Ok(self.append_all(events, now.millis()).await?)
        })
        .await
    }

    async fn append_all(&self, events: &[Event], now: i64) -> Result<(), DatabaseError> {
        let connection = self.connect().await?;
        let users: Vec<_> = events.iter().map(|event| event.userid.as_str()).collect();
        in_transaction_on(&connection, &users, async |connection| {
            let ids = events.iter().map(|event| event.id.as_str());
            let mut new = self.processed.note(connection, ids, now).await?;
            let mut erased = erased(connection, &users).await?;
            for event in events {
                // One that is in the batch twice is new once, and nothing is kept of who is forgotten.
                if !new.remove(&event.id) || erased.contains(&event.userid) {
                    continue;
                }
                if event.event_type == USER_DELETED {
                    erase(connection, event).await?;
                    count(connection, USER_DELETED).await?;
                    erased.insert(event.userid.clone());
                } else {
                    append(connection, event).await?;
                }
            }
            Ok(())
        })
        .await
    }
}

/// Appends an event to its user's chain. One that is there, and was forgotten among what was consumed, stays what it is.
async fn append(connection: &impl Connection, event: &Event) -> Result<(), DatabaseError> {
    let head = head(connection, &event.userid).await?;
    let entry = AuditEntry {
        seq: head.seq.saturating_add(1),
        event_id: event.id.clone(),
        event_type: event.event_type.clone(),
        task_id: event.subject.clone(),
        time: event.time,
        data: event.data.clone(),
        prev_hash: head.hash,
        hash: String::new(),
    };
    insert(connection, &event.userid, entry.sealed()).await
}

async fn insert(connection: &impl Connection, user_id: &str, entry: AuditEntry) -> Result<(), DatabaseError> {
    let seq = i64::try_from(entry.seq).unwrap_or(i64::MAX);
    let statement =
        "INSERT INTO audit_entries (user_id, seq, event_id, type, task_id, time, data, prev_hash, hash)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (event_id) DO NOTHING RETURNING seq";
    let values = [
        user_id.into(),
        seq.into(),
        entry.event_id.into(),
        entry.event_type.as_str().into(),
        entry.task_id.into(),
        entry.time.millis().into(),
        entry.data.to_string().into(),
        entry.prev_hash.into(),
        entry.hash.as_str().into(),
    ];
    if connection.execute(statement, &values).await?.is_empty() {
        return Ok(());
    }
    let move_head = "INSERT INTO audit_heads (user_id, seq, hash) VALUES (?, ?, ?)
        ON CONFLICT (user_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash";
    connection
        .execute(move_head, &[user_id.into(), seq.into(), entry.hash.into()])
        .await?;
    count(connection, &entry.event_type).await
}

async fn count(connection: &impl Connection, event_type: &str) -> Result<(), DatabaseError> {
    let statement = "INSERT INTO audit_counts (type, events) VALUES (?, 1)
        ON CONFLICT (type) DO UPDATE SET events = audit_counts.events + 1";
    connection
        .execute(statement, &[event_type.into()])
        .await
        .map(drop)
}

/// Where a chain ends.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) hash: String,
}

/// Where a user's chain ends; for a user without one, before its first entry.
pub(crate) async fn head(connection: &impl Connection, user_id: &str) -> Result<Head, DatabaseError> {
    let query = "SELECT seq, hash FROM audit_heads WHERE user_id = ?";
    let rows = connection.execute(query, &[user_id.into()]).await?;
    let Some(row) = rows.first() else {
        return Ok(Head {
            seq: 0,
            hash: GENESIS.to_owned(),
        });
    };
    Ok(Head {
        seq: u64::try_from(row.integer(0)?).unwrap_or_default(),
        hash: row.text(1)?.to_owned(),
    })
}
