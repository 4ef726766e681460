//! Between instants, in milliseconds since the Unix epoch, and what a clock on the wall shows.

use chrono::{
    DateTime, Datelike as _, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset as _, TimeDelta,
    TimeZone as _,
};
use chrono_tz::Tz;

use crate::calendar::LAST_YEAR;

const HOUR: i64 = 3_600_000;

/// What a clock on the wall shows. Nothing after the last year.
pub(crate) fn local(zone: Tz, time: i64) -> Option<NaiveDateTime> {
    let shown = DateTime::from_timestamp_millis(time)?
        .with_timezone(&zone)
        .naive_local();
    (shown.year() <= LAST_YEAR).then_some(shown)
}

/// What it would show if clocks had not changed within the last day.
pub(crate) fn local_of_the_day_before(zone: Tz, time: i64) -> Option<NaiveDateTime> {
    let day = TimeDelta::try_days(1)?;
    local(zone, time.checked_sub(day.num_milliseconds())?)?.checked_add_signed(day)
}

/// When a clock on the wall shows something, and whether it never does: then it is when it would, had clocks not changed.
pub(crate) fn instant(zone: Tz, shown: NaiveDateTime) -> Option<(i64, bool)> {
    match zone.from_local_datetime(&shown) {
        MappedLocalTime::Single(time) | MappedLocalTime::Ambiguous(time, _) => {
            Some((time.timestamp_millis(), false))
        }
        MappedLocalTime::None => {
            let before = shown.checked_sub_signed(TimeDelta::try_days(1)?)?;
            let offset = zone.offset_from_local_datetime(&before).earliest()?.fix();
            let seconds = i64::from(offset.local_minus_utc());
            Some((shown.and_utc().timestamp_millis() - seconds * 1000, true))
        }
    }
}

/// An instant at the start of a day or, where clocks skip its midnight, a little before.
pub(crate) fn start_of_day(zone: Tz, day: NaiveDate) -> Option<i64> {
    let (midnight, is_skipped) = instant(zone, day.and_time(NaiveTime::MIN))?;
    Some(if is_skipped { midnight - HOUR } else { midnight })
}
