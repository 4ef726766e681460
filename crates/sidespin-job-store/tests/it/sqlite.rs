//! What holds for a file: restarts, and the writer that groups.

use std::path::Path;

use proptest::prelude::*;
use sidespin_job_store::{Due, JobStore, JobStoreError, Schedule, Settlement};

use crate::support::{OWNER, once, open, outlook};

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

#[tokio::test]
async fn looking_at_jobs_makes_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobs.db");
    assert!(matches!(
        JobStore::open_existing(&path),
        Err(JobStoreError::Missing { .. })
    ));
    assert!(!path.exists());
}

#[tokio::test]
async fn another_process_changes_the_file_and_wakes_the_one_that_fires() {
    let directory = tempfile::tempdir().unwrap();
    let host = open(&directory);
    host.put(once("job", 1)).await.unwrap();
    let mut changes = host.changes();
    changes.mark_unchanged();
    let attended = host.clone();
    let attending = tokio::spawn(async move { attended.attend().await });
    let is_listening = || {
        std::fs::read_dir(directory.path())
            .unwrap()
            .any(|entry| entry.unwrap().path().extension().is_some_and(|end| end == "wake"))
    };
    while !is_listening() {
        tokio::task::yield_now().await;
    }
    let command = JobStore::open_existing(directory.path().join("jobs.db")).unwrap();
    assert!(command.cancel(OWNER, "job").await.unwrap());
    command.wake_others();
    changes.changed().await.unwrap();
    assert!(outlook(&host, 10).await.due.is_empty());
    attending.abort();
    assert!(attending.await.unwrap_err().is_cancelled());
    assert!(!is_listening(), "the socket is left over");
    // Nobody listens, which is nothing to worry about.
    command.wake_others();
}

#[tokio::test]
async fn a_file_of_the_first_version_is_carried_over() {
    let directory = tempfile::tempdir().unwrap();
    let old = rusqlite::Connection::open(directory.path().join("jobs.db")).unwrap();
    old.execute_batch(
        "CREATE TABLE jobs (owner TEXT NOT NULL, name TEXT NOT NULL, due INTEGER NOT NULL, fire_at INTEGER NOT NULL,
            interval INTEGER, attempt INTEGER NOT NULL DEFAULT 1, generation INTEGER NOT NULL, payload BLOB NOT NULL,
            PRIMARY KEY (owner, name)) WITHOUT ROWID;
         CREATE INDEX jobs_by_time ON jobs (owner, fire_at);
         INSERT INTO jobs VALUES ('chat-api', 'old', 5, 5, 100, 1, 1, x'00');",
    )
    .unwrap();
    drop(old);
    for _opened_again in 0..2 {
        let store = open(&directory);
        let found = outlook(&store, 10).await.due;
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].due, found[0].payload.as_slice()), (5, &[0][..]));
    }
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
