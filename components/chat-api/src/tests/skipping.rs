//! Skipping an occurrence.

use serde_json::{Value, json};

use super::recurrence::{ask, complete, completed};
use super::service::{Response, Service, User};

fn skip(user: &User, number: u32) -> Response {
    user.send("POST", &format!("/api/v1/tasks/{number}/skip"), &[], "")
}

fn place(task: &Value) -> (&str, u64) {
    (
        task["due_date"].as_str().unwrap(),
        task["occurrence"].as_u64().unwrap(),
    )
}

#[test]
fn the_task_goes_on_without_being_completed() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let first = ann.create(&json!({
        "title": "Rent", "due_date": "2026-03-31T09:00:00Z", "recurrence_rule": "monthly", "reminders": [{"before": "1h"}],
    }));
    ann.create(&json!({"title": "part", "parent_id": 1, "due_date": "2026-03-30"}));
    complete(&ann, 2);
    let answer = skip(&ann, 1).expect(200);
    let task = &answer.body["task"];
    assert_eq!(place(task), ("2026-04-30T09:00:00Z", 2));
    assert_eq!(
        (
            &task["id"],
            &task["status"],
            &task["subtasks"],
            &answer.body["skipped"]
        ),
        (
            &first["id"],
            &json!("pending"),
            &json!({"total": 1, "completed": 0}),
            &json!(1)
        )
    );
    assert_eq!(
        answer.header("etag"),
        format!("\"{}-{}\"", first["id"].as_str().unwrap(), task["version"])
    );
    let part = ann.get("/api/v1/tasks/2").expect(200).body;
    assert_eq!(
        (&part["status"], &part["due_date"]),
        (&json!("pending"), &json!("2026-04-29"))
    );
    let told = service.world.events("task-events").pop().unwrap();
    assert_eq!(
        (&told["type"], &told["data"]["changed"]),
        (
            &json!("task.updated"),
            &json!(["due_date", "occurrence", "subtasks"])
        )
    );
    let jobs = service.world.jobs.borrow().clone();
    let reminders = jobs.iter().filter(|(name, _due)| name.starts_with("reminder:"));
    let due: Vec<Option<i64>> = reminders.map(|(_name, due)| *due).collect();
    // 30 April, 08:00.
    assert_eq!(due, [Some(1_777_536_000_000)]);

    // From there it goes on from the anchor.
    complete(&ann, 1);
    let next = ask(&service, &completed(&service)).expect(201).body;
    assert_eq!(place(&next), ("2026-05-31T09:00:00Z", 3));
}

#[test]
fn it_happens_once_for_one_key_or_version() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let task = ann.create(&json!({"title": "a", "due_date": "2026-03-05", "recurrence_rule": "daily"}));
    let tag = format!("\"{}-1\"", task["id"].as_str().unwrap());
    let send = |headers: &[(&str, &str)]| ann.send("POST", "/api/v1/tasks/1/skip", headers, "");
    let first = send(&[("idempotency-key", "k"), ("if-match", &tag)]).expect(200);
    assert_eq!(
        send(&[("idempotency-key", "k"), ("if-match", &tag)])
            .expect(200)
            .body,
        first.body
    );
    send(&[("if-match", &tag)]).problem(412, "precondition_failed");
    assert_eq!(place(&ann.get("/api/v1/tasks/1").body), ("2026-03-06", 2));
    // Another user's task, and one that is not there.
    let bob = service.sign_up("bob@example.com");
    bob.send(
        "POST",
        &format!("/api/v1/tasks/{}/skip", task["id"].as_str().unwrap()),
        &[],
        "",
    )
    .problem(404, "not_found");
    skip(&ann, 9).problem(404, "not_found");
}

#[test]
fn what_was_missed_is_skipped_on_request() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a", "due_date": "2026-02-20", "recurrence_rule": "daily"}));
    let answer = ann
        .post("/api/v1/tasks/1/skip", &json!({"missed": true}))
        .expect(200)
        .body;
    assert_eq!(
        (place(&answer["task"]), &answer["skipped"]),
        (("2026-03-02", 11), &json!(10))
    );
    let answer = ann
        .post("/api/v1/tasks/1/skip", &json!({"missed": false}))
        .expect(200)
        .body;
    assert_eq!(place(&answer["task"]), ("2026-03-03", 12));
    for wrong in [json!({"missed": 1}), json!({"all": true}), json!([])] {
        ann.post("/api/v1/tasks/1/skip", &wrong)
            .problem(422, "validation_failed");
    }
}

