//! Rules of jobs: from firing to firing, written down and read again in between. What rules name is tested where they are made.

use chrono::DateTime;

use super::{Rule, RuleError};

/// Milliseconds of an RFC 3339 time.
fn at(text: &str) -> u64 {
    DateTime::parse_from_rfc3339(text)
        .unwrap()
        .timestamp_millis()
        .try_into()
        .unwrap()
}

fn shown(time: u64) -> String {
    DateTime::from_timestamp_millis(time.try_into().unwrap())
        .unwrap()
        .format("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

/// All firings of a job that is never late, up to ten.
fn firings(text: &str, zone: &str, start: &str) -> Vec<String> {
    let mut rule = Rule::new(text, zone, at(start)).unwrap();
    let mut due = rule.first(at(start));
    let mut found = Vec::new();
    while let Some(time) = due.filter(|_time| found.len() < 10) {
        found.push(shown(time));
        // As the store does it: written down and read again.
        rule = Rule::resume(&rule.to_string(), rule.zone(), time).unwrap();
        let next = rule.next(time, time);
        due = next.as_ref().map(|(time, _rule)| *time);
        if let Some((_time, next)) = next {
            rule = next;
        }
    }
    found
}

fn check(text: &str, zone: &str, start: &str, expected: &[&str]) {
    let found = firings(text, zone, start);
    assert_eq!(&found[..expected.len().min(found.len())], expected, "{text}");
    if found.len() < 10 {
        assert_eq!(found.len(), expected.len(), "{text}: {found:?}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of rules")]
fn rules_name_what_the_calendar_says() {
    check(
        "FREQ=DAILY;COUNT=3",
        "UTC",
        "2026-02-27T09:30:00Z",
        &[
            "2026-02-27T09:30:00Z",
            "2026-02-28T09:30:00Z",
            "2026-03-01T09:30:00Z",
        ],
    );
    check(
        "RRULE:FREQ=WEEKLY;BYDAY=MO,TH",
        "UTC",
        "2026-11-21T08:00:00Z",
        &[
            "2026-11-23T08:00:00Z",
            "2026-11-26T08:00:00Z",
            "2026-11-30T08:00:00Z",
        ],
    );
    check(
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "UTC",
        "2027-12-31T00:00:00Z",
        &[
            "2027-12-31T00:00:00Z",
            "2028-01-31T00:00:00Z",
            "2028-02-29T00:00:00Z",
        ],
    );
    // A month without the day is left out, as RFC 5545 says.
    check(
        "freq=monthly",
        "UTC",
        "2026-01-31T12:00:00Z",
        &[
            "2026-01-31T12:00:00Z",
            "2026-03-31T12:00:00Z",
            "2026-05-31T12:00:00Z",
        ],
    );
    check(
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "UTC",
        "2026-01-01T17:00:00Z",
        &[
            "2026-01-30T17:00:00Z",
            "2026-02-27T17:00:00Z",
            "2026-03-31T17:00:00Z",
        ],
    );
    check(
        "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
        "UTC",
        "2026-01-01T00:00:00Z",
        &["2026-11-26T00:00:00Z", "2027-11-25T00:00:00Z"],
    );
    check(
        "FREQ=YEARLY;BYDAY=-1SU",
        "UTC",
        "2026-01-01T00:00:00Z",
        &["2026-12-27T00:00:00Z", "2027-12-26T00:00:00Z"],
    );
    check(
        "FREQ=DAILY;BYHOUR=9,17;BYMINUTE=0",
        "UTC",
        "2026-01-01T10:30:15Z",
        &["2026-01-01T17:00:15Z", "2026-01-02T09:00:15Z"],
    );
    check(
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;WKST=SU",
        "UTC",
        "2026-01-04T00:00:00Z",
        &["2026-01-04T00:00:00Z", "2026-01-18T00:00:00Z"],
    );
    check(
        "FREQ=HOURLY;INTERVAL=6;BYDAY=SA",
        "UTC",
        "2026-11-20T20:10:00Z",
        &[
            "2026-11-21T02:10:00Z",
            "2026-11-21T08:10:00Z",
            "2026-11-21T14:10:00Z",
            "2026-11-21T20:10:00Z",
            "2026-11-28T02:10:00Z",
        ],
    );
    check(
        "FREQ=MINUTELY;BYHOUR=3;BYMINUTE=0,30",
        "UTC",
        "2026-01-01T03:10:20Z",
        &["2026-01-01T03:30:20Z", "2026-01-02T03:00:20Z"],
    );
    check(
        "FREQ=SECONDLY;INTERVAL=90",
        "UTC",
        "2026-01-01T00:00:00Z",
        &["2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z"],
    );
}

#[test]
fn a_rule_ends_with_its_until() {
    check(
        "FREQ=DAILY;UNTIL=20260102",
        "Europe/Berlin",
        "2025-12-31T23:30:00Z",
        &["2025-12-31T23:30:00Z", "2026-01-01T23:30:00Z"],
    );
    check(
        "FREQ=DAILY;UNTIL=20260102T090000Z",
        "UTC",
        "2026-01-01T09:00:00Z",
        &["2026-01-01T09:00:00Z", "2026-01-02T09:00:00Z"],
    );
    check(
        "FREQ=DAILY;UNTIL=20260102T085959",
        "UTC",
        "2026-01-01T09:00:00Z",
        &["2026-01-01T09:00:00Z"],
    );
}

#[test]
fn the_time_on_the_wall_stays_when_clocks_change() {
    // Berlin goes forward on 29 March 2026 at 02:00, back on 25 October at 03:00.
    check(
        "FREQ=DAILY",
        "Europe/Berlin",
        "2026-03-28T08:00:00Z",
        &["2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z"],
    );
    // 02:30 does not exist on the 29th; the day after it is 02:30 again.
    check(
        "FREQ=DAILY",
        "Europe/Berlin",
        "2026-03-28T01:30:00Z",
        &[
            "2026-03-28T01:30:00Z",
            "2026-03-29T01:30:00Z",
            "2026-03-30T00:30:00Z",
        ],
    );
    // 02:30 comes twice on 25 October and fires once.
    check(
        "FREQ=DAILY",
        "Europe/Berlin",
        "2026-10-24T00:30:00Z",
        &[
            "2026-10-24T00:30:00Z",
            "2026-10-25T00:30:00Z",
            "2026-10-26T01:30:00Z",
        ],
    );
    // Every hour is every hour.
    check(
        "FREQ=HOURLY",
        "Europe/Berlin",
        "2026-10-24T23:30:00Z",
        &[
            "2026-10-24T23:30:00Z",
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:30:00Z",
            "2026-10-25T02:30:00Z",
        ],
    );
    // By half an hour only.
    check(
        "FREQ=DAILY",
        "Australia/Lord_Howe",
        "2026-10-02T15:45:00Z",
        &[
            "2026-10-02T15:45:00Z",
            "2026-10-03T15:45:00Z",
            "2026-10-04T15:15:00Z",
        ],
    );
}

#[test]
fn what_was_missed_is_left_out_and_counts() {
    let start = at("2026-01-01T09:00:00Z");
    let rule = Rule::new("FREQ=DAILY;COUNT=5", "UTC", start).unwrap();
    let (next, rule) = rule.next(start, at("2026-01-03T12:00:00Z")).unwrap();
    assert_eq!(
        (shown(next).as_str(), rule.to_string().contains("COUNT=2")),
        ("2026-01-04T09:00:00Z", true)
    );
    let (last, rule) = rule.next(next, next).unwrap();
    assert_eq!(shown(last), "2026-01-05T09:00:00Z");
    assert_eq!(rule.next(last, last), None);
}

#[test]
fn the_next_time_is_found_at_once_however_long_ago_the_last_was() {
    let begun = std::time::Instant::now();
    for text in [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=7",
        "FREQ=DAILY;BYHOUR=1,2,3",
        "FREQ=YEARLY;INTERVAL=3",
    ] {
        let rule = Rule::new(text, "America/New_York", 500).unwrap();
        let (next, _rule) = rule.next(500, at("2026-01-01T00:00:00Z")).unwrap();
        assert!(
            next > at("2026-01-01T00:00:00Z") && next % 1000 == 500,
            "{text}: {}",
            shown(next)
        );
    }
    assert!(
        begun.elapsed() < std::time::Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_rule_that_never_fires_is_told_in_time() {
    let begun = std::time::Instant::now();
    for text in [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=DAILY;UNTIL=20200101",
        "FREQ=SECONDLY;INTERVAL=60;BYSECOND=30",
        "FREQ=MINUTELY;INTERVAL=60;BYMINUTE=1",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=2",
    ] {
        let error = Rule::new(text, "UTC", at("2026-01-01T00:00:00Z")).unwrap_err();
        assert_eq!(error, RuleError::NeverFires, "{text}");
    }
    assert!(
        begun.elapsed() < std::time::Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
    // Seldom is not never.
    check(
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
        "UTC",
        "2097-01-01T00:00:00Z",
        &["2112-02-29T00:00:00Z", "2140-02-29T00:00:00Z"],
    );
}

#[test]
fn mistakes_name_the_part_and_the_remedy() {
    let error = |text: &str, zone: &str| Rule::new(text, zone, 0).unwrap_err().to_string();
    assert!(error("daily", "UTC").contains("FREQ=WEEKLY;BYDAY=MO,TH"));
    assert!(error("COUNT=1", "UTC").contains("`FREQ` is missing"));
    assert!(error("FREQ=DAILY;FREQ=DAILY", "UTC").contains("twice"));
    assert!(error("FREQ=DAILY;BYHOUR=24", "UTC").contains("`BYHOUR` must be numbers from 0 to 23"));
    assert!(error("FREQ=DAILY;INTERVAL=0", "UTC").contains("`INTERVAL`"));
    assert!(error("FREQ=DAILY;BYWEEKNO=1", "UTC").contains("`BYWEEKNO`"));
    assert!(error("FREQ=DAILY;BYDAY=0MO", "UTC").contains("`BYDAY`"));
    assert!(error("FREQ=DAILY;BYDAY=é", "UTC").contains("`BYDAY`"));
    assert!(error("FREQ=WEEKLY;BYDAY=1MO", "UTC").contains("monthly and yearly"));
    assert!(error("FREQ=DAILY;COUNT=2;UNTIL=20300101", "UTC").contains("exclude"));
    assert!(error("FREQ=DAILY", "Mars/Olympus").contains("`Europe/Berlin`"));
    assert!(error(&"x".repeat(501), "UTC").contains("501"));
}

#[test]
fn the_longest_rule_can_be_read_again_with_what_it_takes_from_its_start() {
    let months = |count: usize| vec!["12"; count].join(",");
    let minutes = (0..60)
        .map(|minute| minute.to_string())
        .collect::<Vec<_>>()
        .join(",");
    let seconds = (0..60)
        .map(|second| second.to_string())
        .collect::<Vec<_>>()
        .join(",");
    let text = format!(
        "FREQ=YEARLY;UNTIL=99991231T235959Z;BYSETPOS=1,-1;BYMINUTE={minutes};BYSECOND={seconds};BYMONTH="
    );
    let text = format!("{text}{}", months((500 - text.len() + 1) / 3));
    assert!(text.len() > 495 && text.len() <= 500);
    let start = at("2026-11-21T08:10:00Z");
    let rule = Rule::new(&text, "America/Argentina/ComodRivadavia", start).unwrap();
    let due = rule.first(start).unwrap();
    assert_eq!(Rule::resume(&rule.to_string(), rule.zone(), due), Ok(rule));
}

/// As versions wrote it that put BYDAY last and the end of a day as a time.
#[test]
fn rules_that_older_versions_have_written_are_read() {
    let due = at("2026-11-23T08:00:00Z");
    let kept = "FREQ=WEEKLY;UNTIL=20261130T235959;BYHOUR=8;BYMINUTE=0;BYSECOND=0;BYDAY=MO;WKST=SU";
    let rule = Rule::resume(kept, "UTC", due).unwrap();
    let (next, rule) = rule.next(due, due).unwrap();
    assert_eq!(shown(next), "2026-11-30T08:00:00Z");
    assert_eq!(rule.next(next, next), None);
}
