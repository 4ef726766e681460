//! The schemas by their names.

mod account;
mod change;
mod chat;
mod knowledge;
mod notification;
mod task;

#[cfg(test)]
pub(crate) use change::ACTIONS;

use serde_json::{Map, Value, json};
use todo_domain::problem::{Code, Problem};
use todo_exchange::Format;

use crate::schema::{about, any_text, boolean, count, id, like, list, named, object, one_of, page, time};

/// Every schema.
pub(crate) fn all() -> Value {
    let mut schemas = Map::new();
    for (name, schema) in problem()
        .into_iter()
        .chain(task::schemas())
        .chain(change::schemas())
        .chain(account::schemas())
        .chain(chat::schemas())
        .chain(knowledge::schemas())
        .chain(notification::schemas())
        .chain(exchange())
        .chain(audit())
        .chain(health())
    {
        schemas.insert(name.to_owned(), schema);
    }
    Value::Object(schemas)
}

fn problem() -> Vec<(&'static str, Value)> {
    let example = Problem::new(Code::NotFound, "there is nothing here, or nothing of yours")
        .of_request("/api/v1/tasks/7", "0199c2a4-7c1e-7b3a-9a55-0c1d2e3f4a5b");
    let problem = object([
        (
            "type",
            about(
                like(any_text(), example.problem_type.as_str()),
                "a URI that names the kind of problem",
            ),
        ),
        ("title", about(any_text(), "the kind in words")),
        (
            "status",
            about(
                json!({ "type": "integer", "minimum": 400, "maximum": 599 }),
                "the HTTP status",
            ),
        ),
        ("detail", about(any_text(), "what is wrong with this request")),
        ("instance", about(any_text(), "the path of the request")),
        ("code", named("ProblemCode")),
        ("request_id", about(any_text(), "the request's name in the logs")),
        (
            "errors?",
            about(list(named("FieldError")), "every mistake of a body or query"),
        ),
    ]);
    let error = object([
        (
            "line?",
            about(count(1), "the line, where what was sent is a file"),
        ),
        (
            "field",
            about(
                like(any_text(), "tags[3]"),
                "the field; empty for the body as a whole",
            ),
        ),
        ("message", about(any_text(), "what the value must be")),
    ]);
    let codes = about(
        one_of(Code::ALL.iter().map(|code| code.as_str())),
        "the kind of problem, for programs",
    );
    vec![
        ("Problem", about(problem, "What went wrong (RFC 9457).")),
        ("FieldError", error),
        ("ProblemCode", codes),
    ]
}

fn exchange() -> Vec<(&'static str, Value)> {
    let listed = object([
        ("line", about(count(0), "where it begins in the file")),
        ("title", any_text()),
        ("id?", about(id(), "absent where nothing was written")),
        ("number?", count(1)),
    ]);
    let done = object([
        (
            "imported",
            about(count(0), "how many tasks were made, or would be"),
        ),
        ("skipped", about(count(0), "how many are there already")),
        ("dry_run", boolean()),
        (
            "tasks",
            about(list(named("ImportedTask")), "the first 100 of them"),
        ),
    ]);
    let mut written = task::task();
    if let Some(properties) = written.pointer_mut("/properties").and_then(Value::as_object_mut) {
        let anchor = about(json!({ "type": "object" }), "where the series is counted from");
        properties.insert("series_anchor".to_owned(), anchor);
    }
    let file = object([
        ("format", json!({ "type": "string", "const": "todo-chatbot" })),
        ("version", json!({ "type": "integer", "const": 1 })),
        ("tasks", list(written)),
    ]);
    let feed = object([
        (
            "url?",
            about(
                like(any_text(), "http://localhost:3000/calendar/….ics"),
                "only when it was just made",
            ),
        ),
        ("created_at", time()),
    ]);
    vec![
        (
            "ExportFormat",
            one_of([Format::Json, Format::Csv, Format::ICalendar].map(Format::as_str)),
        ),
        ("ExportFile", about(file, "Every task, as import reads it back.")),
        (
            "ImportFile",
            json!({
                "description": "What export writes, or a list of tasks alone.",
                "anyOf": [file_to_import(), { "type": "array", "items": { "type": "object" } }],
                "examples": [{ "format": "todo-chatbot", "version": 1, "tasks": [] }],
            }),
        ),
        ("ImportDone", done),
        ("ImportedTask", listed),
        ("CalendarFeed", feed),
    ]
}

