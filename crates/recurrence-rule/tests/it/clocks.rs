//! Clocks that go forward and back.

use super::{recurrence, shown};

fn check(rule: &str, start: &str, zone: &str, expected: &[&str]) {
    let found = shown(&recurrence(rule, start, zone), expected.len());
    assert_eq!(found, expected, "{rule} from {start} in {zone}");
}

#[test]
fn the_time_on_the_wall_stays() {
    // Berlin goes forward on 29 March 2026 at 02:00, back on 25 October at 03:00.
    check(
        "FREQ=DAILY",
        "2026-03-28 09:00",
        "Europe/Berlin",
        &["2026-03-28 09:00:00+01:00", "2026-03-29 09:00:00+02:00"],
    );
    // New York on 8 March and 1 November.
    check(
        "FREQ=WEEKLY",
        "2026-10-28 09:00",
        "America/New_York",
        &["2026-10-28 09:00:00-04:00", "2026-11-04 09:00:00-05:00"],
    );
    check(
        "FREQ=MONTHLY",
        "2026-02-08 01:59",
        "America/New_York",
        &[
            "2026-02-08 01:59:00-05:00",
            "2026-03-08 01:59:00-05:00",
            "2026-04-08 01:59:00-04:00",
        ],
    );
}

#[test]
fn a_time_that_is_skipped_moves_by_the_gap() {
    check(
        "FREQ=DAILY",
        "2026-03-28 02:30",
        "Europe/Berlin",
        &[
            "2026-03-28 02:30:00+01:00",
            "2026-03-29 03:30:00+02:00",
            "2026-03-30 02:30:00+02:00",
        ],
    );
    check(
        "FREQ=DAILY",
        "2026-03-07 02:00",
        "America/New_York",
        &[
            "2026-03-07 02:00:00-05:00",
            "2026-03-08 03:00:00-04:00",
            "2026-03-09 02:00:00-04:00",
        ],
    );
    // By half an hour.
    check(
        "FREQ=DAILY",
        "2026-10-03 02:15",
        "Australia/Lord_Howe",
        &[
            "2026-10-03 02:15:00+10:30",
            "2026-10-04 02:45:00+11:00",
            "2026-10-05 02:15:00+11:00",
        ],
    );
    // Samoa had no 30 December 2011.
    check(
        "FREQ=DAILY;COUNT=3",
        "2011-12-29 09:00",
        "Pacific/Apia",
        &[
            "2011-12-29 09:00:00-10:00",
            "2011-12-31 09:00:00+14:00",
            "2012-01-01 09:00:00+14:00",
        ],
    );
    // The start itself: the days after it are those of the rule again.
    check(
        "FREQ=DAILY",
        "2026-03-29 02:30",
        "Europe/Berlin",
        &["2026-03-29 03:30:00+02:00", "2026-03-30 02:30:00+02:00"],
    );
}

#[test]
fn skipped_times_keep_the_order_and_coincide_once() {
    check(
        "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=0,30;COUNT=9",
        "2026-03-29 00:00",
        "Europe/Berlin",
        &[
            "2026-03-29 01:00:00+01:00",
            "2026-03-29 01:30:00+01:00",
            "2026-03-29 03:00:00+02:00",
            "2026-03-29 03:30:00+02:00",
            "2026-03-30 01:00:00+02:00",
        ],
    );
}

#[test]
fn a_time_that_comes_twice_is_the_first() {
    check(
        "FREQ=DAILY",
        "2026-10-24 02:30",
        "Europe/Berlin",
        &[
            "2026-10-24 02:30:00+02:00",
            "2026-10-25 02:30:00+02:00",
            "2026-10-26 02:30:00+01:00",
        ],
    );
    check(
        "FREQ=DAILY",
        "2026-10-31 01:30",
        "America/New_York",
        &[
            "2026-10-31 01:30:00-04:00",
            "2026-11-01 01:30:00-04:00",
            "2026-11-02 01:30:00-05:00",
        ],
    );
    check(
        "FREQ=DAILY",
        "2026-04-04 01:45",
        "Australia/Lord_Howe",
        &[
            "2026-04-04 01:45:00+11:00",
            "2026-04-05 01:45:00+11:00",
            "2026-04-06 01:45:00+10:30",
        ],
    );
}

#[test]
fn rules_of_an_hour_and_shorter_count_real_time() {
    check(
        "FREQ=HOURLY",
        "2026-10-25 01:30",
        "Europe/Berlin",
        &[
            "2026-10-25 01:30:00+02:00",
            "2026-10-25 02:30:00+02:00",
            "2026-10-25 02:30:00+01:00",
            "2026-10-25 03:30:00+01:00",
        ],
    );
    check(
        "FREQ=MINUTELY;INTERVAL=45",
        "2026-03-29 01:00",
        "Europe/Berlin",
        &[
            "2026-03-29 01:00:00+01:00",
            "2026-03-29 01:45:00+01:00",
            "2026-03-29 03:30:00+02:00",
        ],
    );
    // In an hour that is cut in half, two meet.
    check(
        "FREQ=HOURLY;BYMINUTE=0,15,30,45",
        "2026-10-04 01:30",
        "Australia/Lord_Howe",
        &[
            "2026-10-04 01:30:00+10:30",
            "2026-10-04 01:45:00+10:30",
            "2026-10-04 02:30:00+11:00",
            "2026-10-04 02:45:00+11:00",
            "2026-10-04 03:00:00+11:00",
        ],
    );
    // What clocks skip is not named by them: the hour was not there.
    check(
        "FREQ=MINUTELY;BYHOUR=2;BYMINUTE=30",
        "2026-03-28 02:30",
        "Europe/Berlin",
        &["2026-03-28 02:30:00+01:00", "2026-03-30 02:30:00+02:00"],
    );
}

#[test]
fn the_day_is_the_one_where_the_clock_hangs() {
    // 23:30 on Friday in New York is Saturday in UTC.
    check(
        "FREQ=WEEKLY;BYDAY=FR",
        "2026-01-02 23:30",
        "America/New_York",
        &["2026-01-02 23:30:00-05:00", "2026-01-09 23:30:00-05:00"],
    );
}
