//! What the service needs of wherever it runs: `todo:platform`, HTTP and randomness in the component, a fake in tests. What
//! the outbox needs of it is the [`Receiver`].

use bytes::Bytes;
use http::Request;
use serde_json::Value;
use todo_service::outbox::Receiver;
pub use todo_service::outbox::{Message, PlatformError};

/// How a server took what it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The status that it answered.
    pub status: u16,
    /// For how many seconds it wants to be left alone, if it says so.
    pub retry_after: Option<i64>,
}

/// Repeating work, new names, and the world outside.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread: its futures need not be Send"
)]
pub trait Platform: Receiver {
    /// Has the service's job of this name done every so many milliseconds, unless it already is.
    async fn repeat(&self, job: &str, interval: u64) -> Result<(), PlatformError>;

    /// A new UUIDv7.
    fn new_id(&self) -> String;

    /// Bytes that nobody can guess.
    fn random(&self) -> [u8; 32];

    /// What the operator set; empty where nothing is set.
    async fn variable(&self, name: &str) -> String;

    /// Sends a request to a server outside, or says why no answer came within seconds.
    async fn send(&self, request: Request<Bytes>) -> Result<Sent, String>;

    /// Posts to a path of chat-api's that only other components reach. Answers status and body, or why there is none.
    async fn ask_chat_api(&self, path: &str, body: &Value) -> Result<(u16, Value), String>;
}
