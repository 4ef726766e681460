//! What holds for every request: paths, methods, types, sizes, problems, limits, health.

use serde_json::json;

use super::service::{START, Service};

#[test]
fn what_is_not_known_is_a_problem_with_the_requests_id() {
    let service = Service::new();
    let answer = service
        .send("GET", "/api/v1/nothing", &[("x-request-id", "my-request")], "")
        .problem(404, "not_found");
    assert_eq!(
        (answer.header("x-request-id"), &answer.body["request_id"]),
        ("my-request", &json!("my-request"))
    );
    assert_eq!(answer.body["instance"], "/api/v1/nothing");
    let answer = service.send(
        "GET",
        "/api/v1/tasks/%2e%2e/%2e%2e/health/live",
        &[("x-request-id", "<b>")],
        "",
    );
    let answer = answer.problem(404, "not_found");
    let id = answer.header("x-request-id");
    assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 7);
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let service = Service::new();
    let answer = service
        .send("DELETE", "/api/v1/tasks", &[], "")
        .problem(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "GET, HEAD, POST");
    assert_eq!(
        service
            .send("GET", "/api/v1/auth/login", &[], "")
            .problem(405, "method_not_allowed")
            .header("allow"),
        "POST"
    );
}

#[test]
fn bodies_have_a_type_a_size_and_a_depth() {
    let ann = Service::new().sign_up("ann@example.com");
    let json_type = [("content-type", "application/json")];
    ann.send("POST", "/api/v1/tasks", &[], "{}")
        .problem(415, "unsupported_media_type");
    ann.send("POST", "/api/v1/tasks", &[("content-type", "text/plain")], "{}")
        .problem(415, "unsupported_media_type");
    ann.send("POST", "/api/v1/tasks", &json_type, "{")
        .problem(400, "invalid_json");
    ann.send("POST", "/api/v1/tasks", &json_type, &"[".repeat(5000))
        .problem(400, "invalid_json");
    let large = format!("{{\"title\":\"{}\"}}", "x".repeat(1 << 20));
    ann.send("POST", "/api/v1/tasks", &json_type, &large)
        .problem(413, "payload_too_large");
    let mistakes = ann
        .post("/api/v1/tasks", &json!({"title": "", "priority": "huge"}))
        .problem(422, "validation_failed");
    let fields: Vec<&str> = mistakes.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["title", "priority"]);
}

#[test]
fn head_is_get_without_the_body() {
    let ann = Service::new().sign_up("ann@example.com");
    ann.create(&json!({"title": "a"}));
    let get = ann.get("/api/v1/tasks/1");
    let head = ann.send("HEAD", "/api/v1/tasks/1", &[], "").expect(200);
    assert_eq!(
        (head.text.as_str(), head.header("etag")),
        ("", get.header("etag"))
    );
    assert_eq!(head.header("content-length"), get.text.len().to_string());
}

#[test]
fn health_tells_what_is_away() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    assert_eq!(
        service.send("GET", "/health/live", &[], "").expect(200).body["status"],
        "ok"
    );
    assert_eq!(
        service.send("GET", "/health/ready", &[], "").expect(200).body["checks"]["publisher"],
        "ok"
    );
    service.world.is_broker_away.set(true);
    ann.create(&json!({"title": "a"}));
    let answer = service.send("GET", "/health/ready", &[], "").expect(503);
    assert_eq!(
        answer.body["checks"],
        json!({"database": "ok", "publisher": "unavailable"})
    );
    service.database.fail_after(0);
    let answer = service.send("GET", "/health/ready", &[], "").expect(503);
    assert_eq!(answer.body["checks"]["database"], "unavailable");
    service.send("GET", "/health/live", &[], "").expect(200);
}

#[test]
fn a_database_that_is_away_is_503_and_says_nothing_of_itself() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    service.database.fail_after(0);
    let answer = ann.get("/api/v1/tasks").problem(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "1");
    assert!(!answer.text.contains("the test made it fail"));
    assert!(
        service
            .world
            .log
            .borrow()
            .iter()
            .any(|line| line.contains("the test made it fail"))
    );
}

#[test]
fn log_ins_are_limited_by_address_and_chat_by_user() {
    let service = Service::with(&[("rate_limit_chat", "3")]);
    let body = json!({"email": "ann@example.com", "password": "wrong wrong"}).to_string();
    let from = |address| {
        let headers = [
            ("content-type", "application/json"),
            ("spin-client-addr", address),
        ];
        service.send("POST", "/api/v1/auth/login", &headers, &body)
    };
    for _ in 0..5 {
        from("192.0.2.1:1000").problem(401, "invalid_credentials");
    }
    let refused = from("192.0.2.1:2000").problem(429, "rate_limited");
    assert_eq!(
        (
            refused.header("ratelimit-limit"),
            refused.header("ratelimit-remaining")
        ),
        ("5", "0")
    );
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    from("192.0.2.2:1000").problem(401, "invalid_credentials");

    let ann = service.sign_up("ann@example.com");
    for left in ["2", "1", "0"] {
        let answer = ann.post("/api/v1/chat", &json!({"message": "help"})).expect(200);
        assert_eq!(answer.header("ratelimit-remaining"), left);
    }
    ann.at(&service.another())
        .post("/api/v1/chat", &json!({"message": "help"}))
        .problem(429, "rate_limited");
    assert_eq!(
        ann.get("/api/v1/tasks").expect(200).header("ratelimit-limit"),
        "300"
    );
    service.world.pass(120);
    ann.post("/api/v1/chat", &json!({"message": "help"})).expect(200);
}

#[test]
fn reading_writes_nothing() {
    let service = Service::with(&[]);
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a"}));
    // One statement each, and none for the limit.
    service.database.fail_after(2);
    ann.get("/api/v1/tasks").expect(200);
    ann.get("/api/v1/tasks/1").expect(200);
    assert_eq!(service.database.remaining(), Some(0));
    assert_eq!(service.world.now.get(), START);
}

#[test]
fn instances_that_start_at_once_agree_on_their_keys() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.at(&service.another()).get("/api/v1/auth/me").expect(200);
    let seed = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let service = Service::with(&[("jwt_signing_key", seed)]);
    let keys = service
        .send("GET", "/.well-known/jwks.json", &[], "")
        .expect(200)
        .body;
    assert_eq!(
        (&keys["keys"][0]["alg"], &keys["keys"][0]["kty"]),
        (&json!("EdDSA"), &json!("OKP"))
    );
    assert_eq!(
        keys["keys"][0]["x"],
        "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"
    );
    assert_eq!(keys["keys"][0].get("d"), None);
}
