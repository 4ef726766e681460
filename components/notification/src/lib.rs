//! Notifications: a reminder whose time has come is stored for its user, told to the user's browsers, listed, marked as
//! read or put off, and sent by webhook, Web Push and e-mail to those who want it.
//!
//! The notification, the event that tells of it and its deliveries are written in one transaction; what could not be told
//! to the platform is told later from the outbox. When reminders are due is not decided here.

mod add;
mod agenda;
#[cfg(target_arch = "wasm32")]
mod component;
mod deliver;
mod deliveries;
mod digest;
mod erase;
mod jobs;
mod list;
mod operator;
mod outbox;
mod platform;
mod preferences;
mod request;
mod routes;
mod schema;
mod send;
mod settings;
mod snooze;
mod subscriptions;
#[cfg(test)]
mod tests;

use std::cell::Cell;

pub use platform::{Message, Platform, PlatformError, Sent};
use todo_domain::time::Timestamp;
use todo_service::authenticate::Authenticator;
use todo_service::database::{Database, DatabaseError};
use todo_service::migrate::prepare;
use todo_service::outbox::Relay;
use todo_service::processed::Processed;
use todo_service::rate_limit::RateLimits;

/// The service on a database, a source of the keys that verify tokens, and a platform. One serves many
/// requests, also at once.
#[derive(Debug)]
pub struct Notifications<D, S, P> {
    database: D,
    authenticator: Authenticator<S>,
    platform: P,
    relay: Relay,
    processed: Processed,
    limits: RateLimits,
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
            limits: RateLimits::new(schema::RATE_LIMITS),
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
            prepare(&self.database, &connection, &schema::SCHEMA).await?;
            self.is_migrated.set(true);
        }
        Ok(connection)
    }
}

impl<D, S, P: Platform> Notifications<D, S, P> {
    fn now(&self) -> Result<Timestamp, DatabaseError> {
        Timestamp::from_millis(self.platform.now()).ok_or_else(|| DatabaseError::Failed {
            reason: "the clock is outside of the years 1970 to 9999".to_owned(),
        })
    }
}
