//! The assistant from outside: files of sentences, and properties.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly, in its helper functions too"
)]

mod conversation;
mod demand;
mod guide;
mod properties;
mod script;
mod sentences;
