//! The same promises on both databases, with many replicas at once.

mod replicas;

use std::cell::{Cell, RefCell};
use std::task::Poll;

use futures::FutureExt as _;
use futures::executor::block_on;

use super::*;
use crate::both::on_both;
use crate::database::testing::TestDatabase;
use crate::database::{Connection as _, Database as _, Dialect, Value, in_transaction_on};
use crate::migrate::{Migration, Schema, migrate};

const OUTBOX: Outbox = Outbox::new("note_outbox");

const SCHEMA: Schema = Schema {
    service: "note",
    version_table: "note_schema",
    migrations: &[Migration {
        name: "tables",
        forward: &[
            crate::outbox_tables!("note_outbox"),
            crate::outbox_tables!("note_outbox", waiting),
            crate::outbox_tables!("note_outbox", held),
        ],
        back: &[],
        loses: "",
    }],
};

/// A platform that remembers what it was told.
#[derive(Debug, Default)]
struct Fake {
    now: Cell<i64>,
    told: RefCell<Vec<String>>,
    calls: Cell<usize>,
    is_away: Cell<bool>,
    is_stuck: Cell<bool>,
    /// What a call takes.
    takes: Cell<i64>,
}

impl Fake {
    async fn take(&self, what: Vec<String>) -> Result<(), PlatformError> {
        std::future::poll_fn(|context| {
            if !self.is_stuck.get() {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        self.now.set(self.now.get() + self.takes.get());
        if self.is_away.get() {
            return Err(PlatformError::Unavailable("away".to_owned()));
        }
        if what.iter().any(|what| what.contains("poison")) {
            return Err(PlatformError::Rejected("poison".to_owned()));
        }
        self.calls.set(self.calls.get() + 1);
        self.told.borrow_mut().extend(what);
        Ok(())
    }
}

impl Receiver for Fake {
    async fn publish(&self, messages: Vec<Message>) -> Result<(), PlatformError> {
        self.take(messages.into_iter().map(|message| message.body).collect())
            .await
    }

    async fn schedule(&self, name: &str, due: i64) -> Result<(), PlatformError> {
        self.take(vec![format!("schedule {name} {due}")]).await
    }

    async fn cancel(&self, name: &str) -> Result<(), PlatformError> {
        self.take(vec![format!("cancel {name}")]).await
    }

    fn now(&self) -> i64 {
        self.now.get()
    }

    fn log(&self, _line: &str) {}
}

fn event(key: &str, body: &str) -> Entry {
    Entry::Publish(Message {
        topic: "notes".to_owned(),
        key: key.to_owned(),
        body: body.to_owned(),
    })
}

/// A database with an outbox, what is told, and a relay.
struct Fixture {
    database: TestDatabase,
    fake: Fake,
    relay: Relay,
}

impl Fixture {
    fn new(database: TestDatabase) -> Self {
        let fixture = Self {
            database,
            fake: Fake::default(),
            relay: Relay::new(OUTBOX, "first".to_owned()),
        };
        block_on(async {
            let connection = fixture.database.connect().await.unwrap();
            migrate(&connection, &SCHEMA).await.unwrap();
        });
        fixture
    }

    fn append(&self, entries: &[Entry]) {
        block_on(append(&self.database, entries));
    }

    fn run(&self) -> Result<(), RelayError> {
        block_on(self.relay.run(&self.database, &self.fake))
    }

    fn told(&self) -> Vec<String> {
        self.fake.told.take()
    }

    fn rows(&self, statement: &str) -> usize {
        block_on(async {
            let connection = self.database.connect().await.unwrap();
            connection.execute(statement, &[]).await.unwrap().len()
        })
    }
}

async fn append(database: &TestDatabase, entries: &[Entry]) {
    let connection = database.connect().await.unwrap();
    let keys: Vec<_> = entries.iter().map(Entry::key).collect();
    in_transaction_on(&connection, &keys, async |connection| {
        OUTBOX.append(connection, entries, 7).await
    })
    .await
    .unwrap();
}

#[test]
fn entries_are_told_in_their_order_and_forgotten() {
    on_both(|database| {
        let fixture = Fixture::new(database);
        let schedule = Entry::Schedule {
            name: "job".to_owned(),
            due: 9,
        };
        let cancel = Entry::Cancel {
            name: "job".to_owned(),
        };
        fixture.append(&[
            event("a", "1"),
            event("b", "2"),
            schedule,
            event("a", "3"),
            cancel,
        ]);
        fixture.run().unwrap();
        assert_eq!(fixture.told(), ["1", "2", "schedule job 9", "3", "cancel job"]);
        assert_eq!(fixture.fake.calls.get(), 4);
        assert_eq!(fixture.rows("SELECT seq FROM note_outbox"), 0);
        fixture.run().unwrap();
        assert!(fixture.told().is_empty());
    });
}

#[test]
fn a_platform_that_is_away_gets_everything_later_and_nothing_twice() {
    on_both(|database| {
        let fixture = Fixture::new(database);
        let entries: Vec<_> = (0..250).map(|number| event("a", &number.to_string())).collect();
        fixture.append(&entries);
        fixture.fake.is_away.set(true);
        assert_eq!(fixture.run(), Err(RelayError::Unavailable("away".to_owned())));
        assert!(!fixture.relay.is_wanted());
        fixture.fake.is_away.set(false);
        // At once: what was claimed was given back.
        fixture.run().unwrap();
        let expected: Vec<_> = (0..250).map(|number| number.to_string()).collect();
        assert_eq!(fixture.told(), expected);
        assert_eq!(fixture.fake.calls.get(), 3);
    });
}

#[test]
fn what_is_rejected_is_set_aside_until_it_is_too_old() {
    on_both(|database| {
        let fixture = Fixture::new(database);
        fixture.append(&[event("a", "1"), event("a", "poison"), event("a", "2")]);
        fixture.run().unwrap();
        assert_eq!(fixture.told(), ["1", "2"]);
        let set_aside = "SELECT seq FROM note_outbox WHERE rejected = 'poison'";
        assert_eq!(fixture.rows(set_aside), 1);
        block_on(async {
            let connection = fixture.database.connect().await.unwrap();
            assert_eq!(OUTBOX.waiting_since(&connection).await.unwrap(), None);
            OUTBOX.prune(&connection, 7).await.unwrap();
        });
        assert_eq!(fixture.rows(set_aside), 1);
        // It does not hold up what comes after it.
        fixture.append(&[event("a", "3")]);
        fixture.run().unwrap();
        assert_eq!(fixture.told(), ["3"]);
        block_on(async {
            let connection = fixture.database.connect().await.unwrap();
            OUTBOX.prune(&connection, 8).await.unwrap();
        });
        assert_eq!(fixture.rows(set_aside), 0);
    });
}

#[test]
fn a_dead_replicas_claims_come_back_when_their_time_is_over_and_keep_their_keys_until_then() {
    on_both(|database| {
        let fixture = Fixture::new(database);
        fixture.append(&[event("a", "1"), event("b", "2")]);
        fixture.fake.is_stuck.set(true);
        let dead = Relay::new(OUTBOX, "dead".to_owned());
        // Until it tells, and then gone. Postgres answers from another thread, so it is asked again and again.
        let mut running = Box::pin(dead.run(&fixture.database, &fixture.fake));
        while fixture.rows("SELECT seq FROM note_outbox WHERE holder = 'dead'") < 2 {
            assert_eq!(running.as_mut().now_or_never(), None);
        }
        drop(running);
        fixture.fake.is_stuck.set(false);
        fixture.append(&[event("a", "3"), event("c", "4")]);
        fixture.run().unwrap();
        assert_eq!(fixture.told(), ["4"]);
        fixture.fake.now.set(relay::LEASE);
        fixture.run().unwrap();
        assert_eq!(fixture.told(), ["1", "2", "3"]);
    });
}

#[test]
fn what_an_instance_gave_up_half_way_it_takes_up_again_at_once() {
    on_both(|database| {
        let fixture = Fixture::new(database);
        fixture.append(&[event("a", "1"), event("a", "2")]);
        fixture.fake.is_stuck.set(true);
        let mut running = Box::pin(fixture.relay.run(&fixture.database, &fixture.fake));
        while fixture.rows("SELECT seq FROM note_outbox WHERE holder = 'first'") < 2 {
            assert_eq!(running.as_mut().now_or_never(), None);
        }
        drop(running);
        fixture.fake.is_stuck.set(false);
        fixture.run().unwrap();
        assert_eq!(fixture.told(), ["1", "2"]);
    });
}

#[test]
fn an_instance_tells_once_at_a_time_however_many_ask() {
    on_both(|database| {
        let fixture = Fixture::new(database);
        fixture.append(&[event("a", "1")]);
        fixture.fake.is_stuck.set(true);
        let mut running = Box::pin(fixture.relay.run(&fixture.database, &fixture.fake));
        while fixture.rows("SELECT seq FROM note_outbox WHERE holder = 'first'") < 1 {
            assert_eq!(running.as_mut().now_or_never(), None);
        }
        fixture.append(&[event("b", "2")]);
        for _ in 0..3 {
            let another = fixture.relay.run(&fixture.database, &fixture.fake);
            assert_eq!(another.now_or_never(), Some(Ok(())));
        }
        fixture.fake.is_stuck.set(false);
        block_on(running).unwrap();
        assert_eq!(fixture.told(), ["1", "2"]);
    });
}

#[test]
fn a_batch_that_takes_longer_than_a_claim_lasts_is_kept() {
    on_both(|database| {
        let fixture = Fixture::new(database);
        let job = |number: i64| Entry::Schedule {
            name: format!("job-{number}"),
            due: number,
        };
        fixture.append(&(0..20).map(job).collect::<Vec<_>>());
        // Twenty calls of a second each, twice as long as a claim.
        fixture.fake.takes.set(1_000);
        let relay = Relay::new(OUTBOX, "slow".to_owned());
        block_on(relay.run(&fixture.database, &fixture.fake)).unwrap();
        assert_eq!(fixture.fake.now.get(), 20_000);
        assert_eq!(fixture.told().len(), 20);
    });
}

#[test]
fn a_run_ends_in_time_and_leaves_the_rest_free_for_the_next_one() {
    on_both(|database| {
        let fixture = Fixture::new(database);
        let entries: Vec<_> = (0..500).map(|number| event("a", &number.to_string())).collect();
        fixture.append(&entries);
        // A hundred at once: the third call begins in time, and there is none after it.
        fixture.fake.takes.set(relay::BUDGET * 2 / 5);
        fixture.run().unwrap();
        assert_eq!(fixture.told().len(), 300);
        let held = "SELECT seq FROM note_outbox WHERE claimed_until > 0";
        assert_eq!(fixture.rows(held), 0);
        block_on(Relay::new(OUTBOX, "another".to_owned()).run(&fixture.database, &fixture.fake)).unwrap();
        assert_eq!(fixture.told().first().map(String::as_str), Some("300"));
        assert_eq!(fixture.rows("SELECT seq FROM note_outbox"), 0);
    });
}

#[test]
fn nothing_is_told_of_what_was_undone() {
    on_both(|database| {
        let fixture = Fixture::new(database);
        let connection = block_on(fixture.database.connect()).unwrap();
        let undone: Result<(), _> = block_on(in_transaction_on(&connection, &["a"], async |connection| {
            OUTBOX.append(connection, &[event("a", "1")], 7).await?;
            connection.execute("SELECT nonsense", &[]).await.map(drop)
        }));
        assert!(undone.is_err());
        fixture.run().unwrap();
        assert!(fixture.told().is_empty());
    });
}

#[test]
fn what_two_read_and_write_on_the_same_subject_they_do_one_after_the_other() {
    on_both(|database| {
        let connection = block_on(database.connect()).unwrap();
        let is_postgres = connection.dialect() == Dialect::Postgres;
        block_on(async {
            connection
                .execute("CREATE TABLE counter (n BIGINT)", &[])
                .await
                .unwrap();
            connection
                .execute("INSERT INTO counter VALUES (0)", &[])
                .await
                .unwrap();
            let count = async |is_slow: bool| {
                let connection = database.connect().await.unwrap();
                in_transaction_on(&connection, &["counter"], async |connection| {
                    let rows = connection.execute("SELECT n FROM counter", &[]).await?;
                    let read = rows[0].integer(0)?;
                    if is_slow {
                        // The other one must be held up here, not at its own write.
                        connection.execute("SELECT pg_sleep(0.05)::text", &[]).await?;
                    }
                    connection
                        .execute("UPDATE counter SET n = ?", &[(read + 1).into()])
                        .await
                })
                .await
                .map(drop)
            };
            // SQLite's connections block their thread, so there one comes after the other anyway.
            let (first, second) = futures::join!(count(is_postgres), count(false));
            first.and(second).unwrap();
            let rows = connection.execute("SELECT n FROM counter", &[]).await.unwrap();
            assert_eq!(rows[0].0, [Value::Integer(2)]);
        });
    });
}
