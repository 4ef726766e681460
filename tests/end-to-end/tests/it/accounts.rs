//! Accounts: signing up, staying logged in, seeing nobody else's tasks, and leaving.

use std::path::Path;
use std::time::Duration;

use end_to_end::{Server, User, eventually};
use reqwest::{Client, Method};
use rusqlite::types::ValueRef;
use serde_json::{Value, json};

use crate::support::in_future;

const PASSWORD: &str = "correct horse battery staple";

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

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions_and_their_streams() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let login = json!({ "email": user.email, "password": PASSWORD });
    let (_status, elsewhere) = post(&server, "/api/v1/auth/login", &login).await;
    let mut stream = user.updates(None).await.unwrap();
    stream.next("ready").await.unwrap();
    let change = json!({ "current_password": PASSWORD, "new_password": "another good password" });
    let changed = user.post("/api/v1/auth/password", &change).await.unwrap();
    assert_eq!(changed.status, 200, "{}", changed.body);
    let ended = stream.next("never").await.unwrap_err();
    assert!(format!("{ended:#}").contains("the stream ended"), "{ended:#}");
    assert_eq!(user.get("/api/v1/tasks").await.unwrap().status, 401);
    let refresh = json!({ "refresh_token": elsewhere["refresh_token"] });
    assert_eq!(post(&server, "/api/v1/auth/refresh", &refresh).await.0, 401);
    assert_eq!(post(&server, "/api/v1/auth/login", &login).await.0, 401);
    let refresh = json!({ "refresh_token": changed.body["refresh_token"], "everywhere": true });
    assert_eq!(post(&server, "/api/v1/auth/logout", &refresh).await.0, 204);
    assert_eq!(post(&server, "/api/v1/auth/refresh", &refresh).await.0, 401);
}

/// A user who has something of everything in every service.
async fn busy_user(server: &Server) -> User {
    let user = User::sign_up(server).await.unwrap();
    let soon = json!([{ "at": in_future(Duration::ZERO) }, { "at": in_future(Duration::from_secs(3600)) }]);
    let task = json!({ "title": "Water the plants", "tags": ["home"], "reminders": soon, "recurrence_rule": "daily", "due_date": "2030-01-01" });
    user.create(&task).await.unwrap();
    user.create(&json!({ "title": "Done with" })).await.unwrap();
    user.send(Method::DELETE, "/api/v1/tasks/2", &[], None)
        .await
        .unwrap();
    user.say("add a task to call mom").await.unwrap();
    for (path, body) in [
        ("tokens", json!({ "name": "cron", "scopes": ["tasks:read"] })),
        ("calendar-feed", json!({})),
        (
            "notifications/subscriptions",
            json!({ "endpoint": format!("https://push.example.com/{}", user.id), "keys": {
                "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
                "auth": "BTBZMqHH6r4Tts7J_aSIgg",
            }}),
        ),
    ] {
        let made = user.post(&format!("/api/v1/{path}"), &body).await.unwrap();
        assert_eq!(made.status, 201, "{path}: {}", made.body);
    }
    let settings = json!({ "digest": { "at": "08:00" }, "quiet_hours": { "from": "00:00", "to": "23:59" } });
    let path = "/api/v1/notifications/settings";
    let set = user.send(Method::PUT, path, &[], Some(&settings)).await.unwrap();
    assert_eq!(set.status, 200, "{}", set.body);
    user.wait_for("the notification", "/api/v1/notifications", |_any| true)
        .await
        .unwrap();
    user.wait_for("the audit entry of what was said", "/api/v1/audit", |entry| {
        entry["seq"].as_u64() >= Some(4)
    })
    .await
    .unwrap();
    user
}

