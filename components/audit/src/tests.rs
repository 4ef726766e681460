//! The service as its callers and the broker see it, on a database in a file.

mod description;
mod erase;
mod record;
mod routes;

use bytes::Bytes;
use futures::executor::block_on;
use http::{Method, Request};
use serde_json::{Value, json};
use todo_domain::time::Timestamp;
use todo_service::authenticate::Authenticator;
use todo_service::authenticate::testing::TestIssuer;
use todo_service::database::testing::{TestDatabase, again_on_postgres, again_on_sqlite, plans};
use todo_service::database::{Connection, Database};
use todo_service::refusal::Refusal;

use crate::Audit;

/// In seconds, as tokens count.
const NOW: i64 = 1_760_000_000;

/// Requests a minute of one user.
const LIMIT: u32 = 20;

fn now() -> Timestamp {
    Timestamp::from_millis(NOW * 1000).unwrap()
}

type Service = Audit<TestDatabase, TestIssuer>;

fn service() -> (TestDatabase, Service) {
    let database = TestDatabase::new().unwrap();
    (
        database.clone(),
        Audit::new(database, Authenticator::new(TestIssuer)),
    )
}

/// An event's bytes: its number makes its id and its time.
fn event(number: i64, user_id: &str, kind: &str, task_id: &str) -> Option<Vec<u8>> {
    let event = json!({
        "specversion": "1.0",
        "id": format!("event-{number}"),
        "source": "/todo/chat-api",
        "type": kind,
        "subject": task_id,
        "time": format!("2026-01-01T{:02}:{:02}:{:02}Z", number / 3600, number / 60 % 60, number % 60),
        "datacontenttype": "application/json",
        "userid": user_id,
        "partitionkey": task_id,
        "data": {"task_id": task_id, "title": "Pay \"rent\" 🙂"},
    });
    Some(event.to_string().into_bytes())
}

fn created(number: i64, user_id: &str) -> Option<Vec<u8>> {
    event(number, user_id, "task.created", &format!("task-{number}"))
}

fn record(service: &Service, messages: &[Option<Vec<u8>>]) -> Vec<Result<(), Refusal>> {
    block_on(service.record(messages, now()))
}

fn call(service: &Service, request: http::request::Builder) -> (u16, Value) {
    let request = request.body(Bytes::new()).unwrap();
    let answer = match block_on(service.answer(&request, now(), LIMIT)) {
        Ok(answer) => answer,
        Err(failure) => failure.answer(request.uri().path(), ""),
    };
    description::is_kept(&request, &answer);
    (
        answer.status().as_u16(),
        serde_json::from_slice(answer.body()).unwrap_or_default(),
    )
}

fn history(service: &Service, user_id: &str, query: &str) -> Value {
    let (status, body) = call(
        service,
        TestIssuer::request(user_id, NOW).uri(format!("/api/v1/audit?{query}")),
    );
    assert_eq!(status, 200, "{body}");
    body
}

fn event_ids(page: &Value) -> Vec<&str> {
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["event_id"].as_str().unwrap())
        .collect()
}

fn change(database: &TestDatabase, statement: &str) -> Result<(), String> {
    let connection = block_on(database.connect()).unwrap();
    block_on(connection.execute(statement, &[]))
        .map(|_rows| ())
        .map_err(|error| error.to_string())
}

#[test]
fn all_of_it_holds_on_postgres() {
    if let Some(server) = servers::Postgres::shared().unwrap() {
        // Who tampers with SQLite's tables does it in SQLite's words.
        let but = ["all_of_it_holds_on_postgres", "reads_a_whole_table", "tampering"];
        let found = again_on_postgres(&server.database().unwrap(), &but);
        plans::check(&found, FULL_SCANS);
    }
}

/// Statements that may read a whole table, and why.
const FULL_SCANS: &[(&str, &str)] = &[
    (
        "SELECT type, events FROM audit_counts",
        "a row for each type of event",
    ),
    (
        "SELECT count(*) FROM audit_heads",
        "a row for each user, at a scrape of the metrics alone",
    ),
];

#[test]
fn no_statement_reads_a_whole_table() {
    let found = again_on_sqlite(&["all_of_it_holds_on_postgres", "reads_a_whole_table"]);
    plans::check(&found, FULL_SCANS);
}
