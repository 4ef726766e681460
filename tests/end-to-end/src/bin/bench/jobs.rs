//! Jobs that are due at one moment: how many are fired in a second, each with its settlement on the disk.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};

use crate::application::{Meter, metric};
use crate::line;

const JOBS: u64 = 20_000;
/// Enough to put them all before they are due.
const AHEAD: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) async fn measure() -> Result<()> {
    let meter = Meter::new(
        "[[trigger.http]]\nroute = \"/...\"\ncomponent = \"meter\"\n[[trigger.jobs]]\ncomponent = \"meter\"\n",
    )?;
    let server = meter.start(&[]).await?;
    let due = SystemTime::now() + AHEAD;
    let milliseconds = due.duration_since(UNIX_EPOCH)?.as_millis();
    let begun = Instant::now();
    reqwest::get(server.url(&format!("/jobs?{JOBS},{milliseconds}")))
        .await?
        .error_for_status()?;
    let put = begun.elapsed();
    ensure!(put < AHEAD, "putting {JOBS} jobs took {put:?}");
    line("jobs put, 256 at a time", &format!("{} jobs/s", rate(put)));
    tokio::time::sleep(due.duration_since(SystemTime::now()).unwrap_or_default()).await;
    let begun = Instant::now();
    while metric(&server, "job_firings_total", "outcome=\"Done\"").await? < JOBS {
        ensure!(begun.elapsed() < PATIENCE, "not all jobs have fired");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    line(
        "jobs fired that are due at once",
        &format!("{} jobs/s", rate(begun.elapsed())),
    );
    Ok(())
}

fn rate(took: Duration) -> u64 {
    let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
    JOBS * 1_000_000 / microseconds
}
