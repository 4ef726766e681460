//! Operating a real cluster: the embedded broker, or the one that the environment names.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may fail loudly, in its helper functions too"
)]

mod dead_letters;
mod fixture;
mod groups;
mod topics;
