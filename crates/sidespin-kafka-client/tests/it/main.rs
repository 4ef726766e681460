//! The client against the embedded broker, or the one that `KAFKA_BOOTSTRAP_SERVERS` names: what it promises its users, with real connections.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may fail loudly, in its helper functions too"
)]

mod cluster;
mod group;
mod inspect;
mod producer;
mod reader;
mod scan;
mod security;
mod speed;
