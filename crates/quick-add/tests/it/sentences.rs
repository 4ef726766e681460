//! Sentences that are built from the grammar come back as they were built.

use chrono::{Days, Months, NaiveDate};
use proptest::prelude::*;
use quick_add::{Due, Priority, Reminder, SpanKind, parse};

use crate::shown::now;

/// Words that no phrase begins or ends with.
const TITLES: [&str; 6] = [
    "Call mom",
    "Pay Ann's rent",
    "Buy milk, eggs",
    "Überweisung prüfen",
    "Call C# guild",
    "🎉 party",
];

const UNITS: [(&str, &str); 4] = [
    ("day", "DAILY"),
    ("week", "WEEKLY"),
    ("month", "MONTHLY"),
    ("year", "YEARLY"),
];

const WEEKDAYS: [(&str, &str); 7] = [
    ("Monday", "MO"),
    ("Tue", "TU"),
    ("Wednesday", "WE"),
    ("Thu", "TH"),
    ("Fri", "FR"),
    ("Saturday", "SA"),
    ("Sun", "SU"),
];

/// A phrase and what it must mean.
#[derive(Clone, Debug)]
struct Built<T> {
    words: String,
    means: T,
}

fn built<T>(words: impl Into<String>, means: T) -> Built<T> {
    Built {
        words: words.into(),
        means,
    }
}

fn today() -> NaiveDate {
    // A Tuesday.
    NaiveDate::from_ymd_opt(2026, 3, 10).unwrap()
}

fn days() -> impl Strategy<Value = Built<NaiveDate>> {
    let after = |days| today() + Days::new(days);
    prop_oneof![
        Just(built("today", after(0))),
        Just(built("tomorrow", after(1))),
        Just(built("the day after tomorrow", after(2))),
        Just(built("on Friday", after(3))),
        Just(built("next Friday", after(10))),
        Just(built("next week", after(6))),
        (1..400_u64).prop_map(move |days| built(format!("in {days} days"), after(days))),
        (1..52_u64).prop_map(move |weeks| built(format!("in {weeks} weeks"), after(weeks * 7))),
        (1..60_u32).prop_map(|months| built(format!("in {months} months"), today() + Months::new(months))),
        (0..4000_u64).prop_map(move |days| built(after(days).format("%Y-%m-%d").to_string(), after(days))),
        (0..4000_u64)
            .prop_map(move |days| built(after(days).format("on %B %-d, %Y").to_string(), after(days))),
        (0..4000_u64).prop_map(move |days| built(after(days).format("%-d %b %Y").to_string(), after(days))),
        (0..365_u64).prop_map(move |days| built(after(days).format("due %-d %B").to_string(), after(days))),
    ]
}

fn clocks() -> impl Strategy<Value = Built<(u32, u32)>> {
    prop_oneof![
        (0..24_u32, 0..60_u32)
            .prop_map(|(hour, minute)| built(format!("at {hour}:{minute:02}"), (hour, minute))),
        (1..13_u32).prop_map(|hour| built(format!("{hour}am"), (hour % 12, 0))),
        (1..13_u32, 0..60_u32)
            .prop_map(|(hour, minute)| built(format!("at {hour}:{minute:02} pm"), (hour % 12 + 12, minute))),
        Just(built("at noon", (12, 0))),
        (8..24_u32).prop_map(|hour| built(format!("at {hour}"), (hour, 0))),
    ]
}

fn repeats() -> impl Strategy<Value = Built<String>> {
    prop_oneof![
        prop::sample::select(&UNITS[..])
            .prop_map(|(unit, name)| built(format!("every {unit}"), format!("FREQ={name}"))),
        (prop::sample::select(&UNITS[..]), 2..1000_u32).prop_map(|((unit, name), every)| {
            built(
                format!("every {every} {unit}s"),
                format!("FREQ={name};INTERVAL={every}"),
            )
        }),
        prop::sample::subsequence(&WEEKDAYS[..], 1..=7).prop_map(|days| {
            let (words, names): (Vec<_>, Vec<_>) = days.into_iter().unzip();
            built(
                format!("every {}", words.join(" and ")),
                format!("FREQ=WEEKLY;BYDAY={}", names.join(",")),
            )
        }),
        prop::sample::select(&WEEKDAYS[..]).prop_map(|(day, name)| {
            built(
                format!("every other {day}"),
                format!("FREQ=WEEKLY;INTERVAL=2;BYDAY={name}"),
            )
        }),
        (4..20_i32).prop_map(|day| built(
            format!("every month on the {day}th"),
            format!("FREQ=MONTHLY;BYMONTHDAY={day}")
        )),
        prop::sample::select(&WEEKDAYS[..]).prop_map(|(day, name)| {
            built(
                format!("on the last {day} of every month"),
                format!("FREQ=MONTHLY;BYDAY=-1{name}"),
            )
        }),
    ]
}

