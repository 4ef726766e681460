//! What many operations have in common: parameters, headers, problems, tokens.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use todo_domain::api_token::{PREFIX, Scope};
use todo_domain::problem::{CONTENT_TYPE, Code};
use todo_domain::query::{CURSOR_LIMIT, DEFAULT_LIMIT, MAXIMUM_LIMIT};
use todo_knowledge::limits::{CATEGORY_LIMIT, ID_LIMIT, SESSION_LIMIT};

use crate::operation::Operation;
use crate::schema::{about, any_text, boolean, named, text};

/// What a reader should know before the first request.
pub(crate) const INTRODUCTION: &str = "\
JSON in UTF-8; times are RFC 3339 and end in `Z`. \
Send `Authorization: Bearer <token>` with the access token of a session (`POST /api/v1/auth/login`) or a personal API token \
(`POST /api/v1/tokens`).\n\n\
**Errors** are problems (RFC 9457), `application/problem+json`, with a `code` of one registry, the request's id, and for a body \
or query with mistakes every one of them in `errors`. What is another user's is answered like what does not exist: 404.\n\n\
**Lists** take `limit` and `cursor` and answer `items`, `next_cursor` and `has_more`; a cursor belongs to its filter and order.\n\n\
**Writes** take an `Idempotency-Key`: the same request is answered the same for 24 hours, and done once. \
**Reads** have an `ETag` for `If-None-Match`; changes of a task take it as `If-Match`.\n\n\
Every path that takes GET takes HEAD as well. The paths of tasks and of the chat are also found without their version \
(`/api/tasks`, `/api/todos`, `/api/chat`) and below a user's id (`/api/{user_id}/tasks`, `/api/{user_id}/chat`), which must be \
the token's. The operator's (`/api/v1/admin`, `/api/v1/ingest`) are found without `/api/v1` too.";

/// The ways to show who asks.
pub(crate) const BEARER: &str = "bearer";
pub(crate) const FAQ_KEY: &str = "faqKey";
pub(crate) const OPERATOR_KEY: &str = "operatorKey";

/// The parameters in a path.
pub(crate) fn path_parameters(path: &str) -> Vec<Value> {
    let names = path
        .split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.split_once('}'));
    names
        .map(|(name, _rest)| {
            let (description, example, longest) = match name {
                "task_id" => ("the UUID or the number of a task", "1", 64),
                "token" => (
                    "the secret part of the calendar's address",
                    "kQ1zN0y2mX8c5s7w9u3r6t4v1b0a2d8f5h7j9l3p6oE",
                    64,
                ),
                "session_id" => (
                    "what the asking program called the session",
                    "visitor-7",
                    SESSION_LIMIT,
                ),
                "category" => ("the name of a category", "delivery", CATEGORY_LIMIT),
                "entry_id" => ("the id that the operator or the service gave", "terms", ID_LIMIT),
                _ => ("the id", "0199c2a4-7c1e-7b3a-9a55-0c1d2e3f4a5b", 64),
            };
            json!({
                "name": name, "in": "path", "required": true, "description": description,
                "schema": about(text(1, longest), description), "example": example,
            })
        })
        .collect()
}

/// The parameters that operations refer to.
pub(crate) fn parameters() -> Value {
    let header = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "header", "description": description, "schema": schema });
    let query = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "query", "description": description, "schema": schema });
    // Forms send fields that nobody has filled in: a value that is empty is as if it were left out.
    let optional = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "query", "description": description, "schema": schema, "allowEmptyValue": true });
    json!({
        "Limit": optional("limit", "How many items at most.", json!({
            "type": "integer", "minimum": 1, "maximum": MAXIMUM_LIMIT, "default": DEFAULT_LIMIT,
        })),
        "Cursor": query("cursor", "The `next_cursor` of the page before.", text(0, CURSOR_LIMIT)),
        "Count": optional("count", "Whether to count the items of all pages.", boolean()),
        "IfNoneMatch": header("If-None-Match", "The `ETag` of what the client has.", any_text()),
        "IfMatch": header("If-Match", "The `ETag` that is to be changed; another one is a 412.", any_text()),
        "IdempotencyKey": header(
            "Idempotency-Key",
            "Makes it safe to send the request again: 1 to 255 characters of ASCII, another for each request that is meant.",
            text(1, 255),
        ),
    })
}

/// The header of this name.
pub(crate) fn header(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{}", name.replace('-', "")) })
}

