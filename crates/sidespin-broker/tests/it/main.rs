//! The broker as its clients meet it: librdkafka as the ordinary client, kcat as a second one, and the bare protocol where
//! a client would not do what is to be tested.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test may fail loudly, in its helper functions too"
)]

mod child;
mod crash;
mod groups;
mod idempotence;
mod java;
mod kcat;
mod latency;
mod messages;
mod protocol;
mod raw_client;
mod restart;
mod start;
mod support;
mod topics;
mod versions;
