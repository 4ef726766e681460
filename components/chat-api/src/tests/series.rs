//! Series that are counted from completions, the end of a series, and previews of rules.

use serde_json::{Value, json};

use super::recurrence::{ask, complete, completed};
use super::service::{Response, Service, User};

fn end(user: &User, number: u32) -> Response {
    user.send("POST", &format!("/api/v1/tasks/{number}/end-series"), &[], "")
}

/// The clock of these tests shows Monday, 2 March 2026, 09:00 UTC.
#[test]
fn the_next_one_comes_so_long_after_the_completion() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let body = json!({"text": "Water plants every! 3 days at 8am", "timezone": "Asia/Tokyo"});
    let task = ann.post("/api/v1/tasks/quick", &body).expect(201).body["task"].clone();
    assert_eq!(task["recurrence_anchor"], "completion");
    // Ten days late, at 00:30 of the 13th in Tokyo.
    service.world.pass(10 * 86_400 + 6 * 3600 + 1800);
    let ann = ann.renewed();
    complete(&ann, 1);
    let next = ask(&service, &completed(&service)).expect(201).body;
    assert_eq!(
        (&next["due_date"], &next["recurrence_anchor"], &next["occurrence"]),
        (&json!("2026-03-15T23:00:00Z"), &json!("completion"), &json!(2))
    );
    // A completion that is repeated, and an event that is, are one.
    service.world.pass(3 * 86_400);
    let ann = ann.renewed();
    complete(&ann, 1);
    ask(&service, &completed(&service)).expect(200);
    assert_eq!(ann.titles("").len(), 2);
}

#[test]
fn a_second_completion_is_counted_from_its_own_day() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a", "due_date": "2026-03-01", "recurrence_rule": "monthly", "recurrence_anchor": "completion"}));
    complete(&ann, 1);
    let first = completed(&service);
    assert_eq!(ask(&service, &first).expect(201).body["due_date"], "2026-04-02");
    ann.post("/api/v1/tasks/1/reopen", &json!({})).expect(200);
    service.world.pass(86_400);
    let ann = ann.renewed();
    complete(&ann, 1);
    ask(&service, &first).expect(204);
    assert_eq!(
        ask(&service, &completed(&service)).expect(201).body["due_date"],
        "2026-04-03"
    );
}

#[test]
fn what_it_is_counted_from_can_be_changed() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a", "due_date": "2026-03-04", "recurrence_rule": "daily"}));
    ann.patch("/api/v1/tasks/1", &json!({"recurrence_anchor": "completion"}))
        .expect(200);
    complete(&ann, 1);
    let next = ask(&service, &completed(&service)).expect(201).body;
    assert_eq!(next["due_date"], "2026-03-03");
    let told = service.world.events("task-events");
    assert_eq!(told[1]["data"]["changed"], json!(["recurrence_anchor"]));
    let changed = ann
        .patch("/api/v1/tasks/2", &json!({"recurrence_anchor": null}))
        .expect(200)
        .body;
    assert_eq!(changed.get("recurrence_anchor"), None);
    complete(&ann, 2);
    assert_eq!(
        ask(&service, &completed(&service)).expect(201).body["due_date"],
        "2026-03-04"
    );
    ann.patch("/api/v1/tasks/3", &json!({"recurrence_anchor": "sometimes"}))
        .problem(422, "validation_failed");
    ann.post(
        "/api/v1/tasks",
        &json!({"title": "a", "recurrence_anchor": "completion"}),
    )
    .problem(422, "validation_failed");
}

#[test]
fn an_ended_series_has_no_further_occurrence_whoever_is_quicker() {
    // With the route and with a patch, which mean the same.
    for with_patch in [false, true] {
        // The event of the completion before the end, and after it.
        for is_event_late in [false, true] {
            let service = Service::new();
            let ann = service.sign_up("ann@example.com");
            ann.create(&json!({"title": "a", "due_date": "2026-03-05", "recurrence_rule": "daily"}));
            complete(&ann, 1);
            let event = completed(&service);
            if !is_event_late {
                ask(&service, &event).expect(201);
            }
            if with_patch {
                ann.patch("/api/v1/tasks/1", &json!({"recurrence_rule": null}))
                    .expect(200);
            } else {
                let ended = end(&ann, 1).expect(200).body;
                assert_eq!(ended["task"]["is_recurring"], false);
                let next = &ended["next_task"]["is_recurring"];
                assert_eq!(*next, if is_event_late { Value::Null } else { json!(false) });
            }
            ask(&service, &event).expect(if is_event_late { 204 } else { 200 });
            // What is there stays, once.
            let there = 2 - usize::from(is_event_late);
            assert_eq!(ann.titles("").len(), there);
            assert_eq!(ann.titles("recurring=true"), [""; 0]);
            if !is_event_late {
                complete(&ann, 2);
                ask(&service, &completed(&service)).expect(204);
            }
            ann.post("/api/v1/tasks/1/reopen", &json!({})).expect(200);
            complete(&ann, 1);
            let status = ask(&service, &completed(&service)).status;
            assert!(matches!(status, 200 | 204));
            assert_eq!(
                ann.titles("").len(),
                there,
                "patch: {with_patch}, late: {is_event_late}"
            );
        }
    }
}

