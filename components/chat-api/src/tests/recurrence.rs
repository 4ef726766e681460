//! The next occurrence, as the service `recurring-task` asks for it.

use serde_json::{Value, json};

use super::service::{Response, Service, User};

/// What `recurring-task` sends for a `task.completed` event.
pub(super) fn ask(service: &Service, event: &Value) -> Response {
    let body = json!({"event_id": event["id"], "user_id": event["userid"], "task": event["data"]});
    service.post("/internal/v1/tasks/next", &body)
}

pub(super) fn completed(service: &Service) -> Value {
    service
        .world
        .events("task-events")
        .into_iter()
        .rfind(|event| event["type"] == "task.completed")
        .unwrap()
}

pub(super) fn complete(user: &User, number: u32) -> Value {
    user.send("POST", &format!("/api/v1/tasks/{number}/complete"), &[], "")
        .expect(200)
        .body
}

#[test]
fn one_occurrence_is_made_however_often_it_is_asked_for() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let task = json!({"title": "Rent", "due_date": "2026-01-31", "recurrence_rule": "monthly", "tags": ["home"], "reminders": [{"before": "1d"}]});
    let first = ann.create(&task);
    let done = complete(&ann, 1);
    assert_eq!(
        done.get("next_task"),
        None,
        "completing must not make the next one itself"
    );
    assert_eq!(ann.titles("status=pending"), [""; 0]);
    let event = completed(&service);
    let next = ask(&service, &event).expect(201).body;
    assert_eq!(
        (&next["due_date"], &next["occurrence"], &next["series_id"]),
        (&json!("2026-02-28"), &json!(2), &first["id"])
    );
    assert_eq!(
        (&next["tags"], &next["number"], &next["status"]),
        (&json!(["home"]), &json!(2), &json!("pending"))
    );
    for instance in [service.clone(), service.another(), service.clone()] {
        assert_eq!(ask(&instance, &event).expect(200).body, next);
    }
    assert_eq!(
        service.world.types("task-events"),
        ["task.created", "task.completed", "task.created"]
    );
    // Now it is there, and is shown.
    assert_eq!(complete(&ann, 1)["next_task"], next);
    // From the anchor, not from the last one.
    complete(&ann, 2);
    assert_eq!(
        ask(&service, &completed(&service)).expect(201).body["due_date"],
        "2026-03-31"
    );
}

#[test]
fn completing_twice_or_toggling_makes_one() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a", "due_date": "2026-03-02", "recurrence_rule": "daily"}));
    for _ in 0..3 {
        complete(&ann, 1);
        complete(&ann, 1);
        ask(&service, &completed(&service)).expect(201);
        ask(&service, &completed(&service)).expect(200);
        assert_eq!(ann.titles("recurring=true"), ["a", "a"]);
        ann.post("/api/v1/tasks/1/reopen", &json!({})).expect(200);
        assert_eq!(ann.titles("recurring=true"), ["a"]);
    }
}

#[test]
fn a_deleted_occurrence_is_not_made_again() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a", "due_date": "2026-03-02", "recurrence_rule": "daily"}));
    complete(&ann, 1);
    let event = completed(&service);
    ask(&service, &event).expect(201);
    ann.send("DELETE", "/api/v1/tasks/2", &[], "").expect(204);
    ask(&service, &event).expect(200);
    assert_eq!(complete(&ann, 1).get("next_task"), None);
    assert_eq!(ann.titles("status=pending"), [""; 0]);
}

#[test]
fn a_series_ends() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a", "due_date": "2026-03-02", "recurrence_rule": "FREQ=DAILY;COUNT=1"}));
    complete(&ann, 1);
    ask(&service, &completed(&service)).expect(204);
    assert_eq!(ann.titles(""), ["a"]);
}

#[test]
fn a_crash_while_it_is_made_leaves_nothing_or_all() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a", "due_date": "2026-03-05T09:00:00Z", "recurrence_rule": "daily", "reminders": [{"before": "1h"}]}));
    complete(&ann, 1);
    let event = completed(&service);
    for allowed in 0..20 {
        service.database.fail_after(allowed);
        let status = ask(&service, &event).status;
        service.database.recover();
        assert_eq!(
            ann.titles("").len(),
            1 + usize::from(status < 300),
            "after {allowed} statements"
        );
        if status < 300 {
            break;
        }
        assert_eq!(status, 503);
    }
    ask(&service, &event).expect(200);
    assert_eq!(ann.titles(""), ["a", "a"]);
}

#[test]
fn strangers_and_nonsense_are_refused() {
    let service = Service::with(&[("internal_token", "let me in"), ("rate_limit_auth", "0")]);
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a", "due_date": "2026-03-02", "recurrence_rule": "daily"}));
    complete(&ann, 1);
    let event = completed(&service);
    let ask_with = |token: &str, body: &Value| {
        let headers = [("content-type", "application/json"), ("x-internal-token", token)];
        service.send("POST", "/internal/v1/tasks/next", &headers, &body.to_string())
    };
    let body = json!({"event_id": event["id"], "user_id": event["userid"], "task": event["data"]});
    ask(&service, &event).problem(401, "unauthorized");
    ask_with("let me im", &body).problem(401, "unauthorized");
    ask_with("let me in", &json!({"task": event["data"]})).problem(422, "validation_failed");
    ask_with("let me in", &json!({"user_id": ann.id, "task": {"title": "x"}}))
        .problem(422, "validation_failed");
    ask_with("let me in", &json!({"user_id": "nobody", "task": event["data"]})).expect(204);
    ask_with("let me in", &body).expect(201);
    // Another user's series cannot be gone on with.
    let bob = service.sign_up("bob@example.com");
    complete(&ann, 2);
    let event = completed(&service);
    ask_with("let me in", &json!({"user_id": ann.id, "task": event["data"]})).expect(201);
    ask_with("let me in", &json!({"user_id": bob.id, "task": event["data"]})).problem(404, "not_found");
    assert!(bob.titles("").is_empty());
}
