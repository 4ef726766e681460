//! The Model Context Protocol, from request to response.

mod modern;
mod prompts;
mod protocol;
mod resources;
mod tools;

use serde_json::{Value, json};

use super::service::{Response, User};

/// Somebody's MCP client, of the versions that begin with `initialize`.
struct Client {
    user: User,
}

impl Client {
    fn of(user: &User) -> Self {
        Self { user: user.clone() }
    }

    /// With a personal API token that has these scopes.
    fn with_token(user: &User, scopes: &[&str]) -> Self {
        let body = json!({"name": "mcp", "scopes": scopes});
        let made = user.post("/api/v1/tokens", &body).expect(201).body;
        let token = made["token"].as_str().unwrap().to_owned();
        Self {
            user: User {
                token,
                ..user.clone()
            },
        }
    }

    /// A body as it is.
    fn send(&self, headers: &[(&str, &str)], body: &str) -> Response {
        let mut all = vec![
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
        ];
        all.extend_from_slice(headers);
        self.user.send("POST", "/mcp", &all, body)
    }

    fn request(&self, method: &str, params: &Value) -> Response {
        let body = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
        self.send(&[("mcp-protocol-version", "2025-11-25")], &body.to_string())
    }

    /// The result of a request.
    #[track_caller]
    fn ask(&self, method: &str, params: &Value) -> Value {
        let body = self.request(method, params).expect(200).body;
        assert_eq!(
            (&body["jsonrpc"], &body["id"]),
            (&json!("2.0"), &json!(7)),
            "{body}"
        );
        assert!(body.get("error").is_none(), "{body}");
        body["result"].clone()
    }

    /// The code and the message of a request's error.
    #[track_caller]
    fn fail(&self, method: &str, params: &Value) -> (i64, String) {
        let body = self.request(method, params).expect(200).body;
        assert_eq!(body["id"], 7, "{body}");
        let error = &body["error"];
        (
            error["code"].as_i64().unwrap(),
            error["message"].as_str().unwrap().to_owned(),
        )
    }

    #[track_caller]
    fn call(&self, tool: &str, arguments: &Value) -> Value {
        self.ask("tools/call", &json!({"name": tool, "arguments": arguments}))
    }

    /// The structured result of a call that went well.
    #[track_caller]
    fn done(&self, tool: &str, arguments: &Value) -> Value {
        let result = self.call(tool, arguments);
        assert_eq!(result["isError"], false, "{result}");
        let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
        assert_eq!(text, result["structuredContent"]);
        text
    }

    /// What a call that did not go well says.
    #[track_caller]
    fn refused(&self, tool: &str, arguments: &Value) -> String {
        let result = self.call(tool, arguments);
        assert_eq!(
            (&result["isError"], result.get("structuredContent")),
            (&json!(true), None),
            "{result}"
        );
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }
}
