//! What holds for every rule, anchor and zone.

use chrono::{Datelike as _, NaiveDate};
use proptest::prelude::*;

use crate::due::Due;
use crate::recurrence::{Rule, SeriesAnchor, next};
use crate::time::Timestamp;
use crate::zone::Zone;

fn zones() -> impl Strategy<Value = Zone> {
    prop::sample::select(vec![
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
    ])
    .prop_map(|name| Zone::parse(name).unwrap())
}

fn rules() -> impl Strategy<Value = String> {
    let frequency = prop::sample::select(vec!["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]);
    let by = prop::sample::select(vec![
        "",
        ";BYDAY=MO",
        ";BYDAY=SA,SU",
        ";BYMONTH=2,7",
        ";BYMONTHDAY=15,-1",
        ";BYDAY=2TU",
        ";BYDAY=-1FR",
        ";BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        ";BYMONTH=2;BYMONTHDAY=29",
    ]);
    (frequency, 1_u32..40, by)
        .prop_map(|(frequency, interval, by)| format!("FREQ={frequency};INTERVAL={interval}{by}"))
}

fn times() -> impl Strategy<Value = Timestamp> {
    (0_i64..4_000_000_000).prop_map(|seconds| Timestamp::from_millis(seconds * 1000).unwrap())
}

proptest! {
    #[test]
    fn occurrences_come_after_the_anchor_and_one_after_the_other(rule in rules(), time in times(), zone in zones()) {
        let Ok(rule) = Rule::parse(&rule) else { return Ok(()) };
        let anchor = SeriesAnchor { due: Due::Time(time), occurrence: 1 };
        let mut last = time;
        for occurrence in 1..12 {
            let Some(Due::Time(due)) = next(&rule, &anchor, zone, occurrence) else { break };
            prop_assert!(due > last);
            last = due;
        }
    }

    #[test]
    fn the_wall_clock_stays(rule in rules(), time in times(), zone in zones()) {
        let Ok(rule) = Rule::parse(&rule) else { return Ok(()) };
        let anchor = SeriesAnchor { due: Due::Time(time), occurrence: 1 };
        let wanted = zone.local(time).time();
        for occurrence in 1..8 {
            let Some(Due::Time(due)) = next(&rule, &anchor, zone, occurrence) else { break };
            let shown = zone.local(due);
            // Where that time does not exist on the day, it is the first one after.
            let in_a_gap = zone.resolve(shown.date().and_time(wanted)) == Some(due) && shown.time() > wanted;
            prop_assert!(shown.time() == wanted || in_a_gap);
        }
    }

    #[test]
    fn the_day_of_the_month_is_the_anchors_or_the_last(day in 1_u32..=31, month in 1_u32..=12, occurrence in 1_u32..200) {
        let Some(anchor) = NaiveDate::from_ymd_opt(2026, month, day) else { return Ok(()) };
        let rule = Rule::parse("monthly").unwrap();
        let Some(Due::Day(next)) = next(&rule, &SeriesAnchor { due: Due::Day(anchor), occurrence: 1 }, Zone::UTC, occurrence)
        else { return Err(TestCaseError::fail("no next day")) };
        let is_last = next.succ_opt().unwrap().month() != next.month();
        prop_assert!(next.day() == day || (is_last && next.day() < day));
        let months = (next.year() - anchor.year()) * 12 + next.month0() as i32 - anchor.month0() as i32;
        prop_assert_eq!(months, occurrence as i32);
    }

    #[test]
    fn count_is_respected(rule in rules(), count in 1_u32..20, time in times()) {
        let Ok(rule) = Rule::parse(&format!("{rule};COUNT={count}")) else { return Ok(()) };
        let anchor = SeriesAnchor { due: Due::Time(time), occurrence: 1 };
        let made = (1..40).map_while(|occurrence| next(&rule, &anchor, Zone::UTC, occurrence)).count();
        prop_assert!(made < count as usize || made == 0);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[A-Z=;,0-9+-]{0,60}|(FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;(BYDAY|BYMONTHDAY|BYSETPOS|UNTIL|COUNT)=[-+0-9A-Zé,]{0,8}){0,3})") {
        if let Ok(rule) = Rule::parse(&text) {
            let anchor = SeriesAnchor { due: Due::parse("2026-01-31").unwrap(), occurrence: 1 };
            let _next = next(&rule, &anchor, Zone::UTC, 3);
        }
    }
}
