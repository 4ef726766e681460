//! Days and times. The server counts days and microseconds from the beginning of the year 2000, in the Gregorian calendar
//! without a begin or an end; the year before 1 is 0.

use super::ValueError;

/// Days from 1970-01-01 to 2000-01-01.
const EPOCH_DAYS: i64 = 10_957;
const DAY: i64 = 86_400_000_000;
const SECOND: i64 = 1_000_000;

const INVALID_DATE: ValueError = ValueError::Invalid("date");
const INVALID_TIME: ValueError = ValueError::Invalid("time of day");

/// Year, month, day.
pub(super) type Date = (i32, u8, u8);
/// Hour, minute, second, nanosecond.
pub(super) type Time = (u8, u8, u8, u32);

/// Days since the server's epoch.
pub(super) fn days((year, month, day): Date) -> Result<i32, ValueError> {
    if !(1..=12).contains(&month) || day == 0 || day > days_of_month(year, month) {
        return Err(INVALID_DATE);
    }
    // Years begin in March here, so that the leap day is a year's last.
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let since_1970 = era * 146_097 + day_of_era - 719_468;
    i32::try_from(since_1970 - EPOCH_DAYS).map_err(|_too_far| INVALID_DATE)
}

/// The date so many days after the server's epoch.
pub(super) fn date(days: i32) -> Result<Date, ValueError> {
    if days == i32::MAX || days == i32::MIN {
        return Err(ValueError::Untellable("an infinite date"));
    }
    let shifted = i64::from(days) + EPOCH_DAYS + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let small = |number: i64| u8::try_from(number).map_err(|_impossible| INVALID_DATE);
    Ok((
        i32::try_from(year).map_err(|_impossible| INVALID_DATE)?,
        small(month)?,
        small(day)?,
    ))
}

fn days_of_month(year: i32, month: u8) -> u8 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Microseconds since midnight. What is finer is cut off: the server keeps no more.
pub(super) fn micros((hour, minute, second, nanosecond): Time) -> Result<i64, ValueError> {
    if hour > 23 || minute > 59 || second > 59 || nanosecond > 999_999_999 {
        return Err(INVALID_TIME);
    }
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    Ok(seconds * SECOND + i64::from(nanosecond / 1000))
}

/// The time of day so many microseconds after midnight; the server knows 24:00.
pub(super) fn time(micros: i64) -> Result<Time, ValueError> {
    let seconds = micros.div_euclid(SECOND);
    let small = |number: i64| u8::try_from(number).map_err(|_impossible| INVALID_TIME);
    let nanosecond = u32::try_from(micros.rem_euclid(SECOND) * 1000).map_err(|_impossible| INVALID_TIME)?;
    Ok((
        small(seconds / 3600)?,
        small(seconds / 60 % 60)?,
        small(seconds % 60)?,
        nanosecond,
    ))
}

/// Microseconds since the server's epoch.
pub(super) fn instant(date: Date, time: Time) -> Result<i64, ValueError> {
    let days = i64::from(days(date)?);
    days.checked_mul(DAY)
        .and_then(|days| days.checked_add(micros(time).ok()?))
        .filter(|_instant| micros(time).is_ok())
        .ok_or(ValueError::Invalid("time"))
}

/// Date and time of day so many microseconds after the server's epoch.
pub(super) fn date_and_time(instant: i64) -> Result<(Date, Time), ValueError> {
    if instant == i64::MAX || instant == i64::MIN {
        return Err(ValueError::Untellable("an infinite time"));
    }
    let days = i32::try_from(instant.div_euclid(DAY)).map_err(|_too_far| INVALID_DATE)?;
    Ok((date(days)?, time(instant.rem_euclid(DAY))?))
}

/// Microseconds since the server's epoch, of seconds since the Unix epoch.
pub(super) fn of_unix(seconds: i64) -> Result<i64, ValueError> {
    seconds
        .checked_sub(EPOCH_DAYS * 86_400)
        .and_then(|seconds| seconds.checked_mul(SECOND))
        .ok_or(ValueError::Invalid("time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_2000_in_both_directions() {
        for (expected, number) in [
            ((2000, 1, 1), 0),
            ((1999, 12, 31), -1),
            ((1970, 1, 1), -10_957),
            ((2000, 2, 29), 59),
            ((2000, 3, 1), 60),
            ((2024, 2, 29), 8825),
            ((1900, 3, 1), -36_465),
            ((1, 1, 1), -730_119),
            ((0, 12, 31), -730_120),
            ((-4713, 11, 24), -2_451_545),
            ((5_874_897, 12, 31), 2_145_031_948),
        ] {
            assert_eq!(days(expected).unwrap(), number, "{expected:?}");
            assert_eq!(date(number).unwrap(), expected, "{number}");
        }
        for wrong in [
            (2023, 2, 29),
            (1900, 2, 29),
            (2024, 13, 1),
            (2024, 0, 1),
            (2024, 4, 31),
            (2024, 4, 0),
        ] {
            assert!(days(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn times_keep_their_microseconds() {
        for moment in [(0, 0, 0, 0), (23, 59, 59, 999_999_000), (12, 30, 15, 1_000)] {
            assert_eq!(time(micros(moment).unwrap()).unwrap(), moment);
        }
        assert_eq!(time(DAY).unwrap(), (24, 0, 0, 0));
        assert!(micros((24, 0, 0, 0)).is_err());
        let before = instant((1969, 12, 31), (23, 59, 59, 500_000_000)).unwrap();
        assert_eq!(
            date_and_time(before).unwrap(),
            ((1969, 12, 31), (23, 59, 59, 500_000_000))
        );
        assert_eq!(of_unix(0).unwrap(), instant((1970, 1, 1), (0, 0, 0, 0)).unwrap());
        assert!(instant((2000, 1, 1), (24, 0, 0, 0)).is_err());
        assert!(date_and_time(i64::MAX).is_err());
    }
}
