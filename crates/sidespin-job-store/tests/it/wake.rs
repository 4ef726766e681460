//! What hosts that share a Postgres tell each other, so that none of them sleeps too long.

use std::sync::Arc;
use std::time::Duration;

use sidespin_job_store::Settlement;

use crate::support::{Shared, every, host, once, one, outlook};

#[tokio::test]
async fn a_host_that_saw_a_claim_hears_of_its_end() {
    let Some(shared) = Shared::new() else { return };
    // A lease that no test waits for.
    let lease = Some(Duration::from_secs(600));
    let (busy, idle) = (host(&shared.url, lease), Arc::new(host(&shared.url, lease)));
    busy.connect().await.unwrap();
    let attended = Arc::clone(&idle);
    let attending = tokio::spawn(async move { attended.attend().await });
    let mut changes = idle.changes();
    changes.changed().await.unwrap(); // it listens
    let now = busy.now();
    busy.put(every("tick", 1, 1000)).await.unwrap();
    changes.changed().await.unwrap();
    for settlement in [
        Settlement::Over { now },
        Settlement::Retry { at: now },
        Settlement::Postpone { at: now },
        Settlement::Next { due: now + 1000 },
    ] {
        let claimed = one(&busy, now + 2000).await;
        let seen = outlook(&idle, now + 2000).await;
        assert!(
            seen.due.is_empty() && seen.next.unwrap() > now + 500_000,
            "{seen:?}"
        );
        assert!(busy.settle(claimed.claim, settlement).await.unwrap());
        tokio::time::timeout(Duration::from_secs(10), changes.changed())
            .await
            .expect("nobody told of what waits")
            .unwrap();
        let next = outlook(&idle, 1).await.next.unwrap();
        assert!(next <= now + 2000, "{settlement:?}: {next}");
    }
    // One that was put anew meanwhile was no news when it was put.
    let claimed = one(&busy, now + 2000).await;
    busy.put(once("tick", now)).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), changes.changed())
        .await
        .expect("nobody told of what was put")
        .unwrap();
    assert!(outlook(&idle, now).await.next.unwrap() > now + 500_000);
    assert!(
        busy.settle(claimed.claim, Settlement::Over { now })
            .await
            .unwrap()
    );
    tokio::time::timeout(Duration::from_secs(10), changes.changed())
        .await
        .expect("nobody told that it may begin")
        .unwrap();
    assert_eq!(outlook(&idle, now).await.due.len(), 1);
    attending.abort();
}

#[tokio::test]
async fn an_earlier_job_wakes_the_other_hosts_and_a_later_one_does_not() {
    let Some(shared) = Shared::new() else { return };
    let (first, second) = (shared.host(), Arc::new(shared.host()));
    let mut changes = second.changes();
    let attended = Arc::clone(&second);
    let attending = tokio::spawn(async move { attended.attend().await });
    // It says so when it has begun to listen.
    changes.changed().await.unwrap();
    first.put(once("a", 1000)).await.unwrap();
    changes.changed().await.unwrap();
    first.put(once("b", 2000)).await.unwrap();
    first.put(once("c", 500)).await.unwrap();
    changes.changed().await.unwrap();
    first.put(once("d", 400)).await.unwrap();
    changes.changed().await.unwrap();
    assert_eq!(*changes.borrow(), 4, "of `b` nobody had to hear");
    // A host is not woken by itself.
    second.put(once("e", 1)).await.unwrap();
    first.put(once("f", 1)).await.unwrap();
    attending.abort();
}
