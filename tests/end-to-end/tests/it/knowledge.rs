//! What the assistant knows: the FAQ's contract from outside, and answers from one's own tasks.

use end_to_end::{Server, ServerOptions, User};
use reqwest::Method;
use serde_json::{Value, json};

const SHOP: &str = "key-of-the-shop-0001";
const OPERATOR: &str = "key-of-the-operator";

async fn start(variables: &[(&str, String)]) -> Server {
    let limits =
        ["auth", "chat", "default", "faq"].map(|limit| (format!("rate_limit_{limit}"), "0".to_owned()));
    let keys = [("faq_api_key", SHOP), ("admin_api_key", OPERATOR)];
    let arguments = limits
        .into_iter()
        .chain(keys.map(|(name, key)| (name.to_owned(), key.to_owned())))
        .chain(
            variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone())),
        )
        .flat_map(|(name, value)| ["--variable".to_owned(), format!("{name}={value}")])
        .collect();
    Server::start_with(ServerOptions {
        arguments,
        ..ServerOptions::default()
    })
    .await
    .unwrap()
}

/// A request with a key in place of an account.
async fn send(server: &Server, key: &str, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let mut request = reqwest::Client::new()
        .request(method, server.url(path))
        .header("x-api-key", key);
    if !body.is_null() {
        request = request.json(body);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or(Value::Null))
}

fn titles(answer: &Value) -> Vec<&str> {
    let sources = answer["sources"].as_array();
    sources
        .into_iter()
        .flatten()
        .filter_map(|source| source["title"].as_str())
        .collect()
}

#[tokio::test]
async fn the_faq_is_filled_asked_and_looked_through_with_keys() {
    let server = start(&[]).await;
    let user = User::sign_up(&server).await.unwrap();
    user.create(&json!({ "title": "Zanzibar trip", "description": "a private matter" }))
        .await
        .unwrap();
    let entry = json!({ "title": "How long does shipping take?", "content": "Three days.", "category": "shop", "tags": [] });
    let (status, made) = send(&server, OPERATOR, Method::POST, "/admin/faq", &entry).await;
    assert_eq!((status, &made["is_active"]), (201, &json!(true)));
    let document = json!({ "documents": [{ "title": "Warranty", "content": "Batteries have a warranty of two years." }] });
    let (status, _ingested) = send(&server, OPERATOR, Method::POST, "/ingest", &document).await;
    assert_eq!(status, 201);
    let ask = async |message: &str| {
        let body = json!({ "message": message, "sessionId": "s-1" });
        send(&server, SHOP, Method::POST, "/api/v1/chat", &body).await
    };
    for (message, title) in [
        ("how long does shipping take", "How long does shipping take?"),
        ("is there a warranty for batteries?", "Warranty"),
        ("how do I add a recurring task?", "How do I add a recurring task?"),
    ] {
        let (status, answer) = ask(message).await;
        assert_eq!(
            (status, titles(&answer)[0], &answer["sessionId"]),
            (200, title, &json!("s-1"))
        );
    }
    let (status, answer) = ask("what is planned for the Zanzibar trip?").await;
    assert_eq!((status, &answer["sources"]), (200, &json!([])));
    let (status, stats) = send(
        &server,
        OPERATOR,
        Method::GET,
        "/api/v1/admin/chat/stats",
        &Value::Null,
    )
    .await;
    assert_eq!(
        (status, &stats["totalInteractions"], &stats["fallbackCount"]),
        (200, &json!(4), &json!(1))
    );
    let (status, log) = send(
        &server,
        OPERATOR,
        Method::GET,
        "/admin/chat/logs?sessionId=s-1",
        &Value::Null,
    )
    .await;
    assert_eq!((status, log["items"].as_array().unwrap().len()), (200, 4));
    for (key, method, path, expected) in [
        (SHOP, Method::GET, "/admin/chat/logs", 403),
        ("", Method::GET, "/admin/chat/logs", 401),
        (OPERATOR, Method::GET, "/api/v1/tasks", 401),
        ("key-of-nobody-at-all", Method::POST, "/api/v1/chat", 401),
        (SHOP, Method::POST, "/api/v1/chat", 400),
    ] {
        let body = if method == Method::POST {
            json!({})
        } else {
            Value::Null
        };
        let (status, problem) = send(&server, key, method, path, &body).await;
        assert_eq!(
            (status, &problem["status"]),
            (expected, &json!(expected)),
            "{path}"
        );
    }
    // A user is answered from the operator's FAQ and from their own tasks.
    let answer = user.say("what is planned for the Zanzibar trip?").await.unwrap();
    assert_eq!(
        (&answer["intent"], titles(&answer)),
        (&json!("recall"), vec!["Zanzibar trip"])
    );
    let answer = user.say("how long does shipping take?").await.unwrap();
    assert_eq!(titles(&answer)[0], "How long does shipping take?");
}
