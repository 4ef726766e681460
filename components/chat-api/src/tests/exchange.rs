//! Export and import: files go out whole, and come in whole or not at all.

use http::Method;
use serde_json::{Value, json};

use super::service::{Response, Service, User};
use crate::Reply;

const CSV: (&str, &str) = ("content-type", "text/csv; charset=utf-8");
const CALENDAR: (&str, &str) = ("content-type", "text/calendar");
const JSON: (&str, &str) = ("content-type", "application/json");

fn import(user: &User, query: &str, header: (&str, &str), file: &str) -> Response {
    user.send("POST", &format!("/api/v1/import{query}"), &[header], file)
}

fn full() -> Value {
    json!({
        "title": "=Pay rent; now", "description": "two\nlines", "status": "in_progress", "priority": "urgent",
        "tags": ["home", "b;c"], "due_date": "2026-03-31T07:00:00Z", "timezone": "Europe/Berlin",
        "reminders": [{"before": "1 day"}, {"at": "2026-03-30T10:00:00.250Z"}], "recurrence_rule": "monthly",
    })
}

/// A task without what every task has for itself.
fn comparable(task: &Value) -> Value {
    let mut task = task.clone();
    for field in ["id", "number", "series_id", "updated_at", "version"] {
        task.as_object_mut().unwrap().remove(field);
    }
    task
}

#[test]
fn what_is_exported_can_be_imported_by_somebody_else_in_each_format() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&full());
    ann.create(&json!({"title": "b"}));
    ann.create(&json!({"title": "deleted"}));
    ann.send("DELETE", "/api/v1/tasks/3", &[], "").expect(204);
    ann.post("/api/v1/tasks/2/complete", &json!({})).expect(200);
    service.world.pass(300);
    for (format, header, kind) in [
        ("json", JSON, "application/json"),
        ("csv", CSV, "text/csv; charset=utf-8; header=present"),
        ("ics", CALENDAR, "text/calendar; charset=utf-8"),
    ] {
        let file = ann.get(&format!("/api/v1/export?format={format}")).expect(200);
        assert_eq!(file.header("content-type"), kind);
        assert_eq!(
            file.header("content-disposition"),
            format!("attachment; filename=\"tasks-2026-03-02.{format}\"")
        );
        let bob = service.sign_up(&format!("bob-{format}@example.com"));
        let done = import(&bob, "", header, &file.text).expect(200).body;
        assert_eq!(
            (&done["imported"], &done["skipped"]),
            (&json!(2), &json!(0)),
            "{format}"
        );
        assert_eq!(done["tasks"][0]["number"], 1);
        for number in [1, 2] {
            let path = format!("/api/v1/tasks/{number}");
            assert_eq!(
                comparable(&bob.get(&path).expect(200).body),
                comparable(&ann.get(&path).expect(200).body),
                "{format}"
            );
        }
        // Neither knows the other's tasks, but both know their own.
        for user in [&ann, &bob] {
            let again = import(user, "", header, &file.text).expect(200).body;
            assert_eq!(
                (&again["imported"], &again["skipped"]),
                (&json!(0), &json!(2)),
                "{format}"
            );
        }
    }
    assert_eq!(
        ann.get("/api/v1/export").header("content-type"),
        "application/json"
    );
}

#[test]
fn each_imported_task_is_told_and_only_reminders_to_come_are_kept() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let file =
        "title,due_date,reminders\r\nold,2026-03-01T09:00:00Z,1h\r\nnew,2026-03-03T09:00:00Z,\"1h,3d\"\r\n";
    import(&ann, "", CSV, file).expect(200);
    assert_eq!(service.world.types("task-events"), ["task.created"; 2]);
    assert_eq!(service.world.types("task-updates"), ["task.sync"; 2]);
    assert_eq!(service.world.types("reminders"), ["reminder.scheduled"]);
    let jobs = service
        .world
        .jobs
        .borrow()
        .keys()
        .filter(|name| name.starts_with("reminder:"))
        .count();
    assert_eq!(jobs, 1);
    assert_eq!(ann.titles("sort=created_at"), ["old", "new"]);
}

