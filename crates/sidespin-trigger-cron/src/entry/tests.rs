//! Entries on a real store, by a clock that is set, with a component that is a function.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono_tz::Tz;
use sidespin_job_store::Clock;
use sidespin_telemetry::Metrics;
use tempfile::TempDir;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::*;

const MINUTE: u64 = 60_000;

/// Stands still until it is set.
#[derive(Clone)]
struct TestClock(Arc<AtomicU64>);

impl Clock for TestClock {
    fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

struct Function {
    seen: mpsc::UnboundedSender<u64>,
    gate: Arc<Semaphore>,
    answer: Answer,
}

impl Calls for Function {
    fn call(&self, tick: u64) -> BoxFuture<'static, Answer> {
        self.seen.send(tick).unwrap();
        let (gate, answer) = (Arc::clone(&self.gate), self.answer.clone());
        async move {
            gate.acquire().await.unwrap().forget();
            answer
        }
        .boxed()
    }
}

struct Host {
    seen: mpsc::UnboundedReceiver<u64>,
    gate: Arc<Semaphore>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

struct World {
    directory: TempDir,
    clock: TestClock,
    store: Arc<JobStore>,
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        // 2026-01-01T00:00:30Z
        let clock = TestClock(Arc::new(AtomicU64::new(1_767_225_630_000)));
        let store = JobStore::open_with_clock(directory.path().join("jobs.db"), Arc::new(clock.clone()));
        Self {
            directory,
            clock,
            store: Arc::new(store.unwrap()),
        }
    }

    /// Sets the clock forward, which a host that sleeps notices within a second.
    fn pass(&self, time: u64) {
        self.clock.0.fetch_add(time, Ordering::SeqCst);
    }

    fn start(&self, expressions: &[&str], answer: Answer) -> Host {
        let ticks = expressions.iter().map(|expression| {
            let ticks = Ticks::parse(expression, Tz::UTC).unwrap();
            (ticks.to_string(), ticks)
        });
        let (sender, seen) = mpsc::unbounded_channel();
        let gate = Arc::new(Semaphore::new(100));
        let shutdown = CancellationToken::new();
        let entries = Entries {
            store: Arc::clone(&self.store),
            component: "sweeper".into(),
            ticks: ticks.collect(),
            calls: Arc::new(Function {
                seen: sender,
                gate: Arc::clone(&gate),
                answer,
            }),
            metrics: CronMetrics::register(&Metrics::default()),
            context: TriggerContext::new(shutdown.clone()).0,
        };
        Host {
            seen,
            gate,
            shutdown,
            task: tokio::spawn(entries.run()),
        }
    }

    async fn names(&self) -> Vec<String> {
        let jobs = self.store.list(Some("cron/sweeper"), 10).await.unwrap();
        jobs.into_iter().map(|job| job.name).collect()
    }

    /// Waits until the only entry has been settled to wait for this tick.
    async fn waits_for(&self, tick: u64) {
        loop {
            let jobs = self.store.list(Some("cron/sweeper"), 10).await.unwrap();
            if jobs.iter().any(|job| job.fire_at == tick) {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}

impl Host {
    async fn next(&mut self) -> u64 {
        self.seen.recv().await.unwrap()
    }

    async fn stop(mut self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
        assert!(self.seen.try_recv().is_err());
    }
}

fn done() -> Answer {
    Answer::Called(Outcome::Done)
}

const FIRST: u64 = 1_767_225_660_000;

#[tokio::test]
async fn each_tick_is_one_call_with_its_time() {
    let world = World::new();
    let mut host = world.start(&["* * * * *"], done());
    for tick in 0..3 {
        world.waits_for(FIRST + tick * MINUTE).await;
        world.pass(MINUTE);
        assert_eq!(host.next().await, FIRST + tick * MINUTE);
    }
    host.stop().await;
}

#[tokio::test]
async fn a_component_that_fails_is_called_again_at_the_next_tick() {
    let world = World::new();
    let reason = "not today".to_owned();
    let mut host = world.start(&["* * * * *"], Answer::Called(Outcome::Trapped { reason }));
    world.waits_for(FIRST).await;
    world.pass(MINUTE);
    assert_eq!(host.next().await, FIRST);
    world.waits_for(FIRST + MINUTE).await;
    world.pass(MINUTE);
    assert_eq!(host.next().await, FIRST + MINUTE);
    host.stop().await;
}

#[tokio::test]
async fn what_was_missed_while_nothing_ran_is_one_call() {
    let world = World::new();
    let host = world.start(&["* * * * *"], done());
    world.waits_for(FIRST).await;
    host.stop().await;
    world.pass(10 * MINUTE);
    let mut host = world.start(&["* * * * *"], done());
    assert_eq!(host.next().await, FIRST);
    world.waits_for(FIRST + 10 * MINUTE).await;
    host.stop().await;
}

#[tokio::test]
async fn no_entry_runs_twice_at_once_and_what_passes_meanwhile_is_left_out() {
    let world = World::new();
    let mut host = world.start(&["* * * * *"], done());
    host.gate.forget_permits(100);
    world.waits_for(FIRST).await;
    world.pass(MINUTE);
    assert_eq!(host.next().await, FIRST);
    world.pass(5 * MINUTE);
    // Longer than it takes to notice.
    let silence = tokio::time::timeout(Duration::from_millis(1300), host.seen.recv());
    assert!(silence.await.is_err());
    host.gate.add_permits(100);
    world.waits_for(FIRST + 6 * MINUTE).await;
    host.stop().await;
}

#[tokio::test]
async fn another_expression_at_redeployment_takes_the_place_of_the_old() {
    let world = World::new();
    let host = world.start(&["0 3 * * *", "* * * * *"], done());
    world.waits_for(FIRST).await;
    while world.names().await.len() < 2 {
        tokio::task::yield_now().await;
    }
    host.stop().await;
    let host = world.start(&["0 3 * * *", "30 4 * * *"], done());
    while world.names().await != ["0 3 * * * UTC", "30 4 * * * UTC"] {
        tokio::task::yield_now().await;
    }
    host.stop().await;
    drop(world.directory);
}

#[tokio::test]
async fn a_host_without_room_tries_the_tick_again() {
    let world = World::new();
    let reason = "full".to_owned();
    let mut host = world.start(&["* * * * *"], Answer::NotCalled { reason });
    world.waits_for(FIRST).await;
    world.pass(MINUTE);
    assert_eq!(host.next().await, FIRST);
    world.pass(ROOM_AGAIN);
    assert_eq!(host.next().await, FIRST);
    host.shutdown.cancel();
    host.task.await.unwrap();
}
