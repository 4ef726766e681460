//! How long after its time a job fires, in figures.

use super::*;

/// What is promised; what is measured is far below.
const EXACT: u64 = 50;

/// Sorted delays as `median, 99th percentile, most`.
fn distribution(delays: &mut [u64]) -> String {
    delays.sort_unstable();
    let at = |part: usize| delays[(delays.len() - 1) * part / 100];
    format!("median {} ms, p99 {} ms, most {} ms", at(50), at(99), at(100))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_jobs_fire_within_50_ms_of_their_times() {
    let mut trigger = Trigger::start(always(Outcome::Done));
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
    println!("fired after their times: {}", distribution(&mut delays));
    assert!(delays.iter().all(|delay| *delay <= EXACT), "{delays:?}");
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
    let begun = now();
    let mut trigger = Trigger::start_in(directory, always(Outcome::Done));
    let mut delays = Vec::new();
    for _ in 0..100 {
        delays.push(trigger.next().await.at.saturating_sub(begun));
    }
    assert!(trigger.stop().await.is_empty());
    println!("fired after the start: {}", distribution(&mut delays));
    // One after the other, four at a time, each with a write to the disk.
    assert!(delays.first().is_some_and(|delay| *delay <= EXACT), "{delays:?}");
    assert!(
        delays.last().is_some_and(|delay| *delay <= 20 * EXACT),
        "{delays:?}"
    );
}
