//! What the service needs of wherever it runs: a database, a clock, randomness, and `todo:platform`. In a component that is
//! the host and the adapter composed in; in a test it is a fake. What the outbox needs of it is the [`Receiver`].

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use todo_service::answer::Answer;
use todo_service::database::Database;
use todo_service::outbound::{Pieces, Unanswered};
use todo_service::outbox::Receiver;
pub use todo_service::outbox::{Message, PlatformError};

/// How long a server outside may take for its whole answer, and how long that may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// For everything from the request to the answer's last byte.
    pub patience: Duration,
    /// In bytes.
    pub largest_answer: usize,
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
pub trait Platform: Receiver + 'static {
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

    /// Sends a request to a server outside and answers whatever came back whole, redirects and errors too; or why nothing did
    /// within the bounds. The reason is for the log and names no secret.
    async fn fetch(&self, request: http::Request<Bytes>, bounds: Bounds) -> Result<Answer, String> {
        let begun = self.nanoseconds();
        let left = || {
            let passed = Duration::from_nanos(self.nanoseconds().saturating_sub(begun));
            bounds.patience.saturating_sub(passed)
        };
        let late = |unanswered: Unanswered| match unanswered {
            // Of what was left in the end nobody wants to read.
            Unanswered::TimedOut(_) => Unanswered::TimedOut(bounds.patience).to_string(),
            other => other.to_string(),
        };
        let answer = self.request(request, bounds.patience).await.map_err(late)?;
        let (head, mut pieces) = answer.into_parts();
        let mut body = BytesMut::new();
        while let Some(piece) = pieces.next(left()).await {
            body.extend_from_slice(&piece.map_err(late)?);
            if body.len() > bounds.largest_answer {
                return Err(format!(
                    "the answer has more than {} bytes",
                    bounds.largest_answer
                ));
            }
        }
        Ok(Answer::from_parts(head, body.freeze()))
    }

    /// Waits.
    async fn sleep(&self, duration: Duration);
}
