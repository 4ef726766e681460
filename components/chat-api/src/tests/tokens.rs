//! Personal API tokens: made once, shown once, kept as a hash, and good for what their scopes say.

use serde_json::{Value, json};

use super::service::{Response, Service, User};

const PATH: &str = "/api/v1/tokens";

/// A token of the user's, and the same user with it in place of a session.
fn token(user: &User, scopes: &Value) -> (Value, User) {
    let made = user
        .post(PATH, &json!({"name": "script", "scopes": scopes}))
        .expect(201)
        .body;
    let token = made["token"].as_str().unwrap().to_owned();
    let user = User {
        token,
        ..user.clone()
    };
    (made, user)
}

fn list(user: &User) -> Vec<Value> {
    user.get(PATH).expect(200).body["items"]
        .as_array()
        .unwrap()
        .clone()
}

#[test]
fn a_token_is_shown_once_and_kept_as_a_hash() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let answer = ann
        .post(PATH, &json!({"name": "laptop", "scopes": ["tasks:read"]}))
        .expect(201);
    assert_eq!(answer.header("cache-control"), "no-store");
    let made = answer.body;
    let text = made["token"].as_str().unwrap();
    assert!(text.starts_with("todo_pat_") && text.len() == 9 + 43, "{text}");
    assert_eq!(
        (&made["scopes"], &made["last_used_at"]),
        (&json!(["tasks:read"]), &Value::Null)
    );
    assert_eq!(
        (&made["created_at"], &made["expires_at"]),
        (
            &json!("2026-03-02T09:00:00.000Z"),
            &json!("2026-05-31T09:00:00.000Z")
        )
    );
    let kept = format!("{:?}", service.rows("SELECT * FROM chat_api_tokens"));
    assert!(!kept.contains(text) && !kept.contains(&text[9..]), "{kept}");
    let items = list(&ann);
    assert_eq!(
        (items.len(), &items[0]["id"], items[0].get("token")),
        (1, &made["id"], None)
    );
    let second = ann
        .post(PATH, &json!({"name": "laptop", "scopes": ["tasks:read"]}))
        .expect(201);
    assert_ne!(second.body["token"], text);
    // Under a key the answer would be kept, and with it the token.
    let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
    ann.send(
        "POST",
        PATH,
        &headers,
        &json!({"name": "a", "scopes": ["tasks:read"]}).to_string(),
    )
    .expect(201);
    assert!(service.rows("SELECT * FROM chat_idempotency").is_empty());
}

#[test]
fn scopes_bound_what_a_token_may_do() {
    let ann = Service::new().sign_up("ann@example.com");
    ann.create(&json!({"title": "Pay rent"}));
    let (_made, reader) = token(&ann, &json!(["tasks:read"]));
    assert_eq!(reader.titles(""), ["Pay rent"]);
    for target in [
        "/api/v1/tasks/1",
        "/api/v1/tags",
        "/api/v1/stats",
        "/api/v1/auth/me",
        "/api/v1/conversations",
    ] {
        reader.get(target).expect(200);
    }
    let refused = |answer: Response, scope: &str| {
        let answer = answer.problem(403, "forbidden");
        let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
        assert_eq!(answer.header("www-authenticate"), challenge);
    };
    refused(
        reader.post("/api/v1/tasks", &json!({"title": "a"})),
        "tasks:write",
    );
    refused(reader.post("/api/v1/tasks/1/complete", &json!({})), "tasks:write");
    refused(
        reader.patch("/api/v1/tasks/1", &json!({"title": "a"})),
        "tasks:write",
    );
    refused(reader.send("DELETE", "/api/v1/tasks/1", &[], ""), "tasks:write");
    refused(
        reader.post("/api/v1/chat", &json!({"message": "add task a"})),
        "tasks:write",
    );
    let (_made, writer) = token(&ann, &json!(["tasks:write"]));
    writer.create(&json!({"title": "Water plants"}));
    refused(writer.get("/api/v1/tasks"), "tasks:read");
    assert_eq!(ann.titles("sort=title"), ["Pay rent", "Water plants"]);
}

