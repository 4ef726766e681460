//! The audit log: an append-only, hash-chained history of every task event, one chain per user, and the
//! business metrics that follow from it. It records what others did and changes nothing of theirs. A user's chain goes when the
//! account is deleted, and only then.

#[cfg(target_arch = "wasm32")]
mod component;
mod erase;
mod history;
mod metrics;
mod record;
mod routes;
mod schema;
#[cfg(test)]
mod tests;

use std::cell::Cell;

use todo_service::authenticate::Authenticator;
use todo_service::database::{Database, DatabaseError};
use todo_service::migrate::prepare;
use todo_service::processed::Processed;
use todo_service::rate_limit::RateLimits;

/// The service on a database and a source of the keys that verify tokens. One serves many requests, also at
/// once.
#[derive(Debug)]
pub struct Audit<D, S> {
    database: D,
    authenticator: Authenticator<S>,
    processed: Processed,
    limits: RateLimits,
    is_migrated: Cell<bool>,
}

impl<D: Database, S> Audit<D, S> {
    /// Touches nothing yet: the tables are made when they are first needed.
    pub fn new(database: D, authenticator: Authenticator<S>) -> Self {
        Self {
            database,
            authenticator,
            processed: Processed::new(schema::PROCESSED_TABLE),
            limits: RateLimits::new(schema::RATE_LIMITS),
            is_migrated: Cell::new(false),
        }
    }

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
