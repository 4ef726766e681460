//! What other services ask about a user.

use serde_json::{Value, json};

use super::service::Service;

fn titles(list: &Value) -> Vec<&str> {
    let tasks = list.as_array().unwrap();
    tasks.iter().map(|task| task["title"].as_str().unwrap()).collect()
}

#[test]
fn an_agenda_has_what_is_to_be_done_today_and_what_should_have_been() {
    // It is 2026-03-02T09:00:00Z.
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    for (title, due) in [
        ("last week", json!("2026-02-24")),
        ("this morning", json!("2026-03-02T07:00:00Z")),
        ("tonight", json!("2026-03-02T20:00:00Z")),
        ("late tonight", json!("2026-03-02T23:30:00Z")),
        ("some time", Value::Null),
    ] {
        ann.create(&json!({"title": title, "due_date": due}));
    }
    let done = ann.create(&json!({"title": "done", "due_date": "2026-03-02T10:00:00Z"}));
    let done_id = done["id"].clone();
    ann.post(&format!("/api/v1/tasks/{}/complete", done["number"]), &json!({}))
        .expect(200);
    service
        .sign_up("bob@example.com")
        .create(&json!({"title": "Bob's", "due_date": "2026-03-02"}));

    let ask = |body: &Value| service.post("/internal/v1/agenda", body);
    let agenda = ask(&json!({"user_id": ann.id, "timezone": "UTC", "task_id": null}))
        .expect(200)
        .body;
    assert_eq!(agenda["email"], "ann@example.com");
    assert_eq!(titles(&agenda["overdue"]), ["last week", "this morning"]);
    assert_eq!(titles(&agenda["today"]), ["tonight", "late tonight"]);
    assert_eq!(agenda["is_open"], Value::Null);
    // In Berlin it is tomorrow by then.
    let berlin = ask(&json!({"user_id": ann.id, "timezone": "Europe/Berlin"}))
        .expect(200)
        .body;
    assert_eq!(titles(&berlin["today"]), ["tonight"]);

    let open = agenda["today"][0]["id"].clone();
    for (task_id, is_open) in [(open, true), (done_id, false), (json!("none"), false)] {
        let body = json!({"user_id": ann.id, "task_id": task_id});
        assert_eq!(ask(&body).expect(200).body["is_open"], is_open, "{body}");
    }
    ask(&json!({"user_id": "nobody"})).problem(404, "not_found");
    ask(&json!({})).problem(422, "validation_failed");
    ask(&json!({"user_id": ann.id, "timezone": "Mars"})).problem(422, "validation_failed");
}

#[test]
fn an_agenda_is_for_who_knows_the_token() {
    let service = Service::with(&[("internal_token", "let me in"), ("rate_limit_auth", "0")]);
    let ann = service.sign_up("ann@example.com");
    let body = json!({"user_id": ann.id});
    service
        .post("/internal/v1/agenda", &body)
        .problem(401, "unauthorized");
}
