//! What the store promises, through its public interface, on a real file and on a real Postgres.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly, in its helper functions too"
)]

mod contract;
mod postgres;
mod sqlite;
mod support;
mod wake;
