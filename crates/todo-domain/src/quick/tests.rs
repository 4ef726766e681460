//! Tests of quick additions as bodies; the grammar itself is tested in its own crate.

use serde_json::json;

use super::*;
use crate::recurrence::Rule;

fn read(text: &str) -> Result<QuickTask, Vec<FieldError>> {
    let body = json!({ "text": text, "timezone": "Europe/Berlin" });
    let request = QuickRequest::parse(&body).unwrap();
    request.read(Timestamp::parse("2026-03-10T11:00:00Z").unwrap())
}

#[test]
fn one_line_is_a_whole_task() {
    let quick = read("Pay rent every month on the 1st at 9am p1 #home remind 1 day before").unwrap();
    assert_eq!(
        Value::Object(quick.draft.to_json()),
        json!({
            "title": "Pay rent", "due_date": "2026-04-01T07:00:00Z", "timezone": "Europe/Berlin",
            "recurrence_rule": "FREQ=MONTHLY;BYMONTHDAY=1", "priority": "urgent", "tags": ["home"], "reminders": [{"before": "1d"}],
        })
    );
    let kinds: Vec<&str> = quick.spans.iter().map(|span| span.kind).collect();
    assert_eq!(kinds, ["repeat", "due", "priority", "tag", "reminder"]);
    let last = quick.spans.last().unwrap();
    assert_eq!(
        (last.start, last.end, last.text.as_str()),
        (48, 67, "remind 1 day before")
    );
}

#[test]
fn an_exclamation_mark_counts_from_the_completion() {
    let json = |text: &str| Value::Object(read(text).unwrap().draft.to_json());
    assert_eq!(
        json("Water plants every! 3 days"),
        json!({
            "title": "Water plants", "due_date": "2026-03-10", "timezone": "Europe/Berlin",
            "recurrence_rule": "FREQ=DAILY;INTERVAL=3", "recurrence_anchor": "completion",
        })
    );
    assert_eq!(json("Water plants every 3 days").get("recurrence_anchor"), None);
}

#[test]
fn spans_count_as_javascript_does() {
    let quick = read("🎉 party tomorrow").unwrap();
    assert_eq!((quick.spans[0].start, quick.spans[0].end), (9, 17));
}

#[test]
fn what_makes_no_task_is_refused_with_the_reason() {
    for (text, reason) in [
        ("", "no title"),
        ("tomorrow p1", "no title"),
        ("Call mom remind 30 minutes before", "needs a date"),
        ("Call mom every day until yesterday", "ends before"),
        (&"a".repeat(256), "at most 255"),
        (&"a ".repeat(5_000), "at most 4000"),
        ("a\u{0}b", "control characters"),
    ] {
        let errors = read(text).unwrap_err();
        assert!(
            errors.iter().all(|error| error.field == "text") && errors[0].message.contains(reason),
            "{text:?}: {errors:?}"
        );
    }
    for body in [
        json!([]),
        json!({}),
        json!({"text": 1}),
        json!({"text": "a", "timezone": "Mars"}),
        json!({"text": "a", "title": "b"}),
    ] {
        assert!(QuickRequest::parse(&body).is_err(), "{body}");
    }
}

#[test]
fn tags_that_differ_in_accents_are_one() {
    assert_eq!(read("Lunch #café #Cafe").unwrap().draft.tags, ["café"]);
}

#[test]
fn a_doubtful_date_is_a_hint() {
    let quick = read("Party 6/1").unwrap();
    assert_eq!(quick.draft.title, "Party 6/1");
    assert_eq!(quick.hints[0].text, "6/1");
}

/// Whatever the grammar makes of its own examples, the rules of this application take.
#[test]
fn every_repetition_of_the_grammar_is_a_rule() {
    let examples = include_str!("../../../quick-add/tests/phrases.tsv");
    let rules: Vec<&str> = examples
        .lines()
        .flat_map(|line| line.split(" | "))
        .filter(|part| part.starts_with("FREQ="))
        .map(|part| part.trim_end_matches(" after completion"))
        .collect();
    assert!(rules.len() > 40);
    for rule in rules {
        assert!(Rule::parse(rule).is_ok(), "{rule}: {:?}", Rule::parse(rule));
    }
}
