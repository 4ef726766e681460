//! The tables of each service, as the sequence of changes that leads to them, forward and back. It knows no statement on them
//! and makes no decision: those are the services', and each uses its own tables alone.
//!
//! A change that was released is never edited; what is wrong with it is mended by the next one. It is written for SQLite,
//! and `todo_service::migrate` says how it reads for Postgres.

pub mod audit;
pub mod chat;
pub mod notification;
#[cfg(test)]
mod tests;

use todo_service::migrate::Schema;

/// The tables of all services, in the order in which they are changed.
pub const ALL: &[Schema] = &[chat::SCHEMA, notification::SCHEMA, audit::SCHEMA];
