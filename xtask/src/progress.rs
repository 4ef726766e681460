//! Numbered steps with the time that each took, so that a long set-up shows where it is.

use std::time::Instant;

use anyhow::{Context, Result};

/// Counts the steps of one command.
#[derive(Debug)]
pub(crate) struct Steps {
    done: usize,
    total: usize,
}

impl Steps {
    pub(crate) fn new(total: usize) -> Self {
        Self { done: 0, total }
    }

    /// Runs one step between a line that names it and a line with its time.
    /// `remedy` is what to do when it fails.
    pub(crate) fn step<T>(
        &mut self,
        name: &str,
        remedy: &str,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        self.done += 1;
        let head = format!("[{}/{}] {name}", self.done, self.total);
        println!("{head} …");
        let started = Instant::now();
        let result = work();
        let seconds = started.elapsed().as_secs_f64();
        let verdict = if result.is_ok() { "" } else { "failed after " };
        println!("{head} … {verdict}{seconds:.1} s");
        result.with_context(|| format!("{name}: {remedy}"))
    }
}