/// The tables with a row in which the text stands, those of the jobs too.
fn mentions(server: &Server, text: &str) -> Vec<String> {
    let statement = format!(
        "SELECT table_name FROM information_schema.tables
        WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
            AND strpos(query_to_xml(format('TABLE %I.%I', table_schema, table_name), true, false, '')::text, '{text}') > 0
        ORDER BY table_name"
    );
    match server.sql(&statement).unwrap() {
        Some(names) => names.lines().map(str::to_owned).collect(),
        None => ["sqlite_db.db", "jobs.db"]
            .iter()
            .flat_map(|file| mentions_of(&server.state().join(file), text))
            .collect(),
    }
}

/// Those of a SQLite file.
fn mentions_of(file: &Path, text: &str) -> Vec<String> {
    let database = rusqlite::Connection::open(file).unwrap();
    let mut names = database
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        .unwrap();
    let names = names.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let is_mentioned = |name: &String| {
        let mut rows = database.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let width = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..width {
                if let ValueRef::Text(bytes) | ValueRef::Blob(bytes) = row.get_ref(column).unwrap()
                    && String::from_utf8_lossy(bytes).contains(text)
                {
                    return true;
                }
            }
        }
        false
    };
    names.map(Result::unwrap).filter(is_mentioned).collect()
}

#[tokio::test]
async fn a_deleted_account_is_forgotten_by_every_service_and_nobody_elses_is() {
    let mut server = Server::start().await.unwrap();
    let (mut other, user) = (busy_user(&server).await, busy_user(&server).await);
    let seen = async |user: &User| {
        let mut seen = Vec::new();
        for path in [
            "tasks",
            "tasks?deleted=true",
            "conversations",
            "notifications",
            "audit",
        ] {
            seen.push(user.list(&format!("/api/v1/{path}")).await.unwrap());
        }
        seen
    };
    let before = seen(&other).await;
    let id = user.id.as_str();
    let kept = mentions(&server, id);
    let is_of_jobs = |name: &&String| name.contains("job");
    assert!(kept.iter().filter(is_of_jobs).count() > 0, "{kept:?}");
    assert!(kept.len() > 16, "{kept:?}");
    let mut stream = user.updates(None).await.unwrap();
    stream.next("ready").await.unwrap();

    let me = "/api/v1/auth/me";
    let wrong = json!({ "password": "wrong horse battery staple" });
    let refused = user.send(Method::DELETE, me, &[], Some(&wrong)).await.unwrap();
    assert_eq!(refused.status, 401);
    let right = json!({ "password": PASSWORD });
    let deleted = user.send(Method::DELETE, me, &[], Some(&right)).await.unwrap();
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    // Whatever was told by then, the rest is told by who comes after.
    server.kill().await.unwrap();
    let ended = stream.next("never").await.unwrap_err();
    assert!(!format!("{ended:#}").contains("no `never` event"), "{ended:#}");
    server.restart().await.unwrap();
    other = other.at(&server);
    let user = user.at(&server);

    eventually("nothing but the notes that it is gone", || async {
        let left = mentions(&server, id);
        Ok((left == ["audit_erasures", "notification_erasures"]).then_some(()))
    })
    .await
    .unwrap();
    assert_eq!(mentions(&server, &user.email), Vec::<String>::new());
    assert_eq!(user.get("/api/v1/tasks").await.unwrap().status, 401);
    for path in ["notifications", "audit"] {
        // A token is verified there without asking whose account is left: there is nothing to see.
        assert!(
            user.list(&format!("/api/v1/{path}")).await.unwrap().is_empty(),
            "{path}"
        );
    }
    let verified = other.get("/api/v1/audit?verify=true&limit=1").await.unwrap();
    assert_eq!(verified.body["verified"], true, "{}", verified.body);
    assert_eq!(seen(&other).await, before);

    let account = json!({ "email": user.email, "password": "another good password" });
    let (status, session) = post(&server, "/api/v1/auth/signup", &account).await;
    assert_eq!(status, 201, "{session}");
    let mut again = user.clone();
    session["user"]["id"].as_str().unwrap().clone_into(&mut again.id);
    session["access_token"]
        .as_str()
        .unwrap()
        .clone_into(&mut again.token);
    assert!(seen(&again).await.iter().all(Vec::is_empty));
}
