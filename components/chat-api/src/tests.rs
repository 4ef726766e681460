//! The service as a whole, from request to response, on a platform of which every part can fail.

mod accounts;
mod agenda;
mod any_order;
mod bin;
mod bulk;
mod calendar;
mod chat;
mod deletion;
mod description;
mod exchange;
mod faq;
mod issuer;
mod knowledge;
mod lists;
mod live;
mod mcp;
mod model;
mod operator;
mod outbox;
mod platform;
mod provider;
mod quick;
mod recurrence;
mod reminders;
mod reopening;
mod requests;
mod search;
mod series;
mod service;
mod sessions;
mod skipping;
mod subtasks;
mod tags;
mod tasks;
mod tokens;
mod undo;
mod vectors;

use todo_service::database::testing::{again_on_postgres, again_on_sqlite, plans};

#[test]
fn all_of_it_holds_on_postgres() {
    if let Some(server) = servers::Postgres::shared().unwrap() {
        // SQLite's plans are SQLite's.
        let but = ["all_of_it_holds_on_postgres", "reads_a_whole_table", "index"];
        let found = again_on_postgres(&server.database().unwrap(), &but);
        plans::check(&found, FULL_SCANS);
    }
}

/// Statements that may read a whole table, and why.
const FULL_SCANS: &[(&str, &str)] = &[
    (
        "DELETE FROM chat_updates WHERE seq <=",
        "every user has updates to keep, so all are looked at, when old ones are removed now and then",
    ),
    (
        "DELETE FROM chat_rate_limits",
        "only the latest minutes are there, and an index would be written with each request",
    ),
    (
        "DELETE FROM chat_outbox WHERE kind = 'publish' AND instr",
        "only what waits is there, mostly nothing, and an account is deleted once",
    ),
    (
        "SELECT name, labels, value FROM chat_counters ORDER BY",
        "whoever reads the metrics wants all numbers, one for each name with its labels",
    ),
    (
        "coalesce(sum(has_fallback), 0) AS BIGINT) FROM chat_faq_log",
        "the operator asks for the numbers of the whole log, which has a most, and an index has all that is added up",
    ),
    (
        "SELECT count(*) FROM chat_faq_log",
        "the operator deletes the whole log, or a session's, which has an index",
    ),
    (
        "DELETE FROM chat_faq_",
        "the operator deletes the whole log; by session and by age there are indexes",
    ),
    (
        "SELECT 'task', id, user_id FROM chat_tasks WHERE deleted_at IS NULL",
        "another vector database is told everything, once",
    ),
    (
        "'everybody' FROM chat_passages",
        "another vector database is told everything, once",
    ),
    (
        "SELECT seq, kind, id, owner FROM chat_vector_queue ORDER BY seq LIMIT",
        "it is walked along by its key until there are enough",
    ),
];

#[test]
fn no_statement_reads_a_whole_table() {
    let found = again_on_sqlite(&["all_of_it_holds_on_postgres", "reads_a_whole_table"]);
    plans::check(&found, FULL_SCANS);
}