#[test]
fn a_token_manages_no_tokens_and_no_secret_addresses() {
    let ann = Service::new().sign_up("ann@example.com");
    let (made, bearer) = token(&ann, &json!(["tasks:read", "tasks:write"]));
    bearer.get(PATH).problem(403, "forbidden");
    bearer
        .post(PATH, &json!({"name": "more", "scopes": ["tasks:write"]}))
        .problem(403, "forbidden");
    let own = format!("{PATH}/{}", made["id"].as_str().unwrap());
    bearer.send("DELETE", &own, &[], "").problem(403, "forbidden");
    assert_eq!(list(&ann).len(), 1);
    let feed = "/api/v1/calendar-feed";
    bearer.get(feed).problem(403, "forbidden");
    bearer.post(feed, &json!({})).problem(403, "forbidden");
    bearer.send("DELETE", feed, &[], "").problem(403, "forbidden");
}

#[test]
fn a_token_ends_when_it_is_deleted_or_its_time_is_over() {
    let service = Service::new();
    let (ann, bob) = (
        service.sign_up("ann@example.com"),
        service.sign_up("bob@example.com"),
    );
    let (made, bearer) = token(&ann, &json!(["tasks:read"]));
    let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
    bob.send("DELETE", &path, &[], "").problem(404, "not_found");
    assert!(list(&bob).is_empty());
    bearer.get("/api/v1/tasks").expect(200);
    ann.send("DELETE", &path, &[], "").expect(204);
    ann.send("DELETE", &path, &[], "").problem(404, "not_found");
    bearer.get("/api/v1/tasks").problem(401, "unauthorized");

    let body = json!({"name": "a", "scopes": ["tasks:read"], "expires_at": "2026-03-02T10:00:00Z"});
    let text = ann.post(PATH, &body).expect(201).body["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let bearer = User {
        token: text,
        ..ann.clone()
    };
    let start = service.world.now.get();
    service.world.now.set(start + 3_599_999);
    bearer.get("/api/v1/tasks").expect(200);
    service.world.now.set(start + 3_600_000);
    bearer.get("/api/v1/tasks").problem(401, "unauthorized");
}

#[test]
fn that_a_token_was_used_is_noted_once_a_minute() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let (_made, bearer) = token(&ann, &json!(["tasks:read"]));
    let used = || list(&ann)[0]["last_used_at"].clone();
    assert_eq!(used(), Value::Null);
    for (seconds, expected) in [(0, "09:00:00"), (59, "09:00:00"), (60, "09:01:00")] {
        service.world.now.set(super::service::START + seconds * 1000);
        bearer.get("/api/v1/tasks").expect(200);
        assert_eq!(used(), format!("2026-03-02T{expected}.000Z"), "{seconds}");
    }
}

#[test]
fn what_is_no_token_opens_nothing() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let (made, _bearer) = token(&ann, &json!(["tasks:read"]));
    let text = made["token"].as_str().unwrap();
    let swapped: String = text.replace("todo_pat_", "todo_pat_A").chars().take(52).collect();
    for wrong in [
        "todo_pat_",
        "todo_pat_x",
        &text[..51],
        &format!("{text}A"),
        &text.to_uppercase(),
        &swapped,
    ] {
        let user = User {
            token: wrong.to_owned(),
            ..ann.clone()
        };
        let answer = user.get("/api/v1/tasks").problem(401, "unauthorized");
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{wrong}");
        assert!(!answer.text.contains(text));
    }
    for body in [
        json!({}),
        json!({"name": "a", "scopes": ["admin"]}),
        json!({"name": "a", "scopes": []}),
    ] {
        ann.post(PATH, &body).problem(422, "validation_failed");
    }
}

#[test]
fn an_account_has_so_many_tokens_and_no_more() {
    let ann = Service::new().sign_up("ann@example.com");
    for _ in 0..50 {
        token(&ann, &json!(["tasks:read"]));
    }
    ann.post(PATH, &json!({"name": "a", "scopes": ["tasks:read"]}))
        .problem(409, "conflict");
    assert_eq!(list(&ann).len(), 50);
}
