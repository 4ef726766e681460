//! What is not about a user's data.

use serde_json::json;
use todo_domain::problem::Code;

use super::of_user;
use crate::Service;
use crate::operation::Operation;
use crate::schema::{any_text, named};

const TAG: &str = "System";

pub(super) fn operations() -> Vec<Operation> {
    let open = |route| Operation::new(Service::ChatApi, TAG, route);
    let web = |route| {
        Operation::new(Service::Web, TAG, route)
            .with("ETag")
            .shared("IfNoneMatch")
    };
    let rpc = json!({ "application/json": { "schema": named("RpcAnswer") } });
    vec![
        open(["get", "/health/live", "live", "Whether the service runs"])
            .answers(200, "It runs.", named("Live")),
        open(["get", "/health/ready", "ready", "Whether the service can work"])
            .answers(200, "It can.", named("Ready"))
            .without(&[Code::Unavailable])
            .answers_as(503, "It cannot now.", json!({
                "application/json": { "schema": named("Ready") },
                todo_domain::problem::CONTENT_TYPE: { "schema": named("Problem") },
            })),
        open(["get", "/.well-known/jwks.json", "keys", "The keys that verify access tokens"])
            .answers(200, "The keys.", named("KeySet"))
            .cached(),
        open(["get", "/.well-known/oauth-protected-resource", "resourceMetadata", "Which tokens the MCP server takes"])
            .answers(200, "The metadata.", named("ResourceMetadata")),
        open(["get", "/.well-known/oauth-protected-resource/mcp", "mcpMetadata", "The same, where some clients look for it"])
            .answers(200, "The metadata.", named("ResourceMetadata")),
        of_user(TAG, ["post", "/mcp", "mcp", "Speak the Model Context Protocol"])
            .about(
                "JSON-RPC 2.0 over the protocol's Streamable HTTP transport; its specification says what messages there are. \
                 A client library speaks it better than a client made from this description.",
            )
            .takes(named("RpcRequest"))
            .without(&[Code::InvalidJson, Code::ValidationFailed, Code::BadRequest])
            .answers_as(200, "The answer, or an error of the protocol.", rpc.clone())
            .answers_empty(202, "A notification was taken.")
            .answers_as(400, "A message that is none.", rpc.clone())
            .answers_as(404, "There is no such method.", rpc.clone())
            .answers_as(406, "The client takes no JSON.", rpc)
            .fails(&[Code::UnsupportedMediaType]),
        web(["get", "/openapi.json", "openapi", "This description"])
            .without(&[Code::Unavailable, Code::Internal])
            .answers(200, "OpenAPI 3.1.", json!({ "type": "object" }))
            .answers_empty(304, "It is still what `If-None-Match` names."),
        web(["get", "/docs", "docs", "This description, for people"])
            .without(&[Code::Unavailable, Code::Internal])
            .answers_as(200, "The page.", json!({ "text/html": { "schema": any_text() } }))
            .answers_empty(304, "It is still what `If-None-Match` names."),
    ]
}
