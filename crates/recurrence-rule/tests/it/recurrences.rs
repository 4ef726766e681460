//! A rule with a start and times that are left out.

use chrono::TimeDelta;
use recurrence_rule::{Recurrence, RecurrenceError};

use super::{recurrence, shown, utc};

const NINE: &str = "\
DTSTART;TZID=Europe/Berlin:20260101T090000
RRULE:FREQ=DAILY;COUNT=5
EXDATE:20260102T080000Z,20260104T080000Z
";

#[test]
fn the_lines_of_icalendar_are_read_and_written() {
    let nine = Recurrence::parse(NINE).unwrap();
    assert_eq!(nine.to_string(), NINE);
    // What is left out counts.
    assert_eq!(
        shown(&nine, 9),
        [
            "2026-01-01 09:00:00+01:00",
            "2026-01-03 09:00:00+01:00",
            "2026-01-05 09:00:00+01:00"
        ]
    );
    let unusual = "exdate;x-why=off;tzid=America/New_York:20260102T\r\n 030000\r\nRRULE:FREQ=DAILY;\r\n\tCOUNT=5\r\n\r\nEXDATE:20260104T090000\r\nDTSTART;TZID=Europe/Berlin:20260101T090000\r\n";
    assert_eq!(Recurrence::parse(unusual), Ok(nine));
    let plain = "DTSTART:20260101T090000Z\nRRULE:FREQ=DAILY\n";
    assert_eq!(Recurrence::parse(plain).unwrap().to_string(), plain);
}

#[test]
fn the_next_occurrence_is_the_first_after_a_time() {
    let nine = Recurrence::parse(NINE).unwrap();
    let after = |text: &str| nine.after(&utc(text)).map(|time| time.naive_utc().to_string());
    assert_eq!(after("1990-01-01 00:00"), Some("2026-01-01 08:00:00".to_owned()));
    assert_eq!(
        after("2026-01-01 07:59:59"),
        Some("2026-01-01 08:00:00".to_owned())
    );
    assert_eq!(after("2026-01-01 08:00"), Some("2026-01-03 08:00:00".to_owned()));
    assert_eq!(after("2026-01-05 08:00"), None);
    // By less than what a clock here counts.
    let nearly = utc("2026-01-05 08:00") - TimeDelta::nanoseconds(1);
    assert!(nine.after(&nearly).is_some());
    let just_past = utc("2026-01-05 08:00") + TimeDelta::nanoseconds(1);
    assert_eq!(nine.after(&just_past), None);
}

#[test]
fn a_span_has_its_beginning_and_not_its_end() {
    let hourly = recurrence("FREQ=HOURLY", "2026-01-01 00:00", "UTC");
    let count = |from: &str, end: &str, most: usize| hourly.between(&utc(from), &utc(end), most).count();
    assert_eq!(count("2026-01-02 00:00", "2026-01-03 00:00", 100), 24);
    assert_eq!(count("2026-01-02 00:00:01", "2026-01-03 00:00:01", 100), 24);
    assert_eq!(count("2026-01-02 00:00", "2026-01-03 00:00", 7), 7);
    assert_eq!(count("2025-01-02 00:00", "2026-01-01 00:00", 7), 0);
    assert_eq!(count("2026-01-03 00:00", "2026-01-02 00:00", 7), 0);
}

#[test]
fn mistakes_name_the_line_and_the_remedy() {
    let error = |text: &str| Recurrence::parse(text).unwrap_err().to_string();
    let with_start = |rest: &str| error(&format!("DTSTART:20260101T090000Z\n{rest}"));
    assert!(error("").contains("`DTSTART` is missing"));
    assert!(with_start("").contains("`RRULE` is missing"));
    assert!(with_start("RRULE:FREQ=DAILY\nRDATE:20260101T090000Z").contains("line 3 begins with `RDATE`"));
    assert!(with_start("RRULE:FREQ=DAILY\nRRULE:FREQ=DAILY").contains("line 3 is the second `RRULE`"));
    assert!(with_start("RRULE:FREQ=DAILY;COUNT=0").contains("line 2: `COUNT` must be a number"));
    assert!(with_start("RRULE:FREQ=DAILY\nEXDATE:tomorrow").contains("line 3: `tomorrow` is no time"));
    assert!(error("DTSTART:20260101T090000\nRRULE:FREQ=DAILY").contains("TZID=Europe/Berlin"));
    assert!(error("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=DAILY").contains("`20260101` is no time"));
    assert!(
        error("DTSTART;TZID=Mars/Olympus:20260101T090000\nRRULE:FREQ=DAILY")
            .contains("`Mars/Olympus` is no IANA")
    );
    assert!(error(&"x".repeat(20_001)).contains("20001"));
    let day = |hour: usize| format!("{:04}0101T{:02}0000Z", 2000 + hour / 24, hour % 24);
    let days: Vec<_> = (0..=Recurrence::MOST_EXCEPTIONS).map(day).collect();
    let many = format!(
        "DTSTART:20260101T090000Z\nRRULE:FREQ=DAILY\nEXDATE:{}",
        days.join(",")
    );
    assert_eq!(Recurrence::parse(&many), Err(RecurrenceError::TooManyExceptions));
}
