//! Many replicas on one outbox, each on a thread of its own as if it were another process.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::{Arc, Barrier, Mutex};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use super::*;

const REPLICAS: usize = 4;
const EVENTS: usize = 10_000;
const KEYS: usize = 500;

/// The most that an instance claims at once.
const BATCH: usize = 100;

/// Where the database is, for threads that each open their own.
#[derive(Clone)]
enum Place {
    File(std::path::PathBuf),
    Server(String),
}

impl Place {
    fn database(&self) -> TestDatabase {
        match self {
            Self::File(path) => TestDatabase::at(path),
            Self::Server(url) => TestDatabase::postgres(url.clone()),
        }
    }

    fn count(&self, condition: &str) -> i64 {
        block_on(async {
            let connection = self.database().connect().await.unwrap();
            let statement = format!("SELECT count(*) FROM note_outbox AS entry WHERE {condition}");
            connection.execute(&statement, &[]).await.unwrap()[0]
                .integer(0)
                .unwrap()
        })
    }
}

fn on_both_places(test: impl Fn(&'static str, Place)) {
    let folder = tempfile::tempdir().unwrap();
    test("SQLite", Place::File(folder.path().join("shared.db")));
    if let Some(server) = servers::Postgres::shared().unwrap() {
        test("Postgres", Place::Server(server.database().unwrap()));
    }
}

/// What was told, in its order: by which replica, of which key, which number.
type Topic = Mutex<Vec<(usize, String, usize)>>;

/// One replica's way to the topic.
struct Voice {
    topic: Arc<Topic>,
    replica: usize,
    /// Its first batch is told, and it hears nothing of it any more.
    is_dying: bool,
    now: i64,
}

impl Receiver for Voice {
    async fn publish(&self, messages: Vec<Message>) -> Result<(), PlatformError> {
        let told = messages
            .into_iter()
            .map(|message| (self.replica, message.key, message.body.parse().unwrap()));
        self.topic.lock().unwrap().extend(told);
        if self.is_dying {
            std::future::pending::<()>().await;
        }
        // What a broker takes, in which the others have their turn.
        thread::sleep(Duration::from_millis(2));
        Ok(())
    }

    async fn schedule(&self, _name: &str, _due: i64) -> Result<(), PlatformError> {
        Ok(())
    }

    async fn cancel(&self, _name: &str) -> Result<(), PlatformError> {
        Ok(())
    }

    fn now(&self) -> i64 {
        self.now
    }

    fn log(&self, _line: &str) {}
}

fn fill(place: &Place) {
    let fixture = Fixture::new(place.database());
    let entries: Vec<_> = (0..EVENTS)
        .map(|number| event(&format!("key-{}", number * 7 % KEYS), &number.to_string()))
        .collect();
    fixture.append(&entries);
}

/// Runs replicas until nothing waits that meets the condition. One that finds nothing that is free for it comes again, as
/// the job does.
fn run(place: &Place, topic: &Arc<Topic>, dying: Option<usize>, now: i64, condition: &'static str) {
    let begin = Arc::new(Barrier::new(REPLICAS));
    let threads: Vec<_> = (0..REPLICAS)
        .map(|replica| {
            let (place, begin) = (place.clone(), Arc::clone(&begin));
            let voice = Voice {
                topic: Arc::clone(topic),
                replica,
                is_dying: dying == Some(replica),
                now,
            };
            thread::spawn(move || {
                let (database, relay) = (place.database(), Relay::new(OUTBOX, format!("replica-{replica}")));
                begin.wait();
                // Whoever is to die must have something to die with.
                while dying.is_some_and(|dying| dying != replica && !has_spoken(&voice.topic, dying)) {
                    thread::yield_now();
                }
                while place.count(condition) > 0 {
                    let mut running = Box::pin(relay.run(&database, &voice));
                    let ended = block_on(poll_fn(|context| match running.as_mut().poll(context) {
                        Poll::Pending if voice.is_dying && has_spoken(&voice.topic, replica) => {
                            Poll::Ready(None)
                        }
                        other => other.map(Some),
                    }));
                    match ended {
                        Some(ended) => ended.unwrap(),
                        // Dropped with everything that it had open.
                        None => return,
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

fn has_spoken(topic: &Topic, replica: usize) -> bool {
    topic.lock().unwrap().iter().any(|told| told.0 == replica)
}

/// Fails unless each event was told, and those of each key in their order; of a repetition the first time counts. Answers
/// how many each replica told.
fn check(topic: &Topic) -> HashMap<usize, usize> {
    let (mut counts, mut last_of_key, mut of_replica) = (vec![0; EVENTS], HashMap::new(), HashMap::new());
    for (replica, key, number) in topic.lock().unwrap().iter() {
        *of_replica.entry(*replica).or_default() += 1;
        counts[*number] += 1;
        if counts[*number] == 1
            && let Some(last) = last_of_key.insert(key.clone(), *number)
        {
            assert!(last < *number, "{number} of {key} came after {last}");
        }
    }
    assert!(counts.iter().all(|count| *count > 0), "an event was lost");
    of_replica
}

#[test]
fn replicas_share_the_work_and_neither_lose_nor_double_nor_reorder_it() {
    on_both_places(|name, place| {
        fill(&place);
        let (topic, begun) = (Arc::default(), Instant::now());
        run(&place, &topic, None, 0, "true");
        let of_replica = check(&topic);
        println!("{name}: {of_replica:?} in {:?}", begun.elapsed());
        assert_eq!(topic.lock().unwrap().len(), EVENTS, "an event was told twice");
        for replica in 0..REPLICAS {
            let share = of_replica.get(&replica).copied().unwrap_or_default();
            assert!(
                share >= EVENTS / REPLICAS / 10,
                "{name}: replica {replica} told {share}"
            );
        }
    });
}

#[test]
fn a_replica_that_dies_midway_loses_nothing_and_doubles_no_more_than_it_held() {
    on_both_places(|name, place| {
        fill(&place);
        let topic = Arc::default();
        // The others go on with all that shares no key with what the dead one holds.
        let others = "NOT EXISTS (SELECT 1 FROM note_outbox AS held
            WHERE held.key = entry.key AND held.holder = 'replica-1' AND held.claimed_until > 0 AND held.rejected IS NULL)";
        run(&place, &topic, Some(1), 0, others);
        let held = place.count("holder = 'replica-1'");
        assert!(held > 0, "it died with nothing");
        run(&place, &topic, None, relay::LEASE, "true");
        let of_replica = check(&topic);
        let doubled = topic.lock().unwrap().len() - EVENTS;
        println!("{name}: {of_replica:?}, of which {doubled} twice");
        assert!(doubled <= BATCH, "{name}: {doubled} were told twice");
    });
}
