//! What the service needs of wherever it runs: a database, a clock, randomness, and `todo:platform`. In a component that is
//! the host and the adapter composed in; in a test it is a fake. What the outbox needs of it is the [`Receiver`].

use std::time::Duration;

use bytes::Bytes;
use todo_service::database::Database;
use todo_service::fetch::Fetch;
use todo_service::outbound::{Pieces, Unanswered};
use todo_service::outbox::Receiver;
pub use todo_service::outbox::{Message, PlatformError};

/// Why a feed gives no events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedError {
    /// It cannot be reached.
    Unavailable(String),
    /// The reader fell behind.
    TooSlow,
}

/// The events of one user, as they happen.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread: its futures need not be Send"
)]
pub trait Subscription {
    /// What came since the last call: waits until there is something.
    async fn next(&self) -> Result<Vec<Vec<u8>>, FeedError>;
}

/// Where the service runs.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread: its futures need not be Send"
)]
pub trait Platform: Receiver + Fetch + 'static {
    /// Where the tables are.
    type Database: Database;
    /// One user's feed.
    type Subscription: Subscription + 'static;
    /// The body of an answer from a server outside.
    type Pieces: Pieces + 'static;

    /// The tables.
    fn database(&self) -> &Self::Database;

    /// Bytes that nobody can guess.
    fn random(&self) -> [u8; 32];

    /// Time that only passes, for measuring.
    fn nanoseconds(&self) -> u64;

    /// The value of a variable; empty where there is none of this name.
    async fn variable(&self, name: &str) -> String;

    /// Calls the job handler again and again. Does nothing if a job of this name exists.
    async fn repeat(&self, name: &str, interval: Duration) -> Result<(), PlatformError>;

    /// Begins to listen to a user's events.
    async fn subscribe(&self, user_id: &str) -> Result<Self::Subscription, FeedError>;

    /// Sends a request to a server outside. The answer's head may take so long.
    async fn request(
        &self,
        request: http::Request<Bytes>,
        patience: Duration,
    ) -> Result<http::Response<Self::Pieces>, Unanswered>;
    /// The document at an address outside, if it is there, answers within seconds and is no longer than an issuer's may be; or
    /// why there is none.
    async fn get(&self, url: &str) -> Result<Bytes, String>;

    /// Waits.
    async fn sleep(&self, duration: Duration);
}
