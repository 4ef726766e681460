//! Tasks by REST: fields, filters, conditions, and what a bad request leaves unchanged.

use end_to_end::{PATIENCE, Server, User};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

fn titles(tasks: &[Value]) -> Vec<&str> {
    tasks.iter().filter_map(|task| task["title"].as_str()).collect()
}

#[tokio::test]
async fn a_task_lives_from_creation_to_deletion_and_back() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let wanted = json!({
        "title": "Pay rent", "description": "To the landlord", "priority": "high", "tags": ["home", "Money"],
        "due_date": "2030-01-31T09:00:00Z", "timezone": "Europe/Berlin", "reminders": [{ "before": "1h" }],
        "recurrence_rule": "monthly",
    });
    let answer = user.post("/api/v1/tasks", &wanted).await.unwrap();
    assert_eq!(answer.status, StatusCode::CREATED);
    let task = answer.body;
    for (field, value) in wanted.as_object().unwrap() {
        if field == "due_date" {
            assert!(
                task[field].as_str().unwrap().starts_with("2030-01-31T09:00:00"),
                "{task}"
            );
        } else {
            assert_eq!(&task[field], value, "{field}");
        }
    }
    assert_eq!(
        (task["number"].as_u64(), task["status"].as_str()),
        (Some(1), Some("pending"))
    );
    assert_eq!(task["is_recurring"], json!(true));
    let path = format!("/api/v1/tasks/{}", task["id"].as_str().unwrap());
    assert_eq!(answer.headers["location"].to_str().unwrap(), path);
    for field in ["created_at", "updated_at"] {
        assert!(
            task[field].as_str().unwrap().ends_with('Z'),
            "timestamps end in Z: {task}"
        );
    }

    let by_number = user.get("/api/v1/tasks/1").await.unwrap();
    assert_eq!(by_number.body, task);
    let etag = by_number.headers["etag"].to_str().unwrap().to_owned();
    let unchanged = user
        .send(Method::GET, &path, &[("if-none-match", &etag)], None)
        .await
        .unwrap();
    assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED);

    let merge = [
        ("x-content-type", "application/merge-patch+json"),
        ("if-match", etag.as_str()),
    ];
    let change = json!({ "description": null, "priority": "urgent" });
    let changed = user
        .send(Method::PATCH, &path, &merge, Some(&change))
        .await
        .unwrap();
    assert_eq!(
        (changed.status, changed.body["priority"].as_str()),
        (StatusCode::OK, Some("urgent"))
    );
    assert!(changed.body["description"].is_null());
    let late = user
        .send(
            Method::PATCH,
            &path,
            &merge,
            Some(&json!({ "title": "Too late" })),
        )
        .await
        .unwrap();
    assert_eq!(late.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(user.get(&path).await.unwrap().body, changed.body);

    assert_eq!(
        user.send(Method::DELETE, &path, &[], None).await.unwrap().status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(user.get(&path).await.unwrap().status, StatusCode::NOT_FOUND);
    assert!(user.list("/api/v1/tasks").await.unwrap().is_empty());
    let restored = user
        .send(Method::POST, &format!("{path}/restore"), &[], None)
        .await
        .unwrap();
    assert_eq!(
        (restored.status, restored.body["title"].as_str()),
        (StatusCode::OK, Some("Pay rent"))
    );
}

#[tokio::test]
async fn completing_is_idempotent_and_the_alias_toggles() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    user.create(&json!({ "title": "Once" })).await.unwrap();
    let complete = || user.send(Method::POST, "/api/v1/tasks/1/complete", &[], None);
    let first = complete().await.unwrap();
    assert_eq!(
        (first.status, first.body["task"]["status"].as_str()),
        (StatusCode::OK, Some("completed"))
    );
    assert_eq!(complete().await.unwrap().body["task"], first.body["task"]);
    let toggled = user
        .send(Method::PATCH, "/api/tasks/1/complete", &[], None)
        .await
        .unwrap();
    assert_eq!(toggled.status, StatusCode::OK);
    assert_eq!(
        user.get("/api/v1/tasks/1").await.unwrap().body["status"],
        "pending"
    );
}

