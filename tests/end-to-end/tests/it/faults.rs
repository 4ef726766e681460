//! Messages through faults: what went in is counted, and so is what came out. Every message must be handled, each key's in
//! its order, and a component that remembers what it did must have done it once, however often it was told.

mod ledger;
mod small_disk;

use std::time::{Duration, Instant};

use end_to_end::PATIENCE;
use servers::Kafka;

use ledger::{Ledger, batch};
use small_disk::SmallDisk;

/// The messages of the largest test.
const MESSAGES: usize = 100_000;
/// How often the process is killed in it.
const KILLS: usize = 50;
/// Keys that the messages are spread over.
const KEYS: usize = 64;

#[tokio::test]
async fn a_host_killed_fifty_times_under_load_loses_nothing_and_keeps_each_keys_order() {
    let ledger = Ledger::new("");
    let mut server = ledger.application.start(&[]).await;
    let per_round = MESSAGES / KILLS;
    let begun = Instant::now();
    for round in 0..KILLS {
        let first = round * per_round;
        let before = ledger.book(&server).await.handled;
        // What is acknowledged was sent; what is not is sent again, so that a message may come twice.
        for part in (first..first + per_round).step_by(500) {
            assert!(ledger.produce(&server, &batch(part..part + 500, KEYS)).await);
        }
        // While the component is at work on them: some are done, and some of those are committed.
        ledger.until(&server, |book| book.handled > before).await;
        let moment = Duration::from_micros(u64::try_from(round * 7919 % 97).unwrap() * 3000);
        tokio::time::sleep(moment).await;
        server.kill().await.unwrap();
        server.restart().await.unwrap();
    }
    let book = ledger.until(&server, |book| book.handled == MESSAGES).await;
    assert_eq!(book.disorder, 0, "{book:?}");
    assert!(book.deliveries > MESSAGES, "no kill came in between: {book:?}");
    println!(
        "{MESSAGES} in, {} kills, {} handled, {} deliveries, {:.1} s",
        KILLS,
        book.handled,
        book.deliveries,
        begun.elapsed().as_secs_f64()
    );
}

#[tokio::test]
async fn a_broker_stopped_and_started_loses_nothing() {
    let Some(kafka) = Kafka::start().unwrap() else {
        return;
    };
    let ledger = Ledger::new("");
    let servers = format!("kafka={}", kafka.bootstrap_servers());
    let server = ledger.application.start(&["--variable", &servers]).await;
    let total = 20_000;
    for part in (0..total).step_by(500) {
        if part % 5000 == 2500 {
            kafka.stop().unwrap();
            // Nothing is acknowledged that nobody keeps.
            assert!(!ledger.produce(&server, &batch(part..part + 500, KEYS)).await);
            kafka.restart().unwrap();
        }
        let begun = Instant::now();
        while !ledger.produce(&server, &batch(part..part + 500, KEYS)).await {
            assert!(begun.elapsed() < 6 * PATIENCE, "the broker is not found again");
        }
    }
    let book = ledger.until(&server, |book| book.handled == total).await;
    assert_eq!(book.disorder, 0, "{book:?}");
}

#[tokio::test]
async fn a_second_host_that_joins_and_leaves_again_and_again_takes_its_part_and_loses_nothing() {
    let shared = tempfile::tempdir().unwrap();
    let ledger = Ledger::sharing(&shared.path().join("ledger.db"));
    let first = ledger.start_shared(None).await;
    let broker = first.kafka.unwrap();
    let total = 20_000;
    let mut sent = 0;
    for round in 0..6 {
        let mut second = ledger.start_shared(Some(broker)).await;
        for _ in 0..6 {
            let until = (sent + 500).min(total);
            assert!(ledger.produce(&first, &batch(sent..until, KEYS)).await);
            sent = until;
        }
        // One is asked to leave, the next one is gone without a word.
        if round % 2 == 0 {
            assert_eq!(second.stop().await.unwrap(), Some(0));
        } else {
            second.kill().await.unwrap();
        }
    }
    for part in (sent..total).step_by(500) {
        assert!(ledger.produce(&first, &batch(part..part + 500, KEYS)).await);
    }
    let book = ledger.until(&first, |book| book.handled == total).await;
    assert_eq!(book.disorder, 0, "{book:?}");
}

#[tokio::test]
async fn poison_is_put_aside_and_what_fails_for_a_while_is_handled_in_its_turn() {
    let ledger = Ledger::new("");
    let server = ledger.application.start(&[]).await;
    let lines: Vec<String> = (0..2000)
        .map(|number| match number % 50 {
            7 => format!("key-{} poison {number}", number % KEYS),
            13 => format!("key-{} flaky {number}", number % KEYS),
            _ => format!("key-{} {number}", number % KEYS),
        })
        .collect();
    for part in lines.chunks(500) {
        assert!(ledger.produce(&server, &part.join("\n")).await);
    }
    let book = ledger.until(&server, |book| book.handled == 1960).await;
    // Each of the forty failed twice and was then done.
    assert_eq!((book.disorder, book.attempts), (0, 120), "{book:?}");
    let metrics = reqwest::get(format!("http://{}/metrics", server.admin))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let aside = metrics
        .lines()
        .find(|line| line.contains("outcome=\"DeadLettered\""))
        .unwrap();
    assert!(aside.ends_with(" 40"), "{aside}");
}

#[tokio::test]
async fn a_component_that_traps_every_tenth_time_handles_everything_all_the_same() {
    let ledger = Ledger::new(r#"trap_every = "10""#);
    let server = ledger.application.start(&[]).await;
    let total = 5000;
    for part in (0..total).step_by(500) {
        assert!(ledger.produce(&server, &batch(part..part + 500, KEYS)).await);
    }
    let book = ledger.until(&server, |book| book.handled == total).await;
    assert_eq!(book.disorder, 0, "{book:?}");
    assert!(book.deliveries > total, "nothing was delivered twice: {book:?}");
}

#[tokio::test]
async fn a_full_disk_refuses_clearly_and_what_was_acknowledged_is_there_when_it_has_room_again() {
    let Some(disk) = SmallDisk::new(48 << 20) else {
        return;
    };
    let ledger = Ledger::new("");
    let server = disk.start(&ledger.application).await;
    let mut sent = 0;
    let mut acknowledged = Vec::new();
    let mut send = async || {
        let lines = batch(sent..sent + 500, KEYS);
        sent += 500;
        let is_acknowledged = ledger.produce(&server, &lines).await;
        if is_acknowledged {
            acknowledged.push(lines);
        }
        is_acknowledged
    };
    assert!(send().await);
    disk.fill(&server);
    // Some may still fit into what is written already; after that it is refused, again and again.
    let begun = Instant::now();
    let mut refused = 0;
    while refused < 3 {
        assert!(begun.elapsed() < 6 * PATIENCE, "the disk does not get full");
        refused += usize::from(!send().await);
    }
    disk.empty(&server);
    let begun = Instant::now();
    while !send().await {
        assert!(
            begun.elapsed() < 6 * PATIENCE,
            "nothing can be written though there is room"
        );
    }
    ledger.until_handled(&server, &acknowledged.join("\n")).await;
}
