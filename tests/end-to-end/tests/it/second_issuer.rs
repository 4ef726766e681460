//! Tokens that this application did not issue, over the wire: of an OpenID provider, which is a real HTTP server here with
//! keys of its own; and personal API tokens at the services that cannot verify them.

mod provider;

use std::time::Duration;

use end_to_end::{Server, ServerOptions, User, eventually};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use self::provider::{Key, Provider};
use crate::support::in_future;

const SERVICES: [&str; 3] = ["/api/v1/tasks", "/api/v1/audit", "/api/v1/notifications"];

/// The application with a second issuer, and a secret that its services show each other.
async fn start(issuer: &str) -> Server {
    let host = format!("http://{}", issuer.split('/').nth(2).unwrap());
    let options = ServerOptions::without_limits().with([
        ("oidc_issuer", issuer),
        ("oidc_audience", "todo-api"),
        ("oidc_host", &host),
        ("internal_token", "between-services"),
    ]);
    Server::start_with(options).await.unwrap()
}

async fn send(server: &Server, token: &str, method: Method, path: &str, body: &Value) -> Response {
    let mut request = Client::new().request(method, server.url(path)).bearer_auth(token);
    if !body.is_null() {
        request = request.json(body);
    }
    request.send().await.unwrap()
}

async fn get(server: &Server, token: &str, path: &str) -> (u16, Value) {
    let response = send(server, token, Method::GET, path, &Value::Null).await;
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or_default())
}

async fn post(server: &Server, token: &str, path: &str, body: &Value) -> (u16, Value) {
    let response = send(server, token, Method::POST, path, body).await;
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or_default())
}

async fn statuses(server: &Server, token: &str) -> Vec<u16> {
    let mut statuses = Vec::new();
    for path in SERVICES {
        statuses.push(get(server, token, path).await.0);
    }
    statuses
}

#[tokio::test]
async fn a_person_of_the_second_issuer_works_with_all_services() {
    let provider = Provider::start().await;
    let key = Key::rsa("first");
    provider.publish(&[&key]);
    let server = start(&provider.issuer()).await;
    let ann = key.token(&provider.issuer(), "ann", &json!({}));

    let task = json!({"title": "Stretch", "reminders": [{"at": in_future(Duration::from_secs(1))}]});
    let (status, task) = post(&server, &ann, "/api/v1/tasks", &task).await;
    assert_eq!(status, 201, "{task}");
    assert_eq!(
        get(&server, &ann, "/api/ann/tasks").await.1["items"][0]["id"],
        task["id"]
    );
    let (_, me) = get(&server, &ann, "/api/v1/auth/me").await;
    assert_ne!(me["id"], "ann");
    let item = async |path: &'static str, what: &str| {
        let found = eventually(what, || async {
            let (status, page) = get(&server, &ann, path).await;
            anyhow::ensure!(status == 200, "{path} answered {status}: {page}");
            Ok(page["items"].get(0).cloned())
        });
        found.await.unwrap()
    };
    let entry = item("/api/v1/audit", "the task in the history").await;
    assert_eq!(
        (&entry["type"], &entry["task_id"]),
        (&json!("task.created"), &task["id"])
    );
    let notification = item("/api/v1/notifications", "the reminder").await;
    assert_eq!(notification["task_id"], task["id"]);

    // What is hers is nobody else's, whoever issued their tokens.
    let bob = key.token(&provider.issuer(), "bob", &json!({}));
    let carol = User::sign_up(&server).await.unwrap().token;
    for other in [bob.as_str(), carol.as_str()] {
        for path in SERVICES {
            assert_eq!(get(&server, other, path).await.1["items"], json!([]), "{path}");
        }
    }
    // Tokens that allow less do less everywhere.
    let reader = key.token(&provider.issuer(), "ann", &json!({"scope": "openid tasks:read"}));
    assert_eq!(statuses(&server, &reader).await, [200, 200, 200]);
    let read = format!("/api/v1/notifications/{}", notification["id"].as_str().unwrap());
    let change = send(&server, &reader, Method::PATCH, &read, &json!({"read": true})).await;
    assert_eq!(change.status(), 403);
    // Whose a token is, is told inside alone.
    let asked = Client::new()
        .post(server.url("/internal/v1/introspect"))
        .header("x-internal-token", "between-services")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("token={ann}"));
    let answer = asked.send().await.unwrap();
    assert!(
        matches!(answer.status().as_u16(), 404 | 405),
        "{}",
        answer.status()
    );
    assert!(!answer.text().await.unwrap().contains("active"));
}

#[tokio::test]
async fn forged_and_foreign_tokens_open_no_service() {
    let provider = Provider::start().await;
    let (key, stranger) = (Key::rsa("first"), Key::p256("first"));
    provider.publish(&[&key]);
    let issuer = provider.issuer();
    let server = start(&issuer).await;
    let good = key.token(&issuer, "ann", &json!({}));
    assert_eq!(statuses(&server, &good).await, [200, 200, 200]);
    let mut parts = good.split('.');
    let (_header, claims) = (parts.next().unwrap(), parts.next().unwrap());
    for (what, token) in [
        // {"alg":"none"}
        ("no algorithm", format!("eyJhbGciOiJub25lIn0.{claims}.")),
        ("another's key", stranger.token(&issuer, "ann", &json!({}))),
        (
            "another audience",
            key.token(&issuer, "ann", &json!({"aud": "account"})),
        ),
        (
            "another issuer",
            key.token("https://login.example.com", "ann", &json!({})),
        ),
        (
            "our issuer",
            key.token("todo-chatbot", "ann", &json!({"aud": "todo-chatbot"})),
        ),
        ("expired", key.token(&issuer, "ann", &json!({"exp": 1}))),
        (
            "not yet valid",
            key.token(&issuer, "ann", &json!({"nbf": 9_999_999_999_i64})),
        ),
        ("nobody", key.token(&issuer, "", &json!({}))),
        ("a changed signature", format!("{}A", &good[..good.len() - 1])),
    ] {
        if token != good {
            assert_eq!(statuses(&server, &token).await, [401, 401, 401], "{what}");
        }
    }
}

