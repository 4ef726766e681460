//! Accounts: signing up, staying logged in, and seeing nobody else's tasks.

use end_to_end::{Server, User};
use reqwest::{Client, Method};
use serde_json::{Value, json};

async fn post(server: &Server, path: &str, body: &Value) -> (u16, Value) {
    let response = Client::new()
        .post(server.url(path))
        .json(body)
        .send()
        .await
        .unwrap();
    (
        response.status().as_u16(),
        response.json().await.unwrap_or_default(),
    )
}

#[tokio::test]
async fn a_session_is_opened_renewed_and_closed() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    assert_eq!(
        user.get("/api/v1/auth/me").await.unwrap().body["email"],
        json!(user.email)
    );

    let login = json!({ "email": user.email, "password": "correct horse battery staple" });
    let (status, session) = post(&server, "/api/v1/auth/login", &login).await;
    assert_eq!(
        (
            status,
            session["token_type"].as_str(),
            session["expires_in"].as_u64()
        ),
        (200, Some("Bearer"), Some(900))
    );
    let wrong = json!({ "email": user.email, "password": "wrong horse battery staple" });
    assert_eq!(post(&server, "/api/v1/auth/login", &wrong).await.0, 401);
    let nobody = json!({ "email": "nobody@example.com", "password": "correct horse battery staple" });
    assert_eq!(post(&server, "/api/v1/auth/login", &nobody).await.0, 401);
    let taken = json!({ "email": user.email.to_uppercase(), "password": "another good password" });
    assert_eq!(post(&server, "/api/v1/auth/signup", &taken).await.0, 409);

    let first = json!({ "refresh_token": session["refresh_token"] });
    let (status, renewed) = post(&server, "/api/v1/auth/refresh", &first).await;
    assert_eq!(status, 200);
    // A token that was used is somebody else's copy: it and what came of it are revoked.
    assert_eq!(post(&server, "/api/v1/auth/refresh", &first).await.0, 401);
    let second = json!({ "refresh_token": renewed["refresh_token"] });
    assert_eq!(post(&server, "/api/v1/auth/refresh", &second).await.0, 401);

    let own = json!({ "refresh_token": user.refresh_token });
    assert!(
        user.post("/api/v1/auth/logout", &own)
            .await
            .unwrap()
            .status
            .is_success()
    );
    assert_eq!(post(&server, "/api/v1/auth/refresh", &own).await.0, 401);
}

#[tokio::test]
async fn a_foreign_task_is_answered_like_one_that_does_not_exist_on_every_route_and_tool() {
    let server = Server::start().await.unwrap();
    let (owner, stranger) = (
        User::sign_up(&server).await.unwrap(),
        User::sign_up(&server).await.unwrap(),
    );
    let task = owner.create(&json!({ "title": "Private matter" })).await.unwrap();
    let id = task["id"].as_str().unwrap();
    let path = format!("/api/v1/tasks/{id}");
    let body = json!({ "title": "Taken over" });
    for (method, path, body) in [
        (Method::GET, path.clone(), None),
        (Method::PUT, path.clone(), Some(&body)),
        (Method::PATCH, path.clone(), Some(&body)),
        (Method::DELETE, path.clone(), None),
        (Method::POST, format!("{path}/complete"), None),
        (Method::POST, format!("{path}/reopen"), None),
        (Method::POST, format!("{path}/restore"), None),
        (Method::PATCH, format!("/api/tasks/{id}/complete"), None),
        (Method::GET, format!("/api/todos/{id}"), None),
        (Method::GET, format!("/api/{}/tasks/{id}", stranger.id), None),
    ] {
        let answer = stranger.send(method.clone(), &path, &[], body).await.unwrap();
        assert_eq!(answer.status, 404, "{method} {path}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
    }
    let foreign = stranger.get(&format!("/api/{}/tasks", owner.id)).await.unwrap();
    assert_eq!(foreign.status, 403);
    let said = stranger.say("Delete the Private matter task").await.unwrap();
    assert_eq!(said["tool_calls"].as_array().map(Vec::len), Some(0), "{said}");
    assert!(stranger.list("/api/v1/tasks").await.unwrap().is_empty());
    assert!(
        stranger
            .list(&format!("/api/v1/audit?task_id={id}"))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(owner.get(&path).await.unwrap().body, task);
}

#[tokio::test]
async fn a_wrong_token_opens_nothing() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let task = user.create(&json!({ "title": "Stays" })).await.unwrap();
    let path_of_task = format!("/api/v1/tasks/{}", task["id"].as_str().unwrap());
    let completing = format!("{path_of_task}/complete");
    let (head, rest) = user.token.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    // {"alg":"none","typ":"JWT"}
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.");
    let tampered = format!("{head}.{claims}.{}", signature.chars().rev().collect::<String>());
    for token in ["", "x", "a.b.c", &unsigned, &tampered] {
        for (method, path) in [
            (Method::GET, "/api/v1/tasks"),
            (Method::GET, "/api/v1/audit"),
            (Method::GET, "/api/v1/notifications"),
            (Method::GET, "/api/v1/updates"),
            (Method::GET, "/api/v1/conversations"),
            (Method::GET, &path_of_task),
            (Method::POST, "/api/v1/tasks"),
            (Method::POST, "/api/v1/chat"),
            (Method::POST, &completing),
            (Method::PUT, &path_of_task),
            (Method::PATCH, &path_of_task),
            (Method::DELETE, &path_of_task),
        ] {
            let mut request = Client::new()
                .request(method.clone(), server.url(path))
                .bearer_auth(token);
            if matches!(method, Method::POST | Method::PUT | Method::PATCH) {
                request = request.json(&json!({ "title": "Changed", "message": "add a task to change" }));
            }
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 401, "{method} {path} with `{token}`");
            assert_eq!(
                response.headers()["content-type"],
                "application/problem+json",
                "{method} {path}"
            );
        }
    }
    assert_eq!(user.list("/api/v1/tasks").await.unwrap(), [task]);
    assert_eq!(
        Client::new()
            .get(server.url("/api/v1/audit"))
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
}

#[tokio::test]
async fn too_many_log_ins_have_to_wait() {
    let server = Server::start_with(end_to_end::ServerOptions::default())
        .await
        .unwrap();
    let wrong = json!({ "email": "somebody@example.com", "password": "guess after guess" });
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(post(&server, "/api/v1/auth/login", &wrong).await.0);
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429, 429]);
    let response = Client::new()
        .post(server.url("/api/v1/auth/login"))
        .json(&wrong)
        .send()
        .await
        .unwrap();
    let wait: u64 = response.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    // The window slides: at most until this minute is over, and then until the first of its five is a minute old.
    assert!((1..=60 + 60 / 5).contains(&wait), "{wait}");
}