#[tokio::test]
async fn lists_filter_sort_by_meaning_and_page_without_gaps() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    for (title, priority, tags, due) in [
        ("low", "low", json!(["a"]), Value::Null),
        (
            "urgent",
            "urgent",
            json!(["a", "b"]),
            json!("2031-01-01T00:00:00Z"),
        ),
        ("medium", "medium", json!([]), json!("2030-01-01T00:00:00Z")),
        ("high", "high", json!(["b"]), Value::Null),
    ] {
        user.create(&json!({ "title": title, "priority": priority, "tags": tags, "due_date": due }))
            .await
            .unwrap();
    }
    let list = async |query: &str| user.list(&format!("/api/v1/tasks?{query}")).await.unwrap();
    assert_eq!(
        titles(&list("sort=-priority").await),
        ["urgent", "high", "medium", "low"]
    );
    assert_eq!(
        titles(&list("sort=priority").await),
        ["low", "medium", "high", "urgent"]
    );
    assert_eq!(titles(&list("sort=due_date").await).first(), Some(&"medium"));
    assert_eq!(
        titles(&list("sort=due_date,title").await),
        ["medium", "urgent", "high", "low"]
    );
    assert_eq!(list("tags=a,b&tag_mode=all").await.len(), 1);
    assert_eq!(list("tags=a,b&tag_mode=any").await.len(), 3);
    assert_eq!(list("tags=a,b&tag_mode=none").await.len(), 1);
    assert_eq!(list("priority=high&priority=low").await.len(), 2);
    assert_eq!(list("due=none").await.len(), 2);
    assert_eq!(list("search=URG").await.len(), 1);
    assert_eq!(list("search=%25").await.len(), 0, "a percent sign has no meaning");

    let mut pages = Vec::new();
    let mut path = "/api/v1/tasks?sort=title&limit=1".to_owned();
    loop {
        let page = user.get(&path).await.unwrap().body;
        pages.extend(page["items"].as_array().unwrap().clone());
        assert_eq!(
            page["has_more"].as_bool().unwrap(),
            page["next_cursor"].is_string()
        );
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/api/v1/tasks?sort=title&limit=1&cursor={cursor}");
    }
    assert_eq!(titles(&pages), ["high", "low", "medium", "urgent"]);
    assert_eq!(
        user.get("/api/v1/tasks?limit=2&count=true").await.unwrap().body["total"],
        4
    );
}

