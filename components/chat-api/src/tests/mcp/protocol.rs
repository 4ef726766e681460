//! Messages, versions, headers, and who may speak at all.

use serde_json::json;

use super::Client;
use crate::tests::service::Service;

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

#[test]
fn a_client_and_the_server_agree_on_a_version_without_a_session() {
    let client = Client::of(&Service::new().sign_up("ann@example.com"));
    let initialize = |version: &str| {
        let params = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}});
        let body = json!({"jsonrpc": "2.0", "id": "a", "method": "initialize", "params": params});
        let answer = client.send(&[], &body.to_string()).expect(200);
        assert!(answer.headers.get("mcp-session-id").is_none());
        assert_eq!(
            (answer.header("content-type"), &answer.body["id"]),
            ("application/json", &json!("a"))
        );
        answer.body["result"].clone()
    };
    for version in ["2025-11-25", "2025-06-18", "2025-03-26"] {
        assert_eq!(initialize(version)["protocolVersion"], version);
    }
    for version in ["2024-11-05", "2026-07-28", "1.0"] {
        assert_eq!(initialize(version)["protocolVersion"], "2025-11-25", "{version}");
    }
    let result = initialize("2025-11-25");
    assert_eq!(result["serverInfo"]["name"], "todo-chatbot");
    assert_eq!(
        result["capabilities"],
        json!({"tools": {}, "resources": {}, "prompts": {}, "completions": {}})
    );
    assert!(result["instructions"].as_str().unwrap().contains("data"));
    assert_eq!(client.fail("initialize", &json!({})).0, -32602);
    assert_eq!(client.ask("ping", &json!({})), json!({}));
}

#[test]
fn notifications_and_responses_are_accepted_without_a_word() {
    let client = Client::of(&Service::new().sign_up("ann@example.com"));
    for body in [
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}),
        json!({"jsonrpc": "2.0", "id": 1, "result": {}}),
    ] {
        let answer = client.send(&[], &body.to_string()).expect(202);
        assert_eq!(
            (answer.text.as_str(), answer.header("content-type")),
            ("", ""),
            "{body}"
        );
    }
}

