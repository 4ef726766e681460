//! Members at work against the embedded broker, with a component that is a function.

mod harness;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::json;
use sidespin_trigger::{Outcome, Status};

use crate::answer::Answer;
use harness::{Cluster, Seen, dead_letter_topic, done, next, numbered, quick, topic, value};

#[tokio::test]
async fn messages_are_handled_in_order_and_not_again_after_a_stop() {
    let cluster = Cluster::start(1, true).await;
    cluster.send(numbered("a", 0..500)).await;
    let mut member = cluster.member(quick(), done).await;
    assert!(member.values(500).await.into_iter().eq(0..500));
    member.stop().await;
    cluster.send(numbered("a", 500..501)).await;
    assert_eq!(cluster.next_of_group().await, 500);
}

#[tokio::test]
async fn what_is_rejected_or_fails_too_often_is_put_aside_with_its_story() {
    let cluster = Cluster::start(1, true).await;
    cluster
        .send([
            ("bad".to_owned(), 0),
            ("good".to_owned(), 1),
            ("flaky".to_owned(), 2),
            ("good".to_owned(), 3),
        ])
        .await;
    let answer = |batch: &[Seen]| {
        let outcome = |seen: &Seen| match seen.key.as_str() {
            "bad" => Outcome::Reject {
                reason: "no such task".to_owned(),
            },
            "flaky" => Outcome::Retry {
                reason: "busy".to_owned(),
            },
            _ => Outcome::Done,
        };
        Answer::PerMessage(batch.iter().map(outcome).collect())
    };
    let member = cluster.member(quick(), answer).await;

    let mut consumer = cluster.reader("operator", &dead_letter_topic()).await;
    let expected = [("bad", 0, "no such task", "1"), ("flaky", 2, "busy", "3")];
    for ((key, number, reason, attempts), dead) in expected.into_iter().zip(next(&mut consumer, 2).await) {
        assert_eq!(
            (dead.key.as_deref(), value(&dead)),
            (Some(key.as_bytes()), number)
        );
        let headers: BTreeMap<_, _> = dead
            .headers
            .iter()
            .map(|header| {
                (
                    header.name.as_str(),
                    std::str::from_utf8(header.value.as_deref().unwrap()).unwrap(),
                )
            })
            .collect();
        assert_eq!(
            (headers["dlq-reason"], headers["dlq-attempts"]),
            (reason, attempts)
        );
        assert_eq!((headers["dlq-topic"], headers["dlq-partition"]), (&*topic(), "0"));
        assert_eq!(headers["dlq-offset"], number.to_string());
    }
    member.stop().await;
    cluster.send(numbered("a", 9..10)).await;
    assert_eq!(cluster.next_of_group().await, 9);
}

