//! Tasks within tasks.

use serde_json::{Value, json};

use super::service::{Service, User};

fn child(user: &User, title: &str, parent: &Value) -> Value {
    user.create(&json!({"title": title, "parent_id": parent}))
}

fn counts(user: &User, number: u32) -> Value {
    user.get(&format!("/api/v1/tasks/{number}")).expect(200).body["subtasks"].clone()
}

#[test]
fn a_parent_counts_its_subtasks_and_is_told_of() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let parent = ann.create(&json!({"title": "move house"}));
    let tag = ann.get("/api/v1/tasks/1").header("etag").to_owned();
    let first = child(&ann, "boxes", &json!(1));
    assert_eq!(first["parent_id"], parent["id"]);
    child(&ann, "van", &parent["id"]);
    child(&ann, "keys", &json!("1"));
    assert_eq!(counts(&ann, 1), json!({"total": 3, "completed": 0}));
    ann.post("/api/v1/tasks/2/complete", &json!({})).expect(200);
    assert_eq!(counts(&ann, 1), json!({"total": 3, "completed": 1}));
    // The entity tag goes with the counts.
    ann.send("GET", "/api/v1/tasks/1", &[("if-none-match", &tag)], "")
        .expect(200);
    ann.post("/api/v1/tasks/2/reopen", &json!({})).expect(200);
    ann.send("DELETE", "/api/v1/tasks/4", &[], "").expect(204);
    assert_eq!(counts(&ann, 1), json!({"total": 2, "completed": 0}));
    ann.post("/api/v1/tasks/4/restore", &json!({})).expect(200);
    ann.patch("/api/v1/tasks/3", &json!({"parent_id": null}))
        .expect(200);
    assert_eq!(counts(&ann, 1), json!({"total": 2, "completed": 0}));
    let told = service.world.events("task-events");
    let of_parent: Vec<&Value> = told
        .iter()
        .filter(|event| event["subject"] == parent["id"])
        .collect();
    assert_eq!(of_parent.len(), 9);
    assert!(
        of_parent[1..]
            .iter()
            .all(|event| event["data"]["changed"] == json!(["subtasks"]))
    );
    assert_eq!(
        of_parent[8]["data"]["subtasks"],
        json!({"total": 2, "completed": 0})
    );
    // From one parent to another.
    ann.patch("/api/v1/tasks/2", &json!({"parent_id": 3})).expect(200);
    assert_eq!(
        (counts(&ann, 1), counts(&ann, 3)),
        (
            json!({"total": 1, "completed": 0}),
            json!({"total": 1, "completed": 0})
        )
    );
    // What was read can be sent back; a replacement that names no parent has none.
    let read = ann.get("/api/v1/tasks/2").body;
    let json = [("content-type", "application/json")];
    assert_eq!(
        ann.send("PUT", "/api/v1/tasks/2", &json, &read.to_string())
            .expect(200)
            .body,
        read
    );
    ann.send("PUT", "/api/v1/tasks/2", &json, r#"{"title": "boxes"}"#)
        .expect(200);
    assert_eq!(counts(&ann, 3), Value::Null);
}

#[test]
fn there_is_one_level_of_ones_own_tasks() {
    let service = Service::new();
    let (ann, bob) = (
        service.sign_up("ann@example.com"),
        service.sign_up("bob@example.com"),
    );
    let foreign = bob.create(&json!({"title": "of Bob"}))["id"].clone();
    ann.create(&json!({"title": "parent"}));
    child(&ann, "child", &json!(1));
    ann.create(&json!({"title": "other"}));
    for parent in [
        foreign,
        json!(2),
        json!(99),
        json!("nonsense"),
        json!(""),
        json!(-1),
        json!(1e300),
        json!([1]),
        json!("9".repeat(60)),
    ] {
        let problem = ann.post("/api/v1/tasks", &json!({"title": "x", "parent_id": parent}));
        let problem = problem.problem(422, "validation_failed").body;
        assert_eq!(problem["errors"][0]["field"], "parent_id", "{parent}");
    }
    for (task, parent) in [(1, 1), (1, 3), (3, 2)] {
        ann.patch(&format!("/api/v1/tasks/{task}"), &json!({"parent_id": parent}))
            .problem(422, "validation_failed");
    }
    ann.post(
        "/api/v1/tasks",
        &json!({"title": "x", "parent_id": 1, "recurrence_rule": "daily"}),
    )
    .problem(422, "validation_failed");
    ann.patch("/api/v1/tasks/2", &json!({"recurrence_rule": "daily"}))
        .problem(422, "validation_failed");
    assert_eq!(ann.titles("sort=created_at"), ["parent", "child", "other"]);
}

#[test]
fn a_task_has_a_hundred_subtasks_at_most() {
    let ann = Service::new().sign_up("ann@example.com");
    ann.create(&json!({"title": "parent"}));
    for _ in 0..100 {
        child(&ann, "child", &json!(1));
    }
    ann.post("/api/v1/tasks", &json!({"title": "one more", "parent_id": 1}))
        .problem(422, "validation_failed");
    ann.patch("/api/v1/tasks/2", &json!({"parent_id": 1, "title": "renamed"}))
        .expect(200);
    ann.send("DELETE", "/api/v1/tasks/1", &[], "").expect(204);
    assert!(ann.titles("").is_empty());
}