#[tokio::test]
async fn hostile_filters_sorts_and_cursors_are_refused_and_change_nothing() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    user.create(&json!({ "title": "Stays" })).await.unwrap();
    for query in [
        "sort=title;DROP%20TABLE%20chat_tasks",
        "sort=password",
        "status=done'--",
        "priority=1%20OR%201=1",
        "due=yesterdayish",
        "due_before=not-a-time",
        "limit=0",
        "limit=101",
        "limit=99999999999999999999",
        "cursor=AAAA",
        "cursor=%00",
        "tag_mode=most",
    ] {
        let answer = user.get(&format!("/api/v1/tasks?{query}")).await.unwrap();
        assert!(
            matches!(answer.status.as_u16(), 400 | 422),
            "{query}: {}",
            answer.status
        );
        assert_eq!(
            answer.headers["content-type"], "application/problem+json",
            "{query}"
        );
    }
    assert_eq!(
        user.list("/api/v1/tasks?tags='%20OR%201=1--")
            .await
            .unwrap()
            .len(),
        0
    );
    let page = user.get("/api/v1/tasks?limit=1&sort=title").await.unwrap();
    assert_eq!(page.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(user.list("/api/v1/tasks").await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_same_idempotency_key_twice_makes_one_task() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let body = json!({ "title": "Once only" });
    let key = [("idempotency-key", "6f1f9a2e-0d53-4c9e-9d34-1f2b7b1a7c11")];
    let send = |body: Value| {
        let user = user.clone();
        async move {
            user.send(Method::POST, "/api/v1/tasks", &key, Some(&body))
                .await
                .unwrap()
        }
    };
    let (first, second) = (send(body.clone()).await, send(body.clone()).await);
    assert_eq!(
        (first.status, second.status),
        (StatusCode::CREATED, StatusCode::CREATED)
    );
    assert_eq!(first.body, second.body);
    assert_eq!(
        send(json!({ "title": "Another" })).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(user.list("/api/v1/tasks").await.unwrap().len(), 1);

    // At the same time: one does it, the others get its answer or are told that it is under way.
    let other = [("idempotency-key", "f3b0a4ce-7a44-41bb-9a4f-58d7a5b66d11")];
    let racing: Vec<_> = (0..8)
        .map(|_| {
            let user = user.clone();
            tokio::spawn(async move {
                user.send(
                    Method::POST,
                    "/api/v1/tasks",
                    &other,
                    Some(&json!({ "title": "Race" })),
                )
                .await
                .unwrap()
            })
        })
        .collect();
    for answer in racing {
        assert!(matches!(answer.await.unwrap().status.as_u16(), 201 | 409));
    }
    assert_eq!(user.list("/api/v1/tasks?search=Race").await.unwrap().len(), 1);
}

#[tokio::test]
async fn bad_requests_get_a_problem_and_change_nothing() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let long = "x".repeat(256);
    for body in [
        json!({}),
        json!({ "title": "" }),
        json!({ "title": "   " }),
        json!({ "title": long }),
        json!({ "title": "nul \u{0}" }),
        json!({ "title": 7 }),
        json!({ "title": "t", "priority": "extreme" }),
        json!({ "title": "t", "due_date": "tomorrow-ish" }),
        json!({ "title": "t", "timezone": "Mars/Olympus" }),
        json!({ "title": "t", "recurrence_rule": "FREQ=SECONDLY" }),
        json!({ "title": "t", "tags": [7] }),
        json!({ "title": "t", "unknown": 1 }),
    ] {
        let answer = user.post("/api/v1/tasks", &body).await.unwrap();
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert!(answer.body["errors"][0]["field"].is_string(), "{}", answer.body);
        assert!(
            answer.body["code"].is_string() && answer.body["request_id"].is_string(),
            "{}",
            answer.body
        );
    }
    assert!(user.list("/api/v1/tasks").await.unwrap().is_empty());
}

#[tokio::test]
async fn bodies_that_are_no_json_too_large_or_of_another_type_get_a_problem_and_change_nothing() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let task = user.create(&json!({ "title": "Stays" })).await.unwrap();
    let existing = format!("/api/v1/tasks/{}", task["id"].as_str().unwrap());
    let large = format!(r#"{{"title":"{}"}}"#, "x".repeat(2 << 20));
    let json_type = "application/json";
    for (body, content_type, status) in [
        (&b"{"[..], json_type, 400),
        (b"\xff\xfe", json_type, 400),
        (br#"{"title":"\ud800"}"#, json_type, 400),
        (br#"{"title":"t"}"#, "text/plain", 415),
        (large.as_bytes(), json_type, 413),
    ] {
        for (method, path) in [(Method::POST, "/api/v1/tasks"), (Method::PATCH, &*existing)] {
            let response = Client::new()
                .request(method.clone(), server.url(path))
                .bearer_auth(&user.token)
                .header("content-type", content_type)
                .body(body.to_vec())
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), status, "{method} of {content_type}");
            assert_eq!(
                response.headers()["content-type"],
                "application/problem+json",
                "{method} {status}"
            );
            let problem: Value = response.json().await.unwrap();
            assert_eq!(problem["status"], status, "{problem}");
        }
    }
    assert_eq!(user.list("/api/v1/tasks").await.unwrap(), [task]);
}

#[tokio::test]
async fn a_client_whose_body_is_refused_can_send_it_to_its_end_and_go_on() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    let length = 4 << 20;
    let head = format!(
        "POST /api/v1/tasks HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n",
        server.http, user.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The answer comes before the body was sent, and the connection is as good as before once it was.
    read_until(&mut stream, "413").await;
    stream.write_all(&vec![b'x'; length]).await.unwrap();
    let head = format!("GET /health/live HTTP/1.1\r\nhost: {}\r\n\r\n", server.http);
    stream.write_all(head.as_bytes()).await.unwrap();
    read_until(&mut stream, "200").await;
}

/// Reads on until an answer with this status begins.
async fn read_until(stream: &mut TcpStream, status: &str) {
    let reading = async {
        let mut read = Vec::new();
        while !String::from_utf8_lossy(&read).contains(&format!("HTTP/1.1 {status} ")) {
            let length = stream.read_buf(&mut read).await.unwrap();
            assert_ne!(length, 0, "closed after {}", String::from_utf8_lossy(&read));
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap();
}

#[tokio::test]
async fn unknown_paths_traversal_and_wrong_methods_are_refused() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    for path in [
        "/api/v1/nothing",
        "/api/v1/tasks/not-an-id",
        "/api/v1/tasks/..%2f..%2fauth%2fme",
        "/api/v1/tasks/%00",
        "/assets/..%2f..%2f..%2fetc%2fpasswd",
        "/internal/v1/tasks/next",
    ] {
        let answer = user.get(path).await.unwrap();
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(
            answer.headers["content-type"], "application/problem+json",
            "{path}"
        );
    }
    // Clients tidy such paths up before they send them, so these are written as they are.
    for path in [
        "/api/v1/../../etc/passwd",
        "/api/../../../../etc/passwd",
        "/assets/../../../etc/passwd",
        "/api/v1/tasks/../auth/me",
        "/../etc/passwd",
    ] {
        let answer = raw_get(&server, &user, path).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
        assert!(
            answer.contains("content-type: application/problem+json\r\n"),
            "{path}: {answer}"
        );
    }
    let forged = user.post("/internal/v1/tasks/next", &json!({})).await.unwrap();
    assert!(matches!(forged.status.as_u16(), 404 | 405), "{}", forged.status);
    let wrong = user
        .send(Method::DELETE, "/api/v1/tasks", &[], None)
        .await
        .unwrap();
    assert_eq!(wrong.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(wrong.headers.contains_key("allow"));
}

/// The answer to a GET of `path` exactly as it stands here, as text.
async fn raw_get(server: &Server, user: &User, path: &str) -> String {
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
        server.http, user.token
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer))
        .await
        .unwrap()
        .unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
