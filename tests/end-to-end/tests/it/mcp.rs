//! The Model Context Protocol with real clients: their tests are in `tests/mcp-client`, this gives them a server and tokens.
//! And personal API tokens over the wire.

use end_to_end::{Server, User, root};
use reqwest::{Client, StatusCode};
use serde_json::json;
use tokio::process::Command;

async fn token(user: &User, scopes: &[&str]) -> (String, String) {
    let body = json!({ "name": "tests", "scopes": scopes });
    let answer = user.post("/api/v1/tokens", &body).await.unwrap();
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let text = |name: &str| answer.body[name].as_str().unwrap().to_owned();
    (text("token"), text("id"))
}

#[tokio::test]
async fn the_official_clients_list_call_read_and_prompt() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    let (all, _id) = token(&user, &["tasks:read", "tasks:write"]).await;
    let (reading, _id) = token(&user, &["tasks:read"]).await;
    let status = Command::new("node")
        .args(["--test", "--test-reporter=spec"])
        .current_dir(root().join("tests/mcp-client"))
        .env("SIDESPIN_BASE_URL", server.url(""))
        .env("MCP_TOKEN", all)
        .env("MCP_READ_TOKEN", reading)
        .status()
        .await
        .unwrap();
    assert!(
        status.success(),
        "the tests with the SDKs failed; what they print stands above"
    );
    // What a client does is told like everything else.
    user.wait_for("a deletion in the history", "/api/v1/audit", |entry| {
        entry["type"] == "task.deleted"
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_token_works_until_it_is_deleted() {
    let server = Server::start().await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    user.create(&json!({ "title": "Pay rent" })).await.unwrap();
    let (token, id) = token(&user, &["tasks:read"]).await;
    let client = Client::new();
    let status = async |request: reqwest::RequestBuilder| {
        request
            .bearer_auth(&token)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let (tasks, mcp) = (server.url("/api/v1/tasks"), server.url("/mcp"));
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    assert_eq!(status(client.get(&tasks)).await, 200);
    assert_eq!(
        status(client.post(&tasks).json(&json!({ "title": "a" }))).await,
        403
    );
    assert_eq!(status(client.post(&mcp).json(&ping)).await, 200);
    assert_eq!(
        status(
            client
                .post(&mcp)
                .json(&ping)
                .header("origin", "http://evil.example")
        )
        .await,
        403
    );
    assert_eq!(status(client.get(&mcp)).await, 405);
    let deleted = user
        .send(
            reqwest::Method::DELETE,
            &format!("/api/v1/tokens/{id}"),
            &[],
            None,
        )
        .await
        .unwrap();
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    assert_eq!(status(client.get(&tasks)).await, 401);

    let refused = client.post(&mcp).json(&ping).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let challenge = refused.headers()["www-authenticate"].to_str().unwrap().to_owned();
    let address = challenge.split('"').nth(1).unwrap();
    let metadata: serde_json::Value = client.get(address).send().await.unwrap().json().await.unwrap();
    assert_eq!(metadata["resource"], server.url("/mcp"), "{challenge}");
}
