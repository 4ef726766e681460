//! What becomes of the next occurrence when the completion that it came of is none any more.

use serde_json::{Value, json};

use super::recurrence::{ask, complete, completed};
use super::service::{Response, Service, User};

fn reopen(user: &User, number: u32) -> Value {
    user.post(&format!("/api/v1/tasks/{number}/reopen"), &json!({}))
        .expect(200)
        .body
}

fn undo(user: &User) -> Response {
    user.send("POST", "/api/v1/undo", &[], "")
}

/// A daily task of Ann's that is completed, with its next occurrence as task 2 or, with a subtask, 3.
fn begun(service: &Service, with_subtask: bool) -> (User, Value) {
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a", "due_date": "2026-03-05T09:00:00Z", "recurrence_rule": "daily", "reminders": [{"before": "1h"}]}));
    if with_subtask {
        ann.create(&json!({"title": "part", "parent_id": 1}));
    }
    complete(&ann, 1);
    let next = ask(service, &completed(service)).expect(201).body;
    (ann, next)
}

fn reminder_jobs(service: &Service) -> usize {
    let jobs = service.world.jobs.borrow();
    jobs.keys().filter(|name| name.starts_with("reminder:")).count()
}

#[test]
fn an_untouched_next_occurrence_goes_and_completing_again_makes_one_again() {
    let service = Service::new();
    let (ann, first) = begun(&service, true);
    let first_event = completed(&service);
    assert_eq!(first["subtasks"], json!({"total": 1, "completed": 0}));
    let answer = reopen(&ann, 1);
    assert_eq!(answer["removed_task_id"], first["id"]);
    assert_eq!(answer.get("next_task"), None);
    assert_eq!(ann.titles("sort=title"), ["a", "part"]);
    assert_eq!(reminder_jobs(&service), 1);
    // It is told, so that browsers and the audit know.
    let told = service.world.events("task-events");
    let deleted = told
        .iter()
        .rfind(|event| event["type"] == "task.deleted")
        .unwrap();
    assert_eq!(deleted["subject"], first["id"]);

    // The event of the completion that is none any more comes late, or again.
    ask(&service, &first_event).expect(204);
    assert_eq!(ann.titles("sort=title"), ["a", "part"]);

    service.world.pass(60);
    complete(&ann, 1);
    let event = completed(&service);
    // The old one makes nothing of the new completion either.
    ask(&service, &first_event).expect(204);
    let second = ask(&service, &event).expect(201).body;
    assert_eq!(
        (&second["series_id"], &second["occurrence"], &second["due_date"]),
        (&first["series_id"], &json!(2), &first["due_date"])
    );
    assert_ne!(second["id"], first["id"]);
    for event in [&event, &first_event, &event] {
        let status = ask(&service.another(), event).status;
        assert!(matches!(status, 200 | 204));
    }
    assert_eq!(ann.titles("sort=title"), ["a", "a", "part", "part"]);
    // What went is in the bin as a task of its own, and does not stand in anybody's way when it comes back.
    ann.post(&format!("/api/v1/tasks/{}/restore", first["number"]), &json!({}))
        .expect(200);
    assert_eq!(ann.titles("sort=title").len(), 6);
}

#[test]
fn an_event_that_is_late_makes_nothing_of_an_open_task() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a", "due_date": "2026-03-05", "recurrence_rule": "daily"}));
    complete(&ann, 1);
    let event = completed(&service);
    reopen(&ann, 1);
    ask(&service, &event).expect(204);
    complete(&ann, 1);
    undo(&ann).expect(200);
    ask(&service, &event).expect(204);
    assert_eq!(ann.titles(""), ["a"]);
    // Neither does it when the task is no more completed but cancelled.
    complete(&ann, 1);
    let event = completed(&service);
    ann.patch("/api/v1/tasks/1", &json!({"status": "cancelled"}))
        .expect(200);
    ask(&service, &event).expect(204);
    assert_eq!(ann.titles(""), ["a"]);
}

