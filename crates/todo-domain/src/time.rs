//! One instant, in one notation: RFC 3339 in UTC with milliseconds and `Z`.
//!
//! Every time the application stores, compares or sends is a [`Timestamp`], so no naive or local time can leak
//! into the API.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, SecondsFormat, TimeDelta, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant with millisecond precision, between the years 1970 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

/// Why a text is not a [`Timestamp`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// The text is not RFC 3339 with an offset.
    #[error("must be a time like `2026-03-01T09:00:00Z`")]
    Malformed,
    /// The year lies outside what the application keeps.
    #[error("must lie in the years 1970 to 9999")]
    OutOfRange,
}

impl Timestamp {
    /// The first instant of 1970, the smallest value.
    pub const EPOCH: Self = Self(DateTime::UNIX_EPOCH);

    /// Reads RFC 3339 with any offset; the result is in UTC.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        let parsed = DateTime::parse_from_rfc3339(text).map_err(|_| TimestampError::Malformed)?;
        Self::from_millis(parsed.timestamp_millis()).ok_or(TimestampError::OutOfRange)
    }

    /// The instant so many milliseconds after the start of 1970; none outside 1970–9999.
    pub fn from_millis(millis: i64) -> Option<Self> {
        let time = DateTime::from_timestamp_millis(millis)?;
        (1970..=9999).contains(&time.year()).then_some(Self(time))
    }

    /// Milliseconds since the start of 1970.
    pub fn millis(self) -> i64 {
        self.0.timestamp_millis()
    }

    /// This instant moved by seconds; none outside 1970–9999.
    pub fn plus_seconds(self, seconds: i64) -> Option<Self> {
        let moved = self.0.checked_add_signed(TimeDelta::try_seconds(seconds)?)?;
        Self::from_millis(moved.timestamp_millis())
    }

    /// The same instant for chrono.
    pub fn as_datetime(self) -> DateTime<Utc> {
        self.0
    }

    /// The notation that leaves out milliseconds when they are zero: what a person typed comes back as typed.
    pub fn to_short_string(self) -> String {
        let format = if self.millis() % 1000 == 0 {
            SecondsFormat::Secs
        } else {
            SecondsFormat::Millis
        };
        self.0.to_rfc3339_opts(format, true)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_round_trip_as_z() {
        for (text, expected) in [
            ("2026-03-01T09:00:00Z", "2026-03-01T09:00:00.000Z"),
            ("2026-03-01T09:00:00.123456Z", "2026-03-01T09:00:00.123Z"),
            ("2026-03-01T09:00:00+02:00", "2026-03-01T07:00:00.000Z"),
            ("2026-03-01T09:00:00.5-05:30", "2026-03-01T14:30:00.500Z"),
        ] {
            let time = Timestamp::parse(text).unwrap();
            assert_eq!(time.to_string(), expected);
            assert_eq!(Timestamp::parse(&time.to_string()).unwrap(), time);
            assert_eq!(Timestamp::parse(&time.to_short_string()).unwrap(), time);
            let json = serde_json::to_string(&time).unwrap();
            assert_eq!(json, format!("\"{expected}\""));
            assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), time);
        }
    }

    #[test]
    fn a_time_without_offset_or_outside_the_years_is_refused() {
        for text in [
            "2026-03-01T09:00:00",
            "2026-03-01",
            "",
            "tomorrow",
            "2026-13-01T00:00:00Z",
        ] {
            assert_eq!(Timestamp::parse(text), Err(TimestampError::Malformed), "{text}");
        }
        assert_eq!(
            Timestamp::parse("1969-12-31T23:59:59Z"),
            Err(TimestampError::OutOfRange)
        );
        assert_eq!(
            Timestamp::parse("9999-12-31T23:59:59-01:00"),
            Err(TimestampError::OutOfRange)
        );
        assert_eq!(Timestamp::from_millis(i64::MAX), None);
    }

    #[test]
    fn whole_seconds_keep_the_short_notation() {
        assert_eq!(
            Timestamp::parse("2026-03-01T09:00:00Z")
                .unwrap()
                .to_short_string(),
            "2026-03-01T09:00:00Z"
        );
    }
}
