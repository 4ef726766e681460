//! Servers outside: asked with bounded patience, and believed as far as their answers are within bounds.

use std::time::Duration;

use bytes::Bytes;
use http::Request;

use crate::answer::Answer;

/// How long a server may take for its whole answer, and how long that may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// For everything from the request to the answer's last byte.
    pub patience: Duration,
    /// In bytes.
    pub largest_answer: usize,
}

/// Reaches servers outside, as far as the manifest grants them.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread: its futures need not be Send"
)]
pub trait Fetch {
    /// Sends a request. Answers whatever came back, redirects and errors too, or why nothing whole came within the bounds; the
    /// reason is for the log and names no secret.
    async fn fetch(&self, request: Request<Bytes>, bounds: Bounds) -> Result<Answer, String>;
}
