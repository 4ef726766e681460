//! What quick add understands: a file of phrases, the guide for users, and properties.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly, in its helper functions too"
)]

mod guide;
mod phrases;
mod properties;
mod sentences;
mod shown;
