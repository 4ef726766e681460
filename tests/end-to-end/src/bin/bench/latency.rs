//! From a task's creation to its audit entry being readable: through the database, the outbox, Kafka and another service.

#![expect(
    clippy::indexing_slicing,
    reason = "indexing JSON answers null for what is not there"
)]

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use end_to_end::{Server, User};
use serde_json::json;

use crate::{line, percentile};

const PER_SECOND: u32 = 20;
const SECONDS: u32 = 20;

pub(crate) async fn measure() -> Result<()> {
    let server = Server::start().await?;
    let user = User::sign_up(&server).await?;
    // The first calls make instances; that is what `start` measures.
    for _ in 0..PER_SECOND {
        one(&user).await?;
    }
    let mut tick = tokio::time::interval(Duration::from_secs(1) / PER_SECOND);
    let mut running = Vec::new();
    for _ in 0..PER_SECOND * SECONDS {
        tick.tick().await;
        let user = user.clone();
        running.push(tokio::spawn(async move { one(&user).await }));
    }
    let (mut answered, mut audited) = (Vec::new(), Vec::new());
    for task in running {
        let (answer, audit) = task.await??;
        answered.push(answer);
        audited.push(audit);
    }
    for (what, mut times) in [
        ("POST /tasks answered", answered),
        ("POST /tasks to audit entry readable", audited),
    ] {
        times.sort_unstable();
        let figures = format!(
            "p50 {:.1?}, p99 {:.1?}",
            percentile(&times, 0.5),
            percentile(&times, 0.99)
        );
        line(&format!("{what}, {PER_SECOND}/s"), &figures);
    }
    Ok(())
}

async fn one(user: &User) -> Result<(Duration, Duration)> {
    let began = Instant::now();
    let task = user.create(&json!({ "title": "Measure twice" })).await?;
    let answered = began.elapsed();
    let path = format!(
        "/api/v1/audit?task_id={}",
        task["id"].as_str().unwrap_or_default()
    );
    loop {
        let answer = user.get(&path).await?;
        ensure!(
            answer.status.is_success(),
            "{path} answered {}: {}",
            answer.status,
            answer.body
        );
        if answer.body["items"]
            .as_array()
            .is_some_and(|items| !items.is_empty())
        {
            return Ok((answered, began.elapsed()));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