#[test]
fn a_list_shows_the_parts_of_one_task_or_what_is_no_part() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let parent = ann.create(&json!({"title": "parent"}))["id"]
        .as_str()
        .unwrap()
        .to_owned();
    child(&ann, "one", &json!(1));
    child(&ann, "two", &json!(1));
    ann.create(&json!({"title": "other"}));
    assert_eq!(ann.titles("parent=none&sort=title"), ["other", "parent"]);
    assert_eq!(ann.titles("sort=title").len(), 4);
    for name in ["1", &parent, &parent.to_uppercase()] {
        assert_eq!(ann.titles(&format!("parent={name}&sort=title")), ["one", "two"]);
    }
    let first = ann
        .get("/api/v1/tasks?parent=1&limit=1&count=true")
        .expect(200)
        .body;
    assert_eq!(first["total"], 2);
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(
        ann.titles(&format!("parent={parent}&limit=1&cursor={cursor}")),
        ["one"]
    );
    for nobody in [
        "99",
        "99999999999999999999",
        "0",
        "01900000-0000-7000-8000-000000000000",
    ] {
        assert!(ann.titles(&format!("parent={nobody}")).is_empty());
    }
    ann.get("/api/v1/tasks?parent=everyone")
        .problem(422, "validation_failed");
    assert!(
        service
            .sign_up("bob@example.com")
            .titles(&format!("parent={parent}"))
            .is_empty()
    );
}

#[test]
fn subtasks_are_deleted_and_restored_with_their_parent() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "parent"}));
    child(&ann, "before", &json!(1));
    child(&ann, "with", &json!(1));
    ann.send("DELETE", "/api/v1/tasks/2", &[], "").expect(204);
    service.world.pass(5);
    let told = service.world.types("task-events").len();
    ann.send("DELETE", "/api/v1/tasks/1", &[], "").expect(204);
    assert_eq!(
        service.world.types("task-events")[told..],
        ["task.deleted", "task.deleted"]
    );
    assert!(ann.titles("").is_empty());
    ann.post("/api/v1/tasks/3/restore", &json!({}))
        .problem(409, "conflict");
    let restored = ann.post("/api/v1/tasks/1/restore", &json!({})).expect(200).body;
    assert_eq!(restored["subtasks"], json!({"total": 1, "completed": 0}));
    assert_eq!(ann.titles("sort=title"), ["parent", "with"]);
    ann.post("/api/v1/tasks/2/restore", &json!({})).expect(200);
    assert_eq!(counts(&ann, 1), json!({"total": 2, "completed": 0}));
    // Both named in one request: the part goes with the whole.
    let done = ann
        .post(
            "/api/v1/tasks/bulk",
            &json!({"action": "delete", "ids": [1, 2, 3]}),
        )
        .expect(200);
    assert_eq!(done.body["count"], 3);
    ann.post(
        "/api/v1/tasks/bulk",
        &json!({"action": "restore", "ids": [1, 2, 3]}),
    )
    .expect(200);
    assert_eq!(counts(&ann, 1), json!({"total": 2, "completed": 0}));
}

#[test]
fn the_next_occurrence_has_fresh_subtasks() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "rent", "due_date": "2026-03-31", "recurrence_rule": "monthly"}));
    ann.create(&json!({"title": "transfer", "parent_id": 1, "due_date": "2026-03-30", "reminders": [{"before": "1h"}], "tags": ["bank"]}));
    ann.create(&json!({"title": "note", "parent_id": 1}));
    ann.post("/api/v1/tasks/2/complete", &json!({})).expect(200);
    ann.post("/api/v1/tasks/1/complete", &json!({})).expect(200);
    let event = service.world.events("task-events").pop().unwrap();
    let body = json!({"event_id": event["id"], "user_id": event["userid"], "task": event["data"]});
    let next = service.post("/internal/v1/tasks/next", &body).expect(201).body;
    assert_eq!(next["subtasks"], json!({"total": 2, "completed": 0}));
    assert_eq!(ann.get("/api/v1/tasks/4").body, next);
    let items = ann.get("/api/v1/tasks?parent=4&sort=created_at").body["items"].clone();
    assert_eq!(
        (
            &items[0]["title"],
            &items[0]["status"],
            &items[0]["due_date"],
            &items[0]["tags"]
        ),
        (
            &json!("transfer"),
            &json!("pending"),
            &json!("2026-04-29"),
            &json!(["bank"])
        )
    );
    assert_eq!(
        (&items[1]["title"], &items[1]["parent_id"]),
        (&json!("note"), &next["id"])
    );
    service.post("/internal/v1/tasks/next", &body).expect(200);
    assert_eq!(ann.titles("parent=4").len(), 2);
}
