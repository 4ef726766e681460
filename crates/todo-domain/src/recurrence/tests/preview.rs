//! Previews of rules.

use super::*;

fn preview(parameters: &[(&str, &str)]) -> Preview {
    let query = PreviewQuery::parse(parameters.iter().copied()).unwrap();
    query.read(Timestamp::parse("2026-03-01T23:30:00Z").unwrap())
}

fn dates(preview: &Preview) -> Vec<String> {
    preview
        .items
        .iter()
        .map(|item| item.due_date.to_string())
        .collect()
}

#[test]
fn the_dates_after_the_start_are_shown_with_their_numbers() {
    let found = preview(&[("rule", "monthly"), ("start", "2026-01-31"), ("count", "3")]);
    assert_eq!(
        serde_json::to_value(&found).unwrap(),
        serde_json::json!({
            "start": "2026-01-31", "timezone": "UTC", "has_more": true,
            "items": [
                {"occurrence": 2, "due_date": "2026-02-28"},
                {"occurrence": 3, "due_date": "2026-03-31"},
                {"occurrence": 4, "due_date": "2026-04-30"},
            ],
        })
    );
    let berlin = [
        ("rule", "daily"),
        ("start", "2026-03-28T08:00:00Z"),
        ("timezone", "Europe/Berlin"),
        ("count", "1"),
    ];
    assert_eq!(dates(&preview(&berlin)), ["2026-03-29T07:00:00Z"]);
    assert_eq!(preview(&[("rule", "daily")]).items.len(), 10);
}

#[test]
fn without_a_start_it_is_today_where_the_user_is() {
    let found = preview(&[("rule", "daily"), ("timezone", "Asia/Tokyo")]);
    assert_eq!(
        (found.start.to_string().as_str(), found.timezone.name()),
        ("2026-03-02", "Asia/Tokyo")
    );
}

#[test]
fn a_rule_that_ends_says_so() {
    let found = preview(&[("rule", "FREQ=DAILY;COUNT=3"), ("start", "2026-03-01")]);
    assert_eq!(
        (dates(&found), found.has_more),
        (vec!["2026-03-02".to_owned(), "2026-03-03".to_owned()], false)
    );
    let found = preview(&[
        ("rule", "FREQ=DAILY;COUNT=3"),
        ("start", "2026-03-01"),
        ("count", "2"),
    ]);
    assert!(!found.has_more);
}

#[test]
fn every_mistake_is_named() {
    let mistakes = |parameters: &[(&str, &str)]| -> Vec<String> {
        let errors = PreviewQuery::parse(parameters.iter().copied()).unwrap_err();
        errors.into_iter().map(|error| error.field).collect()
    };
    assert_eq!(mistakes(&[]), ["rule"]);
    let all = [
        ("rule", "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2"),
        ("start", "soon"),
        ("timezone", "Mars"),
        ("count", "51"),
        ("size", "1"),
    ];
    assert_eq!(mistakes(&all), ["rule", "start", "timezone", "count", "size"]);
    for count in ["0", "-1", "many", ""] {
        assert_eq!(
            mistakes(&[("rule", "daily"), ("count", count)]),
            ["count"],
            "{count}"
        );
    }
    assert_eq!(mistakes(&[("rule", "daily"), ("rule", "weekly")]), ["rule"]);
}
