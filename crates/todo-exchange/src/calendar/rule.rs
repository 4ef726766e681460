//! Rules of repetition as iCalendar wants them.

use chrono::NaiveDate;
use todo_domain::due::Due;
use todo_domain::zone::Zone;

use super::moment::{day_text, local, local_text};

/// The rule of a task with this due date, as the value of RRULE. Its UNTIL is of the same type as the date, as RFC 5545
/// wants it: a day beside a day, and UTC beside a time.
pub(super) fn canonical(rule: &str, due: Due, zone: Zone) -> String {
    let rule = rule.trim().to_ascii_uppercase();
    let rule = rule.strip_prefix("RRULE:").unwrap_or(&rule).trim_end_matches(';');
    if !rule.contains('=') {
        // `DAILY` and its like.
        return format!("FREQ={rule}");
    }
    let parts = rule.split(';').map(|part| match part.strip_prefix("UNTIL=") {
        Some(until) => format!(
            "UNTIL={}",
            self::until(until, due, zone).unwrap_or_else(|| until.to_owned())
        ),
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join(";")
}

fn until(text: &str, due: Due, zone: Zone) -> Option<String> {
    let at = match text.strip_suffix('Z') {
        Some(text) => Some((local(text)?, true)),
        None => local(text).map(|local| (local, false)),
    };
    let instant = |local| zone.resolve(local);
    Some(match (due, at) {
        // The last second of the day.
        (Due::Time(_), None) => {
            let day = NaiveDate::parse_from_str(text, "%Y%m%d").ok()?;
            utc_text(instant(day.and_hms_opt(23, 59, 59)?)?)
        }
        (Due::Time(_), Some((local, false))) => utc_text(instant(local)?),
        (Due::Day(_), Some((local, false))) => day_text(local.date()),
        (Due::Day(_), Some((utc, true))) => {
            let time = todo_domain::time::Timestamp::from_millis(utc.and_utc().timestamp_millis())?;
            day_text(zone.local(time).date())
        }
        (Due::Time(_), Some((_, true))) | (Due::Day(_), None) => text.to_owned(),
    })
}

fn utc_text(time: todo_domain::time::Timestamp) -> String {
    format!("{}Z", local_text(time.as_datetime().naive_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_written_as_the_standard_wants_them() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let (day, time) = ("2026-03-01", "2026-03-01T08:00:00Z");
        for (rule, due, expected) in [
            ("weekly", day, "FREQ=WEEKLY"),
            ("rrule:freq=daily;interval=2;", day, "FREQ=DAILY;INTERVAL=2"),
            ("FREQ=DAILY;UNTIL=20260701", day, "FREQ=DAILY;UNTIL=20260701"),
            (
                "FREQ=DAILY;UNTIL=20260701",
                time,
                "FREQ=DAILY;UNTIL=20260701T215959Z",
            ),
            (
                "FREQ=DAILY;UNTIL=20260701T090000",
                time,
                "FREQ=DAILY;UNTIL=20260701T070000Z",
            ),
            (
                "FREQ=DAILY;UNTIL=20260630T230000Z",
                day,
                "FREQ=DAILY;UNTIL=20260701",
            ),
        ] {
            assert_eq!(canonical(rule, due.parse().unwrap(), berlin), expected);
        }
    }
}
