//! What the service needs of wherever it runs: `todo:platform` in the component, a fake in tests. What the outbox needs of
//! it is the [`Receiver`].

use todo_service::outbox::Receiver;
pub use todo_service::outbox::{Message, PlatformError};

/// Repeating work and new names.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread: its futures need not be Send"
)]
pub trait Platform: Receiver {
    /// Has the service's job of this name done every so many milliseconds, unless it already is.
    async fn repeat(&self, job: &str, interval: u64) -> Result<(), PlatformError>;

    /// A new UUIDv7.
    fn new_id(&self) -> String;
}