#[test]
fn a_file_with_a_mistake_changes_nothing_and_names_its_line() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let refused =
        import(&ann, "", CSV, "title,priority\na,high\n,p9\nc,low\n").problem(422, "validation_failed");
    assert_eq!(
        refused.body["errors"],
        json!([
            {"line": 3, "field": "priority", "message": "must be one of `low`, `medium`, `high`, `urgent`"},
            {"line": 3, "field": "title", "message": "is required"},
        ])
    );
    assert_eq!(
        refused.body["detail"],
        "the file has 2 mistakes; nothing was imported"
    );
    let many = format!(
        "title\n{}",
        "\" \"\n".repeat(500).replace("\" \"", "\"\u{a0}x\r\ny\"")
    );
    let refused = import(&ann, "", CSV, &many).problem(422, "validation_failed");
    assert_eq!(refused.body["errors"].as_array().unwrap().len(), 100);
    assert_eq!(
        refused.body["detail"],
        "the file has at least 100 mistakes; nothing was imported"
    );
    for (query, header, body, status, code) in [
        (
            "",
            ("content-type", "text/plain"),
            "a",
            415,
            "unsupported_media_type",
        ),
        ("?format=xml", CSV, "a", 422, "validation_failed"),
        ("?dry_run=maybe", CSV, "title\na", 422, "validation_failed"),
        ("?timezone=Mars", CSV, "title\na", 422, "validation_failed"),
        ("?user_id=1", CSV, "title\na", 400, "bad_request"),
        ("", JSON, "{", 422, "validation_failed"),
        ("", CALENDAR, "BEGIN:VCARD", 422, "validation_failed"),
        ("?format=todoist", CSV, "title\na", 422, "validation_failed"),
        (
            "",
            CSV,
            &format!("title\n{}", "a\n".repeat(1 << 19)),
            413,
            "payload_too_large",
        ),
    ] {
        import(&ann, query, header, body).problem(status, code);
    }
    ann.get("/api/v1/export?format=todoist")
        .problem(422, "validation_failed");
    ann.get("/api/v1/export?limit=1").problem(400, "bad_request");
    ann.get("/api/v1/import").problem(405, "method_not_allowed");
    service
        .send("GET", "/api/v1/export", &[], "")
        .problem(401, "unauthorized");
    service
        .send("POST", "/api/v1/import", &[CSV], "title\na")
        .problem(401, "unauthorized");
    assert_eq!(ann.titles(""), Vec::<String>::new());
    assert_eq!(service.world.types("task-events"), Vec::<String>::new());
}

#[test]
fn a_database_that_fails_half_way_leaves_nothing_behind() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let file = "id,title,tags\n1,a,x\n2,b,y\n3,c,z\n";
    for statements in 1..60 {
        service.database.fail_after(statements);
        let answer = import(&ann, "", CSV, file);
        service.database.recover();
        if answer.status == 200 {
            assert_eq!(answer.body["imported"], 3);
            return;
        }
        answer.problem(503, "unavailable");
        assert_eq!(ann.titles(""), Vec::<String>::new(), "after {statements}");
    }
    panic!("it never succeeds");
}

#[test]
fn a_dry_run_says_what_would_be_done() {
    let ann = Service::new().sign_up("ann@example.com");
    let file = "id,title\nx,a\nx,a\ny,b\n,c\n,c\n";
    let done = import(&ann, "?dry_run=true", CSV, file).expect(200).body;
    assert_eq!(
        (&done["imported"], &done["skipped"], &done["dry_run"]),
        (&json!(4), &json!(1), &json!(true))
    );
    assert_eq!(done["tasks"][1], json!({"line": 4, "title": "b"}));
    assert_eq!(ann.titles(""), Vec::<String>::new());
    import(&ann, "", CSV, file).expect(200);
    let again = import(&ann, "?dry_run=true", CSV, file).expect(200).body;
    assert_eq!((&again["imported"], &again["skipped"]), (&json!(2), &json!(3)));
    let headers = [CSV, ("idempotency-key", "ü")];
    let refused = ann.send("POST", "/api/v1/import?dry_run=true", &headers, file);
    refused.problem(400, "bad_request");
}

