//! The API by its description alone: that it is served, that everything in it is reached, that clients can be made from it
//! ([`clients`]), and that whatever is sent by it is answered as it says ([`tried_out`]).

mod clients;
mod tried_out;

use end_to_end::{Server, ServerOptions};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

/// What whoever has no account shows, both as asking program and as operator.
const KEY: &str = "key-of-a-program-and-operator";

/// The application with everything that keys open.
async fn with_keys() -> Server {
    let options =
        ServerOptions::without_limits().with(["faq_api_key", "admin_api_key"].map(|name| (name, KEY)));
    Server::start_with(options).await.unwrap()
}

async fn description(server: &Server) -> Value {
    let answer = reqwest::get(server.url("/openapi.json")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/json");
    answer.json().await.unwrap()
}

#[tokio::test]
async fn it_and_its_page_are_served_to_everybody_and_sent_once() {
    let server = Server::start().await.unwrap();
    let client = Client::new();
    assert_eq!(description(&server).await["openapi"], "3.1.0");
    for path in ["/openapi.json", "/docs"] {
        let address = server.url(path);
        let mut tags = Vec::new();
        for encoding in ["br", "gzip"] {
            let request = client.get(&address).header("accept-encoding", encoding);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            assert_eq!(answer.headers()["content-encoding"], encoding, "{path}");
            tags.push(answer.headers()["etag"].clone());
        }
        assert_ne!(tags[0], tags[1], "a tag stands for exact bytes");
        let request = client
            .get(&address)
            .header("accept-encoding", "br")
            .header("if-none-match", &tags[0]);
        assert_eq!(
            request.send().await.unwrap().status(),
            StatusCode::NOT_MODIFIED,
            "{path}"
        );
    }
    let page = reqwest::get(server.url("/docs")).await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("default-src 'self'") && !policy.contains("unsafe"),
        "{policy}"
    );
    let text = page.text().await.unwrap();
    assert!(text.contains("/assets/docs-"), "{text}");
}

#[tokio::test]
async fn everything_in_it_is_reached() {
    let server = with_keys().await;
    let (client, description) = (Client::new(), description(&server).await);
    for (path, operations) in description["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let name = format!("{method} {path}");
            let address = server.url(&path.replace(['{', '}'], ""));
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            // Nobody is logged in, and nothing is sent.
            let answer = client.request(method, address).send().await.unwrap();
            let is_open = operation["security"].as_array().is_some_and(Vec::is_empty);
            let status = answer.status();
            assert!(
                operation["responses"].get(status.as_str()).is_some(),
                "{name} answered {status}"
            );
            assert_eq!(
                status == StatusCode::UNAUTHORIZED,
                !is_open,
                "{name} answered {status}"
            );
        }
    }
}
