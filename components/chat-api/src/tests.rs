//! The service as a whole, from request to response, on a platform of which every part can fail.

mod accounts;
mod agenda;
mod any_order;
mod bin;
mod bulk;
mod calendar;
mod chat;
mod deletion;
mod exchange;
mod issuer;
mod lists;
mod live;
mod mcp;
mod model;
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

#[test]
fn all_of_it_holds_on_postgres() {
    if let Some(server) = servers::Postgres::shared().unwrap() {
        // SQLite's plans are SQLite's.
        let but = ["all_of_it_holds_on_postgres", "index"];
        todo_service::database::testing::again_on_postgres(&server.database().unwrap(), &but);
    }
}
