//! A million pending jobs cost neither memory nor polling. Alone in its process, because the process's memory is measured.

#![allow(
    clippy::unwrap_used,
    reason = "a test may fail loudly, in its helper functions too"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use sidespin_job_store::{Due, Firing, JobStore, Schedule, Settlement, Worker};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const MILLION: u64 = 1_000_000;

/// Resident memory of this process, in bytes.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

struct Notes {
    fired: mpsc::UnboundedSender<String>,
    store: Arc<JobStore>,
}

impl Worker for Notes {
    fn work<'a>(&'a self, firing: &'a Due) -> BoxFuture<'a, Settlement> {
        async move {
            self.fired.send(firing.claim.name().to_owned()).unwrap();
            Settlement::Over {
                now: self.store.now(),
            }
        }
        .boxed()
    }
}

fn job(name: &str, due: u64) -> Schedule {
    Schedule {
        owner: "chat-api".to_owned(),
        name: name.to_owned(),
        due,
        repeat: None,
        payload: vec![0; 64],
    }
}

/// Beside the store, by another connection, from `first` on.
fn insert_a_million(path: &Path, first: u64) {
    let writer = rusqlite::Connection::open(path).unwrap();
    writer
        .execute_batch(&format!(
            "PRAGMA synchronous = OFF; BEGIN;
             INSERT INTO jobs (owner, name, due, fire_at, generation, payload)
             WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {MILLION})
             SELECT 'chat-api', printf('job-%07d', n), {first} + n, {first} + n, n, zeroblob(64) FROM numbers;
             COMMIT; PRAGMA wal_checkpoint(TRUNCATE);"
        ))
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_million_pending_jobs_cost_neither_memory_nor_polling() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobs.db");
    let store = Arc::new(JobStore::open(&path).unwrap());
    store.put(job("warm-up", 1)).await.unwrap();
    let warm_up = store
        .claim_due("chat-api", store.now(), 10)
        .await
        .unwrap()
        .due
        .remove(0);
    store
        .settle(warm_up.claim, Settlement::Over { now: 1 })
        .await
        .unwrap();
    let before = resident();

    let tomorrow = store.now() + 86_400_000;
    insert_a_million(&path, tomorrow);

    // Claiming what is due takes milliseconds, and is as quick for the millionth job.
    store.put(job("due", 1)).await.unwrap();
    let begun = Instant::now();
    let outlook = store.claim_due("chat-api", store.now(), 10).await.unwrap();
    let claimed_in = begun.elapsed();
    assert_eq!((outlook.due.len(), outlook.next), (1, Some(tomorrow + 1)));
    let due = outlook.due.into_iter().next().unwrap();
    store
        .settle(due.claim, Settlement::Over { now: store.now() })
        .await
        .unwrap();
    assert!(claimed_in < Duration::from_millis(50), "{claimed_in:?}");

    // The trigger's loop over them.
    let (fired, mut seen) = mpsc::unbounded_channel();
    let worker = Notes {
        fired,
        store: Arc::clone(&store),
    };
    let firing = Firing {
        store: Arc::clone(&store),
        owner: "chat-api".to_owned(),
        concurrency: 16,
        worker: Arc::new(worker),
    };
    let shutdown = CancellationToken::new();
    let token = shutdown.clone();
    let running = tokio::spawn(async move { firing.run(&token).await });
    let begun = Instant::now();
    for number in 0..100 {
        store
            .put(job(&format!("now-{number}"), store.now()))
            .await
            .unwrap();
        seen.recv().await.unwrap();
    }
    println!(
        "claimed one in {claimed_in:?}; put and fired a hundred one after the other in {:?}",
        begun.elapsed()
    );

    // What has fired is settled at once; then nothing is asked any more, over several looks at the clock.
    let mut asked = store.operations();
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = store.operations();
        if now == asked {
            break;
        }
        asked = now;
    }
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(store.operations(), asked, "an idle store was asked");
    shutdown.cancel();
    running.await.unwrap();
    assert_eq!(store.pending("chat-api", 100_000).await.unwrap(), 100_000);
    assert_eq!(store.pending("chat-api", 2 * MILLION).await.unwrap(), MILLION);

    let grown = resident().saturating_sub(before);
    println!("resident memory grew by {} KiB", grown >> 10);
    assert!(grown < 24 << 20, "{} KiB for a million jobs", grown >> 10);
}
