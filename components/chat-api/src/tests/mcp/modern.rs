//! The present version of the protocol, in which each request says all about itself.

use serde_json::{Value, json};

use super::Client;
use crate::tests::service::{Response, Service};

const VERSION: &str = "2026-07-28";

fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    })
}

fn body(method: &str, mut params: Value) -> String {
    params["_meta"] = meta();
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()
}

fn ask(client: &Client, method: &str, name: Option<&str>, params: Value) -> Response {
    let mut headers = vec![("mcp-protocol-version", VERSION), ("mcp-method", method)];
    headers.extend(name.map(|name| ("mcp-name", name)));
    client.send(&headers, &body(method, params))
}

#[test]
fn every_method_works_without_a_handshake() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let client = Client::of(&ann);
    let discovered = ask(&client, "server/discover", None, json!({})).expect(200).body["result"].clone();
    assert_eq!(
        discovered["supportedVersions"],
        json!([VERSION, "2025-11-25", "2025-06-18", "2025-03-26"])
    );
    assert_eq!(
        discovered["_meta"]["io.modelcontextprotocol/serverInfo"]["name"],
        "todo-chatbot"
    );
    let call = json!({"name": "add_task", "arguments": {"title": "Pay rent"}});
    let made = ask(&client, "tools/call", Some("add_task"), call)
        .expect(200)
        .body["result"]
        .clone();
    assert_eq!(
        (&made["resultType"], &made["structuredContent"]["task_id"]),
        (&json!("complete"), &json!(1))
    );
    assert!(made.get("ttlMs").is_none());
    for (method, name, params, scope) in [
        ("tools/list", None, json!({}), "public"),
        ("prompts/list", None, json!({}), "public"),
        ("resources/templates/list", None, json!({}), "public"),
        ("resources/list", None, json!({}), "private"),
        (
            "resources/read",
            Some("task://1"),
            json!({"uri": "task://1"}),
            "private",
        ),
    ] {
        // Any instance answers: there is nothing to remember.
        let result = ask(&Client::of(&ann.at(&service.another())), method, name, params)
            .expect(200)
            .body["result"]
            .clone();
        assert_eq!(
            (&result["resultType"], &result["cacheScope"]),
            (&json!("complete"), &json!(scope)),
            "{method}"
        );
        assert!(result["ttlMs"].is_u64(), "{method}");
    }
    let encoded = "=?base64?dGFzazovLzE=?=";
    ask(
        &client,
        "resources/read",
        Some(encoded),
        json!({"uri": "task://1"}),
    )
    .expect(200);
}

#[test]
fn errors_have_the_codes_and_statuses_of_the_present_version() {
    let client = Client::of(&Service::new().sign_up("ann@example.com"));
    let error = |answer: Response, status: u16| answer.expect(status).body["error"]["code"].clone();
    assert_eq!(error(ask(&client, "ping", None, json!({})), 404), -32601);
    assert_eq!(
        error(ask(&client, "subscriptions/listen", None, json!({})), 404),
        -32601
    );
    let missing = ask(
        &client,
        "resources/read",
        Some("task://9"),
        json!({"uri": "task://9"}),
    );
    assert_eq!(error(missing, 200), -32602);
    assert_eq!(
        error(
            ask(&client, "tools/call", Some("nothing"), json!({"name": "nothing"})),
            200
        ),
        -32602
    );
}

#[test]
fn headers_must_say_what_the_body_says() {
    let client = Client::of(&Service::new().sign_up("ann@example.com"));
    let list = body("tools/list", json!({}));
    let call = body("tools/call", json!({"name": "get_stats"}));
    let (version, method) = (("mcp-protocol-version", VERSION), ("mcp-method", "tools/list"));
    let calls = ("mcp-method", "tools/call");
    for (headers, body) in [
        (vec![method], &list),
        (vec![version], &list),
        (vec![("mcp-protocol-version", "2025-11-25"), method], &list),
        (vec![version, ("mcp-method", "tools/call")], &list),
        (vec![version, ("mcp-method", "Tools/List")], &list),
        (vec![version, method, method], &list),
        (vec![version, calls], &call),
        (vec![version, calls, ("mcp-name", "delete_task")], &call),
        (vec![version, calls, ("mcp-name", "=?base64?***?=")], &call),
    ] {
        let answer = client.send(&headers, body).expect(400);
        assert_eq!(
            (&answer.body["error"]["code"], &answer.body["id"]),
            (&json!(-32020), &json!(1)),
            "{headers:?}"
        );
    }
    client
        .send(&[version, calls, ("mcp-name", "get_stats")], &call)
        .expect(200);

    let without = |name: &str| {
        let mut meta = meta();
        meta.as_object_mut().unwrap().remove(name);
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}});
        client
            .send(&[version, method], &body.to_string())
            .expect(400)
            .body["error"]["code"]
            .clone()
    };
    assert_eq!(without("io.modelcontextprotocol/protocolVersion"), -32602);
    assert_eq!(without("io.modelcontextprotocol/clientCapabilities"), -32602);
    let mut future = meta();
    future["io.modelcontextprotocol/protocolVersion"] = json!("2031-01-01");
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": future}});
    let answer = client
        .send(
            &[("mcp-protocol-version", "2031-01-01"), method],
            &body.to_string(),
        )
        .expect(400);
    assert_eq!(answer.body["error"]["code"], -32022);
}