#[test]
fn a_touched_next_occurrence_stays_and_is_shown() {
    let touches: [(&str, &str, Value); 4] = [
        ("PATCH", "/3", json!({"title": "mine"})),
        ("PATCH", "/3", json!({"status": "in_progress"})),
        ("PATCH", "/4", json!({"title": "its part"})),
        ("POST", "/3/complete", json!({})),
    ];
    for (method, path, body) in touches {
        let service = Service::new();
        let (ann, next) = begun(&service, true);
        let media = [("content-type", "application/merge-patch+json")];
        let path = format!("/api/v1/tasks{path}");
        ann.send(method, &path, &media, &body.to_string()).expect(200);
        let answer = reopen(&ann, 1);
        assert_eq!(answer["next_task"]["id"], next["id"], "{path} {body}");
        assert_eq!(answer.get("removed_task_id"), None);
        // Asked again, it says so again.
        assert_eq!(reopen(&ann, 1)["next_task"]["id"], next["id"]);
        service.world.pass(1);
        assert_eq!(complete(&ann, 1)["next_task"]["id"], next["id"]);
        ask(&service, &completed(&service)).expect(200);
        let all = ann.get("/api/v1/tasks?parent=none&count=true").expect(200).body;
        assert_eq!(all["total"], 2, "{path} {body}");
    }
}

#[test]
fn undoing_a_completion_is_reopening() {
    let service = Service::new();
    let (ann, first) = begun(&service, false);
    let done = undo(&ann).expect(200).body;
    assert_eq!(done["items"][0]["status"], "pending");
    assert_eq!(done.get("next_tasks"), None);
    assert_eq!(ann.titles(""), ["a"]);
    ask(&service, &completed(&service)).expect(204);
    complete(&ann, 1);
    let second = ask(&service, &completed(&service)).expect(201).body;
    assert_eq!(
        (&second["occurrence"], second["id"] == first["id"]),
        (&json!(2), false)
    );
    assert_eq!(ann.titles("").len(), 2);
}

#[test]
fn undoing_a_reopening_brings_the_same_one_back() {
    let service = Service::new();
    let (ann, first) = begun(&service, true);
    reopen(&ann, 1);
    undo(&ann).expect(200);
    let listed = ann
        .get(&format!("/api/v1/tasks/{}", first["number"]))
        .expect(200)
        .body;
    assert_eq!(
        (&listed["id"], &listed["series_id"], &listed["occurrence"]),
        (&first["id"], &first["series_id"], &json!(2))
    );
    assert_eq!(ann.titles("sort=title"), ["a", "a", "part", "part"]);
    // That it is completed again is told, and leads to the one that is there.
    assert_eq!(
        ask(&service, &completed(&service)).expect(200).body["id"],
        first["id"]
    );
    assert_eq!(reminder_jobs(&service), 1);
}

#[test]
fn every_way_to_reopen_takes_it_back() {
    let ways: [(&str, &str, Value); 3] = [
        ("PATCH", "/api/v1/tasks/1", json!({"status": "in_progress"})),
        ("PATCH", "/api/v1/tasks/1/complete", json!({})),
        (
            "POST",
            "/api/v1/tasks/bulk",
            json!({"action": "reopen", "ids": [1, 2]}),
        ),
    ];
    for (method, path, body) in ways {
        let service = Service::new();
        let (ann, _next) = begun(&service, false);
        ann.send(
            method,
            path,
            &[("content-type", "application/json")],
            &body.to_string(),
        )
        .expect(200);
        assert_eq!(ann.titles(""), ["a"], "{path}");
    }
    let service = Service::new();
    let (ann, _next) = begun(&service, false);
    ann.say("reopen task 1");
    assert_eq!(ann.titles(""), ["a"]);
}

#[test]
fn a_crash_while_it_is_reopened_leaves_both_as_they_were() {
    let service = Service::new();
    let (ann, _next) = begun(&service, true);
    for allowed in 0..80 {
        service.database.fail_after(allowed);
        let status = ann.post("/api/v1/tasks/1/reopen", &json!({})).status;
        service.database.recover();
        if status == 200 {
            assert_eq!(ann.titles("sort=title"), ["a", "part"]);
            return;
        }
        assert_eq!(status, 503);
        assert_eq!(ann.titles("sort=title").len(), 4, "after {allowed} statements");
    }
    panic!("it never succeeded");
}
