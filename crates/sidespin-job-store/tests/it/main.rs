//! What the store promises, through its public interface, on a real file.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly, in its helper functions too"
)]

use std::path::Path;

use proptest::prelude::*;
use sidespin_job_store::{Due, JobStore, Outlook, Schedule, Settlement};
use tempfile::TempDir;

const OWNER: &str = "chat-api";

fn open(directory: &TempDir) -> JobStore {
    JobStore::open(directory.path().join("jobs.db")).unwrap()
}

fn once(name: &str, due: u64) -> Schedule {
    Schedule {
        owner: OWNER.to_owned(),
        name: name.to_owned(),
        due,
        interval: None,
        payload: name.into(),
    }
}

fn every(name: &str, due: u64, interval: u64) -> Schedule {
    Schedule {
        interval: Some(interval),
        ..once(name, due)
    }
}

async fn outlook(store: &JobStore, now: u64) -> Outlook {
    store.claim_due(OWNER, now, 100).await.unwrap()
}

async fn one(store: &JobStore, now: u64) -> Due {
    let mut outlook = outlook(store, now).await;
    assert_eq!(outlook.due.len(), 1, "{outlook:?}");
    outlook.due.remove(0)
}

fn names(outlook: &Outlook) -> Vec<&str> {
    outlook.due.iter().map(|due| due.claim.name()).collect()
}

#[tokio::test]
async fn a_job_is_claimed_when_it_is_due_and_gone_when_it_is_done() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    store.put(once("later", 200)).await.unwrap();
    store.put(once("soon", 100)).await.unwrap();
    assert_eq!(
        outlook(&store, 99).await,
        Outlook {
            due: vec![],
            next: Some(100)
        }
    );

    let due = one(&store, 100).await;
    assert_eq!(
        (due.claim.name(), due.due, due.attempt, due.payload.as_slice()),
        ("soon", 100, 1, &b"soon"[..])
    );
    // Being worked on, it is neither due again nor what comes next.
    assert_eq!(
        outlook(&store, 100).await,
        Outlook {
            due: vec![],
            next: Some(200)
        }
    );
    store
        .settle(due.claim, Settlement::Over { now: 100 })
        .await
        .unwrap();
    assert_eq!(names(&outlook(&store, 1000).await), ["later"]);
    assert!(!store.cancel(OWNER, "soon").await.unwrap());
}

#[tokio::test]
async fn the_longest_due_comes_first_and_the_limit_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    for (name, due) in [("c", 3), ("a", 1), ("b", 2)] {
        store.put(once(name, due)).await.unwrap();
    }
    let first = store.claim_due(OWNER, 10, 2).await.unwrap();
    assert_eq!((names(&first), first.next), (vec!["a", "b"], Some(3)));
    assert_eq!(names(&outlook(&store, 10).await), ["c"]);
}

#[tokio::test]
async fn owners_do_not_see_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    store.put(once("same", 1)).await.unwrap();
    assert_eq!(
        store.claim_due("other", 10, 10).await.unwrap(),
        Outlook::default()
    );
    assert!(!store.cancel("other", "same").await.unwrap());
    assert!(!store.reschedule("other", "same", 5).await.unwrap());
    assert_eq!(names(&outlook(&store, 10).await), ["same"]);
}

#[tokio::test]
async fn after_a_restart_what_was_claimed_is_due_again() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    store.put(once("interrupted", 1)).await.unwrap();
    store.put(once("retried", 2)).await.unwrap();
    let claimed = outlook(&store, 10).await.due;
    store
        .settle(claimed[1].claim.clone(), Settlement::Retry { at: 20 })
        .await
        .unwrap();
    drop(store);

    let again = outlook(&open(&directory), 30).await;
    let seen: Vec<_> = again
        .due
        .iter()
        .map(|due| (due.claim.name(), due.due, due.attempt))
        .collect();
    assert_eq!(seen, [("interrupted", 1, 1), ("retried", 2, 2)]);
}

#[tokio::test]
async fn a_job_that_was_replaced_while_it_fired_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    store.put(once("job", 1)).await.unwrap();
    let old = one(&store, 10).await;
    store
        .put(Schedule {
            payload: b"new".to_vec(),
            ..once("job", 5)
        })
        .await
        .unwrap();
    // One firing at a time, though the new one is due.
    assert_eq!(outlook(&store, 10).await, Outlook::default());
    store
        .settle(old.claim, Settlement::Over { now: 10 })
        .await
        .unwrap();
    let new = one(&store, 10).await;
    assert_eq!((new.due, new.payload.as_slice()), (5, &b"new"[..]));
}

#[tokio::test]
async fn a_retry_of_a_firing_does_not_move_the_job_that_replaced_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    store.put(once("job", 1)).await.unwrap();
    let old = one(&store, 10).await;
    assert!(store.reschedule(OWNER, "job", 50).await.unwrap());
    store
        .settle(old.claim, Settlement::Retry { at: 20 })
        .await
        .unwrap();
    assert_eq!(outlook(&store, 40).await.next, Some(50));
    let moved = one(&store, 50).await;
    assert_eq!((moved.attempt, moved.payload.as_slice()), (1, &b"job"[..]));
}

#[tokio::test]
async fn a_job_that_was_cancelled_while_it_fired_stays_away() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    store.put(every("job", 1, 100)).await.unwrap();
    let firing = one(&store, 10).await;
    assert!(store.cancel(OWNER, "job").await.unwrap());
    store
        .settle(firing.claim, Settlement::Retry { at: 20 })
        .await
        .unwrap();
    assert_eq!(outlook(&store, 10_000).await, Outlook::default());
}

