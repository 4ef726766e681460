//! Deleted tasks: listed, restored, and gone for good after 30 days.

use serde_json::{Value, json};

use super::service::{Service, User};

const DAY: i64 = 24 * 3600;

fn delete(user: &User, target: &str) -> super::service::Response {
    user.send("DELETE", &format!("/api/v1/tasks/{target}"), &[], "")
}

fn rows_left(service: &Service) -> usize {
    let mut tables = vec!["chat_tasks", "chat_task_tags", "chat_reminders"];
    if is_sqlite(service) {
        tables.extend(["chat_search", "chat_task_words"]);
    }
    tables
        .iter()
        .map(|table| service.rows(&format!("SELECT 1 FROM {table}")).len())
        .sum()
}

fn is_sqlite(service: &Service) -> bool {
    use todo_service::database::{Connection as _, Database as _, Dialect};

    let connection = futures::executor::block_on(service.database.connect()).unwrap();
    connection.dialect() == Dialect::Sqlite
}

#[test]
fn the_bin_is_a_list_like_any_other() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    for title in ["a", "b apple", "c apple"] {
        ann.create(&json!({"title": title, "tags": ["x"]}));
    }
    service.world.pass(60);
    delete(&ann, "2").expect(204);
    delete(&ann, "3").expect(204);
    assert_eq!(ann.titles(""), ["a"]);
    assert_eq!(ann.titles("deleted=false"), ["a"]);
    assert_eq!(ann.titles("deleted=true&sort=title"), ["b apple", "c apple"]);
    assert_eq!(
        ann.titles("deleted=true&search=appl&tags=x&sort=-title"),
        ["c apple", "b apple"]
    );
    let page = ann
        .get("/api/v1/tasks?deleted=true&limit=1&count=true")
        .expect(200)
        .body;
    assert_eq!(
        (&page["total"], &page["items"][0]["deleted_at"]),
        (&json!(2), &json!("2026-03-02T09:01:00.000Z"))
    );
    let cursor = page["next_cursor"].as_str().unwrap();
    ann.get(&format!("/api/v1/tasks?cursor={cursor}"))
        .problem(400, "invalid_cursor");
    let restored = ann.post("/api/v1/tasks/2/restore", &json!({})).expect(200).body;
    assert_eq!(restored["deleted_at"], Value::Null);
    assert_eq!(ann.titles("deleted=true"), ["c apple"]);
    assert!(
        service
            .sign_up("bob@example.com")
            .titles("deleted=true")
            .is_empty()
    );
    ann.get("/api/v1/tasks?deleted=perhaps")
        .problem(422, "validation_failed");
}

#[test]
fn what_has_been_in_the_bin_for_thirty_days_is_gone_with_all_that_hung_on_it() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    for title in ["old", "new", "kept"] {
        ann.create(&json!({"title": title, "tags": ["x"], "due_date": "2027-01-01", "reminders": [{"before": "1h"}]}));
    }
    delete(&ann, "1").expect(204);
    service.world.pass(2 * DAY);
    let ann = ann.renewed();
    delete(&ann, "2").expect(204);
    service.world.pass(28 * DAY);
    let before = rows_left(&service);
    service.job("tidy").unwrap();
    assert_eq!(rows_left(&service), before, "not yet");
    service.world.pass(1);
    let told = service.world.published.borrow().len();
    service.job("tidy").unwrap();
    service.job("tidy").unwrap();
    // The task, its tag, and what the index has of it; its reminder went when it was deleted.
    assert_eq!(
        rows_left(&service),
        before - if is_sqlite(&service) { 4 } else { 2 }
    );
    assert_eq!(service.rows("SELECT id FROM chat_tasks").len(), 2);
    assert_eq!(service.world.published.borrow().len(), told);
}

#[test]
fn a_task_is_removed_for_good_from_the_bin_alone() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let bob = service.sign_up("bob@example.com");
    let parent = ann.create(&json!({"title": "parent", "tags": ["x"]}));
    ann.create(&json!({"title": "child", "parent_id": 1}));
    delete(&ann, "1?permanent=true").problem(409, "conflict");
    delete(&ann, "1?permanent=yes").problem(422, "validation_failed");
    delete(&ann, "1?permanent=false").expect(204);
    let id = parent["id"].as_str().unwrap();
    delete(&bob, &format!("{id}?permanent=true")).problem(404, "not_found");
    ann.send(
        "DELETE",
        "/api/v1/tasks/1?permanent=true",
        &[("if-match", "\"old\"")],
        "",
    )
    .problem(412, "precondition_failed");
    let headers = [("idempotency-key", "k")];
    for _ in 0..2 {
        ann.send("DELETE", "/api/v1/tasks/1?permanent=true", &headers, "")
            .expect(204);
    }
    delete(&ann, "1?permanent=true").problem(404, "not_found");
    ann.post("/api/v1/tasks/1/restore", &json!({}))
        .problem(404, "not_found");
    assert_eq!(rows_left(&service), 0);
    assert_eq!(ann.create(&json!({"title": "next"}))["number"], 3);
}

#[test]
fn an_occurrence_that_is_gone_for_good_is_not_made_again() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a", "due_date": "2026-03-02", "recurrence_rule": "daily"}));
    ann.post("/api/v1/tasks/1/complete", &json!({})).expect(200);
    let event = service.world.events("task-events").pop().unwrap();
    let body = json!({"event_id": event["id"], "user_id": event["userid"], "task": event["data"]});
    service.post("/internal/v1/tasks/next", &body).expect(201);
    delete(&ann, "2").expect(204);
    service.post("/internal/v1/tasks/next", &body).expect(200);
    delete(&ann, "2?permanent=true").expect(204);
    service.post("/internal/v1/tasks/next", &body).expect(204);
    assert_eq!(ann.titles("status=all"), ["a"]);
}

#[test]
fn old_tasks_parts_and_changes_are_found_by_an_index() {
    let service = Service::new();
    for (query, index) in [
        (
            "SELECT DISTINCT user_id FROM chat_tasks WHERE deleted_at IS NOT NULL AND deleted_at < 1 LIMIT 9",
            "chat_tasks_in_bin",
        ),
        (
            "SELECT document FROM chat_tasks WHERE parent_id = 'p' AND user_id = 'u' AND deleted_at IS NULL",
            "chat_tasks_by_parent",
        ),
        (
            "SELECT unit FROM chat_changes WHERE user_id = 'u'
                AND unit = (SELECT max(unit) FROM chat_changes WHERE user_id = 'u') ORDER BY seq DESC",
            "PRIMARY KEY",
        ),
        (
            "DELETE FROM chat_changes WHERE created_at < 1",
            "chat_changes_by_age",
        ),
    ] {
        let plan = service.rows(&format!("EXPLAIN QUERY PLAN {query}"));
        let plan: Vec<&str> = plan.iter().map(|row| row.text(3).unwrap()).collect();
        assert!(plan.iter().any(|step| step.contains(index)), "{query}: {plan:?}");
        assert!(
            plan.iter().all(|step| !step.starts_with("SCAN chat_")),
            "{query}: {plan:?}"
        );
    }
}
