//! What the store promises on every backend.

use sidespin_job_store::{JobStore, Outlook, Repeat, Rule, Schedule, Settlement};

use crate::support::{OWNER, Shared, every, names, once, one, open, outlook};

/// Runs every promise on every backend.
macro_rules! on_every_backend {
    ($($promise:ident),+ $(,)?) => {
        mod sqlite {$(
            #[tokio::test]
            async fn $promise() {
                let directory = tempfile::tempdir().unwrap();
                super::$promise(super::open(&directory)).await;
            }
        )+}
        mod postgres {$(
            #[tokio::test]
            async fn $promise() {
                if let Some(shared) = super::Shared::new() {
                    super::$promise(shared.host()).await;
                }
            }
        )+}
    };
}

on_every_backend!(
    a_job_is_claimed_when_it_is_due_and_gone_when_it_is_done,
    the_longest_due_comes_first_and_the_limit_is_kept,
    owners_do_not_see_each_other,
    a_job_that_was_replaced_while_it_fired_is_kept,
    a_retry_of_a_firing_does_not_move_the_job_that_replaced_it,
    a_job_that_was_cancelled_while_it_fired_stays_away,
    a_job_exists_until_its_firing_is_over,
    what_was_missed_fires_once_and_goes_on_on_its_grid,
    what_was_postponed_keeps_its_attempt,
    whoever_waits_is_told_of_changes,
    times_beyond_the_calendar_are_refused_and_nothing_else_suffers,
    a_claim_is_settled_once,
    a_job_that_is_cancelled_and_put_again_while_it_fires_does_not_fire_twice_at_once,
    a_job_is_run_now_and_fires_at_its_time_all_the_same,
    a_firing_that_was_asked_for_while_another_was_under_way_comes_after_it,
    a_rule_is_kept_and_ends,
    a_rule_fires_first_at_its_first_time,
    whoever_did_the_work_may_name_the_next_time,
    jobs_are_listed_counted_and_shown,
);

