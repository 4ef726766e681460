//! What users see of their notifications, and do with them.

use http::header::AUTHORIZATION;

use super::*;

#[test]
fn notifications_are_marked_as_read_and_unread() {
    let fixture = Fixture::new();
    fixture.deliver(&[triggered(1, "ada"), triggered(2, "ada")]);
    let id = fixture.list("ada", "")["items"][1]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for _ in 0..2 {
        let (status, body) = fixture.change("ada", &id, r#"{"read": true}"#);
        assert_eq!(
            (status, &body["read_at"], &body["title"]),
            (200, &json!("2026-03-01T09:00:00.000Z"), &json!("title 1"))
        );
    }
    assert_eq!(fixture.titles("ada", "unread=true"), ["title 2"]);
    assert_eq!(fixture.titles("ada", "unread=false"), ["title 1"]);
    assert_eq!(fixture.list("ada", "unread=true&count=true&limit=1")["total"], 1);
    assert_eq!(
        fixture.change("ada", &id, r#"{"read": false}"#).1["read_at"],
        Value::Null
    );
    assert_eq!(fixture.titles("ada", "unread=true").len(), 2);

    let all = || {
        let uri = "/api/v1/notifications/read-all";
        fixture.call(TestIssuer::request("ada", NOW).method(Method::POST).uri(uri), "")
    };
    assert_eq!(all(), (200, json!({"updated": 2})));
    assert_eq!(all(), (200, json!({"updated": 0})));
}

#[test]
fn whoever_asks_too_often_has_to_wait_and_nobody_else() {
    let fixture = Fixture::new();
    let other = fixture.restarted();
    let ask = |instance: &Fixture, user_id: &str| {
        let request = TestIssuer::request(user_id, NOW).uri("/api/v1/notifications");
        let request = request.body(Bytes::new()).unwrap();
        let answer = match block_on(instance.service.answer(&request, now(), 5)) {
            Ok(answer) => answer,
            Err(failure) => failure.answer("/api/v1/notifications", ""),
        };
        description::is_kept(&request, &answer);
        let left = answer.headers()["ratelimit-remaining"]
            .to_str()
            .unwrap()
            .to_owned();
        (answer.status().as_u16(), left)
    };
    let instances = [
        &fixture, &other, &fixture, &other, &fixture, &other, &fixture, &other,
    ];
    let asked = instances.map(|instance| ask(instance, "ada"));
    // One more than five: of the fifth the other instance hears with the sixth.
    let statuses = asked.each_ref().map(|(status, _left)| *status);
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 429, 429]);
    let left = asked.map(|(_status, left)| left);
    assert_eq!(left, ["4", "3", "2", "1", "0", "0", "0", "0"]);
    assert_eq!(ask(&other, "bob").0, 200);
}

