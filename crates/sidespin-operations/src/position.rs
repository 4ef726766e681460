//! Where reading begins: as people write it, and which offsets that is.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use sidespin_kafka_client::{Extent, TopicPartition};
use thiserror::Error;

use crate::{Cluster, OperationError};

/// A place in a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// The first message that is still there.
    Beginning,
    /// After the last message.
    End,
    /// This offset, in every partition.
    Offset(i64),
    /// The first message that is not older than these milliseconds since the epoch.
    Time(i64),
    /// The first message that is not older than so long ago.
    Ago(Duration),
}

/// A text that is no position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "write `beginning`, `end`, an offset, a time as 2030-01-31T09:00:00Z, or how long ago as 90s, 15m, 1h30m or 2d"
)]
pub struct InvalidPosition;

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        match text {
            "beginning" => return Ok(Self::Beginning),
            "end" => return Ok(Self::End),
            _ => {}
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text
                .parse()
                .map(Self::Offset)
                .map_err(|_too_large| InvalidPosition);
        }
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::Time(time.timestamp_millis()));
        }
        duration(text).map(Self::Ago).ok_or(InvalidPosition)
    }
}

/// Reads `1h30m`: numbers, each with its unit.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after
            .find(|character: char| character.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(letters)?;
        let milliseconds = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        let milliseconds = number.parse::<u64>().ok()?.checked_mul(milliseconds)?;
        sum = sum.checked_add(Duration::from_millis(milliseconds))?;
        rest = after;
    }
    (!text.is_empty()).then_some(sum)
}

/// Milliseconds since the epoch.
fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl Cluster {
    /// The offset in each partition, never outside of what is there.
    pub(crate) async fn offsets_of(
        &self,
        position: Position,
        extents: &BTreeMap<TopicPartition, Extent>,
        now: SystemTime,
    ) -> Result<BTreeMap<TopicPartition, i64>, OperationError> {
        let partitions: Vec<_> = extents.keys().cloned().collect();
        let time = match position {
            Position::Time(time) => Some(time),
            Position::Ago(duration) => Some(milliseconds(now.checked_sub(duration).unwrap_or(UNIX_EPOCH))),
            Position::Beginning | Position::End | Position::Offset(_) => None,
        };
        let at = match time {
            Some(time) => self.inspector.offsets_at(&partitions, time).await?,
            None => BTreeMap::new(),
        };
        let offsets = extents.iter().map(|(partition, extent)| {
            let offset = match position {
                Position::Beginning => extent.start,
                Position::End => extent.end,
                Position::Offset(offset) => offset.clamp(extent.start, extent.end.max(extent.start)),
                // Everything there is may be older.
                Position::Time(_) | Position::Ago(_) => at.get(partition).copied().unwrap_or(extent.end),
            };
            (partition.clone(), offset)
        });
        Ok(offsets.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_understood() {
        let check = |text: &str, expected| assert_eq!(text.parse::<Position>(), expected, "{text}");
        check("beginning", Ok(Position::Beginning));
        check("end", Ok(Position::End));
        check("0", Ok(Position::Offset(0)));
        check("1207", Ok(Position::Offset(1207)));
        check("1970-01-01T00:00:01Z", Ok(Position::Time(1000)));
        check("1970-01-01T01:00:01.5+01:00", Ok(Position::Time(1500)));
        check("90s", Ok(Position::Ago(Duration::from_secs(90))));
        check("500ms", Ok(Position::Ago(Duration::from_millis(500))));
        check("1h30m", Ok(Position::Ago(Duration::from_secs(5400))));
        check("2d", Ok(Position::Ago(Duration::from_secs(172_800))));
        for text in [
            "",
            "x",
            "-1",
            "1 h",
            "h",
            "1h30",
            "2030-01-31",
            "1y",
            "99999999999999999999",
            "99999999999999999999d",
            "ä1",
        ] {
            check(text, Err(InvalidPosition));
        }
    }
}