pub(crate) async fn a_job_is_claimed_when_it_is_due_and_gone_when_it_is_done(store: JobStore) {
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

pub(crate) async fn the_longest_due_comes_first_and_the_limit_is_kept(store: JobStore) {
    for (name, due) in [("c", 3), ("a", 1), ("b", 2)] {
        store.put(once(name, due)).await.unwrap();
    }
    let first = store.claim_due(OWNER, 10, 2).await.unwrap();
    assert_eq!((names(&first), first.next), (vec!["a", "b"], Some(3)));
    assert_eq!(names(&outlook(&store, 10).await), ["c"]);
}

pub(crate) async fn owners_do_not_see_each_other(store: JobStore) {
    store.put(once("same", 1)).await.unwrap();
    assert_eq!(
        store.claim_due("other", 10, 10).await.unwrap(),
        Outlook::default()
    );
    assert!(!store.cancel("other", "same").await.unwrap());
    assert!(!store.reschedule("other", "same", 5).await.unwrap());
    assert_eq!(names(&outlook(&store, 10).await), ["same"]);
}

pub(crate) async fn a_job_that_was_replaced_while_it_fired_is_kept(store: JobStore) {
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
    assert!(outlook(&store, 10).await.due.is_empty());
    store
        .settle(old.claim, Settlement::Over { now: 10 })
        .await
        .unwrap();
    let new = one(&store, 10).await;
    assert_eq!((new.due, new.payload.as_slice()), (5, &b"new"[..]));
}

pub(crate) async fn a_retry_of_a_firing_does_not_move_the_job_that_replaced_it(store: JobStore) {
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

pub(crate) async fn a_job_that_was_cancelled_while_it_fired_stays_away(store: JobStore) {
    store.put(every("job", 1, 100)).await.unwrap();
    let firing = one(&store, 10).await;
    assert!(store.cancel(OWNER, "job").await.unwrap());
    store
        .settle(firing.claim, Settlement::Retry { at: 20 })
        .await
        .unwrap();
    assert_eq!(outlook(&store, 10_000).await, Outlook::default());
}

pub(crate) async fn a_job_exists_until_its_firing_is_over(store: JobStore) {
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

pub(crate) async fn what_was_missed_fires_once_and_goes_on_on_its_grid(store: JobStore) {
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

pub(crate) async fn what_was_postponed_keeps_its_attempt(store: JobStore) {
    store.put(once("job", 1)).await.unwrap();
    let firing = one(&store, 10).await;
    store
        .settle(firing.claim.clone(), Settlement::Postpone { at: 20 })
        .await
        .unwrap();
    assert_eq!(outlook(&store, 19).await.next, Some(20));
    let again = one(&store, 20).await;
    assert_eq!((again.due, again.attempt), (firing.due, 1));
}

pub(crate) async fn whoever_waits_is_told_of_changes(store: JobStore) {
    let mut changes = store.changes();
    outlook(&store, 1).await;
    assert!(!changes.has_changed().unwrap());
    store.put(once("job", 1)).await.unwrap();
    changes.changed().await.unwrap();
}

pub(crate) async fn times_beyond_the_calendar_are_refused_and_nothing_else_suffers(store: JobStore) {
    store.put(once("good", 1)).await.unwrap();
    store.put(once("bad", u64::MAX)).await.unwrap_err();
    store.put(every("bad", 1, u64::MAX)).await.unwrap_err();
    assert_eq!(names(&outlook(&store, 10).await), ["good"]);
}

pub(crate) async fn a_claim_is_settled_once(store: JobStore) {
    store.put(every("job", 1, 100)).await.unwrap();
    let firing = one(&store, 10).await;
    assert!(
        store
            .settle(firing.claim.clone(), Settlement::Over { now: 10 })
            .await
            .unwrap()
    );
    assert!(
        !store
            .settle(firing.claim, Settlement::Retry { at: 11 })
            .await
            .unwrap()
    );
    assert_eq!(outlook(&store, 100).await.next, Some(101));
}

pub(crate) async fn a_job_that_is_cancelled_and_put_again_while_it_fires_does_not_fire_twice_at_once(
    store: JobStore,
) {
    store.put(once("job", 1)).await.unwrap();
    let old = one(&store, 10).await;
    assert!(store.cancel(OWNER, "job").await.unwrap());
    store.put(once("job", 2)).await.unwrap();
    assert!(outlook(&store, 10).await.due.is_empty());
    assert!(
        store
            .settle(old.claim, Settlement::Over { now: 10 })
            .await
            .unwrap()
    );
    assert_eq!(one(&store, 10).await.due, 2);
}

pub(crate) async fn a_job_is_run_now_and_fires_at_its_time_all_the_same(store: JobStore) {
    let later = store.now() + 86_400_000;
    store.put(every("repeats", later, 1000)).await.unwrap();
    store.put(once("fires-once", later)).await.unwrap();
    assert!(store.run(OWNER, "repeats").await.unwrap());
    assert!(store.run(OWNER, "fires-once").await.unwrap());
    assert!(!store.run(OWNER, "absent").await.unwrap());
    store.connect().await.unwrap();
    let now = store.now() + 10;
    for firing in outlook(&store, now).await.due {
        assert_eq!(firing.due, later);
        store
            .settle(firing.claim, Settlement::Over { now })
            .await
            .unwrap();
    }
    let left = store.list(None, 10).await.unwrap();
    let left: Vec<_> = left.iter().map(|job| (job.name.as_str(), job.fire_at)).collect();
    assert_eq!(left, [("repeats", later)]);
}

pub(crate) async fn a_firing_that_was_asked_for_while_another_was_under_way_comes_after_it(store: JobStore) {
    store.put(once("job", 1)).await.unwrap();
    let first = one(&store, 10).await;
    assert!(store.run(OWNER, "job").await.unwrap());
    store
        .settle(first.claim, Settlement::Over { now: 10 })
        .await
        .unwrap();
    assert_eq!(one(&store, 10).await.attempt, 1);
}

pub(crate) async fn a_rule_is_kept_and_ends(store: JobStore) {
    let day = 86_400_000;
    let rule = Rule::new("FREQ=DAILY;COUNT=3", "Europe/Berlin", 0).unwrap();
    let schedule = Schedule {
        repeat: Some(Repeat::Rule(rule)),
        ..once("job", 0)
    };
    store.put(schedule).await.unwrap();
    let firing = one(&store, 10).await;
    assert_eq!(firing.due, 0);
    // Down over the second: it is left out, and counts.
    let now = day + 5;
    store
        .settle(firing.claim, Settlement::Over { now })
        .await
        .unwrap();
    assert_eq!(outlook(&store, now).await.next, Some(2 * day));
    let last = one(&store, 2 * day).await;
    store
        .settle(last.claim, Settlement::Over { now: 2 * day })
        .await
        .unwrap();
    assert_eq!(outlook(&store, 100 * day).await, Outlook::default());
}

pub(crate) async fn a_rule_fires_first_at_its_first_time(store: JobStore) {
    // The first of January 1970 was a Thursday.
    let rule = Rule::new("FREQ=WEEKLY;BYDAY=MO", "UTC", 0).unwrap();
    let schedule = Schedule {
        repeat: Some(Repeat::Rule(rule)),
        ..once("job", 0)
    };
    store.put(schedule).await.unwrap();
    assert_eq!(outlook(&store, 0).await.next, Some(4 * 86_400_000));
}

pub(crate) async fn whoever_did_the_work_may_name_the_next_time(store: JobStore) {
    assert!(store.put_if_absent(once("job", 5)).await.unwrap());
    let firing = one(&store, 10).await;
    store
        .settle(firing.claim, Settlement::Next { due: 60 })
        .await
        .unwrap();
    let next = one(&store, 60).await;
    assert_eq!(
        (next.due, next.attempt, next.payload.as_slice()),
        (60, 1, &b"job"[..])
    );
    // What was planned stays when a firing was asked for.
    let planned = store.now() + 86_400_000;
    store
        .settle(next.claim, Settlement::Next { due: planned })
        .await
        .unwrap();
    assert!(store.run(OWNER, "job").await.unwrap());
    let asked = one(&store, planned - 1).await;
    store
        .settle(asked.claim, Settlement::Next { due: planned + 5 })
        .await
        .unwrap();
    assert_eq!(store.get(OWNER, "job").await.unwrap().unwrap().fire_at, planned);
}

pub(crate) async fn jobs_are_listed_counted_and_shown(store: JobStore) {
    store.put(once("b", 20)).await.unwrap();
    store.put(every("a", 30, 100)).await.unwrap();
    store
        .put(Schedule {
            owner: "other".to_owned(),
            ..once("c", 1)
        })
        .await
        .unwrap();
    let listed = store.list(None, 10).await.unwrap();
    let seen: Vec<_> = listed
        .iter()
        .map(|job| (job.owner.as_str(), job.name.as_str(), job.due, job.payload_size))
        .collect();
    assert_eq!(
        seen,
        [(OWNER, "b", 20, 1), (OWNER, "a", 30, 1), ("other", "c", 1, 1)]
    );
    assert_eq!(listed[1].repeat, Some(Repeat::Every(100)));
    assert_eq!(listed[0].payload, None);
    assert_eq!(store.list(Some("other"), 10).await.unwrap().len(), 1);
    assert_eq!(store.list(None, 1).await.unwrap().len(), 1);
    assert_eq!(
        (
            store.pending(OWNER, 100).await.unwrap(),
            store.pending(OWNER, 1).await.unwrap()
        ),
        (2, 1)
    );
    let shown = store.get(OWNER, "a").await.unwrap().unwrap();
    assert_eq!(
        (shown.fire_at, shown.attempt, shown.payload),
        (30, 1, Some(b"a".to_vec()))
    );
    assert_eq!(store.get(OWNER, "c").await.unwrap(), None);
}
