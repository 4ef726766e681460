//! Calls from one component to another: in the process, and over the loopback interface to the same component elsewhere.

use std::time::Duration;

use anyhow::Result;

use crate::application::Meter;
use crate::{line, percentile};

const CALLS: usize = 2000;

pub(crate) async fn measure() -> Result<()> {
    let meter = Meter::new("[[trigger.http]]\nroute = \"/...\"\ncomponent = \"meter\"\n")?;
    let (here, elsewhere) = (meter.start(&[]).await?, meter.start(&[]).await?);
    let urls = [
        (
            "service invocation in the process",
            "http://meter.spin.internal/".to_owned(),
        ),
        (
            "the same component over the loopback interface",
            elsewhere.url("/"),
        ),
    ];
    for (what, url) in urls {
        let answer = reqwest::get(here.url(&format!("/calls?{CALLS},{url}")))
            .await?
            .error_for_status()?;
        let mut took: Vec<u64> = answer
            .text()
            .await?
            .split_whitespace()
            // The first ones make instances and connections.
            .skip(CALLS / 10)
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        took.sort_unstable();
        let took: Vec<_> = took.into_iter().map(Duration::from_micros).collect();
        line(
            what,
            &format!(
                "p50 {:.1?}, p99 {:.1?}",
                percentile(&took, 0.5),
                percentile(&took, 0.99)
            ),
        );
    }
    Ok(())
}