fn file_to_import() -> Value {
    object([
        ("format?", any_text()),
        ("version?", json!({ "type": "integer" })),
        ("tasks", list(json!({ "type": "object" }))),
    ])
}

fn audit() -> Vec<(&'static str, Value)> {
    let hash = || {
        like(
            any_text(),
            "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069",
        )
    };
    let entry = object([
        ("seq", about(count(1), "1, 2, 3 … without gaps")),
        ("event_id", id()),
        (
            "type",
            about(like(any_text(), "task.created"), "the type of the event"),
        ),
        ("task_id", id()),
        ("time", time()),
        (
            "data",
            about(
                json!({}),
                "what the event carried: for a task's, the task and the names of what changed",
            ),
        ),
        (
            "prev_hash",
            about(hash(), "the hash of the entry before; 64 zeroes for the first"),
        ),
        (
            "hash",
            about(hash(), "SHA-256 over the hash before and this entry's content"),
        ),
    ]);
    let mut history = page("AuditEntry");
    if let Some(properties) = history.pointer_mut("/properties").and_then(Value::as_object_mut) {
        properties.insert(
            "verified".to_owned(),
            about(
                boolean(),
                "where `verify=true` asked: whether the whole chain is as it was written",
            ),
        );
        properties.insert(
            "erased_at".to_owned(),
            about(time(), "when the history was erased with its account"),
        );
        properties.insert(
            "entries".to_owned(),
            about(count(0), "how many entries were looked at"),
        );
    }
    vec![("AuditEntry", entry), ("AuditPage", history)]
}

fn health() -> Vec<(&'static str, Value)> {
    let word = || one_of(["ok", "unavailable"]);
    let ready = object([
        ("status", word()),
        ("checks", object([("database", word()), ("publisher", word())])),
        (
            "oldest_unpublished_seconds",
            about(json!({ "type": "integer" }), "how long an event waits to be told"),
        ),
    ]);
    let key = object([
        ("kty", any_text()),
        ("crv", any_text()),
        ("alg?", any_text()),
        ("use?", any_text()),
        ("kid", any_text()),
        ("x", any_text()),
    ]);
    let resource = object([
        ("resource", any_text()),
        (
            "authorization_servers?",
            about(list(any_text()), "the second issuer, where there is one"),
        ),
        ("resource_name", any_text()),
        ("bearer_methods_supported", list(any_text())),
        ("scopes_supported", list(named("Scope"))),
    ]);
    let request = object([
        ("jsonrpc", json!({ "type": "string", "const": "2.0" })),
        (
            "id?",
            about(
                json!({ "type": ["string", "integer"] }),
                "absent in notifications",
            ),
        ),
        (
            "method?",
            about(like(any_text(), "tools/list"), "absent in an answer"),
        ),
        ("params?", json!({ "type": "object" })),
    ]);
    let answer = object([
        ("jsonrpc", json!({ "type": "string", "const": "2.0" })),
        ("id?", json!({ "type": ["string", "integer", "null"] })),
        ("result?", json!({ "type": "object" })),
        (
            "error?",
            object([
                ("code", json!({ "type": "integer" })),
                ("message", any_text()),
                ("data?", json!({})),
            ]),
        ),
    ]);
    vec![
        (
            "Live",
            object([("status", json!({ "type": "string", "const": "ok" }))]),
        ),
        ("Ready", ready),
        ("KeySet", object([("keys", list(named("PublicKey")))])),
        ("PublicKey", about(key, "A JSON Web Key (RFC 8037).")),
        (
            "ResourceMetadata",
            about(resource, "A protected resource (RFC 9728)."),
        ),
        (
            "RpcRequest",
            about(request, "A request, a notification or an answer of JSON-RPC 2.0."),
        ),
        ("RpcAnswer", about(answer, "An answer of JSON-RPC 2.0.")),
    ]
}