#[test]
fn what_is_no_request_has_an_error_of_json_rpc() {
    let client = Client::of(&Service::new().sign_up("ann@example.com"));
    let code = |body: &str| client.send(&[], body).expect(400).body["error"]["code"].clone();
    assert_eq!(code("{"), -32700);
    assert_eq!(code(&"[".repeat(5000)), -32700);
    assert_eq!(code(&format!("[{PING}]")), -32600);
    assert_eq!(code("{}"), -32600);
    assert_eq!(code(r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#), -32600);
    assert_eq!(
        code(r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#),
        -32602
    );
    let batch = client.send(&[], &format!("[{PING}]"));
    assert!(batch.body.get("id").is_none(), "{}", batch.text);
    assert_eq!(client.fail("tasks/list", &json!({})).0, -32601);
    assert_eq!(client.fail("server/discover", &json!({})).0, -32601);
    let large = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{}"}}"#, "x".repeat(1 << 20));
    client.send(&[], &large).problem(413, "payload_too_large");
    client
        .user
        .send("POST", "/mcp", &[("content-type", "text/plain")], PING)
        .problem(415, "unsupported_media_type");
}

#[test]
fn headers_say_which_version_and_what_is_understood() {
    let client = Client::of(&Service::new().sign_up("ann@example.com"));
    for version in ["2025-11-25", "2025-06-18", "2025-03-26"] {
        client
            .send(&[("mcp-protocol-version", version)], PING)
            .expect(200);
    }
    client.send(&[], PING).expect(200);
    for version in ["2024-11-05", "2031-01-01", "latest"] {
        let answer = client
            .send(&[("mcp-protocol-version", version)], PING)
            .expect(400);
        let error = &answer.body["error"];
        assert_eq!(
            (&error["code"], &error["data"]["requested"]),
            (&json!(-32022), &json!(version))
        );
        assert_eq!(error["data"]["supported"][0], "2026-07-28");
    }
    let accepting = |accept: &str| {
        let headers = [("content-type", "application/json"), ("accept", accept)];
        client.user.send("POST", "/mcp", &headers, PING).status
    };
    assert_eq!(accepting("application/json, text/event-stream"), 200);
    assert_eq!(accepting("*/*"), 200);
    assert_eq!(accepting("text/event-stream"), 406);
    assert_eq!(accepting("text/html"), 406);
}

#[test]
fn there_is_no_stream_to_open_and_no_session_to_end() {
    let client = Client::of(&Service::new().sign_up("ann@example.com"));
    for method in ["GET", "DELETE", "PUT"] {
        let answer = client.user.send(method, "/mcp", &[], "");
        assert_eq!(answer.problem(405, "method_not_allowed").header("allow"), "POST");
    }
}

#[test]
fn a_client_without_a_token_is_told_which_one_is_wanted() {
    let service = Service::new();
    let headers = [
        ("content-type", "application/json"),
        ("host", "tasks.example.com"),
    ];
    let answer = service
        .send("POST", "/mcp", &headers, PING)
        .problem(401, "unauthorized");
    let metadata = "http://tasks.example.com/.well-known/oauth-protected-resource/mcp";
    assert_eq!(
        answer.header("www-authenticate"),
        format!("Bearer resource_metadata=\"{metadata}\"")
    );
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
    ] {
        let document = service
            .send("GET", path, &[("host", "tasks.example.com")], "")
            .expect(200)
            .body;
        assert_eq!(document["resource"], "http://tasks.example.com/mcp");
        assert_eq!(document["scopes_supported"], json!(["tasks:read", "tasks:write"]));
        assert_eq!(document["bearer_methods_supported"], json!(["header"]));
    }
    let hostile = [("content-type", "application/json"), ("host", "x\" y")];
    let answer = service
        .send("POST", "/mcp", &hostile, PING)
        .problem(401, "unauthorized");
    assert!(answer.header("www-authenticate").contains("\"http://localhost/"));
    let service = Service::with(&[("public_url", "https://tasks.example.com/")]);
    let document = service
        .send("GET", "/.well-known/oauth-protected-resource", &headers, "")
        .expect(200);
    assert_eq!(document.body["resource"], "https://tasks.example.com/mcp");
}

#[test]
fn pages_of_other_origins_may_not_speak() {
    let client = Client::of(&Service::new().sign_up("ann@example.com"));
    for (origin, status) in [
        ("http://localhost:6274", 200),
        ("http://127.0.0.1:3000", 200),
        ("http://evil.example:3000", 403),
        ("null", 403),
    ] {
        assert_eq!(
            client.send(&[("origin", origin)], PING).status,
            status,
            "{origin}"
        );
    }
    // A page cannot learn from the answer whether there is a token.
    let headers = [
        ("content-type", "application/json"),
        ("origin", "http://evil.example"),
    ];
    client
        .user
        .service
        .send("POST", "/mcp", &headers, PING)
        .problem(403, "forbidden");
}

#[test]
fn requests_are_counted_and_a_database_that_is_away_is_an_error_of_the_server() {
    let service = Service::with(&[("rate_limit_default", "3"), ("rate_limit_auth", "0")]);
    let client = Client::of(&service.sign_up("ann@example.com"));
    for _ in 0..3 {
        client.send(&[], PING).expect(200);
    }
    client.send(&[], PING).problem(429, "rate_limited");

    let service = Service::new();
    let client = Client::of(&service.sign_up("ann@example.com"));
    // Whose token it is is known before the database goes.
    client.send(&[], PING).expect(200);
    service.database.fail_after(0);
    let (code, said) = client.fail("resources/list", &json!({}));
    assert_eq!(code, -32603);
    assert!(!said.contains("fail"), "{said}");
    let call = json!({"name": "add_task", "arguments": {"title": "a"}});
    assert_eq!(client.fail("tools/call", &call).0, -32603);
    service.database.recover();
    assert_eq!(client.done("get_stats", &json!({}))["total"], 0);
}
