//! When a task is due: at a time, or on a day without one.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike as _, NaiveDate, NaiveTime};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::{Timestamp, TimestampError};
use crate::zone::Zone;

/// A day has no hour to count back from, so its relative reminders count from nine in the morning.
const DAY_REMINDER_HOUR: u32 = 9;

/// The due date of a task; in JSON `2026-03-01T09:00:00Z` or `2026-03-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Due {
    /// An instant.
    Time(Timestamp),
    /// A whole day, in the task's time zone.
    Day(NaiveDate),
}

/// Why a text is not a [`Due`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DueError {
    /// Neither a time nor a day.
    #[error("must be a time like `2026-03-01T09:00:00Z` or a day like `2026-03-01`")]
    Malformed,
    /// The year lies outside what the application keeps.
    #[error("must lie in the years 1970 to 9999")]
    OutOfRange,
}

impl Due {
    /// Reads a time with an offset, or a day.
    pub fn parse(text: &str) -> Result<Self, DueError> {
        if text.len() == "2026-03-01".len() {
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| DueError::Malformed)?;
            if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
                return Err(DueError::Malformed);
            }
            return if (1970..=9999).contains(&day.year()) {
                Ok(Self::Day(day))
            } else {
                Err(DueError::OutOfRange)
            };
        }
        match Timestamp::parse(text) {
            Ok(time) => Ok(Self::Time(time)),
            Err(TimestampError::OutOfRange) => Err(DueError::OutOfRange),
            Err(TimestampError::Malformed) => Err(DueError::Malformed),
        }
    }

    /// The day on which it is due, where `zone` is.
    pub fn local_day(self, zone: Zone) -> NaiveDate {
        match self {
            Self::Time(time) => zone.local(time).date(),
            Self::Day(day) => day,
        }
    }

    /// The instant it must be done by: the time itself, or the last millisecond of the day. Lists are filtered
    /// and sorted by it, and a task is overdue after it.
    pub fn deadline(self, zone: Zone) -> Timestamp {
        match self {
            Self::Time(time) => time,
            Self::Day(day) => day
                .succ_opt()
                .and_then(|next| zone.start_of_day(next))
                .and_then(|start| Timestamp::from_millis(start.millis() - 1))
                .unwrap_or_else(last_instant),
        }
    }

    /// The local wall time that relative reminders count back from: the time itself, or 09:00 of the day.
    pub(crate) fn reminder_base(self, zone: Zone) -> chrono::NaiveDateTime {
        match self {
            Self::Time(time) => zone.local(time),
            Self::Day(day) => {
                day.and_time(NaiveTime::from_hms_opt(DAY_REMINDER_HOUR, 0, 0).unwrap_or_default())
            }
        }
    }
}

fn last_instant() -> Timestamp {
    // The end of 9999-12-31, beyond which no day can be resolved.
    Timestamp::from_millis(253_402_300_799_999).unwrap_or(Timestamp::EPOCH)
}

impl fmt::Display for Due {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => formatter.write_str(&time.to_short_string()),
            Self::Day(day) => write!(formatter, "{}", day.format("%Y-%m-%d")),
        }
    }
}

impl FromStr for Due {
    type Err = DueError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for Due {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Due {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_and_a_day_round_trip_as_typed() {
        for text in [
            "2026-03-01",
            "2026-03-01T09:00:00Z",
            "2026-03-01T09:00:00.250Z",
            "9999-12-31",
            "1970-01-01",
        ] {
            assert_eq!(Due::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(
            Due::parse("2026-03-01T09:00:00+01:00").unwrap().to_string(),
            "2026-03-01T08:00:00Z"
        );
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in [
            "",
            "tomorrow",
            "2026-02-30",
            "2026-3-1",
            "+026-03-01",
            "2026-03-01T09:00:00",
            "20260301",
            " 026-03-01",
        ] {
            assert_eq!(Due::parse(text), Err(DueError::Malformed), "{text}");
        }
        assert_eq!(Due::parse("1969-12-31"), Err(DueError::OutOfRange));
        assert_eq!(Due::parse("0001-01-01T00:00:00Z"), Err(DueError::OutOfRange));
    }

    #[test]
    fn a_day_ends_where_the_task_is() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let due = Due::parse("2026-03-29").unwrap();
        assert_eq!(due.deadline(berlin).to_string(), "2026-03-29T21:59:59.999Z");
        assert_eq!(due.deadline(Zone::UTC).to_string(), "2026-03-29T23:59:59.999Z");
        assert_eq!(
            Due::parse("9999-12-31").unwrap().deadline(Zone::UTC).to_string(),
            "9999-12-31T23:59:59.999Z"
        );
    }
}
