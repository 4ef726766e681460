//! Tests of tasks and their fields, and the sample task that other tests build on.

use serde_json::json;

use super::*;

/// A pending task with nothing but a number and a title.
pub(crate) fn sample(number: u32, title: &str) -> Task {
    let now = Timestamp::parse("2026-01-05T08:00:00Z").unwrap();
    Task {
        id: format!("01900000-0000-7000-8000-{number:012}"),
        number,
        title: title.to_owned(),
        description: None,
        status: Status::Pending,
        priority: Priority::Medium,
        tags: Vec::new(),
        due_date: None,
        timezone: None,
        reminders: Vec::new(),
        recurrence_rule: None,
        recurrence_anchor: RecurrenceAnchor::Due,
        is_recurring: false,
        series_id: None,
        occurrence: None,
        created_at: now,
        updated_at: now,
        completed_at: None,
        version: 1,
        parent_id: None,
        subtasks: Subtasks::default(),
        deleted_at: None,
        series_anchor: None,
    }
}

fn remind_at(reminder: serde_json::Value, due: &str, zone: &str) -> String {
    let reminder = Reminder::parse(&reminder).unwrap();
    reminder
        .remind_at(Some(Due::parse(due).unwrap()), Zone::parse(zone).unwrap())
        .unwrap()
        .to_short_string()
}

#[test]
fn the_json_has_exactly_the_fields_of_the_contract() {
    let value = serde_json::to_value(sample(1, "Pay rent")).unwrap();
    let mut fields: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    let mut expected = vec![
        "id",
        "number",
        "title",
        "description",
        "status",
        "priority",
        "tags",
        "due_date",
        "timezone",
        "reminders",
        "recurrence_rule",
        "is_recurring",
        "series_id",
        "occurrence",
        "created_at",
        "updated_at",
        "completed_at",
        "version",
    ];
    expected.sort_unstable();
    assert_eq!(fields, expected);
    assert_eq!(
        serde_json::from_value::<Task>(value).unwrap(),
        sample(1, "Pay rent")
    );
}

#[test]
fn priorities_are_ordered_by_meaning_and_know_their_aliases() {
    assert!(
        Priority::Low < Priority::Medium
            && Priority::Medium < Priority::High
            && Priority::High < Priority::Urgent
    );
    for (alias, priority) in [
        ("normal", Priority::Medium),
        ("Critical", Priority::Urgent),
        ("p1", Priority::Urgent),
        ("p4", Priority::Low),
    ] {
        assert_eq!(alias.parse(), Ok(priority));
    }
    assert_eq!("p5".parse::<Priority>(), Err(UnknownPriority));
}

#[test]
fn relative_reminders_count_back_from_the_due_time() {
    assert_eq!(
        remind_at(json!({"before": "1h"}), "2026-03-01T09:00:00Z", "UTC"),
        "2026-03-01T08:00:00Z"
    );
    assert_eq!(
        remind_at(json!({"before": "1h30m"}), "2026-03-01T09:00:00Z", "UTC"),
        "2026-03-01T07:30:00Z"
    );
    assert_eq!(
        remind_at(json!({"before": "0m"}), "2026-03-01T09:00:00Z", "UTC"),
        "2026-03-01T09:00:00Z"
    );
    assert_eq!(
        remind_at(json!({"at": "2026-02-01T09:00:00Z"}), "2026-03-01", "UTC"),
        "2026-02-01T09:00:00Z"
    );
}

#[test]
fn a_day_before_is_the_same_hour_across_a_clock_change() {
    // 09:00 in Berlin is 07:00Z in summer and 08:00Z in winter; the clocks change on 29 March.
    assert_eq!(
        remind_at(json!({"before": "1d"}), "2026-03-29T07:00:00Z", "Europe/Berlin"),
        "2026-03-28T08:00:00Z"
    );
    assert_eq!(
        remind_at(json!({"before": "24h"}), "2026-03-29T07:00:00Z", "Europe/Berlin"),
        "2026-03-28T07:00:00Z"
    );
}

#[test]
fn a_day_without_time_is_reminded_from_nine() {
    assert_eq!(
        remind_at(json!({"before": "1d"}), "2026-03-02", "Asia/Tokyo"),
        "2026-03-01T00:00:00Z"
    );
    assert_eq!(
        remind_at(json!({"before": "2 hours"}), "2026-03-02", "UTC"),
        "2026-03-02T07:00:00Z"
    );
}

#[test]
fn hostile_durations_are_refused() {
    for text in [
        "",
        "1",
        "h",
        "1x",
        "-1h",
        "1h-",
        "99999999999999999999h",
        "367d",
        "1.5h",
        "１h",
    ] {
        assert_eq!(Lead::parse(text), None, "{text}");
    }
    for value in [
        json!({}),
        json!("1h"),
        json!({"at": "x"}),
        json!({"before": 5}),
        json!({"at": "x", "before": "1h"}),
    ] {
        assert!(Reminder::parse(&value).is_err(), "{value}");
    }
}

#[test]
fn a_closed_task_reminds_of_nothing_and_equal_times_remind_once() {
    let mut task = sample(1, "Pay rent");
    task.due_date = Some(Due::parse("2026-03-01T09:00:00Z").unwrap());
    task.reminders = vec![
        Reminder::Before(Lead::parse("60m").unwrap()),
        Reminder::Before(Lead::parse("2h").unwrap()),
        Reminder::Before(Lead::parse("1h").unwrap()),
    ];
    let times: Vec<String> = task.remind_times().iter().map(ToString::to_string).collect();
    assert_eq!(times, ["2026-03-01T07:00:00.000Z", "2026-03-01T08:00:00.000Z"]);
    task.status = Status::Completed;
    assert!(task.remind_times().is_empty());
}
