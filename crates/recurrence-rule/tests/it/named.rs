//! The days that a rule names, for what has no time of its own.

use chrono::NaiveDate;
use recurrence_rule::{MissingDay, Rule};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn days(rule: &str, start: &str, missing: MissingDay, most: usize) -> Vec<String> {
    let rule = Rule::parse(rule).unwrap();
    rule.days(day(start), missing)
        .take(most)
        .map(|day| day.to_string())
        .collect()
}

#[test]
fn a_day_that_a_month_does_not_have_is_left_out_or_its_last() {
    let check = |rule: &str, start: &str, left_out: &[&str], last: &[&str]| {
        assert_eq!(days(rule, start, MissingDay::LeftOut, 4), left_out, "{rule}");
        assert_eq!(days(rule, start, MissingDay::LastOfMonth, 4), last, "{rule}");
    };
    check(
        "FREQ=MONTHLY",
        "2026-01-31",
        &["2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31"],
        &["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"],
    );
    check(
        "FREQ=YEARLY",
        "2028-02-29",
        &["2028-02-29", "2032-02-29", "2036-02-29", "2040-02-29"],
        &["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28"],
    );
    check(
        "FREQ=YEARLY;BYMONTH=1,2",
        "2026-01-30",
        &["2026-01-30", "2027-01-30", "2028-01-30", "2029-01-30"],
        &["2026-01-30", "2026-02-28", "2027-01-30", "2027-02-28"],
    );
    // One that the rule names itself.
    let named = &["2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31"];
    check("FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-31", named, named);
}

#[test]
fn days_begin_anywhere_and_count_from_the_start() {
    for rule in [
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=MONTHLY;BYDAY=-1FR;COUNT=40",
        "FREQ=YEARLY;BYWEEKNO=1",
    ] {
        let rule = Rule::parse(rule).unwrap();
        let start = day("2026-01-01");
        for from in ["2025-01-01", "2026-01-01", "2027-12-31", "2029-05-05"] {
            let from = day(from);
            let walked: Vec<_> = rule
                .days(start, MissingDay::LeftOut)
                .skip_while(|day| *day < from)
                .take(5)
                .collect();
            let found: Vec<_> = rule.days_from(start, from, MissingDay::LeftOut).take(5).collect();
            assert_eq!(found, walked, "{rule} from {from}");
        }
    }
}

#[test]
fn a_rule_about_times_names_no_days() {
    for rule in ["FREQ=HOURLY", "FREQ=DAILY;BYHOUR=9"] {
        assert!(days(rule, "2026-01-01", MissingDay::LeftOut, 1).is_empty());
    }
}
