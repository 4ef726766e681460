//! What the service needs of wherever it runs: a database, a clock, randomness, and `todo:platform`. In a component that is
//! the host and the adapter composed in; in a test it is a fake.

use std::time::Duration;

use todo_service::database::Database;

/// An event on its way to a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `task-events`, `reminders` or `task-updates`.
    pub topic: String,
    /// Messages of one key stay in their order.
    pub key: String,
    /// A CloudEvent in structured mode.
    pub body: String,
}

/// Why the platform did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlatformError {
    /// Asking again may work.
    Unavailable(String),
    /// Asking again will not help.
    Rejected(String),
}

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
pub trait Platform: 'static {
    /// Where the tables are.
    type Database: Database;
    /// One user's feed.
    type Subscription: Subscription + 'static;

    /// The tables.
    fn database(&self) -> &Self::Database;

    /// Milliseconds since the Unix epoch.
    fn now(&self) -> i64;

    /// Bytes that nobody can guess.
    fn random(&self) -> [u8; 32];

    /// Writes a line to the component's log.
    fn log(&self, line: &str);

    /// The value of a variable; empty where there is none of this name.
    async fn variable(&self, name: &str) -> String;

    /// Publishes all, in this order.
    async fn publish(&self, messages: Vec<Message>) -> Result<(), PlatformError>;

    /// Calls the job handler once, at this time. A job of the same name is replaced.
    async fn schedule(&self, name: &str, due: i64) -> Result<(), PlatformError>;

    /// Calls the job handler again and again. Does nothing if a job of this name exists.
    async fn repeat(&self, name: &str, interval: Duration) -> Result<(), PlatformError>;

    /// Forgets a job.
    async fn cancel(&self, name: &str) -> Result<(), PlatformError>;

    /// Begins to listen to a user's events.
    async fn subscribe(&self, user_id: &str) -> Result<Self::Subscription, FeedError>;

    /// Waits.
    async fn sleep(&self, duration: Duration);
}