#[tokio::test]
async fn keys_are_followed_and_an_issuer_that_lies_or_is_away_is_waited_for() {
    let provider = Provider::start().await;
    let (first, second) = (Key::rsa("first"), Key::p256("second"));
    provider.publish(&[&first]);
    let issuer = provider.issuer();
    provider.pretend("https://evil.example");
    let server = start(&issuer).await;
    let token = first.token(&issuer, "ann", &json!({}));
    for path in SERVICES {
        let answer = send(&server, &token, Method::GET, path, &Value::Null).await;
        assert_eq!(
            (
                answer.status().as_u16(),
                answer.headers().contains_key("retry-after")
            ),
            (503, true),
            "{path}"
        );
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], "unavailable", "{problem}");
        assert!(!problem.to_string().contains("evil"), "{problem}");
    }
    provider.pretend(&issuer);
    eventually("the honest document", || async {
        Ok((get(&server, &token, "/api/v1/tasks").await.0 == 200).then_some(()))
    })
    .await
    .unwrap();
    let asked = provider.times_asked();

    // Nobody there: what was known goes on.
    provider.leave();
    assert_eq!(statuses(&server, &token).await, [200, 200, 200]);
    let rotated = second.token(&issuer, "ann", &json!({}));
    assert_eq!(get(&server, &rotated, "/api/v1/tasks").await.0, 401);
    provider.publish(&[&second]);
    provider.come_back();
    eventually("the new key", || async {
        let status = get(&server, &rotated, "/api/v1/tasks").await.0;
        anyhow::ensure!(matches!(status, 200 | 401), "{status}");
        Ok((status == 200).then_some(()))
    })
    .await
    .unwrap();
    assert_eq!(statuses(&server, &rotated).await, [200, 200, 200]);
    assert_eq!(get(&server, &token, "/api/v1/tasks").await.0, 401);
    // Discovery and keys, once; whatever tokens came.
    assert!(
        provider.times_asked() <= asked + 2,
        "{} after {asked}",
        provider.times_asked()
    );
}

#[tokio::test]
async fn personal_api_tokens_open_the_history_and_the_notifications_as_their_scopes_say() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let task = user.create(&json!({"title": "Water plants"})).await.unwrap();
    let make = async |scopes: Value| {
        let made = user
            .post("/api/v1/tokens", &json!({"name": "script", "scopes": scopes}))
            .await
            .unwrap();
        let text = |name: &str| made.body[name].as_str().unwrap().to_owned();
        (text("token"), text("id"))
    };
    let (reader, _) = make(json!(["tasks:read"])).await;
    let (writer, _) = make(json!(["tasks:write"])).await;
    let (both, _) = make(json!(["tasks:read", "tasks:write"])).await;
    eventually("the history by an API token", || async {
        let (status, page) = get(&server, &reader, "/api/v1/audit?verify=true").await;
        anyhow::ensure!(status == 200, "{status}: {page}");
        Ok((page["items"][0]["task_id"] == task["id"] && page["verified"] == true).then_some(()))
    })
    .await
    .unwrap();
    assert_eq!(statuses(&server, &reader).await, [200, 200, 200]);
    assert_eq!(statuses(&server, &writer).await, [403, 403, 403]);
    let read_all = "/api/v1/notifications/read-all";
    for (token, status) in [(&reader, 403), (&writer, 200), (&both, 200)] {
        assert_eq!(post(&server, token, read_all, &Value::Null).await.0, status);
    }
    let refused = send(&server, &writer, Method::GET, "/api/v1/audit", &Value::Null).await;
    assert_eq!(
        refused.headers()["www-authenticate"],
        "Bearer error=\"insufficient_scope\", scope=\"tasks:read\""
    );
    // Where notifications go is for a person to say.
    let webhook = json!({"webhook": {"url": "https://example.com/hook"}});
    for (method, path, body) in [
        (Method::PUT, "/settings", &webhook),
        (Method::POST, "/settings/webhook/secret", &Value::Null),
        (Method::GET, "/subscriptions", &Value::Null),
    ] {
        let path = format!("/api/v1/notifications{path}");
        assert_eq!(
            send(&server, &both, method, &path, body).await.status(),
            403,
            "{path}"
        );
    }
    let (gone, id) = make(json!(["tasks:read"])).await;
    let deleted = user
        .send(Method::DELETE, &format!("/api/v1/tokens/{id}"), &[], None)
        .await;
    assert_eq!(deleted.unwrap().status, 204);
    assert_eq!(statuses(&server, &gone).await, [401, 401, 401]);
    assert_eq!(statuses(&server, &format!("{reader}x")).await, [401, 401, 401]);
}
