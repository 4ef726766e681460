//! The chain of hashes that makes the history tamper-evident.
//!
//! Each entry's hash covers the hash before it and the entry's own content, so that changing, dropping or
//! inserting an entry breaks every hash after it.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::time::Timestamp;

/// What the first entry follows: 64 zeroes.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One entry of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// 1, 2, 3 … without gaps within one chain.
    pub seq: u64,
    /// The event that it records.
    pub event_id: String,
    /// The event's type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The task that it is about.
    pub task_id: String,
    /// When it happened.
    pub time: Timestamp,
    /// The event's payload.
    pub data: Value,
    /// The hash of the entry before, or [`GENESIS`].
    pub prev_hash: String,
    /// The hash of this entry, 64 lower-case hexadecimal digits.
    pub hash: String,
}

/// What is wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// An entry is missing, doubled or out of order.
    #[error("entry {found} stands where entry {expected} was expected")]
    Sequence {
        /// The number that should be there.
        expected: u64,
        /// The number that is.
        found: u64,
    },
    /// An entry does not follow the one before it.
    #[error("entry {seq} does not follow the hash of the entry before it")]
    Link {
        /// The entry.
        seq: u64,
    },
    /// An entry's content is not what was hashed.
    #[error("entry {seq} has been changed")]
    Content {
        /// The entry.
        seq: u64,
    },
}

impl AuditEntry {
    /// The entry with its hash filled in from the rest.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.hash = self.expected_hash();
        self
    }

    /// What the hash must be.
    pub fn expected_hash(&self) -> String {
        chain_hash(&self.prev_hash, &self.canonical())
    }

    /// The bytes that are hashed: a JSON list of the content, without blanks, keys sorted, so that they do not
    /// depend on how a database or a library orders the payload.
    pub fn canonical(&self) -> Vec<u8> {
        let content = serde_json::json!([
            self.seq,
            self.event_id,
            self.event_type,
            self.task_id,
            self.time.to_string(),
            self.data,
        ]);
        let mut text = String::new();
        write_canonical(&content, &mut text);
        text.into_bytes()
    }
}

/// `sha256(prev_hash || content)` in hexadecimal.
pub fn chain_hash(prev_hash: &str, content: &[u8]) -> String {
    let digest = Sha256::new()
        .chain_update(prev_hash.as_bytes())
        .chain_update(content)
        .finalize();
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        write!(text, "{byte:02x}").unwrap_or_default();
        text
    })
}

/// Checks entries that follow `previous` (the last one checked, or none at the start of the chain); answers how
/// many there were.
pub fn verify<'a>(
    previous: Option<(u64, &str)>,
    entries: impl IntoIterator<Item = &'a AuditEntry>,
) -> Result<u64, ChainError> {
    let (mut seq, mut hash) = previous.map_or((0, GENESIS.to_owned()), |(seq, hash)| (seq, hash.to_owned()));
    let mut checked = 0;
    for entry in entries {
        let expected = seq + 1;
        if entry.seq != expected {
            return Err(ChainError::Sequence {
                expected,
                found: entry.seq,
            });
        }
        if entry.prev_hash != hash {
            return Err(ChainError::Link { seq: entry.seq });
        }
        if entry.hash != entry.expected_hash() {
            return Err(ChainError::Content { seq: entry.seq });
        }
        seq = entry.seq;
        hash.clone_from(&entry.hash);
        checked += 1;
    }
    Ok(checked)
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(object) => {
            let mut fields: Vec<_> = object.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| name.as_str());
            text.push('{');
            for (position, (name, value)) in fields.into_iter().enumerate() {
                separate(position, text);
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write_canonical(value, text);
            }
            text.push('}');
        }
        Value::Array(list) => {
            text.push('[');
            for (position, value) in list.iter().enumerate() {
                separate(position, text);
                write_canonical(value, text);
            }
            text.push(']');
        }
        simple => text.push_str(&simple.to_string()),
    }
}

fn separate(position: usize, text: &mut String) {
    if position > 0 {
        text.push(',');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chain(length: u64) -> Vec<AuditEntry> {
        let mut entries: Vec<AuditEntry> = Vec::new();
        for seq in 1..=length {
            let prev_hash = entries
                .last()
                .map_or(GENESIS.to_owned(), |entry| entry.hash.clone());
            let entry = AuditEntry {
                seq,
                event_id: format!("event-{seq}"),
                event_type: "task.created".to_owned(),
                task_id: "task-1".to_owned(),
                time: Timestamp::parse("2026-03-01T09:00:00Z").unwrap(),
                data: json!({"title": format!("title {seq}"), "nested": {"b": 1, "a": [1, 2]}}),
                prev_hash,
                hash: String::new(),
            };
            entries.push(entry.sealed());
        }
        entries
    }

    #[test]
    fn an_untouched_chain_verifies_whole_and_in_parts() {
        let entries = chain(5);
        assert_eq!(verify(None, &entries), Ok(5));
        assert_eq!(verify(Some((2, &entries[1].hash)), &entries[2..]), Ok(3));
        assert_eq!(verify(None, &[]), Ok(0));
    }

    #[test]
    fn every_kind_of_tampering_is_found() {
        let mut changed = chain(5);
        changed[2].data = json!({"title": "another"});
        assert_eq!(verify(None, &changed), Err(ChainError::Content { seq: 3 }));
        let resealed = changed[2].clone().sealed();
        changed[2] = resealed;
        assert_eq!(verify(None, &changed), Err(ChainError::Link { seq: 4 }));
        let mut dropped = chain(5);
        dropped.remove(1);
        assert_eq!(
            verify(None, &dropped),
            Err(ChainError::Sequence {
                expected: 2,
                found: 3
            })
        );
        let mut cut = chain(5);
        cut[0].prev_hash = "1".repeat(64);
        assert_eq!(verify(None, &cut), Err(ChainError::Link { seq: 1 }));
    }

    #[test]
    fn the_order_of_keys_does_not_matter_and_the_form_is_fixed() {
        let mut text = String::new();
        write_canonical(&json!({"b": [true, null, "\""], "a": 1.5, "": {}}), &mut text);
        assert_eq!(text, r#"{"":{},"a":1.5,"b":[true,null,"\""]}"#);
        assert_eq!(
            chain_hash("", b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