#[tokio::test]
async fn a_job_exists_until_its_firing_is_over() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    assert!(store.put_if_absent(once("job", 1)).await.unwrap());
    assert!(!store.put_if_absent(once("job", 7)).await.unwrap());
    let firing = one(&store, 10).await;
    assert_eq!(firing.due, 1);
    assert!(!store.put_if_absent(once("job", 7)).await.unwrap());
    store
        .settle(firing.claim, Settlement::Over { now: 10 })
        .await
        .unwrap();
    assert!(store.put_if_absent(once("job", 7)).await.unwrap());
}

#[tokio::test]
async fn what_was_missed_fires_once_and_goes_on_on_its_grid() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    store.put(every("job", 1000, 300)).await.unwrap();
    let firing = one(&store, 5000).await;
    assert_eq!(firing.due, 1000);
    store
        .settle(firing.claim, Settlement::Retry { at: 5050 })
        .await
        .unwrap();
    let second = one(&store, 5050).await;
    assert_eq!((second.due, second.attempt), (1000, 2));
    store
        .settle(second.claim, Settlement::Over { now: 5060 })
        .await
        .unwrap();
    assert_eq!(
        outlook(&store, 5100).await,
        Outlook {
            due: vec![],
            next: Some(5200)
        }
    );
    let next = one(&store, 5200).await;
    assert_eq!((next.due, next.attempt), (5200, 1));
}

#[tokio::test]
async fn what_was_postponed_keeps_its_attempt() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    store.put(once("job", 1)).await.unwrap();
    let firing = one(&store, 10).await;
    store
        .settle(firing.claim.clone(), Settlement::Postpone { at: 20 })
        .await
        .unwrap();
    assert_eq!(outlook(&store, 19).await.next, Some(20));
    assert_eq!(one(&store, 20).await, firing);
}

#[tokio::test]
async fn whoever_waits_is_told_of_changes() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let mut changes = store.changes();
    outlook(&store, 1).await;
    assert!(!changes.has_changed().unwrap());
    store.put(once("job", 1)).await.unwrap();
    changes.changed().await.unwrap();
}

#[tokio::test]
async fn times_beyond_the_calendar_are_refused_and_nothing_else_suffers() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    store.put(once("good", 1)).await.unwrap();
    store.put(once("bad", u64::MAX)).await.unwrap_err();
    store.put(every("bad", 1, u64::MAX)).await.unwrap_err();
    assert_eq!(names(&outlook(&store, 10).await), ["good"]);
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_an_error_that_names_it() {
    let error = JobStore::open(Path::new("/nonexistent/jobs.db")).unwrap_err();
    assert!(error.to_string().contains("/nonexistent/jobs.db"), "{error}");
}

#[tokio::test]
async fn many_at_once_are_all_kept() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory);
    let puts = (0..500).map(|number| {
        let store = store.clone();
        tokio::spawn(async move { store.put(once(&format!("job-{number}"), number)).await })
    });
    for put in puts.collect::<Vec<_>>() {
        put.await.unwrap().unwrap();
    }
    drop(store);
    assert_eq!(
        open(&directory)
            .claim_due(OWNER, 1000, 1000)
            .await
            .unwrap()
            .due
            .len(),
        500
    );
}

/// One thing that may happen to a job.
#[derive(Debug, Clone)]
enum Step {
    Put(u64),
    Cancel,
    Fire,
    Finish,
    Retry(u64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0u64..100).prop_map(Step::Put),
        Just(Step::Cancel),
        Just(Step::Fire),
        Just(Step::Finish),
        (0u64..100).prop_map(Step::Retry),
        Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever happens in between: the last job that was put fires, unless it was cancelled or its own firing finished.
    #[test]
    fn the_last_word_counts(steps in proptest::collection::vec(step(), 1..24)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let directory = tempfile::tempdir().unwrap();
            let mut store = open(&directory);
            // The number of the job that must exist, and the number of the one that is firing.
            let (mut number, mut expected, mut firing) = (0u64, None, None::<(u64, Due)>);
            for step in steps {
                match step {
                    Step::Put(due) => {
                        number += 1;
                        expected = Some(number);
                        let payload = number.to_be_bytes().to_vec();
                        store.put(Schedule { payload, ..once("job", due) }).await.unwrap();
                    }
                    Step::Cancel => {
                        assert_eq!(store.cancel(OWNER, "job").await.unwrap(), expected.take().is_some());
                    }
                    Step::Fire => {
                        let mut found = outlook(&store, 1000).await.due;
                        assert_eq!(found.len(), usize::from(firing.is_none() && expected.is_some()));
                        if let Some(due) = found.pop() {
                            assert_eq!(due.payload, expected.unwrap().to_be_bytes());
                            firing = Some((expected.unwrap(), due));
                        }
                    }
                    Step::Finish => if let Some((fired, due)) = firing.take() {
                        store.settle(due.claim, Settlement::Over { now: 1000 }).await.unwrap();
                        expected = expected.filter(|current| *current != fired);
                    },
                    Step::Retry(at) => if let Some((_, due)) = firing.take() {
                        store.settle(due.claim, Settlement::Retry { at }).await.unwrap();
                    },
                    Step::Restart => {
                        drop(store);
                        store = open(&directory);
                        firing = None;
                    }
                }
            }
        });
    }
}