#[tokio::test]
async fn a_message_that_traps_does_not_take_its_batch_with_it() {
    let cluster = Cluster::start(1, true).await;
    cluster
        .send((0..20).map(|number| (number.to_string(), number)))
        .await;
    let handled = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = Arc::clone(&handled);
    let answer = move |batch: &[Seen]| {
        if batch.iter().any(|seen| seen.value == 7) {
            return Answer::Trapped {
                reason: "unreachable".to_owned(),
            };
        }
        seen.lock().unwrap().extend(batch.iter().map(|seen| seen.value));
        done(batch)
    };
    let mut config = quick();
    config["concurrency"] = json!(1);
    let member = cluster.member(config, answer).await;
    let mut consumer = cluster.reader("operator", &dead_letter_topic()).await;
    assert_eq!(value(&next(&mut consumer, 1).await[0]), 7);
    member.stop().await;
    let expected: BTreeSet<_> = (0..20).filter(|number| *number != 7).collect();
    assert_eq!(*handled.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_key_that_fails_holds_nobody_else_up() {
    let cluster = Cluster::start(1, true).await;
    cluster
        .send([("stuck".to_owned(), 0), ("stuck".to_owned(), 1)])
        .await;
    cluster.send(numbered("free", 2..50)).await;
    let answer = |batch: &[Seen]| {
        let outcome = |seen: &Seen| match seen.key.as_str() {
            "stuck" => Outcome::Retry {
                reason: "busy".to_owned(),
            },
            _ => Outcome::Done,
        };
        Answer::PerMessage(batch.iter().map(outcome).collect())
    };
    // Both keys in one lane, and a wait that no test would survive.
    let config = json!({
        "topics": [topic()], "concurrency": 1, "retry": { "backoff": "1h", "max_backoff": "1h" },
    });
    let mut member = cluster.member(config, answer).await;
    let mut free = Vec::new();
    while free.len() < 48 {
        let batch = member.seen.recv().await.unwrap();
        free.extend(
            batch
                .iter()
                .filter(|seen| seen.key == "free")
                .map(|seen| seen.value),
        );
    }
    assert!(free.into_iter().eq(2..50));
    member.stop().await;
    // What was never handled is not committed.
    assert_eq!(cluster.next_of_group().await, 0);
}

#[tokio::test]
async fn a_partition_waits_until_its_dead_letters_can_be_written() {
    let cluster = Cluster::start(1, false).await;
    cluster.send(numbered("a", 0..2)).await;
    let reject_first = |batch: &[Seen]| {
        let outcome = |seen: &Seen| match seen.value {
            0 => Outcome::Reject {
                reason: "wrong".to_owned(),
            },
            _ => Outcome::Done,
        };
        Answer::PerMessage(batch.iter().map(outcome).collect())
    };
    let mut member = cluster.member(quick(), reject_first).await;
    member.values(2).await;
    member.stop().await;
    assert_eq!(cluster.next_of_group().await, 0);

    let mut member = cluster.member(quick(), reject_first).await;
    member.values(2).await;
    // Until then it says what it waits for.
    let waits = |status: &Status| {
        status
            .problems
            .values()
            .any(|problem| problem.contains(&dead_letter_topic()))
    };
    member.status.wait_for(waits).await.unwrap();
    cluster.create(dead_letter_topic(), 1).await;
    let mut consumer = cluster.reader("operator", &dead_letter_topic()).await;
    assert_eq!(value(&next(&mut consumer, 1).await[0]), 0);
    member
        .status
        .wait_for(|status| status.problems.is_empty())
        .await
        .unwrap();
    member.stop().await;
}

#[tokio::test]
async fn an_expression_reads_the_topics_that_it_means_and_not_their_dead_letters() {
    let cluster = Cluster::start(1, true).await;
    cluster.create(format!("{}-second", topic()), 1).await;
    cluster.create(cluster.server.name("other"), 1).await;
    for name in [
        topic(),
        format!("{}-second", topic()),
        cluster.server.name("other"),
        dead_letter_topic(),
    ] {
        cluster.send_to(&name, numbered("a", 0..1)).await;
    }
    let config = json!({ "topics": [format!("^{}.*", topic())] });
    let mut member = cluster.member(config, done).await;
    let mut topics = BTreeSet::new();
    while topics.len() < 2 {
        topics.extend(
            member
                .seen
                .recv()
                .await
                .unwrap()
                .into_iter()
                .map(|seen| seen.topic),
        );
    }
    member.stop().await;
    assert_eq!(topics, BTreeSet::from([topic(), format!("{}-second", topic())]));
}

#[tokio::test]
async fn it_goes_on_when_the_broker_comes_back() {
    let Some(mut cluster) = Cluster::start_own(2).await else {
        return;
    };
    cluster.send(numbered("a", 0..100)).await;
    let mut member = cluster.member(quick(), done).await;
    member.values(100).await;
    cluster.server.stop().await.unwrap();
    let is_cut_off = |status: &Status| {
        status
            .problems
            .values()
            .any(|problem| problem.contains("bootstrap_servers"))
    };
    member.status.wait_for(is_cut_off).await.unwrap();
    cluster.server.restart().await.unwrap();
    cluster.send(numbered("a", 100..200)).await;
    while !member.values(1).await.contains(&199) {}
    member
        .status
        .wait_for(|status| status.problems.is_empty())
        .await
        .unwrap();
    member.stop().await;
}

#[tokio::test]
async fn when_members_come_and_go_nothing_is_lost_and_each_key_keeps_its_order() {
    let cluster = Cluster::start(4, true).await;
    let keys = 12;
    let total = 1200;
    cluster
        .send((0..total / 2).map(|number| ((number % keys).to_string(), number)))
        .await;
    // What was answered with done, in its order, by whichever member.
    let handled = Arc::new(Mutex::new(Vec::new()));
    let member = || {
        let handled = Arc::clone(&handled);
        let answer = move |batch: &[Seen]| {
            // A failure now and then, decided by the message's number.
            let mut handled = handled.lock().unwrap();
            let mut failed = BTreeSet::new();
            let outcome = |seen: &Seen| {
                let is_first_time = !handled.contains(&(seen.key.clone(), seen.value, false));
                if seen.value.is_multiple_of(7) && is_first_time {
                    handled.push((seen.key.clone(), seen.value, false));
                    failed.insert(seen.key.clone());
                    return Outcome::Retry {
                        reason: "now and then".to_owned(),
                    };
                }
                if !failed.contains(&seen.key) {
                    handled.push((seen.key.clone(), seen.value, true));
                }
                Outcome::Done
            };
            Answer::PerMessage(batch.iter().map(outcome).collect())
        };
        cluster.member(quick(), answer)
    };
    let first = member().await;
    let second = member().await;
    cluster
        .send((total / 2..total).map(|number| ((number % keys).to_string(), number)))
        .await;
    first.stop().await;
    let third = member().await;
    let is_complete = || {
        let handled = handled.lock().unwrap();
        let values: BTreeSet<_> = handled
            .iter()
            .filter(|(_, _, is_done)| *is_done)
            .map(|(_, value, _)| *value)
            .collect();
        values.len() == total as usize
    };
    let mut third = third;
    let mut second = second;
    while !is_complete() {
        tokio::select! {
            Some(_) = second.seen.recv() => {}
            Some(_) = third.seen.recv() => {}
        }
    }
    second.stop().await;
    third.stop().await;
    let handled = handled.lock().unwrap();
    for key in 0..keys {
        let key = key.to_string();
        let mut last = None;
        for (_, value, _) in handled
            .iter()
            .filter(|(other, _, is_done)| *is_done && *other == key)
        {
            // The first time that a message is done comes after those before it; repetitions may follow.
            if last.is_none_or(|last| *value > last) {
                assert_eq!(
                    last.map_or(*value % keys, |last| last + keys),
                    *value,
                    "key {key}"
                );
                last = Some(*value);
            }
        }
    }
}
