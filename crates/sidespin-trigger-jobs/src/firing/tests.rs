//! Firings on a real store, by the real clock, with a component that is a function.

use std::sync::atomic::{AtomicI64, Ordering};

use sidespin_job_store::{Clock, Repeat, Schedule, SystemClock};
use sidespin_resilience::RetryPolicy;
use sidespin_telemetry::Metrics;
use tempfile::TempDir;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

mod clock;
mod exactness;

use super::*;

struct Trigger {
    store: Arc<JobStore>,
    seen: mpsc::UnboundedReceiver<Seen>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
    clock: TestClock,
    directory: TempDir,
}

/// This machine's clock, which a test sets forward and back.
#[derive(Clone, Default)]
struct TestClock(Arc<AtomicI64>);

impl TestClock {
    fn jump(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> u64 {
        SystemClock
            .now()
            .saturating_add_signed(self.0.load(Ordering::SeqCst))
    }
}

fn now() -> u64 {
    SystemClock.now()
}

/// A firing as the component saw it.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    name: String,
    due: u64,
    attempt: u32,
    at: u64,
}

/// What a firing is answered with.
type Component = Box<dyn Fn(&Due) -> BoxFuture<'static, Answer> + Send + Sync>;

struct Function {
    answer: Component,
    clock: TestClock,
    seen: mpsc::UnboundedSender<Seen>,
}

impl Calls for Function {
    fn call(&self, firing: &Due) -> BoxFuture<'static, Answer> {
        let seen = Seen {
            name: firing.claim.name().to_owned(),
            due: firing.due,
            attempt: firing.attempt,
            at: self.clock.now(),
        };
        self.seen.send(seen).unwrap();
        (self.answer)(firing)
    }
}

impl Trigger {
    fn start(answer: impl Fn(&Due) -> BoxFuture<'static, Answer> + Send + Sync + 'static) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), answer)
    }

    /// On a store that may hold jobs already.
    fn start_in(
        directory: TempDir,
        answer: impl Fn(&Due) -> BoxFuture<'static, Answer> + Send + Sync + 'static,
    ) -> Self {
        let clock = TestClock::default();
        let path = directory.path().join("jobs.db");
        let store = Arc::new(JobStore::open_with_clock(path, Arc::new(clock.clone())).unwrap());
        let (sender, seen) = mpsc::unbounded_channel();
        let retry = RetryPolicy {
            attempts: 3,
            backoff: Duration::from_millis(5),
            max_backoff: Duration::from_millis(20),
        };
        let shutdown = CancellationToken::new();
        let context = TriggerContext::new(shutdown.clone());
        let firings = Firings {
            store: Arc::clone(&store),
            component: "chat-api".into(),
            config: EntryConfig {
                concurrency: 4,
                retry,
            },
            calls: Arc::new(Function {
                answer: Box::new(answer),
                clock: clock.clone(),
                seen: sender,
            }),
            metrics: JobsMetrics::register(&Metrics::default()),
            context: context.0,
        };
        let task = tokio::spawn(firings.run());
        Self {
            store,
            seen,
            shutdown,
            task,
            clock,
            directory,
        }
    }

    async fn put(&self, name: &str, due: u64, interval: Option<u64>) {
        let schedule = Schedule {
            owner: "chat-api".to_owned(),
            name: name.to_owned(),
            due,
            repeat: interval.map(Repeat::Every),
            payload: Vec::new(),
        };
        self.store.put(schedule).await.unwrap();
    }

    async fn next(&mut self) -> Seen {
        self.seen.recv().await.unwrap()
    }

    /// Stops it and tells what it still gave to the component, by name.
    async fn stop(mut self) -> Vec<String> {
        self.shutdown.cancel();
        self.task.await.unwrap();
        let mut rest = Vec::new();
        while let Ok(seen) = self.seen.try_recv() {
            rest.push(seen.name);
        }
        rest
    }
}

fn always(outcome: Outcome) -> impl Fn(&Due) -> BoxFuture<'static, Answer> {
    move |_firing| {
        let answer = Answer::Called(outcome.clone());
        async move { answer }.boxed()
    }
}

#[tokio::test]
async fn a_job_fires_when_it_is_due_and_an_earlier_one_wakes_the_trigger() {
    let mut trigger = Trigger::start(always(Outcome::Done));
    let soon = now() + 150;
    trigger.put("tomorrow", soon + 86_400_000, None).await;
    trigger.put("soon", soon, None).await;
    trigger.put("past", 1000, None).await;
    let past = trigger.next().await;
    assert_eq!((past.name.as_str(), past.due, past.attempt), ("past", 1000, 1));
    let fired = trigger.next().await;
    assert_eq!((fired.name.as_str(), fired.due), ("soon", soon));
    assert!(fired.at >= soon, "{} ms early", soon - fired.at);
    assert!(trigger.stop().await.is_empty());
}

