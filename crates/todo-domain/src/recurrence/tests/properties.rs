//! What holds for every rule, anchor and zone.

use chrono::{Datelike as _, NaiveDate};
use proptest::prelude::*;

use crate::due::Due;
use crate::recurrence::{Rule, SeriesAnchor, next};
use crate::time::Timestamp;
use crate::zone::Zone;

pub(super) fn zones() -> impl Strategy<Value = Zone> {
    prop::sample::select(vec![
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
    ])
    .prop_map(|name| Zone::parse(name).unwrap())
}

pub(super) fn rules() -> impl Strategy<Value = String> {
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

/// Rules that name a day in every period, and so never end by themselves.
fn endless_rules() -> impl Strategy<Value = String> {
    let rule = prop::sample::select(vec![
        "FREQ=DAILY",
        "FREQ=WEEKLY",
        "FREQ=WEEKLY;BYDAY=SA,SU",
        "FREQ=MONTHLY",
        "FREQ=MONTHLY;BYMONTHDAY=15,-1",
        "FREQ=MONTHLY;BYDAY=2TU",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=YEARLY",
        "FREQ=YEARLY;BYMONTH=2,7",
    ]);
    (rule, 1_u32..40).prop_map(|(rule, interval)| format!("{rule};INTERVAL={interval}"))
}

/// The rule, or that the case is none: not all parts go together.
pub(super) fn valid(rule: &str) -> Result<Rule, TestCaseError> {
    Rule::parse(rule).map_err(|error| TestCaseError::reject(error.to_string()))
}

/// The first occurrences after the anchor, at most so many.
fn series(rule: &Rule, time: Timestamp, zone: Zone, most: u32) -> Vec<Due> {
    let anchor = SeriesAnchor {
        due: Due::Time(time),
        occurrence: 1,
    };
    (1..=most)
        .map_while(|occurrence| next(rule, &anchor, zone, occurrence))
        .collect()
}

pub(super) fn times() -> impl Strategy<Value = Timestamp> {
    (0_i64..4_000_000_000).prop_map(|seconds| Timestamp::from_millis(seconds * 1000).unwrap())
}

proptest! {
    #[test]
    fn occurrences_come_after_the_anchor_and_one_after_the_other(rule in rules(), time in times(), zone in zones()) {
        let rule = valid(&rule)?;
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
        let rule = valid(&rule)?;
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
        let anchor = NaiveDate::from_ymd_opt(2026, month, day);
        prop_assume!(anchor.is_some());
        let anchor = anchor.unwrap();
        let rule = Rule::parse("monthly").unwrap();
        let Some(Due::Day(next)) = next(&rule, &SeriesAnchor { due: Due::Day(anchor), occurrence: 1 }, Zone::UTC, occurrence)
        else { return Err(TestCaseError::fail("no next day")) };
        let is_last = next.succ_opt().unwrap().month() != next.month();
        prop_assert!(next.day() == day || (is_last && next.day() < day));
        let months = (next.year() - anchor.year()) * 12 + next.month0() as i32 - anchor.month0() as i32;
        prop_assert_eq!(months, occurrence as i32);
    }

    #[test]
    fn count_is_respected(rule in endless_rules(), count in 1_u32..20, time in times(), zone in zones()) {
        let counted = Rule::parse(&format!("{rule};COUNT={count}")).unwrap();
        // The anchor is the first one that counts.
        prop_assert_eq!(series(&counted, time, zone, 40).len(), count as usize - 1);
    }

    #[test]
    fn count_shortens_a_series_and_does_nothing_else(rule in rules(), count in 1_u32..20, time in times(), zone in zones()) {
        let counted = valid(&format!("{rule};COUNT={count}"))?;
        prop_assert_eq!(series(&counted, time, zone, 40), series(&valid(&rule)?, time, zone, count - 1));
    }

    #[test]
    fn until_shortens_a_series_and_does_nothing_else(rule in rules(), time in times(), zone in zones(), last in 0_usize..8, late in -1_i64..=1) {
        let all = series(&valid(&rule)?, time, zone, 12);
        // Around an occurrence, for it is a second that decides.
        let Some(&Due::Time(last)) = all.get(last) else { return Err(TestCaseError::reject("a shorter series")) };
        let until = last.plus_seconds(late).unwrap();
        let (utc, local) = (until.as_datetime().naive_utc(), zone.local(until));
        let time_of = |due: &Due| match due {
            Due::Time(time) => *time,
            Due::Day(_) => unreachable!("the anchor has a time"),
        };
        let ends = |text: String| Ok::<_, TestCaseError>(series(&valid(&format!("{rule};UNTIL={text}"))?, time, zone, 12));
        let expected = |is_before: &dyn Fn(Timestamp) -> bool| -> Vec<Due> {
            all.iter().copied().take_while(|due| is_before(time_of(due))).collect()
        };
        prop_assert_eq!(ends(utc.format("%Y%m%dT%H%M%SZ").to_string())?, expected(&|due| due <= until));
        prop_assert_eq!(ends(local.format("%Y%m%dT%H%M%S").to_string())?, expected(&|due| zone.local(due) <= local));
        prop_assert_eq!(ends(local.format("%Y%m%d").to_string())?, expected(&|due| zone.local(due).date() <= local.date()));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[A-Z=;,0-9+-]{0,60}|(FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;(BYDAY|BYMONTHDAY|BYSETPOS|UNTIL|COUNT)=[-+0-9A-Zé,]{0,8}){0,3})") {
        if let Ok(rule) = Rule::parse(&text) {
            let anchor = SeriesAnchor { due: Due::parse("2026-01-31").unwrap(), occurrence: 1 };
            let _next = next(&rule, &anchor, Zone::UTC, 3);
        }
    }
}
