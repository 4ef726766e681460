//! Tasks from one line of text.

use serde_json::json;

use super::service::Service;

const PATH: &str = "/api/v1/tasks/quick";

#[test]
fn one_line_makes_a_task_and_says_what_it_understood() {
    let ann = Service::new().sign_up("ann@example.com");
    let text = "Pay rent every month on the 1st p1 #home remind 1 day before";
    let made = ann
        .post(PATH, &json!({"text": text, "timezone": "Europe/Berlin"}))
        .expect(201);
    let task = &made.body["task"];
    for (field, expected) in [
        ("title", json!("Pay rent")),
        ("due_date", json!("2026-04-01")),
        ("timezone", json!("Europe/Berlin")),
        ("recurrence_rule", json!("FREQ=MONTHLY;BYMONTHDAY=1")),
        ("is_recurring", json!(true)),
        ("priority", json!("urgent")),
        ("tags", json!(["home"])),
        ("reminders", json!([{"before": "1d"}])),
    ] {
        assert_eq!(task[field], expected, "{field}");
    }
    assert_eq!(
        made.body["spans"],
        json!([
            {"start": 9, "end": 31, "kind": "repeat", "text": "every month on the 1st"},
            {"start": 32, "end": 34, "kind": "priority", "text": "p1"},
            {"start": 35, "end": 40, "kind": "tag", "text": "#home"},
            {"start": 41, "end": 60, "kind": "reminder", "text": "remind 1 day before"},
        ])
    );
    let read = ann.get(made.header("location")).expect(200);
    assert_eq!((&read.body, read.header("etag")), (task, made.header("etag")));
}

#[test]
fn without_a_zone_it_is_utc_and_a_doubtful_date_is_a_hint() {
    let ann = Service::new().sign_up("ann@example.com");
    // It is 2 March, 9:00.
    let made = ann
        .post(PATH, &json!({"text": "Call mom tomorrow 9am"}))
        .expect(201);
    assert_eq!(made.body["task"]["due_date"], "2026-03-03T09:00:00Z");
    assert_eq!(made.body.get("hints"), None);
    let made = ann.post(PATH, &json!({"text": "Party 6/1"})).expect(201);
    assert_eq!(
        (&made.body["task"]["title"], &made.body["hints"][0]["text"]),
        (&json!("Party 6/1"), &json!("6/1"))
    );
}

#[test]
fn what_makes_no_task_changes_nothing() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    for body in [
        json!({"text": "tomorrow at 9am #home"}),
        json!({"text": ""}),
        json!({"text": "Call mom remind 30 minutes before"}),
        json!({"text": "a".repeat(256)}),
        json!({"text": "a ".repeat(3_000)}),
        json!({"text": "a", "timezone": "Mars/Olympus"}),
        json!({"text": "a", "title": "b"}),
        json!({"text": 1}),
        json!({}),
        json!([]),
    ] {
        ann.post(PATH, &body).problem(422, "validation_failed");
    }
    ann.get(PATH).problem(405, "method_not_allowed");
    assert_eq!(ann.get("/api/v1/tasks").body["items"], json!([]));
}
