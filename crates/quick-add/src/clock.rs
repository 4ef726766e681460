//! Times of day, and the instant at which a clock on the wall shows one.

use chrono::{
    DateTime, Days, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _,
};
use chrono_tz::Tz;

use crate::words::DayPart;

/// No clock was ever put forward by more than a day (Samoa skipped one), so a gap ends within this many seconds.
const LONGEST_GAP_SECONDS: i64 = 26 * 3600;

/// A time of day as it was said; what it means depends on the part of the day that may be said elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// `9am`, `21:30`, `noon`.
    Exact(NaiveTime),
    /// `at 9` and `9:30`: in the evening where the evening is spoken of.
    Open {
        /// As written, 1–11.
        hour: u32,
        minute: u32,
        /// Whether minutes were written: then 5:30 is in the morning, whereas `at 5` is in the afternoon.
        has_minutes: bool,
    },
    /// The end of today, but the beginning of a day that is named otherwise.
    Midnight,
}

/// A time of day, and the days to add to the day it was said of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) time: NaiveTime,
    pub(crate) days: u64,
}

/// What a clock and a part of the day mean together; `is_today` where the day was said to be today.
pub(crate) fn moment(clock: Option<Clock>, part: Option<DayPart>, is_today: bool) -> Option<Moment> {
    let at = |hour, minute, days| {
        let time = NaiveTime::from_hms_opt(hour, minute, 0)?;
        Some(Moment { time, days })
    };
    match (clock, part) {
        (None, part) => at(part?.hour(), 0, 0),
        (Some(Clock::Exact(time)), _) => Some(Moment { time, days: 0 }),
        (Some(Clock::Midnight), Some(DayPart::Night)) => at(0, 0, 1),
        (Some(Clock::Midnight), _) => at(0, 0, u64::from(is_today)),
        // The small hours of a night belong to the day after.
        (Some(Clock::Open { hour, minute, .. }), Some(DayPart::Night)) if hour <= 4 => at(hour, minute, 1),
        (Some(Clock::Open { hour, minute, .. }), Some(DayPart::Morning)) => at(hour, minute, 0),
        (Some(Clock::Open { hour, minute, .. }), Some(_)) => at(hour + 12, minute, 0),
        (
            Some(Clock::Open {
                hour,
                minute,
                has_minutes,
            }),
            None,
        ) => {
            // Nobody means five in the night by "at 5".
            let is_afternoon = !has_minutes && hour <= 7;
            at(if is_afternoon { hour + 12 } else { hour }, minute, 0)
        }
    }
}

/// The instant at which a clock on the wall shows `local`.
///
/// A time that is skipped when clocks go forward moves to the first instant after the gap; one that happens twice is
/// the earlier.
pub(crate) fn resolve(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Tz>> {
    let instant = |seconds| {
        let shifted = local.checked_add_signed(TimeDelta::try_seconds(seconds)?)?;
        match zone.from_local_datetime(&shifted) {
            MappedLocalTime::Single(time) | MappedLocalTime::Ambiguous(time, _) => Some(time),
            MappedLocalTime::None => None,
        }
    };
    if let Some(time) = instant(0) {
        return Some(time);
    }
    let (mut invalid, mut valid) = (0, LONGEST_GAP_SECONDS);
    while valid - invalid > 1 {
        let middle = i64::midpoint(invalid, valid);
        if instant(middle).is_some() {
            valid = middle;
        } else {
            invalid = middle;
        }
    }
    instant(valid)
}

impl Moment {
    /// The instant of this time on a day.
    pub(crate) fn on(self, day: NaiveDate, zone: Tz) -> Option<DateTime<Tz>> {
        let day = day.checked_add_days(Days::new(self.days))?;
        resolve(day.and_time(self.time), zone)
    }
}
