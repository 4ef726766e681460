//! Notifications: a reminder whose time has come is stored for its user, told to the user's browsers, listed
//! and marked as read.
//!
//! The notification and the event that tells of it are written in one transaction; what could not be
//! published is published later from the outbox. When reminders are due is not decided here.

#[cfg(target_arch = "wasm32")]
mod component;
mod deliver;
mod list;
mod outbox;
mod platform;
mod routes;
mod schema;
#[cfg(test)]
mod tests;

use std::cell::Cell;

pub use platform::{Message, Platform, PlatformError};
use todo_service::authenticate::Authenticator;
use todo_service::database::{Database, DatabaseError};
use todo_service::migrate::migrate;
use todo_service::outbox::Relay;
use todo_service::processed::Processed;

/// The service on a database, a source of the keys that verify tokens, and a platform. One serves many
/// requests, also at once.
#[derive(Debug)]
pub struct Notifications<D, S, P> {
    database: D,
    authenticator: Authenticator<S>,
    platform: P,
    relay: Relay,
    processed: Processed,
    is_migrated: Cell<bool>,
    is_watched: Cell<bool>,
}

impl<D: Database, S, P: Platform> Notifications<D, S, P> {
    /// Touches nothing yet: the tables are made when they are first needed.
    pub fn new(database: D, authenticator: Authenticator<S>, platform: P) -> Self {
        Self {
            database,
            authenticator,
            relay: Relay::new(schema::OUTBOX, platform.new_id()),
            processed: Processed::new(schema::PROCESSED_TABLE),
            platform,
            is_migrated: Cell::new(false),
            is_watched: Cell::new(false),
        }
    }
}

impl<D: Database, S, P> Notifications<D, S, P> {
    /// A connection to a database that has the tables.
    async fn connect(&self) -> Result<D::Connection, DatabaseError> {
        let connection = self.database.connect().await?;
        if !self.is_migrated.get() {
            migrate(&connection, &schema::SCHEMA).await?;
            self.is_migrated.set(true);
        }
        Ok(connection)
    }
}
