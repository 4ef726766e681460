//! The client against the embedded broker: what it promises its users, with real connections.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may fail loudly, in its helper functions too"
)]

mod cluster;
mod group;
mod producer;
mod reader;
mod speed;
