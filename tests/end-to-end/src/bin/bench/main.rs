//! `cargo xtask bench`: every figure of the README, measured in one run on the machine at hand.
//!
//! What is compared runs in the same run and under the same load, so that the ratio means something where the absolute
//! figures do not.

mod application;
mod calls;
mod growth;
mod jobs;
mod latency;
mod load;
mod messages;
mod start;
mod streams;
mod throughput;

use anyhow::Result;

#[tokio::main]
async fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some(throughput::BARE_HYPER) {
        return throughput::bare_hyper().await;
    }
    machine();
    // One part alone, for whoever works on it: `cargo xtask bench messages`.
    let wanted = std::env::args().nth(1);
    let is_wanted = |part: &str| wanted.as_deref().is_none_or(|wanted| wanted == part);
    if is_wanted("start") {
        start::measure().await?;
    }
    if is_wanted("latency") {
        latency::measure().await?;
    }
    if is_wanted("messages") {
        messages::measure().await?;
    }
    if is_wanted("calls") {
        calls::measure().await?;
    }
    if is_wanted("jobs") {
        jobs::measure().await?;
    }
    if is_wanted("growth") {
        growth::measure().await?;
    }
    if is_wanted("streams") {
        streams::measure().await?;
    }
    if is_wanted("throughput") {
        throughput::measure().await?;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
fn machine() {
    let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory: u64 = memory
        .split_whitespace()
        .nth(1)
        .and_then(|kilobytes| kilobytes.parse().ok())
        .unwrap_or_default();
    println!("machine: {processors} processors, {} GiB memory", memory >> 20);
}

/// One line of the report.
#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
pub(crate) fn line(what: &str, figure: &str) {
    println!("{what:<58} {figure}");
}

/// The value below which this part of the sorted values lies.
pub(crate) fn percentile<T: Copy + Default>(sorted: &[T], part: f64) -> T {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "there are far fewer values than a float counts exactly"
    )]
    let index = ((sorted.len() as f64) * part) as usize;
    sorted
        .get(index.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}
