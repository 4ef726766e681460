//! How long the whole topology takes to start, and what it costs when nothing happens.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use end_to_end::Server;

use crate::{line, percentile};

/// Starts measured, after one that fills the compile cache.
const STARTS: usize = 11;

/// Longer than instances without work are kept.
const UNTIL_IDLE: Duration = Duration::from_secs(15);

pub(crate) async fn measure() -> Result<()> {
    drop(Server::start().await?);
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let began = Instant::now();
        let mut server = Server::start().await?;
        times.push(began.elapsed());
        server.stop().await?;
    }
    times.sort_unstable();
    let (median, worst) = (percentile(&times, 0.5), percentile(&times, 1.0));
    line(
        "start to ready, compile cache warm, state empty",
        &format!("median {median:.0?}, worst {worst:.0?}"),
    );

    let mut server = Server::start().await?;
    server.stop().await?;
    server.restart().await?;
    tokio::time::sleep(UNTIL_IDLE).await;
    let process = server.process_id().context("the host has ended")?;
    line("resident memory, idle", &format!("{} MB", resident(process)?));
    Ok(())
}

/// Megabytes of a process that are in memory.
fn resident(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .context("no VmRSS")?;
    let kilobytes: u64 = line.split_whitespace().nth(1).context("no figure")?.parse()?;
    Ok(kilobytes / 1000)
}
