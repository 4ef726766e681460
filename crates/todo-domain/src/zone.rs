//! A time zone by its IANA name, and the two conversions that recurrence and day views need.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _};
use chrono_tz::Tz;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Timestamp;

/// No clock was ever put forward by more than a day (Samoa skipped one), so a gap ends within this many seconds.
const LONGEST_GAP_SECONDS: i64 = 26 * 3600;

/// A time zone of the IANA database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Zone(Tz);

/// The text names no zone of the IANA database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an IANA time zone like `Europe/Berlin`")]
pub struct UnknownZone;

impl Zone {
    /// Coordinated universal time, the default.
    pub const UTC: Self = Self(Tz::UTC);

    /// The zone of this IANA name.
    pub fn parse(name: &str) -> Result<Self, UnknownZone> {
        name.parse().map(Self).map_err(|_| UnknownZone)
    }

    /// The IANA name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The zone for chrono.
    pub(crate) fn tz(self) -> Tz {
        self.0
    }

    /// What a clock on the wall shows at this instant.
    pub fn local(self, time: Timestamp) -> NaiveDateTime {
        time.as_datetime().with_timezone(&self.0).naive_local()
    }

    /// The same instant for chrono, in this zone.
    pub fn at(self, time: Timestamp) -> DateTime<Tz> {
        time.as_datetime().with_timezone(&self.0)
    }

    /// The instant at which a clock on the wall shows `local`.
    ///
    /// A time that is skipped when clocks go forward moves to the first instant after the gap; one that happens
    /// twice is the earlier. None outside the years 1970–9999.
    pub fn resolve(self, local: NaiveDateTime) -> Option<Timestamp> {
        if let Some(time) = self.instant(local) {
            return Timestamp::from_millis(time);
        }
        let (mut invalid, mut valid) = (0, LONGEST_GAP_SECONDS);
        while valid - invalid > 1 {
            let middle = i64::midpoint(invalid, valid);
            if self
                .instant(whole_second(local)?.checked_add_signed(TimeDelta::try_seconds(middle)?)?)
                .is_some()
            {
                valid = middle;
            } else {
                invalid = middle;
            }
        }
        let first = whole_second(local)?.checked_add_signed(TimeDelta::try_seconds(valid)?)?;
        Timestamp::from_millis(self.instant(first)?)
    }

    /// The first instant of a day; after midnight where clocks skip it.
    pub fn start_of_day(self, day: NaiveDate) -> Option<Timestamp> {
        self.resolve(day.and_time(NaiveTime::MIN))
    }

    fn instant(self, local: NaiveDateTime) -> Option<i64> {
        match self.0.from_local_datetime(&local) {
            MappedLocalTime::Single(time) | MappedLocalTime::Ambiguous(time, _) => {
                Some(time.timestamp_millis())
            }
            MappedLocalTime::None => None,
        }
    }
}

fn whole_second(local: NaiveDateTime) -> Option<NaiveDateTime> {
    use chrono::Timelike as _;
    local.with_nanosecond(0)
}

impl Default for Zone {
    fn default() -> Self {
        Self::UTC
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::parse(name)
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(zone: &str, local: &str) -> String {
        let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M:%S").unwrap();
        Zone::parse(zone)
            .unwrap()
            .resolve(local)
            .unwrap()
            .to_short_string()
    }

    #[test]
    fn a_skipped_time_moves_to_the_first_instant_after_the_gap() {
        assert_eq!(
            resolved("Europe/Berlin", "2026-03-29 02:30:00"),
            "2026-03-29T01:00:00Z"
        );
        assert_eq!(
            resolved("America/New_York", "2026-03-08 02:00:00"),
            "2026-03-08T07:00:00Z"
        );
        assert_eq!(
            resolved("Australia/Lord_Howe", "2026-10-04 02:15:00"),
            "2026-10-03T15:30:00Z"
        );
        assert_eq!(
            resolved("Pacific/Apia", "2011-12-30 09:00:00"),
            "2011-12-30T10:00:00Z"
        );
    }

    #[test]
    fn a_repeated_time_is_the_earlier() {
        assert_eq!(
            resolved("Europe/Berlin", "2026-10-25 02:30:00"),
            "2026-10-25T00:30:00Z"
        );
    }

    #[test]
    fn an_unknown_name_is_refused() {
        for name in ["", "Mars/Olympus", "../../etc/passwd", "UTC+1"] {
            assert_eq!(Zone::parse(name), Err(UnknownZone), "{name}");
        }
    }
}
