//! What rules name, beyond the RFC's examples, and how they are written.

use recurrence_rule::{Frequency, Rule, Until};

use super::{check, recurrence, shown, wall};

#[test]
fn a_month_without_the_day_is_left_out() {
    check(
        "freq=monthly",
        "2026-01-31 12:00",
        &["2026-01-31 12:00", "2026-03-31 12:00", "2026-05-31 12:00"],
    );
    check(
        "FREQ=YEARLY",
        "2028-02-29 12:00",
        &["2028-02-29 12:00", "2032-02-29 12:00", "2036-02-29 12:00"],
    );
    check(
        "FREQ=MONTHLY;BYMONTHDAY=-31",
        "2026-01-01 12:00",
        &["2026-01-01 12:00", "2026-03-01 12:00", "2026-05-01 12:00"],
    );
}

#[test]
fn weeks_have_numbers_and_years_of_their_own() {
    // Week 1 of 2026 begins on 29 December 2025; 2026 has 53 weeks.
    check(
        "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO",
        "2025-06-01 00:00",
        &["2025-12-29 00:00", "2027-01-04 00:00"],
    );
    check(
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU",
        "2026-01-01 00:00",
        &["2027-01-03 00:00", "2033-01-02 00:00"],
    );
    check(
        "FREQ=YEARLY;BYWEEKNO=-1;BYDAY=TH",
        "2026-01-01 00:00",
        &["2026-12-31 00:00", "2027-12-30 00:00"],
    );
    // Weeks that begin on Sunday: week 1 of 2026 is that of 4 January.
    check(
        "FREQ=YEARLY;BYWEEKNO=1;BYDAY=SU;WKST=SU",
        "2026-01-01 00:00",
        &["2026-01-04 00:00", "2027-01-03 00:00"],
    );
    // The day of the week is the start's.
    check(
        "FREQ=YEARLY;BYWEEKNO=20",
        "1997-05-14 00:00",
        &["1997-05-14 00:00", "1998-05-13 00:00"],
    );
}

#[test]
fn positions_are_those_in_the_whole_period() {
    check(
        "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=-1,1",
        "2026-11-18 08:00",
        &["2026-11-20 08:00", "2026-11-23 08:00", "2026-11-27 08:00"],
    );
    // The last second but one of a year.
    check(
        "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=0,23;BYMINUTE=0,59;BYSECOND=0,58,59;BYSETPOS=-2",
        "2026-01-01 00:00",
        &["2026-12-31 23:59:58", "2027-12-31 23:59:58"],
    );
    check(
        "FREQ=HOURLY;BYMINUTE=5,20,40;BYSETPOS=2",
        "2026-01-01 00:00",
        &["2026-01-01 00:20", "2026-01-01 01:20"],
    );
    check("FREQ=DAILY;BYHOUR=1,2,3;BYSETPOS=9", "2026-01-01 00:00", &[]);
}

#[test]
fn days_of_the_year_count_from_both_ends() {
    check(
        "FREQ=YEARLY;BYYEARDAY=1,-1,366",
        "2027-01-02 00:00",
        &[
            "2027-12-31 00:00",
            "2028-01-01 00:00",
            "2028-12-31 00:00",
            "2029-01-01 00:00",
        ],
    );
    check(
        "FREQ=SECONDLY;BYYEARDAY=60;BYHOUR=0;BYMINUTE=0;BYSECOND=0",
        "2027-01-01 00:00",
        &["2027-03-01 00:00", "2028-02-29 00:00"],
    );
}

#[test]
fn a_start_that_the_rule_does_not_name_is_no_occurrence() {
    check(
        "FREQ=WEEKLY;BYDAY=MO;COUNT=2",
        "2026-11-21 08:00",
        &["2026-11-23 08:00", "2026-11-30 08:00"],
    );
    check(
        "FREQ=DAILY;BYHOUR=9,17;BYMINUTE=0",
        "2026-01-01 10:30:15",
        &["2026-01-01 17:00:15", "2026-01-02 09:00:15"],
    );
    check(
        "FREQ=HOURLY;INTERVAL=6;BYDAY=SA",
        "2026-11-20 20:10",
        &["2026-11-21 02:10", "2026-11-21 08:10"],
    );
}

#[test]
fn until_includes_what_it_names() {
    let last = |rule: &str, zone: &str| {
        shown(&recurrence(rule, "2026-01-01 00:30", zone), 20)
            .pop()
            .unwrap()
    };
    assert_eq!(
        last("FREQ=DAILY;UNTIL=20260103", "Europe/Berlin"),
        "2026-01-03 00:30:00+01:00"
    );
    assert_eq!(
        last("FREQ=DAILY;UNTIL=20260103T003000", "Europe/Berlin"),
        "2026-01-03 00:30:00+01:00"
    );
    assert_eq!(
        last("FREQ=DAILY;UNTIL=20260103T002959", "Europe/Berlin"),
        "2026-01-02 00:30:00+01:00"
    );
    assert_eq!(
        last("FREQ=DAILY;UNTIL=20260102T233000Z", "Europe/Berlin"),
        "2026-01-03 00:30:00+01:00"
    );
    assert_eq!(
        last("FREQ=DAILY;UNTIL=20260102T232959Z", "Europe/Berlin"),
        "2026-01-02 00:30:00+01:00"
    );
    check("FREQ=DAILY;UNTIL=20251231", "2026-01-01 00:30", &[]);
}

#[test]
fn the_written_rule_is_canonical() {
    let check = |text: &str, expected: &str| assert_eq!(Rule::parse(text).unwrap().to_string(), expected);
    check(
        " rrule:wkst=mo;byday=fr,+1mo,-1mo,fr;interval=1;freq=monthly; ",
        "FREQ=MONTHLY;BYDAY=-1MO,1MO,FR",
    );
    check(
        "FREQ=YEARLY;BYMONTHDAY=3,-1,03;BYMONTH=12,2",
        "FREQ=YEARLY;BYMONTH=2,12;BYMONTHDAY=-1,3",
    );
    check(
        "FREQ=DAILY;UNTIL=20261231T235960Z;INTERVAL=02",
        "FREQ=DAILY;INTERVAL=2;UNTIL=20261231T235959Z",
    );
    check(
        "FREQ=MINUTELY;BYSECOND=60;WKST=SU;COUNT=1",
        "FREQ=MINUTELY;COUNT=1;BYSECOND=59;WKST=SU",
    );
}

#[test]
fn the_parts_can_be_asked_for_and_changed() {
    let rule = Rule::parse("FREQ=WEEKLY;INTERVAL=2;UNTIL=20261231").unwrap();
    assert_eq!(
        (rule.frequency(), rule.interval(), rule.count()),
        (Frequency::Weekly, 2, None)
    );
    assert_eq!(rule.until(), Some(Until::Day(wall("2026-12-31 00:00").date())));
    assert!(!rule.names_times());
    assert!(Rule::parse("FREQ=DAILY;BYSECOND=0").unwrap().names_times());
    let endless = rule.endless().with_interval(0);
    assert_eq!(endless.to_string(), "FREQ=WEEKLY");
    assert_eq!(endless.with_count(Some(4)).to_string(), "FREQ=WEEKLY;COUNT=4");
    let anchored = Rule::every(Frequency::Yearly).anchored(wall("2026-02-28 09:30:15"));
    assert_eq!(
        anchored.to_string(),
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28;BYHOUR=9;BYMINUTE=30;BYSECOND=15"
    );
}
