//! The FAQ's contract: its key, its answers and its log.

use serde_json::{Value, json};

use super::service::{Response, Service};

const SHOP: &str = "key-of-the-shop-0001";
pub(super) const OPERATOR: &str = "key-of-the-operator";

/// A service with both keys.
#[derive(Clone)]
pub(super) struct Faq(pub(super) Service);

impl Faq {
    pub(super) fn new() -> Self {
        Self::with(&[])
    }

    fn with(more: &[(&str, &str)]) -> Self {
        let mut variables = vec![
            ("faq_api_key", "old-key-of-the-shop, key-of-the-shop-0001"),
            ("admin_api_key", OPERATOR),
            ("rate_limit_default", "0"),
            ("rate_limit_auth", "0"),
            ("rate_limit_faq", "0"),
        ];
        variables.extend_from_slice(more);
        Self(Service::with(&variables))
    }

    fn send(&self, key: &str, method: &str, target: &str, body: &Value) -> Response {
        let headers = [("content-type", "application/json"), ("x-api-key", key)];
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.0.send(method, target, &headers, &body)
    }

    pub(super) fn ask(&self, message: &str) -> Value {
        let body = json!({ "message": message, "sessionId": "session-1" });
        self.send(SHOP, "POST", "/api/v1/chat", &body).expect(200).body
    }

    pub(super) fn operate(&self, method: &str, target: &str, body: &Value) -> Response {
        self.send(OPERATOR, method, target, body)
    }

    pub(super) fn add(&self, title: &str, content: &str) -> Value {
        let body = json!({ "title": title, "content": content, "category": "shop", "tags": ["orders"] });
        self.operate("POST", "/admin/faq", &body).expect(201).body
    }
}

#[test]
fn the_contract_is_answered_as_it_was() {
    let faq = Faq::new();
    faq.add(
        "How long does shipping take?",
        "Parcels arrive within three days.",
    );
    let answer = faq.ask("how long does shipping take");
    let mut members: Vec<&String> = answer.as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["answer", "sessionId", "sources"]);
    assert_eq!(answer["answer"], "Parcels arrive within three days.");
    assert_eq!(answer["sessionId"], "session-1");
    let source = &answer["sources"][0];
    assert_eq!(source["title"], "How long does shipping take?");
    assert_eq!(source["text"], "Parcels arrive within three days.");
    assert!(source["score"].as_f64().unwrap() > 0.5);
    // Without a session one begins; the old key is still good.
    let body = json!({ "message": "How do I add a recurring task?" });
    let answer = faq
        .send("old-key-of-the-shop", "POST", "/api/v1/chat", &body)
        .expect(200)
        .body;
    assert_eq!(answer["sessionId"].as_str().unwrap().len(), 36);
    assert_eq!(answer["sources"][0]["title"], "How do I add a recurring task?");
}

#[test]
fn a_question_that_is_sent_again_is_answered_and_logged_once() {
    let faq = Faq::new();
    let ask = |shown: &str| {
        let headers = [
            ("content-type", "application/json"),
            ("x-api-key", shown),
            ("idempotency-key", "k1"),
        ];
        let body = r#"{"message": "How do I add a recurring task?"}"#;
        faq.0.send("POST", "/api/v1/chat", &headers, body).expect(200)
    };
    let (first, again) = (ask(SHOP), ask(SHOP));
    assert_eq!(
        (&first.body, again.header("idempotency-replayed")),
        (&again.body, "true")
    );
    // What another program chose for its own request is nothing to this one.
    assert_ne!(
        ask("old-key-of-the-shop").body["sessionId"],
        first.body["sessionId"]
    );
    let log = faq
        .operate("GET", "/admin/chat/logs", &Value::Null)
        .expect(200)
        .body;
    assert_eq!(log["items"].as_array().unwrap().len(), 2);
}

