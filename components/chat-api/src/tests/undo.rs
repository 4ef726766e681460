//! Undoing the last change.

use serde_json::{Value, json};

use super::service::{Response, Service, User};

fn undo(user: &User) -> Response {
    user.send("POST", "/api/v1/undo", &[], "")
}

/// All tasks, deleted ones too, without what every change changes.
fn state(user: &User) -> Vec<Value> {
    let list = |query: &str| {
        let body = user
            .get(&format!("/api/v1/tasks?sort=created_at&limit=100&{query}"))
            .expect(200)
            .body;
        body["items"].as_array().unwrap().clone()
    };
    let mut tasks = list("deleted=false");
    tasks.extend(list("deleted=true"));
    for task in &mut tasks {
        for field in ["version", "updated_at"] {
            task[field] = Value::Null;
        }
    }
    tasks
}

/// A change of each kind, of three tasks of which the second is a part of the first.
fn changes() -> [(&'static str, &'static str, Value); 12] {
    [
        (
            "PATCH",
            "/1",
            json!({"title": "Rent", "tags": ["y"], "due_date": "2026-04-15", "priority": "high"}),
        ),
        (
            "PATCH",
            "/1",
            json!({"recurrence_rule": null, "description": "d"}),
        ),
        ("POST", "/2/complete", json!({})),
        ("POST", "/1/complete", json!({})),
        ("POST", "/1/reopen", json!({})),
        ("DELETE", "/1", json!({})),
        ("POST", "/1/restore", json!({})),
        (
            "POST",
            "/bulk",
            json!({"action": "tag", "ids": [1, 2, 3], "tags": ["z"]}),
        ),
        ("POST", "/bulk", json!({"action": "delete", "ids": [1, 3]})),
        ("POST", "/bulk", json!({"action": "restore", "ids": [3, 1]})),
        ("POST", "", json!({"title": "new part", "parent_id": 1})),
        ("PATCH", "/2", json!({"parent_id": 3})),
    ]
}

#[test]
fn every_change_can_be_undone_one_after_the_other() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "rent", "due_date": "2026-03-31", "recurrence_rule": "monthly", "reminders": [{"before": "1h"}], "tags": ["x"]}));
    ann.create(&json!({"title": "part", "parent_id": 1}));
    ann.create(&json!({"title": "other"}));
    let changes = changes();
    let mut states = Vec::new();
    for (method, path, body) in &changes {
        states.push(state(&ann));
        service.world.pass(1);
        let media = if *method == "PATCH" {
            "application/merge-patch+json"
        } else {
            "application/json"
        };
        let answer = ann.send(
            method,
            &format!("/api/v1/tasks{path}"),
            &[("content-type", media)],
            &body.to_string(),
        );
        assert!(answer.status < 300, "{method} {path}: {}", answer.text);
        assert_ne!(states.last(), Some(&state(&ann)), "{method} {path}");
    }
    let jobs = || {
        service
            .world
            .jobs
            .borrow()
            .keys()
            .filter(|name| name.starts_with("reminder:"))
            .count()
    };
    for ((method, path, _body), before) in changes.iter().zip(states).rev() {
        service.world.pass(1);
        let told = service.world.types("task-events").len();
        let done = undo(&ann).expect(200).body;
        // What was made is in the bin now; all else is as it was.
        let without_it = |mut tasks: Vec<Value>| {
            tasks.retain(|task| task["title"] != "new part");
            tasks
        };
        assert_eq!(without_it(state(&ann)), without_it(before), "{method} {path}");
        let events = service.world.events("task-events");
        assert_eq!(
            events.len() - told,
            done["undone"].as_array().unwrap().len(),
            "{method} {path}"
        );
        assert!(!done["items"].as_array().unwrap().is_empty());
    }
    assert_eq!(jobs(), 1);
    assert_eq!(ann.titles("search=rent+%23x"), ["rent"]);
    // The anchor of the series came back too.
    let rows = service.rows("SELECT series_anchor FROM chat_tasks WHERE number = 1");
    assert!(rows[0].text(0).unwrap().contains("2026-03-31"));
    for _ in 0..3 {
        undo(&ann).expect(200);
    }
    assert!(ann.titles("").is_empty());
    undo(&ann).problem(409, "conflict");
}