#[test]
fn the_end_reaches_the_last_occurrence_also_when_its_completion_is_under_way() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a", "due_date": "2026-03-05", "recurrence_rule": "daily"}));
    complete(&ann, 1);
    ask(&service, &completed(&service)).expect(201);
    complete(&ann, 2);
    let under_way = completed(&service);
    let ended = end(&ann, 1).expect(200).body;
    assert_eq!(
        (&ended["next_task"]["number"], &ended["next_task"]["status"]),
        (&json!(2), &json!("completed"))
    );
    ask(&service, &under_way).expect(204);
    assert_eq!(ann.titles(""), ["a", "a"]);
    // Twice is once, and undoing it brings the whole series back.
    let told = service.world.events("task-events").len();
    end(&ann, 1).expect(200);
    assert_eq!(service.world.events("task-events").len(), told);
    ann.send("POST", "/api/v1/undo", &[], "").expect(200);
    assert_eq!(ann.titles("recurring=true"), ["a", "a"]);
    assert_eq!(
        ask(&service, &under_way).expect(201).body["due_date"],
        "2026-03-07"
    );
}

#[test]
fn what_has_no_series_cannot_end_one() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let bob = service.sign_up("bob@example.com");
    ann.create(&json!({"title": "once"}));
    end(&ann, 1).problem(409, "conflict");
    end(&ann, 2).problem(404, "not_found");
    let task = ann.create(&json!({"title": "a", "due_date": "2026-03-05", "recurrence_rule": "daily"}));
    bob.send(
        "POST",
        &format!("/api/v1/tasks/{}/end-series", task["id"].as_str().unwrap()),
        &[],
        "",
    )
    .problem(404, "not_found");
    ann.send(
        "POST",
        "/api/v1/tasks/2/end-series",
        &[("if-match", "\"old\"")],
        "",
    )
    .problem(412, "precondition_failed");
    assert_eq!(ann.titles("recurring=true"), ["a"]);
}

#[test]
fn the_next_occurrence_of_a_completed_task_comes_out_of_the_bin_with_its_subtasks() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a", "due_date": "2026-03-05", "recurrence_rule": "daily"}));
    ann.create(&json!({"title": "part", "parent_id": 1}));
    complete(&ann, 2);
    complete(&ann, 1);
    let event = completed(&service);
    ann.send("DELETE", "/api/v1/tasks/1", &[], "").expect(204);
    let next = ask(&service, &event).expect(201).body;
    assert_eq!(next["subtasks"], json!({"total": 1, "completed": 0}));
    assert_eq!(ann.titles("status=pending&sort=title"), ["a", "part"]);
    ann.send("DELETE", "/api/v1/tasks/1?permanent=true", &[], "")
        .expect(204);
    assert_eq!(ask(&service, &event).expect(200).body["id"], next["id"]);
}

#[test]
fn a_rule_can_be_looked_at_before_it_is_used() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let preview = |query: &str| ann.get(&format!("/api/v1/recurrence/preview?{query}"));
    let found = preview(
        "rule=FREQ%3DMONTHLY%3BBYDAY%3D-1FR&start=2026-03-02T16:00:00Z&timezone=Europe/Berlin&count=2",
    );
    assert_eq!(
        found.expect(200).body,
        json!({
            "start": "2026-03-02T16:00:00Z", "timezone": "Europe/Berlin", "has_more": true,
            "items": [
                {"occurrence": 2, "due_date": "2026-03-27T16:00:00Z"},
                {"occurrence": 3, "due_date": "2026-04-24T15:00:00Z"},
            ],
        })
    );
    assert_eq!(
        preview("rule=daily&count=50").expect(200).body["items"]
            .as_array()
            .unwrap()
            .len(),
        50
    );
    for wrong in [
        "",
        "rule=sometimes",
        "rule=FREQ%3DDAILY%3BBYMONTH%3D2%3BBYMONTHDAY%3D30",
        "rule=daily&count=51",
        "rule=daily&start=soon",
        "rule=daily&timezone=Mars",
        "rule=daily&limit=3",
    ] {
        preview(wrong).problem(422, "validation_failed");
    }
    service
        .send("GET", "/api/v1/recurrence/preview?rule=daily", &[], "")
        .problem(401, "unauthorized");
    ann.post("/api/v1/recurrence/preview", &json!({}))
        .problem(405, "method_not_allowed");
}

#[test]
fn later_occurrences_are_found_by_an_index() {
    let service = Service::new();
    for order in ["ASC", "DESC"] {
        let plan = service.rows(&format!(
            "EXPLAIN QUERY PLAN SELECT document FROM chat_tasks WHERE series_id = 's' AND occurrence > 1 AND user_id = 'u'
             ORDER BY occurrence {order} LIMIT 1"
        ));
        let steps: Vec<&str> = plan.iter().map(|row| row.text(3).unwrap()).collect();
        assert_eq!(steps.len(), 1, "{steps:?}");
        assert!(steps[0].contains("(series_id=? AND occurrence>?)"), "{steps:?}");
    }
}