#[test]
fn what_the_contract_refuses_is_a_problem() {
    let faq = Faq::new();
    for body in [
        json!({}),
        json!({ "message": null }),
        json!({ "message": "  " }),
        json!({ "message": 7 }),
        json!({ "message": "x".repeat(4_001) }),
        json!({ "message": "a\u{0}b" }),
        json!({ "message": "a", "sessionId": "a/b" }),
        json!({ "message": "a", "sessionId": "x".repeat(129) }),
        json!({ "message": "a", "user_id": "ann" }),
        json!([]),
    ] {
        faq.send(SHOP, "POST", "/api/v1/chat", &body)
            .problem(400, "bad_request");
    }
    for key in ["", "key-of-the-shop-000", OPERATOR, "key-of-the-shop-0001 "] {
        faq.send(key, "POST", "/api/v1/chat", &json!({ "message": "hi" }))
            .problem(401, "unauthorized");
    }
    // A user's token is a user's token, whatever else is shown.
    let ann = faq.0.sign_up("ann@example.com");
    let headers = [("content-type", "application/json"), ("x-api-key", SHOP)];
    let answer = ann.send(
        "POST",
        "/api/v1/chat",
        &headers,
        r#"{"message": "What's pending?"}"#,
    );
    assert_eq!(answer.expect(200).body["intent"], "list_tasks");
    // Without keys there is no such contract, and no operator; a short key is none.
    let off = Service::with(&[("faq_api_key", "short"), ("admin_api_key", "")]);
    let keys = [("content-type", "application/json"), ("x-api-key", "short")];
    off.send("POST", "/api/v1/chat", &keys, r#"{"message": "hi"}"#)
        .problem(401, "unauthorized");
    off.send("POST", "/api/v1/chat/feedback", &keys, "{}")
        .problem(404, "not_found");
    for key in ["", "short"] {
        off.send("GET", "/admin/faq", &[("x-api-key", key)], "")
            .problem(404, "not_found");
    }
    assert!(
        off.world
            .log
            .borrow()
            .iter()
            .any(|line| line.contains("`faq_api_key`") && !line.contains("short,"))
    );
}

#[test]
fn nobody_without_an_account_reaches_anybodys_tasks() {
    let faq = Faq::new();
    let ann = faq.0.sign_up("ann@example.com");
    ann.create(&json!({ "title": "Xylophone repair", "description": "the xylophone is at Miller's" }));
    for message in [
        "what do I know about the xylophone repair?",
        "Xylophone",
        "show my tasks",
        "delete all tasks",
        "complete task 1",
    ] {
        let answer = faq.ask(message);
        assert!(!answer.to_string().contains("Miller"), "{answer}");
    }
    assert_eq!(faq.ask("xylophone")["sources"], json!([]));
    // The key opens nothing else, nor does the operator's.
    for key in [SHOP, OPERATOR] {
        for target in [
            "/api/v1/tasks",
            "/api/v1/conversations",
            "/api/v1/export",
            "/api/v1/auth/me",
            "/api/v1/tokens",
        ] {
            faq.send(key, "GET", target, &Value::Null)
                .problem(401, "unauthorized");
            let bearer = format!("Bearer {key}");
            faq.0
                .send("GET", target, &[("authorization", &bearer)], "")
                .problem(401, "unauthorized");
        }
    }
    // Nor do a user's rights open the operator's part.
    ann.get("/api/v1/admin/faq").problem(401, "unauthorized");
    faq.send(SHOP, "GET", "/admin/chat/logs", &Value::Null)
        .problem(403, "forbidden");
    assert_eq!(ann.get("/api/v1/tasks/1").expect(200).body["status"], "pending");
}

/// With three questions in two sessions, the second of them without an answer, and what a user said.
fn asked() -> Faq {
    let faq = Faq::new();
    let ann = faq.0.sign_up("ann@example.com");
    ann.say("private question about reminders");
    faq.add("Refunds", "Money comes back within a week.");
    faq.ask("are there refunds?");
    faq.0.world.pass(10);
    faq.ask("quixotic zephyrs");
    faq.send(
        SHOP,
        "POST",
        "/api/v1/chat",
        &json!({ "message": "hello", "sessionId": "session-2" }),
    )
    .expect(200);
    faq
}

#[test]
fn questions_are_logged_counted_and_rated() {
    let faq = asked();
    let stats = faq
        .operate("GET", "/admin/chat/stats", &Value::Null)
        .expect(200)
        .body;
    assert_eq!(
        stats,
        json!({ "totalInteractions": 3, "byIntent": { "faq": 1, "help": 1, "unclear": 1 }, "fallbackCount": 1 })
    );
    let rate = |session: &str, feedback: Value| {
        faq.send(
            SHOP,
            "POST",
            "/api/v1/chat/feedback",
            &json!({ "sessionId": session, "feedback": feedback }),
        )
    };
    rate("session-1", json!("down")).expect(204);
    rate("session-9", json!("up")).problem(404, "not_found");
    rate("session-1", json!("meh")).problem(400, "bad_request");

    let logs = faq
        .operate("GET", "/api/v1/admin/chat/logs?sessionId=session-1", &Value::Null)
        .expect(200)
        .body;
    let items = logs["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(
        (&items[0]["user_message"], &items[0]["has_fallback"]),
        (&json!("quixotic zephyrs"), &json!(true))
    );
    assert_eq!(
        (&items[0]["feedback"], &items[1]["feedback"]),
        (&json!("down"), &Value::Null)
    );
    assert_eq!(items[1]["intent"], "faq");
    assert_eq!(items[1]["sources"][0]["title"], "Refunds");
    assert_eq!(items[1]["assistant_answer"], "Money comes back within a week.");
    assert!(items[1]["latency_ms"].as_i64().unwrap() >= 1);
}

#[test]
fn the_log_has_pages_and_no_users_conversation_on_any_of_them() {
    let faq = asked();
    let first = faq
        .operate("GET", "/admin/chat/logs?limit=2", &Value::Null)
        .expect(200)
        .body;
    let next = first["next_cursor"].as_str().unwrap();
    let second = faq
        .operate(
            "GET",
            &format!("/admin/chat/logs?limit=2&cursor={next}"),
            &Value::Null,
        )
        .expect(200)
        .body;
    assert_eq!(
        (second["items"].as_array().unwrap().len(), &second["has_more"]),
        (1, &json!(false))
    );
    assert!(!format!("{first}{second}").contains("private"));
    faq.operate(
        "GET",
        &format!("/admin/chat/logs?sessionId=session-1&cursor={next}"),
        &Value::Null,
    )
    .problem(400, "invalid_cursor");
    let path = format!("/admin/chat/logs?sessionId={}", "s".repeat(129));
    faq.operate("GET", &path, &Value::Null)
        .problem(422, "validation_failed");
    let sessions = faq
        .operate("GET", "/admin/chat/sessions", &Value::Null)
        .expect(200)
        .body;
    assert_eq!(sessions["items"][1]["session_id"], "session-1");
    assert_eq!(
        (
            &sessions["items"][1]["interactions"],
            &sessions["items"][1]["fallbacks"]
        ),
        (&json!(2), &json!(1))
    );
}

#[test]
fn the_log_is_deleted_as_a_whole_or_by_session_and_that_is_noted() {
    let faq = asked();
    let deleted = faq
        .operate("DELETE", "/admin/chat/logs/session-1", &Value::Null)
        .expect(200)
        .body;
    assert_eq!(deleted["deleted"], 2);
    faq.operate("DELETE", "/admin/chat/logs/session-1", &Value::Null)
        .problem(404, "not_found");
    assert_eq!(
        faq.operate("DELETE", "/admin/chat/logs", &Value::Null)
            .expect(200)
            .body["deleted"],
        1
    );
    assert_eq!(
        faq.operate("GET", "/admin/chat/stats", &Value::Null).body["totalInteractions"],
        0
    );
    // What was changed is noted, with a name for the key and never the key.
    let log = faq.0.world.log.borrow().join("\n");
    assert!(
        log.contains("DELETE /admin/chat/logs/session-1 answered 404"),
        "{log}"
    );
    assert!(!log.contains(OPERATOR) && !log.contains(SHOP));
}

#[test]
fn the_log_is_forgotten_after_its_time() {
    let faq = Faq::with(&[("faq_log_days", "7")]);
    faq.ask("old question");
    faq.0.world.pass(8 * 24 * 3600);
    let body = json!({ "message": "new question", "sessionId": "session-2" });
    faq.send(SHOP, "POST", "/api/v1/chat", &body).expect(200);
    faq.0.job("tidy").unwrap();
    let log = faq
        .operate("GET", "/admin/chat/logs", &Value::Null)
        .expect(200)
        .body;
    assert_eq!(log["items"].as_array().unwrap().len(), 1);
    assert_eq!(log["items"][0]["user_message"], "new question");
    let sessions = faq
        .operate("GET", "/admin/chat/sessions", &Value::Null)
        .expect(200)
        .body;
    assert_eq!(sessions["items"].as_array().unwrap().len(), 1);
}

#[test]
fn each_key_has_its_limit_and_so_has_who_guesses() {
    let faq = Faq::with(&[("rate_limit_faq", "2"), ("rate_limit_default", "3")]);
    let body = json!({ "message": "hello" });
    let ask = |key: &str| faq.send(key, "POST", "/api/v1/chat", &body);
    assert_eq!(ask(SHOP).expect(200).header("ratelimit-limit"), "2");
    ask(SHOP).expect(200);
    let refused = ask(SHOP).problem(429, "rate_limited");
    assert!(refused.header("retry-after").parse::<i64>().unwrap() > 0);
    ask("old-key-of-the-shop").expect(200);
    for _ in 0..3 {
        ask("a-wrong-key-of-nobody").problem(401, "unauthorized");
    }
    ask("a-wrong-key-of-nobody").problem(429, "rate_limited");
}