#[test]
fn nobody_sees_or_changes_anothers_notifications() {
    let fixture = Fixture::new();
    fixture.deliver(&[triggered(1, "ada"), triggered(2, "bob")]);
    assert_eq!(fixture.titles("ada", ""), ["title 1"]);
    let id = fixture.list("bob", "")["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let foreign = fixture.change("ada", &id, r#"{"read": true}"#);
    let missing = fixture.change("ada", "no-such-id", r#"{"read": true}"#);
    assert_eq!((foreign.0, missing.0), (404, 404));
    assert_eq!(foreign.1["detail"], missing.1["detail"]);
    let uri = "/api/v1/notifications/read-all";
    fixture.call(TestIssuer::request("ada", NOW).method(Method::POST).uri(uri), "");
    assert_eq!(fixture.titles("bob", "unread=true"), ["title 2"]);
    for uri in [
        "/api/v1/notifications",
        "/api/v1/notifications/x",
        "/api/v1/notifications/read-all",
    ] {
        assert_eq!(fixture.call(Request::builder().uri(uri), "").0, 401, "{uri}");
    }
}

#[test]
fn a_personal_api_token_does_what_its_scopes_allow_and_never_decides_where_notifications_go() {
    let fixture = Fixture::new();
    fixture.deliver(&[triggered(1, "ada")]);
    let id = fixture.list("ada", "")["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let ask = |user_id: &str, scopes: &str, method: &str, path: &str, body: &str| {
        let token = TestIssuer::api_token(user_id, scopes);
        let request = Request::builder().header(AUTHORIZATION, token).method(method);
        fixture
            .call(request.uri(format!("/api/v1/notifications{path}")), body)
            .0
    };
    let (reads, writes) = ("tasks:read", "tasks:write");
    let one = format!("/{id}");
    let snooze = format!("/{id}/snooze");
    for (method, path, body, reading, writing) in [
        ("GET", "", "", 200, 403),
        ("GET", "/settings", "", 200, 403),
        ("GET", "/push-key", "", 200, 403),
        ("GET", "/subscriptions", "", 403, 403),
        ("PATCH", one.as_str(), r#"{"read": true}"#, 403, 200),
        ("POST", "/read-all", "", 403, 200),
        ("POST", snooze.as_str(), r#"{"minutes": 5}"#, 403, 200),
        (
            "PUT",
            "/settings",
            r#"{"webhook": {"url": "https://example.com/"}}"#,
            403,
            403,
        ),
        ("POST", "/settings/webhook/secret", "", 403, 403),
        ("POST", "/subscriptions", "{}", 403, 403),
        ("DELETE", "/subscriptions", "{}", 403, 403),
    ] {
        assert_eq!(
            ask("ada", reads, method, path, body),
            reading,
            "{method} {path} to read"
        );
        assert_eq!(
            ask("ada", writes, method, path, body),
            writing,
            "{method} {path} to write"
        );
    }
    assert_eq!(
        fixture.ask("ada", "GET", "/settings", &Value::Null).1["webhook"],
        Value::Null
    );
    assert_eq!(ask("away", reads, "GET", "", ""), 503);
    assert_eq!(ask("", reads, "GET", "", ""), 401);
}

#[test]
fn bad_bodies_and_parameters_change_nothing() {
    let fixture = Fixture::new();
    fixture.deliver(&[triggered(1, "ada")]);
    let id = fixture.list("ada", "")["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for (body, status) in [
        ("", 400),
        ("{", 400),
        ("\u{0}", 400),
        ("{}", 422),
        ("[]", 422),
        (r#"{"read": 1}"#, 422),
        (r#"{"read": true, "title": "x"}"#, 422),
    ] {
        assert_eq!(fixture.change("ada", &id, body).0, status, "{body}");
    }
    for query in ["limit=0", "limit=x", "unread=1", "count=yes", "cursor=AAAA"] {
        let uri = format!("/api/v1/notifications?{query}");
        let status = fixture.call(TestIssuer::request("ada", NOW).uri(uri), "").0;
        assert!(matches!(status, 400 | 422), "{query}");
    }
    assert_eq!(fixture.titles("ada", "unread=true"), ["title 1"]);
}

#[test]
fn pages_follow_each_other_while_new_ones_arrive() {
    let fixture = Fixture::new();
    let batch: Vec<_> = (1..=5).map(|number| triggered(number, "ada")).collect();
    fixture.deliver(&batch);
    let first = fixture.list("ada", "limit=2");
    assert_eq!(
        (&first["has_more"], first["items"][0]["title"].as_str()),
        (&json!(true), Some("title 5"))
    );
    fixture.deliver(&[triggered(6, "ada")]);
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(
        fixture.titles("ada", &format!("limit=2&cursor={cursor}")),
        ["title 3", "title 2"]
    );
    assert_eq!(
        fixture.titles("ada", &format!("limit=20&cursor={cursor}")),
        ["title 3", "title 2", "title 1"]
    );
}

#[test]
fn other_addresses_and_methods_are_refused() {
    let fixture = Fixture::new();
    for path in [
        "/",
        "/api/v1/notificationsx",
        "/api/v1/notifications/a/b",
        "/api/v1/notifications//x",
    ] {
        assert_eq!(
            fixture.call(TestIssuer::request("ada", NOW).uri(path), "").0,
            404,
            "{path}"
        );
    }
    for (method, path) in [
        (Method::POST, ""),
        (Method::DELETE, "/x"),
        (Method::GET, "/x"),
        (Method::GET, "/read-all"),
    ] {
        let uri = format!("/api/v1/notifications{path}");
        assert_eq!(
            fixture
                .call(TestIssuer::request("ada", NOW).method(method).uri(uri), "")
                .0,
            405,
            "{path}"
        );
    }
}
