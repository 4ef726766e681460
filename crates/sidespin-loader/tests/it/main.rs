//! Loading whole applications from a directory: composition, mistakes and mounted files.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test may fail loudly, in its helper functions too"
)]

mod composition;
mod errors;
mod files;
mod from_wit;
mod project;
mod speed;
