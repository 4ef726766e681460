//! How long after its time a job fires, in figures.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use super::*;

/// What is promised; what is measured is far below.
const EXACT: u64 = 50;

/// Sorted delays as `median, 99th percentile, most`.
fn distribution(delays: &mut [u64]) -> String {
    delays.sort_unstable();
    let at = |part: usize| delays[(delays.len() - 1) * part / 100];
    format!("median {} ms, p99 {} ms, most {} ms", at(50), at(99), at(100))
}

/// What the machine itself is late with meanwhile: the same pause and the same write to the disk without a store around them. A
/// machine that is busy with something else wakes nobody in time.
struct Machine {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl Machine {
    fn watch() -> Self {
        const PAUSE: Duration = Duration::from_millis(3);
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            let mut file = tempfile::tempfile().unwrap();
            let mut worst = Duration::ZERO;
            while !ends.load(Ordering::SeqCst) {
                let begun = Instant::now();
                std::thread::sleep(PAUSE);
                file.write_all(b"x").unwrap();
                file.sync_data().unwrap();
                worst = worst.max(begun.elapsed().saturating_sub(PAUSE));
            }
            u64::try_from(worst.as_millis()).unwrap()
        });
        Self { is_over, thread }
    }

    /// The most that it was late, in milliseconds.
    fn lateness(self) -> u64 {
        self.is_over.store(true, Ordering::SeqCst);
        self.thread.join().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_jobs_fire_within_50_ms_of_their_times() {
    let mut trigger = Trigger::start(always(Outcome::Done));
    let machine = Machine::watch();
    let begun = now();
    for number in 0..100 {
        // Not in their order, and some at the same millisecond.
        let due = begun + 300 + number * 7919 % 1500 / 3 * 3;
        trigger.put(&format!("job-{number}"), due, None).await;
    }
    let mut delays = Vec::new();
    for _ in 0..100 {
        let seen = trigger.next().await;
        assert!(seen.at >= seen.due, "{} fired early", seen.name);
        delays.push(seen.at - seen.due);
    }
    assert!(trigger.stop().await.is_empty());
    let late = machine.lateness();
    println!(
        "fired after their times: {}; the machine: {late} ms",
        distribution(&mut delays)
    );
    let most = EXACT + late;
    assert!(
        delays.iter().all(|delay| *delay <= most),
        "{delays:?}, the machine: {late} ms"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_due_while_nothing_ran_fires_at_once() {
    let trigger = Trigger::start(always(Outcome::Done));
    let due = now() + 100_000;
    for number in 0..100 {
        trigger.put(&format!("job-{number}"), due + number, None).await;
    }
    let Trigger {
        store,
        shutdown,
        task,
        directory,
        ..
    } = trigger;
    shutdown.cancel();
    task.await.unwrap();
    // Down until after their times.
    for number in 0..100 {
        let name = format!("job-{number}");
        assert!(store.reschedule("chat-api", &name, 1000 + number).await.unwrap());
    }
    drop(store);
    let machine = Machine::watch();
    let begun = now();
    let mut trigger = Trigger::start_in(directory, always(Outcome::Done));
    let mut delays = Vec::new();
    for _ in 0..100 {
        delays.push(trigger.next().await.at.saturating_sub(begun));
    }
    assert!(trigger.stop().await.is_empty());
    let late = machine.lateness();
    println!(
        "fired after the start: {}; the machine: {late} ms",
        distribution(&mut delays)
    );
    // One after the other, four at a time, each with a write to the disk.
    let within = |delay: Option<&u64>, most: u64| delay.is_some_and(|delay| *delay <= most);
    assert!(
        within(delays.first(), EXACT + late),
        "{delays:?}, the machine: {late} ms"
    );
    assert!(
        within(delays.last(), 20 * (EXACT + late)),
        "{delays:?}, the machine: {late} ms"
    );
}
