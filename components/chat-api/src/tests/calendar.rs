//! The calendar at a secret address.

use serde_json::json;

use super::service::{Response, Service, User};

/// Makes a new address; answers its path.
fn rotate(user: &User) -> String {
    let headers = [("host", "todo.example")];
    let made = user
        .send("POST", "/api/v1/calendar-feed", &headers, "")
        .expect(201);
    assert_eq!(made.header("cache-control"), "no-store");
    let url = made.body["url"].as_str().unwrap().to_owned();
    url.strip_prefix("http://todo.example").unwrap().to_owned()
}

fn read(service: &Service, path: &str, known: &str) -> Response {
    service.send("GET", path, &[("if-none-match", known)], "")
}

#[test]
fn whoever_knows_the_address_reads_the_open_tasks() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.get("/api/v1/calendar-feed").problem(404, "not_found");
    let path = rotate(&ann);
    assert!(path.starts_with("/calendar/") && path.ends_with(".ics"), "{path}");
    assert_eq!(
        ann.get("/api/v1/calendar-feed").expect(200).body,
        json!({"created_at": "2026-03-02T09:00:00.000Z"})
    );
    let empty = read(&service, &path, "").expect(200);
    assert_eq!(empty.header("content-type"), "text/calendar; charset=utf-8");
    assert_eq!(empty.header("x-robots-tag"), "noindex");
    assert!(empty.header("cache-control").contains("private"));
    assert!(!empty.text.contains("VTODO"));

    ann.create(&json!({"title": "Pay rent", "due_date": "2026-03-05"}));
    service
        .sign_up("bob@example.com")
        .create(&json!({"title": "Bob's"}));
    let calendar = read(&service, &path, empty.header("etag")).expect(200);
    assert!(
        calendar.text.contains("SUMMARY:Pay rent\r\n") && !calendar.text.contains("Bob"),
        "{}",
        calendar.text
    );
    let known = read(&service, &path, calendar.header("etag")).expect(304);
    assert_eq!(
        (known.text.as_str(), known.header("etag")),
        ("", calendar.header("etag"))
    );
    let head = service.send("HEAD", &path, &[], "").expect(200);
    assert_eq!(
        (head.text.as_str(), head.header("content-length")),
        ("", calendar.text.len().to_string().as_str())
    );

    // What is done stays for a month.
    ann.post("/api/v1/tasks/1/complete", &json!({})).expect(200);
    let done = read(&service, &path, calendar.header("etag")).expect(200);
    assert!(done.text.contains("STATUS:COMPLETED"), "{}", done.text);
    service.world.pass(32 * 24 * 3600);
    let later = read(&service, &path, done.header("etag")).expect(200);
    assert!(!later.text.contains("VTODO"), "{}", later.text);
}

#[test]
fn an_address_is_replaced_and_revoked() {
    let service = Service::new();
    let (ann, bob) = (
        service.sign_up("ann@example.com"),
        service.sign_up("bob@example.com"),
    );
    let first = rotate(&ann);
    let others = rotate(&bob);
    let second = rotate(&ann);
    assert_ne!(first, second);
    read(&service, &first, "").problem(404, "not_found");
    read(&service.another(), &second, "").expect(200);
    for _ in 0..2 {
        ann.send("DELETE", "/api/v1/calendar-feed", &[], "").expect(204);
    }
    read(&service, &second, "").problem(404, "not_found");
    read(&service, &others, "").expect(200);
    ann.get("/api/v1/calendar-feed").problem(404, "not_found");
}

#[test]
fn the_secret_is_neither_kept_nor_told() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let path = rotate(&ann);
    let token = path
        .trim_start_matches("/calendar/")
        .trim_end_matches(".ics")
        .to_owned();
    let kept = service.rows("SELECT hash FROM chat_calendar_feeds");
    assert_ne!(kept[0].text(0).unwrap(), token);
    let by_hash = format!("/calendar/{}.ics", kept[0].text(0).unwrap());
    read(&service, &by_hash, "").problem(404, "not_found");
    service.database.fail_after(0);
    let failed = read(&service, &path, "").problem(503, "unavailable");
    service.database.recover();
    assert!(!failed.text.contains(&token));
    assert!(!service.world.log.borrow().is_empty());
    assert!(
        !service
            .world
            .log
            .borrow()
            .iter()
            .any(|line| line.contains(&token))
    );
}

#[test]
fn bad_addresses_and_methods_are_refused() {
    let service = Service::new();
    for path in [
        "/calendar/x.ics",
        "/calendar/.ics",
        "/calendar/",
        "/calendar",
        "/calendar/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.ics",
        "/calendar/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "/calendar/%27%20OR%201%3D1%20--AAAAAAAAAAAAAAAAAAAAAAAAAA.ics",
    ] {
        read(&service, path, "").problem(404, "not_found");
    }
    let path = rotate(&service.sign_up("ann@example.com"));
    for method in ["POST", "PUT", "DELETE"] {
        service
            .send(method, &path, &[], "")
            .problem(405, "method_not_allowed");
    }
    service
        .send("POST", "/api/v1/calendar-feed", &[], "")
        .problem(401, "unauthorized");
}

#[test]
fn readers_are_counted_by_their_address() {
    let service = Service::with(&[("rate_limit_auth", "0"), ("rate_limit_default", "20")]);
    let path = rotate(&service.sign_up("ann@example.com"));
    let statuses: Vec<u16> = (0..30).map(|_| read(&service, &path, "").status).collect();
    assert_eq!((statuses[0], statuses[29]), (200, 429));
}
