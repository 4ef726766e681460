//! Rules that name nothing, very much, or only far away end in bounded work.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use recurrence_rule::{MissingDay, Recurrence, Rule};

use super::{check, recurrence, utc, wall};

/// A bound that a slow machine keeps, and a walk without limits does not.
const SOON: Duration = Duration::from_secs(5);

#[test]
fn a_rule_that_names_nothing_ends_at_once() {
    for text in [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;UNTIL=20200101",
        "FREQ=SECONDLY;INTERVAL=60;BYSECOND=30",
        "FREQ=MINUTELY;INTERVAL=60;BYMINUTE=1",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=SECONDLY;INTERVAL=7;BYHOUR=1;BYMINUTE=1;BYSECOND=1;BYSETPOS=2",
        "FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=2",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
        "FREQ=YEARLY;INTERVAL=1000000;BYMONTH=2;BYMONTHDAY=30",
    ] {
        let begun = Instant::now();
        assert_eq!(
            recurrence(text, "2026-01-01 00:00", "Europe/Berlin")
                .iter()
                .next(),
            None,
            "{text}"
        );
        assert!(begun.elapsed() < SOON, "{text}: {:?}", begun.elapsed());
    }
}

#[test]
fn seldom_is_not_never() {
    check(
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
        "2097-01-01 00:00",
        &["2112-02-29 00:00", "2140-02-29 00:00"],
    );
    check(
        "FREQ=YEARLY;INTERVAL=400;BYYEARDAY=366",
        "2000-01-01 00:00",
        &["2000-12-31 00:00", "2400-12-31 00:00"],
    );
    // The remainder comes around once in 86,399 days, which are 236 years.
    check(
        "FREQ=SECONDLY;INTERVAL=86399;BYHOUR=0;BYMINUTE=0;BYSECOND=0",
        "2000-01-01 00:00",
        &["2000-01-01 00:00", "2236-07-21 00:00"],
    );
}

#[test]
fn a_rule_that_names_very_much_is_lazy() {
    let all = |last: u32| {
        (0..=last)
            .map(|number| number.to_string())
            .collect::<Vec<_>>()
            .join(",")
    };
    for positions in ["", ";BYSETPOS=1,-1,366,-366"] {
        let rule = format!(
            "FREQ=YEARLY;BYHOUR={};BYMINUTE={};BYSECOND={}{positions}",
            all(23),
            all(59),
            all(59)
        );
        let begun = Instant::now();
        let recurrence = recurrence(&rule, "2026-01-01 00:00", "America/New_York");
        assert_eq!(recurrence.iter().take(4).count(), 4);
        assert!(recurrence.after(&utc("9000-06-01 00:00")).is_some());
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    }
}

#[test]
fn the_next_time_is_found_at_once_however_long_ago_the_start_was() {
    for text in [
        "FREQ=SECONDLY",
        "FREQ=SECONDLY;BYSECOND=0;BYSETPOS=1",
        "FREQ=MINUTELY;INTERVAL=7",
        "FREQ=HOURLY;BYDAY=MO",
        "FREQ=DAILY;BYHOUR=1,2,3",
        "FREQ=YEARLY;INTERVAL=3",
    ] {
        let begun = Instant::now();
        let recurrence = recurrence(text, "1970-01-01 00:00", "America/New_York");
        let now = utc("8026-01-01 00:00");
        let next = recurrence.after(&now).unwrap();
        assert!(next > now && next - now < TimeDelta::days(1200), "{text}: {next}");
        assert!(begun.elapsed() < SOON, "{text}: {:?}", begun.elapsed());
    }
}

#[test]
fn walking_along_a_count_is_bounded() {
    for text in [
        "FREQ=SECONDLY;COUNT=100000",
        "FREQ=SECONDLY;INTERVAL=7;BYHOUR=0;BYMINUTE=0;BYSECOND=0;COUNT=100000",
        "FREQ=SECONDLY;INTERVAL=59;BYDAY=MO;BYHOUR=23;BYMINUTE=59;BYSECOND=59;COUNT=100000",
        "FREQ=DAILY;BYDAY=MO;BYMONTH=2;BYMONTHDAY=29;COUNT=100000",
        "FREQ=DAILY;COUNT=100000",
        "FREQ=YEARLY;BYDAY=MO,TU;BYHOUR=1,2,3;BYSETPOS=-1,5;COUNT=100000",
    ] {
        let begun = Instant::now();
        let recurrence = recurrence(text, "1970-01-01 00:00", "Europe/Berlin");
        let _found = recurrence.after(&utc("9990-01-01 00:00"));
        assert!(begun.elapsed() < SOON, "{text}: {:?}", begun.elapsed());
    }
}

#[test]
fn walking_past_what_is_left_out_is_bounded() {
    let mut rare = recurrence(
        "FREQ=SECONDLY;INTERVAL=4799;BYHOUR=0;BYMINUTE=0;BYSECOND=0",
        "1970-01-01 00:00",
        "UTC",
    );
    let all: Vec<_> = rare.iter().take(40).collect();
    for time in &all {
        rare.leave_out(time).unwrap();
    }
    let begun = Instant::now();
    // The 41st comes in some five hundred years, behind more periods than are looked at.
    assert_eq!(rare.iter().next(), None);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[test]
fn nothing_lies_beyond_the_year_9999() {
    check(
        "FREQ=DAILY",
        "9999-12-30 23:00",
        &["9999-12-30 23:00", "9999-12-31 23:00"],
    );
    assert_eq!(
        recurrence("FREQ=DAILY", "9999-12-30 23:00", "Pacific/Kiritimati")
            .iter()
            .count(),
        2
    );
    assert_eq!(
        recurrence("FREQ=SECONDLY", "9999-12-31 23:59:58", "UTC")
            .iter()
            .count(),
        2
    );
    assert_eq!(
        recurrence("FREQ=YEARLY;INTERVAL=1000000", "2026-01-01 00:00", "UTC")
            .iter()
            .count(),
        1
    );
    let last = Rule::parse("FREQ=WEEKLY").unwrap();
    assert_eq!(
        last.days(wall("9999-12-31 00:00").date(), MissingDay::LeftOut)
            .count(),
        1
    );
    for start in [chrono::NaiveDateTime::MAX, chrono::NaiveDateTime::MIN] {
        for rule in ["FREQ=DAILY", "FREQ=HOURLY", "FREQ=YEARLY;BYWEEKNO=1"] {
            let recurrence = Recurrence::new(Rule::parse(rule).unwrap(), start, chrono_tz::Tz::UTC);
            assert!(recurrence.iter().take(3).count() <= 3);
        }
    }
}
