//! The clock is set, forward and back: nothing is lost, nothing fires twice, nothing comes earlier by more than the clock went
//! forward.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const HOUR: i64 = 3_600_000;

#[tokio::test]
async fn a_clock_that_is_set_forward_is_noticed_within_about_a_second() {
    let mut trigger = Trigger::start(always(Outcome::Done));
    let due = now() + 3_600_000;
    trigger.put("in-an-hour", due, None).await;
    trigger.put("first", 1, None).await;
    // It sleeps for the other one from now on.
    assert_eq!(trigger.next().await.name, "first");
    let begun = std::time::Instant::now();
    trigger.clock.jump(HOUR + 10);
    let seen = trigger.next().await;
    assert!(
        begun.elapsed() < Duration::from_millis(1500),
        "{:?}",
        begun.elapsed()
    );
    assert!(seen.at >= seen.due && seen.due == due);
    // Back again: it has fired, and does not a second time.
    trigger.clock.jump(-HOUR);
    trigger.put("soon", now() + 30, None).await;
    assert_eq!(trigger.next().await.name, "soon");
    assert!(trigger.stop().await.is_empty());
}

#[tokio::test]
async fn a_clock_that_is_set_back_delays_and_repeats_nothing() {
    let mut trigger = Trigger::start(always(Outcome::Done));
    let begun = now();
    trigger.put("every-hour", begun, Some(3_600_000)).await;
    assert_eq!(trigger.next().await.due, begun);
    trigger.put("later", begun + 200, None).await;
    trigger.clock.jump(-HOUR);
    // Another hour and more by this clock: too long to wait for, so it is set forward again.
    let silence = tokio::time::timeout(Duration::from_millis(400), trigger.seen.recv());
    assert!(silence.await.is_err());
    trigger.clock.jump(HOUR);
    let seen = trigger.next().await;
    assert_eq!((seen.name.as_str(), seen.due), ("later", begun + 200));
    trigger.clock.jump(HOUR);
    let seen = trigger.next().await;
    assert_eq!((seen.name.as_str(), seen.due), ("every-hour", begun + 3_600_000));
    assert!(trigger.stop().await.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    /// Jumps at any moment, of any size: each job fires once, when the clock shows its time or a later one.
    #[test]
    fn whatever_the_clock_does_each_job_fires_once(
        jumps in proptest::collection::vec((0u64..60, -90_000i64..90_000), 1..6),
        dues in proptest::collection::vec(0u64..60_000, 1..20),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut trigger = Trigger::start(always(Outcome::Done));
            let begun = now();
            for (number, due) in dues.iter().enumerate() {
                trigger.put(&format!("job-{number}"), begun + due, None).await;
            }
            for (pause, jump) in jumps {
                tokio::time::sleep(Duration::from_millis(pause)).await;
                trigger.clock.jump(jump);
            }
            // In the end all are due, whatever the clock showed before.
            trigger.clock.jump(10_000_000);
            let mut fired = BTreeMap::new();
            for _ in 0..dues.len() {
                let seen = trigger.next().await;
                *fired.entry(seen.name).or_insert(0) += 1;
            }
            assert_eq!(fired.len(), dues.len());
            assert!(trigger.stop().await.is_empty());
        });
    }
}
