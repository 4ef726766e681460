//! The product from outside: what its users do, and what they do wrong.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and one story is one test"
)]

mod accounts;
mod assistant;
mod bad_input;
mod browser;
mod changes;
mod crash;
mod dead_letters;
mod duplicates;
mod events;
mod exchange;
mod faults;
mod jobs;
mod knowledge;
mod mcp;
mod migrate;
mod notifications;
mod operate;
mod options;
mod platform;
mod postgres;
mod provider;
mod recurrence;
mod redis;
mod reminders;
mod replicas;
mod second_issuer;
mod services;
mod support;
mod tasks;
mod terminal;
mod updates;
