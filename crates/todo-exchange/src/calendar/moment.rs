//! Days and times, as iCalendar writes them.

use std::collections::HashMap;

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};
use todo_domain::due::Due;
use todo_domain::time::Timestamp;
use todo_domain::zone::Zone;

use super::duration::Duration;
use super::line::ContentLine;

/// The parameter with the milliseconds, for which a time has no place.
pub(super) const MILLISECONDS: &str = "X-TODO-MS";

const DAY_FORMAT: &str = "%Y%m%d";
const TIME_FORMAT: &str = "%Y%m%dT%H%M%S";

/// What a file's names of time zones mean.
#[derive(Debug, Default)]
pub(super) struct ZoneNames {
    /// What the file itself says, by the IANA name in its VTIMEZONE.
    pub(super) known: HashMap<String, Zone>,
    /// Where times without a zone are.
    pub(super) floating: Option<Zone>,
}

impl ZoneNames {
    /// The zone of this TZID: an IANA name, alone or at the end of a path.
    fn find(&self, name: &str) -> Option<Zone> {
        if let Some(zone) = self.known.get(name) {
            return Some(*zone);
        }
        let mut rest = name.trim_start_matches('/');
        loop {
            if let Ok(zone) = Zone::parse(rest) {
                return Some(zone);
            }
            (_, rest) = rest.split_once('/')?;
        }
    }
}

/// A value of the type DATE or DATE-TIME.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Day(NaiveDate),
    /// In UTC, or on a clock of the zone.
    Time(Timestamp, Option<Zone>),
}

/// Why a value is no moment.
pub(super) type Wrong = String;

impl Moment {
    pub(super) fn read(line: &ContentLine, zones: &ZoneNames) -> Result<Self, Wrong> {
        let value = line.value.trim();
        let wrong = || "must be a day like `20260301` or a time like `20260301T090000Z`".to_owned();
        let outside = || "must lie in the years 1970 to 9999".to_owned();
        if let Some(day) = day(value) {
            return Due::parse(&day.format("%Y-%m-%d").to_string())
                .map(|_due| Self::Day(day))
                .map_err(|error| error.to_string());
        }
        let (text, is_utc) = match value.strip_suffix('Z') {
            Some(text) => (text, true),
            None => (value, false),
        };
        let local = local(text).ok_or_else(wrong)?;
        let (time, zone) = if is_utc {
            (Timestamp::from_millis(local.and_utc().timestamp_millis()), None)
        } else {
            let zone = match line.parameter("TZID") {
                None => zones.floating,
                Some(name) => Some(zones.find(name).ok_or_else(|| {
                    let name: String = name.chars().take(60).collect();
                    format!("has the time zone `{name}`, which is none of the IANA database")
                })?),
            };
            (zone.unwrap_or_default().resolve(local), zone)
        };
        let milliseconds = line
            .parameter(MILLISECONDS)
            .and_then(|text| text.parse::<u16>().ok());
        let milliseconds = milliseconds
            .filter(|milliseconds| *milliseconds < 1000)
            .unwrap_or_default();
        let time = time.and_then(|time| Timestamp::from_millis(time.millis() + i64::from(milliseconds)));
        time.map(|time| Self::Time(time, zone)).ok_or_else(outside)
    }

    pub(super) fn due(self) -> Due {
        match self {
            Self::Day(day) => Due::Day(day),
            Self::Time(time, _zone) => Due::Time(time),
        }
    }

    pub(super) fn zone(self) -> Option<Zone> {
        match self {
            Self::Day(_) => None,
            Self::Time(_, zone) => zone,
        }
    }

    /// The moment after a duration; none outside of the years that are kept.
    pub(super) fn plus(self, duration: Duration) -> Option<Self> {
        let days = Days::new(duration.days);
        let move_day = |local: NaiveDateTime| match duration.is_back {
            true => local.checked_sub_days(days),
            false => local.checked_add_days(days),
        };
        let seconds = Duration { days: 0, ..duration }.total();
        match self {
            Self::Day(day) => {
                let moved = move_day(day.and_time(NaiveTime::MIN))?;
                let moved = moved.checked_add_signed(chrono::TimeDelta::try_seconds(seconds)?)?;
                Due::parse(&moved.format("%Y-%m-%d").to_string())
                    .ok()
                    .map(|_due| Self::Day(moved.date()))
            }
            Self::Time(time, zone) => {
                let place = zone.unwrap_or_default();
                let moved = match duration.days {
                    0 => time,
                    _ => place.resolve(move_day(place.local(time))?)?,
                };
                moved.plus_seconds(seconds).map(|time| Self::Time(time, zone))
            }
        }
    }
}

fn is_made_of_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `20260301`
fn day(text: &str) -> Option<NaiveDate> {
    (text.len() == 8 && is_made_of_digits(text))
        .then(|| NaiveDate::parse_from_str(text, DAY_FORMAT).ok())
        .flatten()
}

/// `20260301T090000`
pub(super) fn local(text: &str) -> Option<NaiveDateTime> {
    let (date, time) = text.split_once('T')?;
    if time.len() != 6 || !is_made_of_digits(time) {
        return None;
    }
    let mut numbers = [0, 2, 4].map(|at| time.get(at..at + 2).and_then(|part| part.parse::<u32>().ok()));
    // The leap second is shown as the one before it.
    if let Some(Some(seconds @ 60)) = numbers.last_mut() {
        *seconds = 59;
    }
    let [Some(hours), Some(minutes), Some(seconds)] = numbers else {
        return None;
    };
    day(date)?.and_hms_opt(hours, minutes, seconds)
}

pub(super) fn day_text(day: NaiveDate) -> String {
    day.format(DAY_FORMAT).to_string()
}

pub(super) fn local_text(local: NaiveDateTime) -> String {
    local.format(TIME_FORMAT).to_string()
}

/// The parameters and value of a property that has a time in UTC: `:20260301T090000Z`.
pub(super) fn utc(time: Timestamp) -> String {
    format!(
        "{}:{}Z",
        milliseconds(time),
        local_text(time.as_datetime().naive_utc())
    )
}

/// The parameters and value of a property that has a due date, and whether they tell its time zone.
pub(super) fn due(due: Due, zone: Option<Zone>) -> (String, bool) {
    match (due, zone) {
        (Due::Day(day), _) => (format!(";VALUE=DATE:{}", day_text(day)), false),
        (Due::Time(time), Some(zone)) if zone != Zone::UTC && is_unambiguous(time, zone) => {
            let text = format!(
                ";TZID={zone}{}:{}",
                milliseconds(time),
                local_text(zone.local(time))
            );
            (text, true)
        }
        (Due::Time(time), _) => (utc(time), false),
    }
}

/// Whether the clock on the wall tells this time from all others.
fn is_unambiguous(time: Timestamp, zone: Zone) -> bool {
    zone.resolve(zone.local(time)) == Some(time)
}

fn milliseconds(time: Timestamp) -> String {
    match time.millis() % 1000 {
        0 => String::new(),
        milliseconds => format!(";{MILLISECONDS}={milliseconds}"),
    }
}