#[test]
fn the_change_is_named_by_its_event_and_must_be_the_last() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let bob = service.sign_up("bob@example.com");
    ann.create(&json!({"title": "a"}));
    ann.patch("/api/v1/tasks/1", &json!({"title": "b"})).expect(200);
    bob.create(&json!({"title": "of Bob"}));
    let events = service.world.events("task-events");
    let named = |user: &User, id: &Value| user.post("/api/v1/undo", &json!({"event_id": id}));
    named(&ann, &events[0]["id"]).problem(409, "conflict");
    named(&ann, &events[2]["id"]).problem(409, "conflict");
    named(&bob, &events[1]["id"]).problem(409, "conflict");
    let done = named(&ann, &events[1]["id"]).expect(200).body;
    assert_eq!(
        done["undone"],
        json!([{"event_id": events[1]["id"], "type": "task.updated", "task_id": events[1]["subject"], "time": events[1]["time"]}])
    );
    assert_eq!(
        (&done["items"][0]["title"], &done["items"][0]["version"]),
        (&json!("a"), &json!(3))
    );
    named(&ann, &events[1]["id"]).problem(409, "conflict");
    let told = service.world.events("task-events").pop().unwrap();
    assert_eq!(
        (&told["type"], &told["data"]["changed"]),
        (&json!("task.updated"), &json!(["title"]))
    );
    for wrong in [
        json!({"event_id": 7}),
        json!({"event": "x"}),
        json!([]),
        json!({"event_id": "x".repeat(65)}),
    ] {
        ann.post("/api/v1/undo", &wrong).problem(422, "validation_failed");
    }
    ann.get("/api/v1/undo").problem(405, "method_not_allowed");
}

#[test]
fn ten_minutes_later_it_is_too_late() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a"}));
    service.world.pass(600);
    ann.patch("/api/v1/tasks/1", &json!({"title": "b"})).expect(200);
    undo(&ann).expect(200);
    undo(&ann).expect(200);
    service.world.pass(1);
    ann.create(&json!({"title": "c"}));
    service.world.pass(601);
    undo(&ann.renewed()).problem(409, "conflict");
    service.job("tidy").unwrap();
    assert!(service.rows("SELECT seq FROM chat_changes").is_empty());
}

#[test]
fn what_was_said_is_undone_too_and_what_others_did_is_not() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "rent", "due_date": "2026-03-31", "recurrence_rule": "monthly"}));
    ann.say("complete task 1");
    let event = service.world.events("task-events").pop().unwrap();
    assert_eq!(event["type"], "task.completed");
    let body = json!({"event_id": event["id"], "user_id": event["userid"], "task": event["data"]});
    let next = service.post("/internal/v1/tasks/next", &body).expect(201).body;
    ann.patch(
        &format!("/api/v1/tasks/{}", next["number"]),
        &json!({"title": "mine"}),
    )
    .expect(200);
    undo(&ann).expect(200);
    // It was touched, though not for long, and stays.
    let answer = undo(&ann).expect(200).body;
    assert_eq!(answer["next_tasks"][0]["id"], next["id"]);
    assert_eq!(ann.titles("status=pending"), ["rent", "rent"]);
    // Nothing is left to go back over when something is gone for good.
    ann.send("DELETE", "/api/v1/tasks/2", &[], "").expect(204);
    ann.send("DELETE", "/api/v1/tasks/2?permanent=true", &[], "")
        .expect(204);
    undo(&ann).problem(409, "conflict");
}

#[test]
fn a_crash_while_it_is_undone_leaves_all_as_it_was() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    for title in ["a", "b"] {
        ann.create(&json!({"title": title, "tags": ["x"]}));
    }
    ann.post(
        "/api/v1/tasks/bulk",
        &json!({"action": "untag", "ids": [1, 2], "tags": ["x"]}),
    )
    .expect(200);
    let before = state(&ann);
    for allowed in 0..60 {
        service.database.fail_after(allowed);
        let status = undo(&ann).status;
        service.database.recover();
        if status == 200 {
            assert_eq!(ann.titles("tags=x").len(), 2);
            return;
        }
        assert_eq!(state(&ann), before, "after {allowed} statements");
    }
    panic!("it never succeeded");
}
