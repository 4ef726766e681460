//! What users and scrapers see.

use http::header::AUTHORIZATION;

use super::*;

#[test]
fn audit_needs_a_token_and_shows_nobody_else() {
    let (_, service) = service();
    record(&service, &[created(1, "ada"), created(2, "bob")]);
    let (status, problem) = call(&service, Request::builder().uri("/api/v1/audit"));
    assert_eq!((status, &problem["code"]), (401, &json!("unauthorized")));
    let (status, _) = call(
        &service,
        TestIssuer::request("ada", NOW - 2000).uri("/api/v1/audit"),
    );
    assert_eq!(status, 401, "an expired token");
    assert_eq!(event_ids(&history(&service, "ada", "")), ["event-1"]);
    assert_eq!(
        event_ids(&history(&service, "ada", "task_id=task-2")),
        Vec::<&str>::new()
    );
    assert_eq!(event_ids(&history(&service, "eve", "")), Vec::<&str>::new());
}

#[test]
fn a_personal_api_token_sees_what_its_scopes_allow() {
    let (_, service) = service();
    record(&service, &[created(1, "ada"), created(2, "bob")]);
    let with = |user_id: &str, scopes: &str| {
        let request = Request::builder().header(AUTHORIZATION, TestIssuer::api_token(user_id, scopes));
        call(&service, request.uri("/api/v1/audit?verify=true"))
    };
    let (status, page) = with("ada", "tasks:read");
    assert_eq!((status, event_ids(&page)), (200, vec!["event-1"]));
    for (user_id, scopes, status, code) in [
        ("ada", "tasks:write", 403, "forbidden"),
        ("ada", "", 403, "forbidden"),
        ("", "tasks:read", 401, "unauthorized"),
        ("away", "tasks:read", 503, "unavailable"),
    ] {
        let (answered, problem) = with(user_id, scopes);
        assert_eq!(
            (answered, &problem["code"]),
            (status, &json!(code)),
            "{user_id} {scopes}"
        );
    }
}

#[test]
fn whoever_asks_too_often_has_to_wait_and_nobody_else() {
    let (database, service) = service();
    record(&service, &[created(1, "ada"), created(2, "bob")]);
    let ask = |service: &Service, user_id: &str| {
        call(service, TestIssuer::request(user_id, NOW).uri("/api/v1/audit")).0
    };
    let other = Audit::new(database.clone(), Authenticator::new(TestIssuer));
    let statuses: Vec<u16> = (0..LIMIT).map(|_| ask(&service, "ada")).collect();
    assert_eq!(statuses, vec![200; 20]);
    let (status, problem) = call(&service, TestIssuer::request("ada", NOW).uri("/api/v1/audit"));
    assert_eq!((status, &problem["code"]), (429, &json!("rate_limited")));
    // Another instance learns of it with its first share, which is two of twenty.
    let statuses = [1, 2, 3].map(|_| ask(&other, "ada"));
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!((ask(&service, "bob"), ask(&other, "bob")), (200, 200));
}

#[test]
fn filters_narrow_the_history() {
    let (_, service) = service();
    record(
        &service,
        &[
            event(1, "ada", "task.created", "a"),
            event(2, "ada", "task.created", "b"),
            event(3, "ada", "task.completed", "a"),
        ],
    );
    for (query, expected) in [
        ("task_id=a", &["event-1", "event-3"][..]),
        ("type=task.completed", &["event-3"]),
        ("task_id=b&type=task.completed", &[]),
        ("since=2026-01-01T00:00:02Z", &["event-2", "event-3"]),
        ("since=2026-01-01T01:00:02%2B01:00", &["event-2", "event-3"]),
        ("type=x'%20OR%201=1--", &[]),
        ("task_id=%00", &[]),
    ] {
        assert_eq!(event_ids(&history(&service, "ada", query)), expected, "{query}");
    }
}

#[test]
fn hostile_parameters_are_refused_by_name() {
    let (_, service) = service();
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=1;DROP%20TABLE%20audit_entries", "limit"),
        ("since=yesterday", "since"),
        ("verify=maybe", "verify"),
        ("count=1", "count"),
    ] {
        let (status, problem) = call(
            &service,
            TestIssuer::request("ada", NOW).uri(format!("/api/v1/audit?{query}")),
        );
        assert_eq!(
            (status, &problem["errors"][0]["field"]),
            (422, &json!(field)),
            "{query}"
        );
    }
}

#[test]
fn pages_follow_each_other_and_their_cursors_fit_no_other_list() {
    let (_, service) = service();
    let batch: Vec<_> = (1..=5).map(|number| created(number, "ada")).collect();
    record(&service, &batch);
    let first = history(&service, "ada", "limit=2&count=true");
    assert_eq!(
        (event_ids(&first), &first["total"]),
        (vec!["event-1", "event-2"], &json!(5))
    );
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = history(&service, "ada", &format!("limit=2&cursor={cursor}"));
    assert_eq!(event_ids(&second), ["event-3", "event-4"]);
    let last = history(
        &service,
        "ada",
        &format!("limit=2&cursor={}", second["next_cursor"].as_str().unwrap()),
    );
    assert_eq!(
        (event_ids(&last), &last["has_more"]),
        (vec!["event-5"], &json!(false))
    );

    for (user_id, query) in [("bob", ""), ("ada", "&task_id=task-1")] {
        let uri = format!("/api/v1/audit?cursor={cursor}{query}");
        let (status, problem) = call(&service, TestIssuer::request(user_id, NOW).uri(uri));
        assert_eq!((status, &problem["code"]), (400, &json!("invalid_cursor")));
    }
}

#[test]
fn metrics_count_what_happened() {
    let (_, service) = service();
    let batch = [
        created(1, "ada"),
        created(2, "bob"),
        event(3, "ada", "task.completed", "task-1"),
    ];
    record(&service, &batch);
    record(&service, &batch);
    let request = Request::builder()
        .uri("/internal/metrics")
        .body(Bytes::new())
        .unwrap();
    let answer = block_on(service.answer(&request, now(), LIMIT)).unwrap();
    let text = String::from_utf8(answer.into_body().to_vec()).unwrap();
    for line in [
        "# TYPE todo_events_total counter",
        "todo_events_total{type=\"task.created\"} 2",
        "todo_events_total{type=\"task.completed\"} 1",
        "todo_audit_entries_total 3",
        "todo_tasks_completed_total 1",
        "todo_users 2",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
}

#[test]
fn other_addresses_and_methods_are_refused() {
    let (_, service) = service();
    for path in [
        "/",
        "/api/v1/audit/1",
        "/api/v1/auditor",
        "/internal/metrics/",
        "/api/v1/audit/../tasks",
    ] {
        assert_eq!(
            call(&service, TestIssuer::request("ada", NOW).uri(path)).0,
            404,
            "{path}"
        );
    }
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        assert_eq!(
            call(
                &service,
                TestIssuer::request("ada", NOW)
                    .method(method)
                    .uri("/api/v1/audit")
            )
            .0,
            405
        );
    }
}
