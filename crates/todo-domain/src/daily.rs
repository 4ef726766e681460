//! Times of the day that come every day: when a digest is due, and the hours in which nobody is to be disturbed.

use std::fmt;

use chrono::{NaiveTime, Timelike as _};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Timestamp;
use crate::zone::Zone;

/// What a clock on the wall shows, in hours and minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(NaiveTime);

/// The text is no time of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a time of the day like `07:30`")]
pub struct InvalidTimeOfDay;

impl TimeOfDay {
    /// From `07:30`.
    ///
    /// # Errors
    /// It is written otherwise, or there is no such time.
    pub fn parse(text: &str) -> Result<Self, InvalidTimeOfDay> {
        let is_short = text.len() == 5 && text.bytes().filter(u8::is_ascii_digit).count() == 4;
        let (hour, minute) = text
            .split_once(':')
            .filter(|_| is_short)
            .ok_or(InvalidTimeOfDay)?;
        let time = hour
            .parse()
            .ok()
            .zip(minute.parse().ok())
            .and_then(|(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0));
        time.map(Self).ok_or(InvalidTimeOfDay)
    }

    /// The first instant after `time` at which clocks in `zone` show it. A day that skips it has it after the gap, and one
    /// that has it twice has it the first time. None after the year 9999.
    #[must_use]
    pub fn next(self, time: Timestamp, zone: Zone) -> Option<Timestamp> {
        let mut day = zone.local(time).date();
        // Where clocks are put back over midnight, the next one may be two days off.
        for _ in 0..3 {
            let instant = zone.resolve(day.and_time(self.0));
            if instant.is_some_and(|instant| instant > time) {
                return instant;
            }
            day = day.succ_opt()?;
        }
        None
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Hours of every day, also over midnight. Those that begin when they end are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// From when on.
    pub from: TimeOfDay,
    /// Until before when.
    pub to: TimeOfDay,
}

impl QuietHours {
    /// When the hours that `time` is in are over, where `zone` is; nothing outside of them.
    #[must_use]
    pub fn end(self, time: Timestamp, zone: Zone) -> Option<Timestamp> {
        let shown = TimeOfDay(zone.local(time).time());
        let is_quiet = if self.from <= self.to {
            (self.from..self.to).contains(&shown)
        } else {
            shown >= self.from || shown < self.to
        };
        self.to.next(time, zone).filter(|_| is_quiet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn quiet(from: &str, to: &str) -> QuietHours {
        QuietHours {
            from: TimeOfDay::parse(from).unwrap(),
            to: TimeOfDay::parse(to).unwrap(),
        }
    }

    #[test]
    fn times_have_one_form() {
        for text in ["00:00", "07:30", "23:59"] {
            assert_eq!(TimeOfDay::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "7:30",
            "24:00",
            "12:60",
            "12:00:00",
            "+1:30",
            "12-30",
            "１２:３0",
            "noon",
        ] {
            assert_eq!(TimeOfDay::parse(text), Err(InvalidTimeOfDay), "{text}");
        }
    }

    #[test]
    fn the_next_one_is_the_zones_and_in_the_future() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let eight = TimeOfDay::parse("08:00").unwrap();
        for (now, next) in [
            ("2026-03-02T06:59:59Z", "2026-03-02T07:00:00Z"),
            ("2026-03-02T07:00:00Z", "2026-03-03T07:00:00Z"),
            // Summer time begins.
            ("2026-03-28T08:00:00Z", "2026-03-29T06:00:00Z"),
        ] {
            assert_eq!(eight.next(time(now), berlin), Some(time(next)), "{now}");
        }
        // 02:30 does not exist on that day.
        let skipped = TimeOfDay::parse("02:30").unwrap();
        let next = skipped.next(time("2026-03-28T23:00:00Z"), berlin);
        assert_eq!(next, Some(time("2026-03-29T01:00:00Z")));
    }

    #[test]
    fn quiet_hours_go_over_midnight() {
        let hours = quiet("22:00", "07:00");
        for (now, end) in [
            ("2026-03-02T21:59:59Z", None),
            ("2026-03-02T22:00:00Z", Some("2026-03-03T07:00:00Z")),
            ("2026-03-03T00:00:00Z", Some("2026-03-03T07:00:00Z")),
            ("2026-03-03T06:59:59Z", Some("2026-03-03T07:00:00Z")),
            ("2026-03-03T07:00:00Z", None),
        ] {
            assert_eq!(hours.end(time(now), Zone::UTC), end.map(time), "{now}");
        }
        let noon = quiet("12:00", "13:00");
        assert_eq!(noon.end(time("2026-03-02T11:30:00Z"), Zone::UTC), None);
        let end = noon.end(
            time("2026-03-02T11:30:00Z"),
            Zone::parse("Europe/Berlin").unwrap(),
        );
        assert_eq!(end, Some(time("2026-03-02T12:00:00Z")));
        let never = quiet("08:00", "08:00");
        assert_eq!(never.end(time("2026-03-02T08:00:00Z"), Zone::UTC), None);
    }
}
