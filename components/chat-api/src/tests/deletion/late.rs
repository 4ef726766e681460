//! What comes late, or at the same time as the deletion.

use futures::future::join;

use super::*;

#[test]
fn nothing_is_written_for_an_account_that_is_gone() {
    let service = Service::new();
    let ann = fill(&service, "ann@example.com");
    let scopes = json!({"name": "cron", "scopes": ["tasks:read"]});
    let other = service.another();
    let late = ann.at(&other);
    late.get("/api/v1/tasks").expect(200);
    delete(&ann, "correct horse").expect(204);
    let before = counts(&service);
    // For some seconds another instance does not know that the session is over.
    for (method, path, body) in [
        ("POST", "/api/v1/tasks", &json!({"title": "late"})),
        ("POST", "/api/v1/chat", &json!({"message": "hello"})),
        ("POST", "/api/v1/tokens", &scopes),
        ("POST", "/api/v1/calendar-feed", &json!({})),
        ("DELETE", ME, &json!({"password": "correct horse"})),
    ] {
        let headers = [JSON, ("idempotency-key", "late")];
        late.send(method, path, &headers, &body.to_string())
            .problem(401, "unauthorized");
    }
    // Nothing is new in it, so nothing is written but the answer.
    let empty = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n";
    late.send(
        "POST",
        "/api/v1/import",
        &[("content-type", "text/calendar"), ("idempotency-key", "i")],
        empty,
    );
    service
        .post(
            "/api/v1/auth/refresh",
            &json!({"refresh_token": ann.refresh_token}),
        )
        .problem(401, "unauthorized");
    let reminded = format!("reminder:{}:{}", ann.id, service.world.now.get());
    service.job(&reminded).unwrap();
    assert_eq!(counts(&service), before);
    assert_eq!(mentions(&service, &ann.id), Vec::<String>::new());
    service.world.pass(5);
    late.get("/api/v1/tasks").problem(401, "unauthorized");
}

#[test]
fn of_two_deletions_at_once_one_deletes_and_writers_at_the_same_time_leave_nothing() {
    for _ in 0..4 {
        let service = Service::new();
        let ann = service.sign_up("ann@example.com");
        let authorization = format!("Bearer {}", ann.token);
        let headers = [JSON, ("authorization", authorization.as_str())];
        let password = json!({"password": "correct horse"}).to_string();
        let (one, other) = (service.another(), service.another());
        let log_in = json!({"email": "ann@example.com", "password": "correct horse"}).to_string();
        let refresh = json!({ "refresh_token": ann.refresh_token }).to_string();
        let at_once = join(
            join(
                service.begin("DELETE", ME, &headers, &password),
                one.begin("DELETE", ME, &headers, &password),
            ),
            join(
                join(
                    other.begin("POST", "/api/v1/auth/login", &[JSON], &log_in),
                    other.begin("POST", "/api/v1/auth/refresh", &[JSON], &refresh),
                ),
                join(
                    other.begin("POST", "/api/v1/tasks", &headers, r#"{"title":"late"}"#),
                    other.begin("POST", "/api/v1/calendar-feed", &headers, ""),
                ),
            ),
        );
        let ((first, second), _rest) = block_on(at_once);
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 401]);
        service.world.pass(20);
        service.job("outbox").unwrap();
        assert_eq!(mentions(&service, &ann.id), Vec::<String>::new());
    }
}

#[test]
fn the_users_streams_end_at_once() {
    let service = Service::new();
    let (ann, bob) = (
        service.sign_up("ann@example.com"),
        service.sign_up("bob@example.com"),
    );
    let scopes = json!({"name": "cron", "scopes": ["tasks:read"]});
    let token = ann.post("/api/v1/tokens", &scopes).expect(201).body["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let cron = User { token, ..ann.clone() };
    let mut streams = [
        ann.updates(None),
        ann.at(&service.another()).updates(None),
        cron.updates(None),
    ];
    let mut bobs = bob.updates(None);
    delete(&ann, "correct horse").expect(204);
    let now = service.world.now.get();
    for stream in &mut streams {
        while block_on(stream.next()).is_some() {}
    }
    assert_eq!(service.world.now.get(), now);
    assert!(block_on(bobs.next()).is_some());
    bob.create(&json!({"title": "still here"}));
    assert!(block_on(bobs.next()).is_some());
}
