//! Starts the real `sidespin up` with the real components on free ports, and speaks to it as its users do: HTTP, server-sent
//! events, Kafka through a client that the product does not use.
//!
//! With `SIDESPIN_DATABASE=postgres` the application runs as two processes on one Postgres.
//!
//! Two variables say what to test: `SIDESPIN_BIN`, the program, and `SIDESPIN_ROOT`, the checkout with the built components;
//! `cargo xtask test` sets both.

#![expect(
    clippy::indexing_slicing,
    reason = "indexing JSON answers null for what is not there"
)]

mod events;
mod pair;
mod server;
mod stream;
mod user;

pub use events::{Record, TopicReader};
pub use server::{Server, ServerOptions, program, root};
pub use stream::EventStream;
pub use user::{Answer, User};

use std::time::Duration;

/// How long anything that happens asynchronously may take in a test before the test fails. Far above what is aimed at, and above
/// the 12 seconds that an outbox whose teller was killed waits for the end of its claim, so that a loaded machine does not fail a
/// correct product.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// Asks again and again until there is an answer. The pauses are short because the answer mostly comes within milliseconds.
///
/// # Errors
/// [`PATIENCE`] is over; the message says what was waited for.
pub async fn eventually<T, F>(what: &str, mut ask: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<Option<T>>>,
{
    let asking = async {
        let mut tick = tokio::time::interval(Duration::from_millis(5));
        loop {
            tick.tick().await;
            if let Some(answer) = ask().await? {
                return anyhow::Ok(answer);
            }
        }
    };
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(answer) => answer,
        Err(_elapsed) => anyhow::bail!("waited {PATIENCE:?} in vain for {what}"),
    }
}
