//! Schedules jobs on request and writes down what fires, jobs and cron ticks both, so that a test can count them.
//!
//! The firing of a job called `stuck` is written down and does not end until `/release` was asked for: a test can kill the host
//! in the middle of it.

#[cfg(target_arch = "wasm32")]
mod component;