/// The headers that answers refer to.
pub(crate) fn headers() -> Value {
    let all = [
        (
            "X-Request-Id",
            "string",
            "The name of the request in the logs; the client's own, if it sent a decent one.",
        ),
        (
            "RateLimit-Limit",
            "integer",
            "How many requests a minute are let through; absent where there is no limit.",
        ),
        ("RateLimit-Remaining", "integer", "How many of them are left."),
        (
            "RateLimit-Reset",
            "integer",
            "In how many seconds the present minute ends.",
        ),
        ("Retry-After", "integer", "In how many seconds to try again."),
        ("ETag", "string", "What stands for this content."),
        ("Location", "string", "Where the new thing is."),
        (
            "Idempotency-Replayed",
            "string",
            "`true` where the answer is the one that was given before.",
        ),
        ("WWW-Authenticate", "string", "Which token is wanted."),
        ("Content-Disposition", "string", "The name of the file."),
    ];
    let headers = all.into_iter().map(|(name, kind, description)| {
        let value = json!({ "description": description, "schema": { "type": kind } });
        (name.replace('-', ""), value)
    });
    Value::Object(headers.collect())
}

/// The name of the answer for problems with these codes.
pub(crate) fn problem_name(codes: &BTreeSet<&'static str>) -> String {
    let names = codes.iter().map(|code| {
        let words = code.split('_').map(|word| {
            let (first, rest) = word.split_at(1);
            format!("{}{rest}", first.to_ascii_uppercase())
        });
        words.collect::<String>()
    });
    names.collect::<Vec<_>>().join("Or")
}

/// The answers for problems that the operations refer to.
pub(crate) fn problems(operations: &[Operation]) -> Value {
    let mut problems: BTreeMap<String, (u16, &BTreeSet<&'static str>)> = BTreeMap::new();
    for (status, codes) in operations.iter().flat_map(|operation| &operation.problems) {
        problems.insert(problem_name(codes), (*status, codes));
    }
    let problems = problems
        .into_iter()
        .map(|(name, (status, codes))| (name, problem(status, codes)));
    Value::Object(problems.collect())
}

fn problem(status: u16, codes: &BTreeSet<&'static str>) -> Value {
    let codes: Vec<Code> = Code::ALL
        .iter()
        .copied()
        .filter(|code| codes.contains(code.as_str()))
        .collect();
    let sentences: Vec<String> = codes
        .iter()
        .map(|code| format!("`{}`: {}.", code.as_str(), code.title()))
        .collect();
    let mut headers = Map::from_iter([("X-Request-Id".to_owned(), header("X-Request-Id"))]);
    let names: &[&str] = match status {
        401 | 403 => &["WWW-Authenticate"],
        429 | 503 => &["Retry-After"],
        _ => &[],
    };
    headers.extend(names.iter().map(|name| ((*name).to_owned(), header(name))));
    json!({
        "description": sentences.join(" "),
        "headers": headers,
        "content": { CONTENT_TYPE: { "schema": named("Problem"), "examples": examples(&codes) } },
        "x-codes": codes.iter().map(|code| code.as_str()).collect::<Vec<_>>(),
    })
}

fn examples(codes: &[Code]) -> Value {
    let examples = codes.iter().map(|code| {
        let problem = todo_domain::problem::Problem::new(*code, code.title())
            .of_request("/api/v1/tasks", "0199c2a4-7c1e-7b3a-9a55-0c1d2e3f4a5b");
        (code.as_str().to_owned(), json!({ "value": problem }))
    });
    Value::Object(examples.collect())
}

/// How a request shows who sends it.
pub(crate) fn security() -> Value {
    let scopes: Vec<String> = Scope::ALL
        .iter()
        .map(|scope| format!("`{}`", scope.as_str()))
        .collect();
    json!({
        FAQ_KEY: {
            "type": "apiKey", "in": "header", "name": "x-api-key",
            "description": "A key of `faq_api_key`, for programs that ask without an account. It opens no user's tasks, and counts \
                            only where no `Authorization` is sent.",
        },
        OPERATOR_KEY: {
            "type": "apiKey", "in": "header", "name": "x-api-key",
            "description": "The key of `admin_api_key`; it may be sent as a bearer token instead. Where the application has none, \
                            there is nothing under `/api/v1/admin` and `/api/v1/ingest`.",
        },
        BEARER: {
            "type": "http", "scheme": "bearer",
            "description": format!(
                "The access token of a session, or a personal API token (`{PREFIX}…`) with the scopes {}: reads need the \
                 first, everything else the second.",
                scopes.join(" and "),
            ),
        },
    })
}
