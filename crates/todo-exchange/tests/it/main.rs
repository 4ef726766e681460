//! Files of tasks: what is written is read back, what others write is understood, and what is wrong is named by line.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod calendar;
mod json;
mod properties;
mod sample;
mod table;
mod todoist;