#[test]
fn what_cannot_be_skipped_says_why_and_stays() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let refused = |number: u32, word: &str| {
        let before = ann.get(&format!("/api/v1/tasks/{number}")).body;
        let problem = skip(&ann, number).problem(409, "conflict").body;
        assert!(problem["detail"].as_str().unwrap().contains(word), "{problem}");
        assert_eq!(ann.get(&format!("/api/v1/tasks/{number}")).body, before);
    };
    ann.create(&json!({"title": "once"}));
    refused(1, "does not repeat");
    ann.create(&json!({"title": "b", "due_date": "2026-03-05", "recurrence_rule": "FREQ=DAILY;COUNT=2"}));
    assert_eq!(place(&skip(&ann, 2).expect(200).body["task"]), ("2026-03-06", 2));
    refused(2, "last occurrence");
    ann.create(
        &json!({"title": "c", "due_date": "2026-03-05", "recurrence_rule": "FREQ=DAILY;UNTIL=20260305"}),
    );
    refused(3, "last occurrence");
    ann.create(&json!({"title": "d", "due_date": "2026-03-05", "recurrence_rule": "daily"}));
    complete(&ann, 4);
    refused(4, "is completed");
    let next = ask(&service, &completed(&service)).expect(201).body;
    ann.patch(
        &format!("/api/v1/tasks/{}", next["number"]),
        &json!({"title": "mine"}),
    )
    .expect(200);
    ann.post("/api/v1/tasks/4/reopen", &json!({})).expect(200);
    refused(4, &format!("as task {}", next["number"]));
}

#[test]
fn the_place_of_a_deleted_occurrence_is_gone_over() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a", "due_date": "2026-03-05", "recurrence_rule": "daily"}));
    complete(&ann, 1);
    let event = completed(&service);
    ask(&service, &event).expect(201);
    ann.send("DELETE", "/api/v1/tasks/2", &[], "").expect(204);
    ann.post("/api/v1/tasks/1/reopen", &json!({})).expect(200);
    assert_eq!(place(&skip(&ann, 1).expect(200).body["task"]), ("2026-03-07", 3));
    // The event of before does not bring back what was skipped.
    ask(&service, &event).expect(204);
    assert_eq!(ann.titles(""), ["a"]);
}

#[test]
fn it_can_be_undone_with_its_subtasks() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a", "due_date": "2026-03-05", "recurrence_rule": "daily"}));
    ann.create(&json!({"title": "part", "parent_id": 1}));
    complete(&ann, 2);
    skip(&ann, 1).expect(200);
    ann.send("POST", "/api/v1/undo", &[], "").expect(200);
    let task = ann.get("/api/v1/tasks/1").expect(200).body;
    assert_eq!(place(&task), ("2026-03-05", 1));
    assert_eq!(task["subtasks"], json!({"total": 1, "completed": 1}));
    assert_eq!(ann.get("/api/v1/tasks/2").body["status"], "completed");
}

#[test]
fn a_crash_while_it_is_skipped_leaves_all_as_it_was() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a", "due_date": "2026-03-05", "recurrence_rule": "daily", "reminders": [{"before": "1h"}]}));
    ann.create(&json!({"title": "part", "parent_id": 1}));
    complete(&ann, 2);
    for allowed in 0..60 {
        service.database.fail_after(allowed);
        let status = skip(&ann, 1).status;
        service.database.recover();
        let (task, part) = (ann.get("/api/v1/tasks/1").body, ann.get("/api/v1/tasks/2").body);
        let state = (place(&task).1, part["status"].as_str().unwrap());
        if status == 200 {
            assert_eq!(state, (2, "pending"));
            return;
        }
        assert_eq!(
            (status, state),
            (503, (1, "completed")),
            "after {allowed} statements"
        );
    }
    panic!("it never succeeded");
}
