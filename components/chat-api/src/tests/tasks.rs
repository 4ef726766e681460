//! Tasks: making, reading, changing, deleting, and doing so once.

use serde_json::{Value, json};

use super::service::Service;

#[test]
fn a_task_is_made_numbered_tagged_and_found_under_its_location() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let made = ann.post("/api/v1/tasks", &json!({"title": " Pay rent ", "priority": "high", "tags": ["Home"], "due_date": "2026-03-05T10:00:00+01:00"}));
    let made = made.expect(201);
    assert_eq!(
        (&made.body["number"], &made.body["version"], &made.body["title"]),
        (&json!(1), &json!(1), &json!("Pay rent"))
    );
    assert_eq!(made.body["due_date"], "2026-03-05T09:00:00Z");
    assert_eq!(made.body["created_at"], "2026-03-02T09:00:00.000Z");
    let id = made.body["id"].as_str().unwrap();
    assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 7);
    assert_eq!(made.header("location"), format!("/api/v1/tasks/{id}"));
    let read = ann.get(made.header("location")).expect(200);
    assert_eq!(
        (read.header("etag"), &read.body),
        (made.header("etag"), &made.body)
    );
    assert_eq!(ann.get("/api/v1/tasks/1").body, made.body);
    assert_eq!(ann.create(&json!({"title": "b"}))["number"], 2);
    assert_eq!(
        service.sign_up("bob@example.com").create(&json!({"title": "c"}))["number"],
        1
    );
}

#[test]
fn timestamps_round_trip_as_z() {
    let ann = Service::new().sign_up("ann@example.com");
    let task = ann.create(&json!({"title": "a", "due_date": "2026-07-01T12:00:00.250+05:30", "reminders": [{"at": "2026-07-01T00:00:00-02:00"}]}));
    assert_eq!(task["due_date"], "2026-07-01T06:30:00.250Z");
    assert_eq!(task["reminders"][0]["at"], "2026-07-01T02:00:00Z");
    for field in ["created_at", "updated_at"] {
        assert!(task[field].as_str().unwrap().ends_with('Z'));
    }
    let again = ann
        .send(
            "PUT",
            "/api/v1/tasks/1",
            &[("content-type", "application/json")],
            &task.to_string(),
        )
        .expect(200);
    assert_eq!(again.body, task);
}

#[test]
fn put_replaces_and_patch_merges() {
    let ann = Service::new().sign_up("ann@example.com");
    let first = ann.create(&json!({"title": "a", "description": "d", "tags": ["x"], "due_date": "2026-03-05", "priority": "low"}));
    let patched = ann
        .patch(
            "/api/v1/tasks/1",
            &json!({"description": null, "tags": ["y"], "due_date": null}),
        )
        .expect(200)
        .body;
    assert_eq!(
        (&patched["description"], &patched["due_date"], &patched["tags"]),
        (&Value::Null, &Value::Null, &json!(["y"]))
    );
    assert_eq!(
        (&patched["title"], &patched["priority"], &patched["version"]),
        (&json!("a"), &json!("low"), &json!(2))
    );
    let put = ann
        .send(
            "PUT",
            "/api/v1/tasks/1",
            &[("content-type", "application/json")],
            r#"{"title": "b"}"#,
        )
        .expect(200)
        .body;
    assert_eq!(
        (&put["title"], &put["tags"], &put["priority"]),
        (&json!("b"), &json!([]), &json!("medium"))
    );
    assert_eq!(
        (&put["id"], &put["created_at"]),
        (&first["id"], &first["created_at"])
    );
    assert_eq!(ann.get("/api/v1/tags").body["items"], json!([]));
    ann.patch("/api/v1/tasks/1", &json!({"title": null}))
        .problem(422, "validation_failed");
    ann.patch("/api/v1/tasks/1", &json!({"colour": "red"}))
        .problem(422, "validation_failed");
}

#[test]
fn a_change_that_changes_nothing_is_none() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let task = ann.create(&json!({"title": "a"}));
    let told = service.world.published.borrow().len();
    assert_eq!(
        ann.patch("/api/v1/tasks/1", &json!({"title": "a"}))
            .expect(200)
            .body,
        task
    );
    assert_eq!(service.world.published.borrow().len(), told);
}

#[test]
fn preconditions_keep_two_writers_apart() {
    let ann = Service::new().sign_up("ann@example.com");
    ann.create(&json!({"title": "a"}));
    let tag = ann.get("/api/v1/tasks/1").header("etag").to_owned();
    let unchanged = ann
        .send(
            "GET",
            "/api/v1/tasks/1",
            &[("if-none-match", &format!("\"other\", W/{tag}"))],
            "",
        )
        .expect(304);
    assert_eq!(
        (unchanged.text.as_str(), unchanged.header("etag")),
        ("", tag.as_str())
    );
    let change = |tag: &str, title: &str| {
        let headers = [
            ("content-type", "application/merge-patch+json"),
            ("if-match", tag),
        ];
        ann.send(
            "PATCH",
            "/api/v1/tasks/1",
            &headers,
            &json!({ "title": title }).to_string(),
        )
    };
    let changed = change(&tag, "b").expect(200);
    assert_ne!(changed.header("etag"), tag);
    change(&tag, "c").problem(412, "precondition_failed");
    change(&format!("W/{}", changed.header("etag")), "c").problem(412, "precondition_failed");
    change("*", "c").expect(200);
    ann.send("DELETE", "/api/v1/tasks/1", &[("if-match", &tag)], "")
        .problem(412, "precondition_failed");
    ann.send("POST", "/api/v1/tasks/1/complete", &[("if-match", &tag)], "")
        .problem(412, "precondition_failed");
    ann.send("GET", "/api/v1/tasks/1", &[("if-none-match", &tag)], "")
        .expect(200);
}

