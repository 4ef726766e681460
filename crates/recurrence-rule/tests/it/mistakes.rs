//! Texts that are no rules.

use recurrence_rule::{Rule, RuleError};

#[test]
fn mistakes_name_the_part_the_place_and_the_remedy() {
    for (text, expected) in [
        (
            "daily",
            "`DAILY` at character 1 is no part of a rule; a rule is written like `FREQ=WEEKLY;BYDAY=MO,TH`",
        ),
        ("", "FREQ=WEEKLY;BYDAY=MO,TH"),
        ("COUNT=1", "`FREQ` is missing"),
        ("FREQ=DAILY;;COUNT=1", "`` at character 12"),
        (
            " RRULE:FREQ=DAILY;FREQ=DAILY",
            "`FREQ` stands twice, again at character 19; join them",
        ),
        (
            "FREQ=DAILY;BYEASTER=1",
            "`BYEASTER` at character 12 is no part of a rule; known are FREQ",
        ),
        (
            "FREQ=DAILY;BYHOUR=9,24",
            "`BYHOUR` must be numbers from 0 to 23, not `24` (at character 12)",
        ),
        ("FREQ=DAYLY", "`FREQ` must be SECONDLY, MINUTELY"),
        (
            "FREQ=DAILY;INTERVAL=0",
            "`INTERVAL` must be a number from 1 to 1000000, not `0`",
        ),
        ("FREQ=DAILY;INTERVAL=99999999999", "`INTERVAL`"),
        ("FREQ=DAILY;COUNT=+3", "not `+3`"),
        ("FREQ=DAILY;COUNT=", "`COUNT`"),
        (
            "FREQ=DAILY;BYMONTH=-1",
            "`BYMONTH` must be numbers from 1 to 12, not `-1`",
        ),
        (
            "FREQ=DAILY;BYMONTHDAY=0",
            "or the same with a minus to count from the end, not `0`",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,0TU",
            "`BYDAY` must be days like MO, 2TU or -1FR, not `0TU`",
        ),
        ("FREQ=MONTHLY;BYDAY=é", "`BYDAY`"),
        ("FREQ=YEARLY;BYDAY=54MO", "`BYDAY`"),
        ("FREQ=DAILY;WKST=1MO", "`WKST`"),
        ("FREQ=DAILY;UNTIL=tomorrow", "`UNTIL` must be a day like 20301231"),
        ("FREQ=DAILY;UNTIL=20260230", "`UNTIL`"),
        ("FREQ=DAILY;UNTIL=00000101", "`UNTIL`"),
        ("FREQ=DAILY;UNTIL=2026-1-1", "`UNTIL`"),
        ("FREQ=DAILY;UNTIL=20260101T000000+01", "`UNTIL`"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20300101", "leave one out"),
        ("FREQ=WEEKLY;BYDAY=1MO", "monthly and yearly"),
        ("FREQ=MONTHLY;BYDAY=6MO", "from -5 to 5 within a month"),
        ("FREQ=YEARLY;BYWEEKNO=2;BYDAY=1MO", "beside `BYWEEKNO`"),
        ("FREQ=DAILY;BYWEEKNO=1", "write `FREQ=YEARLY`"),
        (
            "FREQ=WEEKLY;BYMONTHDAY=1",
            "`BYMONTHDAY` does not go with weekly rules",
        ),
        ("FREQ=MONTHLY;BYYEARDAY=1", "write `FREQ=YEARLY`"),
        ("FREQ=MONTHLY;BYSETPOS=1", "such as `BYDAY`"),
    ] {
        let error = Rule::parse(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    assert_eq!(
        Rule::parse(&"x".repeat(1001)),
        Err(RuleError::TooLong { length: 1001 })
    );
}

#[test]
fn a_message_repeats_a_few_words_only() {
    let error = Rule::parse(&format!("FREQ=DAILY;COUNT={}", "9".repeat(400))).unwrap_err();
    assert!(error.to_string().len() < 150, "{error}");
}