#[test]
fn a_deleted_task_may_come_back_and_a_key_imports_once() {
    let ann = Service::new().sign_up("ann@example.com");
    let file = "id,title\nx,a\n";
    let with_key = || {
        ann.send("POST", "/api/v1/import", &[CSV, ("idempotency-key", "k")], file)
            .expect(200)
    };
    assert_eq!(with_key().body, with_key().body);
    let backup = ann.get("/api/v1/export").text;
    ann.send("DELETE", "/api/v1/tasks/1", &[], "").expect(204);
    assert_eq!(import(&ann, "", CSV, file).expect(200).body["imported"], 1);
    ann.send("DELETE", "/api/v1/tasks/2", &[], "").expect(204);
    assert_eq!(import(&ann, "", JSON, &backup).expect(200).body["imported"], 1);
    assert_eq!(import(&ann, "", JSON, &backup).expect(200).body["skipped"], 1);
    assert_eq!(ann.titles(""), ["a"]);
}

#[test]
fn a_series_goes_on_where_it_was() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let part = |occurrence: u32, due: &str, status: &str| {
        json!({
            "title": "a", "due_date": due, "status": status, "recurrence_rule": "FREQ=MONTHLY;COUNT=5", "id": due,
            "series_id": "s", "occurrence": occurrence, "series_anchor": {"due": "2026-01-31", "occurrence": 1},
        })
    };
    let file = json!([
        part(1, "2026-01-31", "completed"),
        part(2, "2026-02-28", "pending"),
        part(2, "2026-03-01", "pending")
    ]);
    import(&ann, "", JSON, &file.to_string()).expect(200);
    let task = |number: u32| ann.get(&format!("/api/v1/tasks/{number}")).expect(200).body;
    assert_eq!(task(1)["series_id"], task(2)["series_id"]);
    assert_ne!(task(1)["series_id"], "s");
    assert_eq!(
        (&task(2)["occurrence"], &task(3)["occurrence"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(task(3)["series_id"], task(3)["id"]);
    assert_eq!(task(1)["completed_at"], task(1)["created_at"]);
    let event = &service.world.events("task-events")[1];
    assert_eq!(
        event["data"]["series_anchor"],
        json!({"due": "2026-01-31", "occurrence": 1})
    );
}

#[test]
fn todoists_file_and_times_without_a_zone_are_meant_where_the_user_is() {
    let ann = Service::new().sign_up("ann@example.com");
    let file = "TYPE,CONTENT,PRIORITY,INDENT,DATE,DATE_LANG\ntask,Call mom @family,1,1,tomorrow at 9am,en\n";
    import(&ann, "?format=todoist&timezone=Europe%2FBerlin", CSV, file).expect(200);
    let task = ann.get("/api/v1/tasks/1").expect(200).body;
    assert_eq!(
        (
            &task["title"],
            &task["due_date"],
            &task["tags"],
            &task["priority"]
        ),
        (
            &json!("Call mom"),
            &json!("2026-03-03T08:00:00Z"),
            &json!(["family"]),
            &json!("urgent")
        )
    );
}

#[test]
fn a_long_file_goes_out_in_pieces_and_breaks_off_visibly() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let rows: String = (1..=450).map(|number| format!("task {number}\n")).collect();
    let done = import(&ann, "", CSV, &format!("title\n{rows}")).expect(200).body;
    assert_eq!(
        (&done["imported"], done["tasks"].as_array().unwrap().len()),
        (&json!(450), 100)
    );
    let file = ann.get("/api/v1/export?format=json").expect(200);
    assert_eq!(file.body["tasks"].as_array().unwrap().len(), 450);
    assert_eq!(file.body["tasks"][449]["title"], "task 450");
    let csv = ann.get("/api/v1/export?format=csv").expect(200).text;
    assert_eq!(csv.lines().count(), 451);

    let authorization = format!("Bearer {}", ann.token);
    let headers = [("authorization", authorization.as_str())];
    let Reply::Download(_head, mut file) = service.reply("GET", "/api/v1/export", &headers, "") else {
        panic!("it is sent at once");
    };
    let next = |file: &mut Box<crate::Download<_>>| futures::executor::block_on(file.next());
    assert!(next(&mut file).unwrap().is_ok());
    service.database.fail_after(0);
    assert_eq!(next(&mut file), Some(Err(crate::BrokenOff)));
    assert_eq!(next(&mut file), None);
    service.database.recover();
    assert!(
        service
            .world
            .log
            .borrow()
            .iter()
            .any(|line| line.contains("broke off"))
    );
    match service.reply(Method::HEAD.as_str(), "/api/v1/export", &headers, "") {
        Reply::Complete(answer) => assert!(answer.body().is_empty() && answer.status() == 200),
        _ => panic!("HEAD has no body"),
    }
}