#[test]
fn a_precondition_that_does_not_hold_changes_nothing_on_any_route() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let send = |method: &str, path: &str, tag: &str| {
        let media = if method == "PATCH" {
            "application/merge-patch+json"
        } else {
            "application/json"
        };
        let headers = [("content-type", media), ("if-match", tag)];
        ann.send(
            method,
            &format!("/api/v1/tasks/1{path}"),
            &headers,
            r#"{"title": "b"}"#,
        )
    };
    let kept = || {
        let rows = service.rows("SELECT document, deleted_at FROM chat_tasks");
        (format!("{rows:?}"), service.world.types("task-events"))
    };
    let refused = |method: &str, path: &str, tags: &[&str]| {
        let before = kept();
        for tag in tags {
            send(method, path, tag).problem(412, "precondition_failed");
            assert_eq!(kept(), before, "{method} {path} {tag}");
        }
    };
    let first = ann.create(&json!({"title": "a", "due_date": "2026-03-05"}));
    let created = ann.get("/api/v1/tasks/1").header("etag").to_owned();
    ann.patch("/api/v1/tasks/1", &json!({"description": "d"}))
        .expect(200);
    let patched = ann.get("/api/v1/tasks/1").header("etag").to_owned();
    let weak = format!("W/{patched}");
    let wrong = [created.as_str(), "\"made up\"", &weak, ""];
    for (method, path) in [
        ("PUT", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/complete"),
        ("POST", "/restore"),
    ] {
        refused(method, path, &wrong);
    }
    let completed = send("POST", "/complete", &patched).expect(200);
    refused("POST", "/reopen", &[&patched, &created]);
    refused("PATCH", "/complete", &[&patched, &created]);
    let reopened = send("POST", "/reopen", completed.header("etag")).expect(200);
    let put = send("PUT", "", reopened.header("etag")).expect(200);
    assert_eq!((&put.body["title"], &put.body["id"]), (&json!("b"), &first["id"]));
    // Deleting is a change as well: who has not heard of it does not undo it.
    send("DELETE", "", put.header("etag")).expect(204);
    refused("POST", "/restore", &[put.header("etag"), &created]);
    send("POST", "/restore", "*").expect(200);
}

#[test]
fn a_deleted_task_is_gone_until_it_is_restored() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let task = ann.create(&json!({"title": "a", "tags": ["x"]}));
    ann.send("DELETE", "/api/v1/tasks/1", &[], "").expect(204);
    ann.get("/api/v1/tasks/1").problem(404, "not_found");
    ann.send("DELETE", "/api/v1/tasks/1", &[], "")
        .problem(404, "not_found");
    assert!(ann.titles("").is_empty());
    assert_eq!(ann.get("/api/v1/tags").body["items"], json!([]));
    let restored = ann.post("/api/v1/tasks/1/restore", &json!({})).expect(200).body;
    assert_eq!((&restored["id"], &restored["version"]), (&task["id"], &json!(3)));
    assert_eq!(ann.titles(""), ["a"]);
    assert_eq!(
        ann.get("/api/v1/tags").body["items"],
        json!([{"tag": "x", "count": 1, "open": 1}])
    );
    assert_eq!(
        service.world.types("task-events"),
        ["task.created", "task.deleted", "task.updated"]
    );
}

#[test]
fn completing_is_idempotent_and_the_alias_toggles() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a"}));
    let complete = || {
        ann.send("POST", "/api/v1/tasks/1/complete", &[], "")
            .expect(200)
            .body
    };
    let done = complete();
    assert_eq!(
        (&done["task"]["status"], &done["task"]["completed_at"]),
        (&json!("completed"), &json!("2026-03-02T09:00:00.000Z"))
    );
    assert_eq!(done.get("next_task"), None);
    assert_eq!(complete(), done);
    let reopened = ann
        .send("POST", "/api/v1/tasks/1/reopen", &[], "")
        .expect(200)
        .body;
    assert_eq!(
        (&reopened["task"]["status"], &reopened["task"]["completed_at"]),
        (&json!("pending"), &Value::Null)
    );
    let toggle = || {
        ann.send("PATCH", &format!("/api/{}/tasks/1/complete", ann.id), &[], "")
            .expect(200)
            .body
    };
    assert_eq!(toggle()["task"]["status"], "completed");
    assert_eq!(toggle()["task"]["status"], "pending");
    let types = service.world.types("task-events");
    assert_eq!(
        types,
        [
            "task.created",
            "task.completed",
            "task.reopened",
            "task.completed",
            "task.reopened"
        ]
    );
}

