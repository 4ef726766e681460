//! Many tasks at once: all or nothing.

use serde_json::{Value, json};

use super::service::{Response, Service, User};

fn bulk(user: &User, body: &Value) -> Response {
    user.post("/api/v1/tasks/bulk", body)
}

fn ann_with(titles: &[&str]) -> (Service, User) {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    for title in titles {
        ann.create(&json!({ "title": title }));
    }
    (service, ann)
}

#[test]
fn each_action_changes_every_task_and_tells_of_each() {
    let (service, ann) = ann_with(&["a", "b", "c"]);
    let id = ann.get("/api/v1/tasks/2").body["id"].clone();
    for (action, more, field, expected, event) in [
        (
            "complete",
            json!({}),
            "status",
            json!("completed"),
            "task.completed",
        ),
        ("reopen", json!({}), "status", json!("pending"), "task.reopened"),
        (
            "tag",
            json!({"tags": ["Home", "#work"]}),
            "tags",
            json!(["Home", "work"]),
            "task.updated",
        ),
        (
            "untag",
            json!({"tags": ["HOME"]}),
            "tags",
            json!(["work"]),
            "task.updated",
        ),
        (
            "move",
            json!({"due_date": "2026-05-01"}),
            "due_date",
            json!("2026-05-01"),
            "task.updated",
        ),
        (
            "move",
            json!({"due_date": null}),
            "due_date",
            Value::Null,
            "task.updated",
        ),
        ("delete", json!({}), "title", json!("a"), "task.deleted"),
        ("restore", json!({}), "title", json!("a"), "task.updated"),
    ] {
        let mut body = more;
        body["action"] = action.into();
        // A number, an id, a number in a text, and one twice.
        body["ids"] = json!([1, id, "3", 1]);
        let told = service.world.types("task-events").len();
        let done = bulk(&ann, &body).expect(200).body;
        assert_eq!(
            (&done["action"], &done["count"]),
            (&json!(action), &json!(3)),
            "{action}"
        );
        let numbers: Vec<&Value> = done["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|task| &task["number"])
            .collect();
        assert_eq!(numbers, [&json!(1), &json!(2), &json!(3)]);
        assert_eq!(done["items"][0][field], expected, "{action}");
        assert_eq!(service.world.types("task-events")[told..], [event; 3], "{action}");
        assert_eq!(ann.titles("").len(), if action == "delete" { 0 } else { 3 });
        // What is so already is no change.
        if !matches!(action, "delete") {
            bulk(&ann, &body).expect(200);
            assert_eq!(service.world.types("task-events").len(), told + 3, "{action}");
        }
    }
}

#[test]
fn one_task_that_is_not_there_keeps_all_from_being_changed() {
    let (service, ann) = ann_with(&["a", "b"]);
    let foreign = service
        .sign_up("bob@example.com")
        .create(&json!({"title": "of Bob"}))["id"]
        .clone();
    ann.send("DELETE", "/api/v1/tasks/2", &[], "").expect(204);
    let told = service.world.published.borrow().len();
    let huge = "9".repeat(40);
    let body = json!({"action": "complete", "ids": [1, foreign, 2, huge, 77, "' OR 1=1 --"]});
    let problem = bulk(&ann, &body).problem(404, "not_found").body;
    let fields: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["ids[1]", "ids[2]", "ids[3]", "ids[4]", "ids[5]"]);
    assert_eq!(ann.get("/api/v1/tasks/1").body["status"], "pending");
    assert_eq!(service.world.published.borrow().len(), told);
}

#[test]
fn one_task_that_cannot_be_changed_keeps_all_from_it() {
    let (service, ann) = ann_with(&["a"]);
    let many: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    ann.create(&json!({"title": "full", "tags": many}));
    let told = service.world.published.borrow().len();
    let problem = bulk(
        &ann,
        &json!({"action": "tag", "ids": [1, 2], "tags": ["one more"]}),
    );
    let problem = problem.problem(422, "validation_failed").body;
    assert_eq!(problem["errors"][0]["field"], "ids[1]");
    assert!(
        problem["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("20 tags"),
        "{problem}"
    );
    assert_eq!(ann.get("/api/v1/tasks/1").body["tags"], json!([]));
    assert_eq!(service.world.published.borrow().len(), told);
}

#[test]
fn a_failing_database_leaves_nothing_half_done() {
    let (service, ann) = ann_with(&["a", "b", "c"]);
    let body = json!({"action": "complete", "ids": [1, 2, 3]});
    for allowed in 0..60 {
        service.database.fail_after(allowed);
        let status = bulk(&ann, &body).status;
        service.database.recover();
        let completed = ann.titles("status=completed").len();
        assert_eq!(
            completed,
            if status == 200 { 3 } else { 0 },
            "after {allowed} statements"
        );
        if status == 200 {
            return;
        }
    }
    panic!("it never succeeded");
}

#[test]
fn the_same_key_does_it_once_and_a_bad_body_is_refused() {
    let (service, ann) = ann_with(&["a"]);
    let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
    let body = r#"{"action": "delete", "ids": [1]}"#;
    let first = ann.send("POST", "/api/v1/tasks/bulk", &headers, body).expect(200);
    let again = ann.send("POST", "/api/v1/tasks/bulk", &headers, body).expect(200);
    assert_eq!(
        (first.body, again.header("idempotency-replayed")),
        (again.body.clone(), "true")
    );
    assert_eq!(
        service.world.types("task-events"),
        ["task.created", "task.deleted"]
    );
    let many: Vec<usize> = (1..=101).collect();
    for wrong in [
        json!({}),
        json!({"action": "delete", "ids": many}),
        json!({"action": "x", "ids": [1]}),
        json!([1]),
    ] {
        bulk(&ann, &wrong).problem(422, "validation_failed");
    }
    ann.get("/api/v1/tasks/bulk").problem(405, "method_not_allowed");
}
