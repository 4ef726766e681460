//! Commands to and messages from Redis.
//!
//! This is the only crate that knows which client library is underneath; of that library only commands and their answers
//! ([`Command`], [`Answer`]) show in what is public here. Two things are offered: a [`Client`], one connection that any number
//! of callers share and that is made anew when it is lost, and a [`Subscription`] to a channel.
//!
//! What comes from a server is bounded in size and in time, and nothing that is said here, in a message or by `Debug`, repeats
//! a password.

mod address;
mod bounded;
mod client;
mod connector;
mod error;
mod subscription;
#[cfg(test)]
mod tests;
mod trust;

pub use address::{Address, AddressError};
pub use client::{Client, RESPONSE_TIMEOUT};
pub use connector::{Connector, Permits};
pub use error::RedisError;
pub use redis::{Cmd as Command, FromRedisValue as FromAnswer, Value as Answer, cmd as command};
pub use subscription::Subscription;
pub use trust::{Trust, TrustError};
