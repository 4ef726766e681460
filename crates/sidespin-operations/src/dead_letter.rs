//! What makes a message a dead letter, and what settles it.
//!
//! Kafka deletes no single messages. So a dead letter is settled by another message in the same partition of the same
//! topic, which names it; whoever lists dead letters leaves out those that are named. The partition is the same so that
//! the order is: what settles comes after what it settles, and when the topic forgets its oldest messages the letter is
//! forgotten first.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use sidespin_kafka_client::{Header, Outgoing, Placed, Record};
use thiserror::Error;

/// What the headers of a dead letter's story begin with.
const PREFIX: &str = "dlq-";
/// The header that names the dead letter which this message settles.
const SETTLES: &str = "dlq-settles";
/// The header that says how.
const SETTLED: &str = "dlq-settled";

/// Where a dead letter is: `<partition>:<offset>` in its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetterId {
    /// The partition.
    pub partition: i32,
    /// Its place there.
    pub offset: i64,
}

/// A text that is no id of a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("write a dead letter's id as `sidespin dlq list` shows it, <partition>:<offset>, for instance 0:12")]
pub struct InvalidLetterId;

/// A message that could not be handled, and its story. The message itself is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Where it is.
    pub id: LetterId,
    /// When it was put aside: milliseconds since the epoch, -1 where the broker has no time.
    pub timestamp: i64,
    /// The message's key.
    pub key: Option<Vec<u8>>,
    /// Why it was put aside.
    pub reason: Option<String>,
    /// Which component could not handle it.
    pub component: Option<String>,
    /// How often it was tried.
    pub attempts: Option<u32>,
    /// The topic that it was in.
    pub topic: Option<String>,
    /// The partition that it was in.
    pub partition: Option<i32>,
    /// The offset that it had there.
    pub offset: Option<i64>,
}

/// How a dead letter was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It was written again to the topic that it came from.
    Retried,
    /// Nothing was done with it.
    Dropped,
}

/// Which dead letters are meant. The default is all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Those of this component.
    pub component: Option<String>,
    /// Those whose reason contains this.
    pub reason: Option<String>,
}

/// The open dead letters of a topic, from its messages read one after the other.
#[derive(Debug, Default)]
pub(crate) struct Fold {
    open: BTreeMap<LetterId, DeadLetter>,
}

impl fmt::Display for LetterId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.partition, self.offset)
    }
}

impl FromStr for LetterId {
    type Err = InvalidLetterId;

    fn from_str(text: &str) -> Result<Self, InvalidLetterId> {
        let (partition, offset) = text.split_once(':').ok_or(InvalidLetterId)?;
        Ok(Self {
            partition: number(partition).ok_or(InvalidLetterId)?,
            offset: number(offset).ok_or(InvalidLetterId)?,
        })
    }
}

/// A number without a sign.
fn number<N: FromStr>(text: &str) -> Option<N> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_number| is_number)
}

impl DeadLetter {
    /// The story of a message that was put aside; nothing for other messages.
    pub(crate) fn of(record: &Record) -> Option<Self> {
        let is_story = |header: &Header| header.name.starts_with(PREFIX);
        // A message that settles, even if what it names is nothing here: it may have been copied from another cluster.
        let is_settling = |header: &Header| header.name == SETTLES;
        if record.headers.iter().any(is_settling) || !record.headers.iter().any(is_story) {
            return None;
        }
        let text = |name: &str| header(record, name);
        Some(Self {
            id: id(record),
            timestamp: record.timestamp,
            key: record.key.clone(),
            reason: text("dlq-reason"),
            component: text("dlq-component"),
            attempts: text("dlq-attempts").and_then(|text| number(&text)),
            topic: text("dlq-topic").filter(|topic| !topic.is_empty()),
            partition: text("dlq-partition").and_then(|text| number(&text)),
            offset: text("dlq-offset").and_then(|text| number(&text)),
        })
    }
}

impl Settled {
    /// The word for it, in headers and for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Retried => "retried",
            Self::Dropped => "dropped",
        }
    }
}

impl Filter {
    /// Whether a letter is meant.
    #[must_use]
    pub fn applies(&self, letter: &DeadLetter) -> bool {
        let is_component = |wanted: &String| letter.component.as_ref() == Some(wanted);
        let has_reason = |wanted: &String| {
            letter
                .reason
                .as_ref()
                .is_some_and(|reason| reason.contains(wanted))
        };
        self.component.as_ref().is_none_or(is_component) && self.reason.as_ref().is_none_or(has_reason)
    }
}

impl Fold {
    /// The next message. Those of one partition must come in their order.
    pub(crate) fn take(&mut self, record: &Record) {
        if let Some((settled, _how)) = settles(record) {
            self.open.remove(&settled);
        } else if let Some(letter) = DeadLetter::of(record) {
            self.open.insert(letter.id, letter);
        }
    }

    pub(crate) fn into_open(self) -> BTreeMap<LetterId, DeadLetter> {
        self.open
    }
}

pub(crate) fn id(record: &Record) -> LetterId {
    LetterId {
        partition: record.partition,
        offset: record.offset,
    }
}

/// Which dead letter a message settles, and how. One in another partition, or one that is yet to come, is none of its business.
pub(crate) fn settles(record: &Record) -> Option<(LetterId, Settled)> {
    let id: LetterId = header(record, SETTLES)?.parse().ok()?;
    let how = [Settled::Retried, Settled::Dropped];
    let name = header(record, SETTLED)?;
    let how = how.into_iter().find(|how| how.name() == name)?;
    (id.partition == record.partition && id.offset < record.offset).then_some((id, how))
}

/// The message that settles a dead letter.
pub(crate) fn settlement(topic: &str, id: LetterId, how: Settled) -> Placed {
    let header = |name: &str, value: String| Header {
        name: name.to_owned(),
        value: Some(value.into_bytes()),
    };
    let message = Outgoing {
        topic: topic.to_owned(),
        // A key of its own, and a value: where the topic is compacted, this message replaces none and is not one that deletes.
        key: Some(format!("{SETTLES}/{id}").into_bytes()),
        value: Some(how.name().into()),
        headers: vec![
            header(SETTLES, id.to_string()),
            header(SETTLED, how.name().to_owned()),
        ],
    };
    Placed {
        message,
        partition: Some(id.partition),
    }
}

/// The message as it was before it was put aside.
pub(crate) fn original(record: Record, topic: String) -> Outgoing {
    let mut headers = record.headers;
    headers.retain(|header| !header.name.starts_with(PREFIX));
    Outgoing {
        topic,
        key: record.key,
        value: record.value,
        headers,
    }
}

/// The last header of this name, as text. Whatever bytes it has, a person must be able to look at it.
fn header(record: &Record, name: &str) -> Option<String> {
    let last = record.headers.iter().rev().find(|header| header.name == name)?;
    Some(String::from_utf8_lossy(last.value.as_deref()?).into_owned())
}

#[cfg(test)]
mod tests;