#[tokio::test]
async fn a_firing_is_tried_again_until_its_attempts_are_used_up() {
    let mut trigger = Trigger::start(always(Outcome::Retry {
        reason: "busy".to_owned(),
    }));
    trigger.put("job", 1000, Some(86_400_000)).await;
    for attempt in 1..=3 {
        let seen = trigger.next().await;
        assert_eq!((seen.due, seen.attempt), (1000, attempt));
    }
    let store = Arc::clone(&trigger.store);
    assert!(trigger.stop().await.is_empty());
    // It goes on on its grid, as if the firing had been done.
    let outlook = store.claim_due("chat-api", now(), 10).await.unwrap();
    assert!(outlook.due.is_empty());
    assert!(outlook.next.is_some_and(|next| next % 86_400_000 == 1000));
}

#[tokio::test]
async fn a_rejected_firing_is_over_and_a_trap_is_a_retry() {
    let mut trigger = Trigger::start(|firing: &Due| {
        let reason = String::new();
        let outcome = match (firing.claim.name(), firing.attempt) {
            ("rejected", _) => Outcome::Reject { reason },
            ("trapped", 1) => Outcome::Trapped { reason },
            _ => Outcome::Done,
        };
        async move { Answer::Called(outcome) }.boxed()
    });
    trigger.put("rejected", 1, None).await;
    assert_eq!(trigger.next().await.name, "rejected");
    trigger.put("trapped", 2, None).await;
    assert_eq!(trigger.next().await.attempt, 1);
    assert_eq!(trigger.next().await.attempt, 2);
    let store = Arc::clone(&trigger.store);
    assert!(trigger.stop().await.is_empty());
    assert_eq!(store.claim_due("chat-api", now(), 10).await.unwrap().next, None);
}

#[tokio::test]
async fn a_host_without_room_costs_no_attempt() {
    let refused = std::sync::atomic::AtomicBool::new(false);
    let mut trigger = Trigger::start(move |_firing: &Due| {
        let is_first = !refused.swap(true, std::sync::atomic::Ordering::SeqCst);
        let answer = if is_first {
            Answer::NotCalled {
                reason: "full".to_owned(),
            }
        } else {
            Answer::Called(Outcome::Done)
        };
        async move { answer }.boxed()
    });
    trigger.put("job", 1, None).await;
    assert_eq!(trigger.next().await.attempt, 1);
    assert_eq!(trigger.next().await.attempt, 1);
    trigger.stop().await;
}

#[tokio::test]
async fn one_firing_of_a_job_at_a_time_and_the_others_go_on() {
    let gate = Arc::new(Semaphore::new(0));
    let waiting = Arc::clone(&gate);
    let mut trigger = Trigger::start(move |firing: &Due| {
        let (gate, waits) = (Arc::clone(&waiting), firing.claim.name() == "slow");
        async move {
            if waits {
                gate.acquire().await.unwrap().forget();
            }
            Answer::Called(Outcome::Done)
        }
        .boxed()
    });
    trigger.put("slow", 1, None).await;
    assert_eq!(trigger.next().await.due, 1);
    trigger.put("slow", 2, None).await;
    trigger.put("other", 3, None).await;
    assert_eq!(trigger.next().await.name, "other");
    gate.add_permits(1);
    assert_eq!(trigger.next().await.due, 2);
    gate.add_permits(1);
    assert!(trigger.stop().await.is_empty());
}

#[tokio::test]
async fn a_stop_waits_for_what_is_in_flight_and_begins_nothing() {
    let gate = Arc::new(Semaphore::new(0));
    let waiting = Arc::clone(&gate);
    let mut trigger = Trigger::start(move |_firing: &Due| {
        let gate = Arc::clone(&waiting);
        async move {
            gate.acquire().await.unwrap().forget();
            Answer::Called(Outcome::Done)
        }
        .boxed()
    });
    trigger.put("in-flight", 1, None).await;
    trigger.next().await;
    let store = Arc::clone(&trigger.store);
    trigger.shutdown.cancel();
    trigger.put("too-late", 2, None).await;
    gate.add_permits(1);
    assert!(trigger.stop().await.is_empty());
    let left = store.claim_due("chat-api", now(), 10).await.unwrap().due;
    assert_eq!(
        left.iter().map(|due| due.claim.name()).collect::<Vec<_>>(),
        ["too-late"]
    );
}
