//! What holds for every rule, start and zone.

use chrono::{DateTime, TimeDelta, Timelike as _};
use chrono_tz::Tz;
use proptest::prelude::*;
use proptest::sample::select;
use recurrence_rule::{Recurrence, Rule};

use super::parts::{parts, starts};
use super::zone;

fn zones() -> impl Strategy<Value = Tz> {
    select(vec![
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "Africa/Cairo",
    ])
    .prop_map(zone)
}

fn ends() -> impl Strategy<Value = String> {
    let until = starts().prop_map(|time| time.format("%Y%m%dT%H%M%S").to_string());
    prop_oneof![
        3 => Just(String::new()),
        1 => (1_u32..30).prop_map(|count| format!(";COUNT={count}")),
        1 => until.clone().prop_map(|until| format!(";UNTIL={until}Z")),
        1 => until.prop_map(|until| format!(";UNTIL={}", &until[..8])),
    ]
}

fn first(recurrence: &Recurrence, most: usize) -> Vec<DateTime<Tz>> {
    recurrence.iter().take(most).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back(parts in parts(), end in ends(), start in starts(), zone in zones(), left_out in prop::collection::vec(starts(), 0..4)) {
        let rule = Rule::parse(&(parts.text() + &end)).unwrap();
        prop_assert_eq!(Rule::parse(&rule.to_string()).unwrap(), rule.clone());
        let mut recurrence = Recurrence::new(rule, start, zone);
        for time in left_out {
            recurrence.leave_out(&time.and_utc()).unwrap();
        }
        prop_assert_eq!(Recurrence::parse(&recurrence.to_string()).unwrap(), recurrence);
    }

    #[test]
    fn occurrences_increase_and_none_is_before_the_start(parts in parts(), end in ends(), start in starts(), zone in zones()) {
        let recurrence = Recurrence::new(Rule::parse(&(parts.text() + &end)).unwrap(), start, zone);
        let times = first(&recurrence, 12);
        prop_assert!(times.is_sorted_by(|one, other| one < other), "{:?}", times);
        // A start that clocks skip lies after itself.
        prop_assert!(times.iter().all(|time| time.naive_local() >= start));
    }

    #[test]
    fn each_occurrence_fulfils_every_part(parts in parts(), start in starts()) {
        let recurrence = Recurrence::new(Rule::parse(&parts.text()).unwrap(), start, Tz::UTC);
        for time in first(&recurrence, 12) {
            prop_assert!(parts.name(time.naive_local(), start), "{}", time);
            let takes_time = parts.is_of_days() && parts.hours.is_empty();
            prop_assert!(!takes_time || time.hour() == start.hour(), "{}", time);
        }
    }

    /// The other way round: what fulfils every part is an occurrence.
    #[test]
    fn each_time_that_fulfils_every_part_is_an_occurrence(parts in parts(), start in starts(), days in 0_i64..800) {
        let parts = parts.of_days();
        let recurrence = Recurrence::new(Rule::parse(&parts.text()).unwrap(), start, Tz::UTC);
        let time = (start + TimeDelta::days(days)).and_utc();
        let found = recurrence.between(&time, &(time + TimeDelta::seconds(1)), 1).count();
        prop_assert_eq!(found == 1, parts.with_days_of(start).name(time.naive_utc(), start), "{}", time);
    }

    #[test]
    fn the_time_after_is_that_of_the_iterator(parts in parts(), end in ends(), start in starts(), zone in zones(), later in 0_i64..100_000_000) {
        let recurrence = Recurrence::new(Rule::parse(&(parts.text() + &end)).unwrap(), start, zone);
        let times = first(&recurrence, 12);
        for (index, time) in times.iter().enumerate() {
            prop_assert_eq!(recurrence.after(&(*time - TimeDelta::seconds(1))), Some(*time));
            if index + 1 < times.len() {
                prop_assert_eq!(recurrence.after(time), Some(times[index + 1]));
            }
        }
        let Some(begin) = times.first() else { return Ok(()) };
        let somewhere = *begin + TimeDelta::seconds(later % 2_000_000);
        let walked = recurrence.iter().take(20_000).find(|time| *time > somewhere);
        if let Some(walked) = walked {
            prop_assert_eq!(recurrence.after(&somewhere), Some(walked));
            let span: Vec<_> = recurrence.between(&somewhere, &(walked + TimeDelta::seconds(1)), 9).collect();
            prop_assert_eq!(span.last(), Some(&walked));
        }
    }

    #[test]
    fn a_rule_goes_on_from_any_of_its_times(parts in parts(), start in starts(), zone in zones()) {
        let rule = Rule::parse(&parts.text()).unwrap();
        let recurrence = Recurrence::new(rule.clone(), start, zone);
        let times = first(&recurrence, 8);
        let short = !parts.is_of_days();
        // Clocks that change by half an hour cut hours in two: then it is the start that says which half an hour begins with.
        if short && zone == Tz::Australia__Lord_Howe {
            return Ok(());
        }
        let anchored = rule.anchored(if short { times.first().map_or(start, DateTime::naive_local) } else { start });
        for (index, time) in times.iter().enumerate() {
            let going_on: Vec<_> = anchored.times(*time).take(times.len() - index).collect();
            prop_assert_eq!(&going_on[..], &times[index..]);
        }
    }

    #[test]
    fn what_is_left_out_is_missing_and_counts(parts in parts(), end in ends(), start in starts(), zone in zones(), which in 0_usize..8) {
        let mut recurrence = Recurrence::new(Rule::parse(&(parts.text() + &end)).unwrap(), start, zone);
        let mut times = first(&recurrence, 12);
        if times.is_empty() {
            return Ok(());
        }
        let gone = times.remove(which % times.len());
        recurrence.leave_out(&gone).unwrap();
        prop_assert_eq!(first(&recurrence, times.len()), times);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[A-Za-z=;,:0-9+é-]{0,60}|(FREQ=(SECONDLY|DAILY|WEEKLY|YEARLY)(;(INTERVAL|BYDAY|BYMONTHDAY|BYWEEKNO|BYSETPOS|UNTIL|COUNT)=[-+0-9A-Zé,]{0,9}){0,3})") {
        if let Ok(rule) = Rule::parse(&text) {
            let again = Rule::parse(&rule.to_string()).unwrap();
            prop_assert_eq!(again, rule);
        }
        prop_assert!(Recurrence::parse(&text).is_err());
    }
}