fn ends() -> impl Strategy<Value = Built<String>> {
    prop_oneof![
        Just(built("", String::new())),
        (1..10_000_u32).prop_map(|count| built(format!("for {count} times"), format!(";COUNT={count}"))),
        (4000..8000_u64).prop_map(|days| {
            let day = today() + Days::new(days);
            built(
                day.format("until %-d %B %Y").to_string(),
                day.format(";UNTIL=%Y%m%d").to_string(),
            )
        }),
    ]
}

fn leads() -> impl Strategy<Value = Built<String>> {
    prop_oneof![
        (1..60_u32)
            .prop_map(|minutes| built(format!("remind {minutes} minutes before"), format!("{minutes}m"))),
        (1..24_u32).prop_map(|hours| built(format!("remind me {hours} hours before"), format!("{hours}h"))),
        (1..300_u32, 1..24_u32).prop_map(|(days, hours)| built(
            format!("remind {days} days and {hours} hours before"),
            format!("{days}d{hours}h")
        )),
    ]
}

fn priorities() -> impl Strategy<Value = Built<Priority>> {
    prop::sample::select(vec![
        built("p1", Priority::Urgent),
        built("!high", Priority::High),
        built("P3", Priority::Medium),
        built("!LOW", Priority::Low),
    ])
}

fn tags() -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set("[a-zäöß][a-z0-9_-]{0,12}", 0..4).prop_map(|tags| tags.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_due_date_comes_back(title in prop::sample::select(&TITLES[..]), day in days(), clock in prop::option::of(clocks()),
        priority in prop::option::of(priorities()), tags in tags(), lead in prop::option::of(leads()), marks_first in any::<bool>()) {
        let marks: Vec<String> = priority.iter().map(|priority| priority.words.clone())
            .chain(tags.iter().map(|tag| format!("#{tag}"))).collect();
        let when: Vec<String> = [Some(&day.words), clock.as_ref().map(|clock| &clock.words), lead.as_ref().map(|lead| &lead.words)]
            .into_iter().flatten().cloned().collect();
        let (first, second) = if marks_first { (marks, when) } else { (when, marks) };
        let text = [vec![title.to_owned()], first, second].concat().join(" ");
        let found = parse(&text, now("America/New_York", "2026-03-10T00:00"));
        prop_assert_eq!(&found.title, title, "{}", text);
        let due = match (found.due.unwrap(), clock) {
            (Due::Day(found), None) => found,
            (Due::Time(found), Some(clock)) => {
                let expected = day.means.and_hms_opt(clock.means.0, clock.means.1, 0).unwrap();
                // Between two and three a clock may be put forward.
                prop_assert!(clock.means.0 == 2 || found.naive_local() == expected, "{}", text);
                found.date_naive()
            }
            other => return Err(TestCaseError::fail(format!("{text}: {other:?}"))),
        };
        prop_assert_eq!(due, day.means, "{}", text);
        prop_assert_eq!(found.priority, priority.map(|priority| priority.means));
        prop_assert_eq!(found.tags, tags);
        let leads: Vec<String> = found.reminders.iter().map(|reminder| match reminder {
            Reminder::Before(lead) => lead.to_string(),
            Reminder::At(time) => time.to_string(),
        }).collect();
        prop_assert_eq!(leads, lead.map(|lead| lead.means).into_iter().collect::<Vec<_>>());
        prop_assert!(found.problems.is_empty(), "{}: {:?}", text, found.problems);
    }

    #[test]
    fn a_repetition_comes_back(title in prop::sample::select(&TITLES[..]), repeat in repeats(), end in ends(),
        start in prop::option::of(days()), repeat_first in any::<bool>()) {
        let start_words = start.as_ref().map(|day| {
            let day = day.means.format("%Y-%m-%d").to_string();
            format!("starting {day}")
        });
        let phrase = [repeat.words.clone(), start_words.unwrap_or_default(), end.words.clone()].join(" ");
        let text = if repeat_first { format!("{phrase}: {title}") } else { format!("{title} {phrase}") };
        let found = parse(&text, now("Europe/Berlin", "2026-03-10T12:00"));
        prop_assert_eq!(&found.title, title, "{}", text);
        let rule = found.repeat.unwrap().rule;
        prop_assert_eq!(rule, format!("{}{}", repeat.means, end.means), "{}", text);
        let Some(Due::Day(first)) = found.due else {
            return Err(TestCaseError::fail(text));
        };
        prop_assert!(first >= start.map_or(today(), |day| day.means), "{}: {}", text, first);
        prop_assert!(found.spans.iter().all(|span| span.kind == SpanKind::Repeat));
    }
}
