//! What the application's services share: a database port with migrations, the outbox and the memory of what was
//! consumed, the caller's identity, lists with cursors, answers and problems. It knows no table, no route and no topic of any service.
//!
//! Everything runs natively, so that a service's behaviour is tested by plain `cargo test`; only
//! [`component`] speaks to the host.

pub mod answer;
pub mod authenticate;
#[cfg(test)]
mod both;
#[cfg(target_arch = "wasm32")]
pub mod component;
pub mod cursor;
pub mod database;
pub mod key_cache;
pub mod migrate;
pub mod outbound;
pub mod outbox;
pub mod processed;
pub mod query;
pub mod rate_limit;
pub mod refusal;