#[test]
fn a_foreign_task_does_not_exist_on_any_route() {
    let service = Service::new();
    let (ann, bob) = (
        service.sign_up("ann@example.com"),
        service.sign_up("bob@example.com"),
    );
    let id = ann.create(&json!({"title": "secret"}))["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let before = ann.get("/api/v1/tasks/1").body;
    for (method, path, body) in [
        ("GET", "", ""),
        ("PUT", "", r#"{"title": "x"}"#),
        ("PATCH", "", r#"{"title": "x"}"#),
        ("DELETE", "", ""),
        ("POST", "/restore", ""),
        ("POST", "/complete", ""),
        ("PATCH", "/complete", ""),
        ("POST", "/reopen", ""),
    ] {
        for base in ["/api/v1/tasks", "/api/tasks", "/api/todos"] {
            let target = format!("{base}/{id}{path}");
            let foreign = bob
                .send(method, &target, &[("content-type", "application/json")], body)
                .problem(404, "not_found");
            let missing = format!("{base}/01900000-0000-7000-8000-000000000000{path}");
            let missing = bob
                .send(method, &missing, &[("content-type", "application/json")], body)
                .problem(404, "not_found");
            assert_eq!(foreign.body["detail"], missing.body["detail"]);
        }
    }
    assert_eq!(ann.get("/api/v1/tasks/1").body, before);
    for message in [
        "complete task 1",
        "delete task 1",
        "change task 1 to x",
        "remind me of task 1 tomorrow",
    ] {
        assert!(!bob.say(message)["response"].as_str().unwrap().contains("secret"));
    }
    assert_eq!(ann.get("/api/v1/tasks/1").body, before);
    assert!(bob.titles("").is_empty());
}

#[test]
fn the_same_idempotency_key_twice_makes_one_task() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let create = |key: &str, title: &str| {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        ann.send(
            "POST",
            "/api/v1/tasks",
            &headers,
            &json!({ "title": title }).to_string(),
        )
    };
    let first = create("k1", "a").expect(201);
    let second = create("k1", "a").expect(201);
    assert_eq!(
        (&first.body, first.header("etag"), first.header("location")),
        (&second.body, second.header("etag"), second.header("location"))
    );
    assert_eq!(
        (
            first.header("idempotency-replayed"),
            second.header("idempotency-replayed")
        ),
        ("", "true")
    );
    create("k1", "b").problem(422, "idempotency_key_reused");
    create("k2", "a").expect(201);
    create(&"k".repeat(256), "a").problem(400, "bad_request");
    assert_eq!(ann.titles(""), ["a", "a"]);
    assert_eq!(
        service.world.types("task-events"),
        ["task.created", "task.created"]
    );
    // Another user's key is another key, and a day later it is a new one.
    let bob = service.sign_up("bob@example.com");
    let headers = [("content-type", "application/json"), ("idempotency-key", "k1")];
    assert_eq!(
        bob.send("POST", "/api/v1/tasks", &headers, r#"{"title":"a"}"#)
            .expect(201)
            .header("idempotency-replayed"),
        ""
    );
    service.world.pass(24 * 3600 + 1);
    service.job("tidy").unwrap();
    assert!(service.rows("SELECT key FROM chat_idempotency").is_empty());
}

#[test]
fn a_key_whose_first_request_failed_can_be_used_again() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
    let create = || ann.send("POST", "/api/v1/tasks", &headers, r#"{"title":"a"}"#);
    // Everything works but the commit.
    let statements = {
        service.database.fail_after(1_000);
        ann.send(
            "POST",
            "/api/v1/tasks",
            &[("content-type", "application/json"), ("idempotency-key", "other")],
            r#"{"title":"z"}"#,
        );
        1_000 - service.database.remaining().unwrap()
    };
    for allowed in 0..statements {
        service.database.fail_after(allowed);
        let answer = create();
        service.database.recover();
        if answer.status == 201 {
            break;
        }
        answer.problem(503, "unavailable");
        assert_eq!(ann.titles(""), ["z"], "after {allowed} statements");
    }
    create().expect(201);
    assert_eq!(ann.titles(""), ["a", "z"]);
}

#[test]
fn a_key_in_flight_is_told_so() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    service
        .app
        .in_flight
        .borrow_mut()
        .insert((ann.id.clone(), "k".to_owned()));
    let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
    ann.send("POST", "/api/v1/tasks", &headers, r#"{"title":"a"}"#)
        .problem(409, "idempotency_in_flight");
    service.app.in_flight.borrow_mut().clear();
    ann.send("POST", "/api/v1/tasks", &headers, r#"{"title":"a"}"#)
        .expect(201);
    assert!(service.app.in_flight.borrow().is_empty());
}

#[test]
fn an_account_that_is_gone_makes_no_tasks() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    service.rows("DELETE FROM chat_users");
    ann.post("/api/v1/tasks", &json!({"title": "a"}))
        .problem(401, "unauthorized");
    ann.get("/api/v1/auth/me").problem(401, "unauthorized");
}
