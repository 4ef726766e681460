//! What the service needs of wherever it runs: `todo:platform` in the component, a fake in tests.

use thiserror::Error;
use todo_domain::time::Timestamp;

/// An event on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Where to.
    pub topic: String,
    /// What keeps events in order.
    pub key: String,
    /// The event.
    pub body: String,
}

/// Why the platform did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PlatformError {
    /// Again may work.
    #[error("{0}")]
    Unavailable(String),
    /// Again will not help.
    #[error("{0}")]
    Rejected(String),
}

/// Events out, repeating work, the time and new names.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread: its futures need not be Send"
)]
pub trait Platform {
    /// Publishes all, in this order, or answers why not; then some may be published all the same.
    async fn publish(&self, events: Vec<Outgoing>) -> Result<(), PlatformError>;

    /// Has the service's job of this name done every so many milliseconds, unless it already is.
    async fn repeat(&self, job: &str, interval: u64) -> Result<(), PlatformError>;

    /// The time.
    fn now(&self) -> Timestamp;

    /// A new UUIDv7.
    fn new_id(&self) -> String;

    /// Writes a line for the operator.
    fn log(&self, line: &str);
}
