//! What holds for hosts that share a Postgres. Every test counts what went in and what came out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use sidespin_job_store::{
    Due, Firing, JobStore, JobStoreError, PostgresConfig, PostgresOptions, Settlement, Worker,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::{OWNER, Shared, every, host, once, one, outlook};

/// A host that fires, and notes what it fires.
struct Host {
    store: Arc<JobStore>,
    shutdown: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

type Fired = mpsc::UnboundedSender<(usize, String, u64)>;

struct Notes {
    number: usize,
    fired: Fired,
    store: Arc<JobStore>,
    /// A host that hangs in the middle of its work.
    hangs: bool,
    /// How many firings it lost.
    lost: Arc<Mutex<usize>>,
}

impl Worker for Notes {
    fn work<'a>(&'a self, firing: &'a Due) -> BoxFuture<'a, Settlement> {
        async move {
            // Nobody reads any more when the test has seen enough.
            let _sent = self
                .fired
                .send((self.number, firing.claim.name().to_owned(), firing.due));
            if self.hangs {
                std::future::pending::<()>().await;
            }
            Settlement::Over {
                now: self.store.now(),
            }
        }
        .boxed()
    }

    fn lost(&self, _firing: &Due) {
        *self.lost.lock().unwrap() += 1;
    }
}

impl Host {
    fn start(number: usize, store: JobStore, hangs: bool, fired: &Fired) -> Self {
        let store = Arc::new(store);
        let worker = Notes {
            number,
            fired: fired.clone(),
            store: Arc::clone(&store),
            hangs,
            lost: Arc::default(),
        };
        let firing = Firing {
            store: Arc::clone(&store),
            owner: OWNER.to_owned(),
            concurrency: 64,
            worker: Arc::new(worker),
        };
        let shutdown = CancellationToken::new();
        let (token, attended) = (shutdown.clone(), Arc::clone(&store));
        let tasks = vec![
            tokio::spawn(async move { firing.run(&token).await }),
            tokio::spawn(async move { attended.attend().await }),
        ];
        Self {
            store,
            shutdown,
            tasks,
        }
    }

    /// As if the process were gone: nothing is settled, nothing renewed.
    fn die(self) {
        for task in self.tasks {
            task.abort();
        }
    }

    async fn stop(mut self) {
        self.shutdown.cancel();
        self.tasks.remove(0).await.unwrap();
        self.die();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_jobs_fire_once_each_on_any_number_of_hosts() {
    const JOBS: usize = 4000;
    let Some(shared) = Shared::new() else { return };
    let (sender, mut fired) = mpsc::unbounded_channel();
    let hosts: Vec<_> = (0..4)
        .map(|number| Host::start(number, shared.host(), false, &sender))
        .collect();
    hosts[0].store.connect().await.unwrap();
    let (begun, now) = (Instant::now(), hosts[0].store.now());
    // Put by all hosts at once, due over the next second.
    let puts = (0..JOBS).map(|number| {
        let store = Arc::clone(&hosts[number % 4].store);
        tokio::spawn(async move {
            let due = now + u64::try_from(number).unwrap() % 1000;
            store.put(once(&format!("job-{number}"), due)).await.unwrap();
        })
    });
    for put in puts.collect::<Vec<_>>() {
        put.await.unwrap();
    }
    let put = begun.elapsed();
    let mut by_host = HashMap::<usize, usize>::new();
    let mut counts = HashMap::<String, usize>::new();
    for _ in 0..JOBS {
        let (host, name, _due) = fired.recv().await.unwrap();
        *by_host.entry(host).or_default() += 1;
        *counts.entry(name).or_default() += 1;
    }
    let took = begun.elapsed();
    for host in hosts {
        host.stop().await;
    }
    assert!(fired.try_recv().is_err(), "a job fired twice");
    assert_eq!((counts.len(), counts.values().max()), (JOBS, Some(&1)));
    assert_eq!(shared.sql("SELECT count(*) FROM sidespin_jobs"), "0");
    assert_eq!(shared.sql("SELECT count(*) FROM sidespin_job_claims"), "0");
    println!("{JOBS} put in {put:?}, all fired after {took:?}, by host {by_host:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_host_had_claimed_fires_again_after_the_lease() {
    const JOBS: usize = 300;
    let lease = Some(Duration::from_millis(1500));
    let Some(shared) = Shared::new() else { return };
    let (sender, mut fired) = mpsc::unbounded_channel();
    let doomed = Host::start(0, host(&shared.url, lease), true, &sender);
    doomed.store.connect().await.unwrap();
    for number in 0..JOBS {
        doomed.store.put(once(&format!("job-{number}"), 1)).await.unwrap();
    }
    let mut counts = HashMap::<String, [usize; 2]>::new();
    // It hangs with as many as it works on at once, for longer than the lease, which it renews.
    for _ in 0..64 {
        let (host, name, _due) = fired.recv().await.unwrap();
        counts.entry(name).or_default()[host] += 1;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let heir = Host::start(1, host(&shared.url, lease), false, &sender);
    let receive =
        async |fired: &mut mpsc::UnboundedReceiver<_>, counts: &mut HashMap<String, [usize; 2]>, number| {
            for _ in 0..number {
                let (host, name, _due): (usize, String, u64) = fired.recv().await.unwrap();
                counts.entry(name).or_default()[host] += 1;
            }
        };
    receive(&mut fired, &mut counts, JOBS - 64).await;
    assert!(
        tokio::time::timeout(Duration::from_millis(300), fired.recv())
            .await
            .is_err(),
        "a firing was taken over whose host lives"
    );
    let died = Instant::now();
    doomed.die();
    receive(&mut fired, &mut counts, 64).await;
    let after = died.elapsed();
    heir.stop().await;
    assert!(fired.try_recv().is_err());
    assert_eq!(counts.len(), JOBS);
    assert_eq!(counts.values().filter(|fired| **fired == [1, 1]).count(), 64);
    assert_eq!(
        counts.values().filter(|fired| **fired == [0, 1]).count(),
        JOBS - 64
    );
    println!("the 64 firings of the dead host came back {after:?} after its death, with a lease of 1.5 s");
}

#[tokio::test]
async fn the_late_end_of_a_firing_that_was_taken_over_changes_nothing() {
    let Some(shared) = Shared::new() else { return };
    let (first, second) = (shared.host(), shared.host());
    first.put(every("job", 1, 1000)).await.unwrap();
    let late = one(&first, 10).await;
    assert_eq!(
        outlook(&second, 10).await.next,
        Some(30_010),
        "looks again when the lease is over"
    );
    assert!(outlook(&second, 30_009).await.due.is_empty());
    let taken = one(&second, 30_011).await;
    assert!(
        !first
            .settle(late.claim, Settlement::Over { now: 10 })
            .await
            .unwrap()
    );
    assert!(outlook(&first, 30_012).await.due.is_empty());
    assert!(
        second
            .settle(taken.claim, Settlement::Retry { at: 30_500 })
            .await
            .unwrap()
    );
    let again = one(&first, 30_500).await;
    assert_eq!((again.due, again.attempt), (1, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_loses_nothing_that_was_acknowledged() {
    // A server of its own, because it is stopped.
    let Some(server) = servers::Postgres::start().unwrap() else {
        return;
    };
    let url = server.database().unwrap();
    let (sender, mut fired) = mpsc::unbounded_channel();
    let hosts: Vec<_> = (0..2)
        .map(|number| Host::start(number, host(&url, None), false, &sender))
        .collect();
    hosts[0].store.connect().await.unwrap();
    let now = hosts[0].store.now();
    let (mut acknowledged, mut refused, mut number) = (Vec::new(), 0, 0);
    let mut is_stopped = false;
    let begun = Instant::now();
    // Jobs are put all the time; in the middle the server goes away and comes back.
    while begun.elapsed() < Duration::from_secs(4) {
        if !is_stopped && begun.elapsed() > Duration::from_secs(1) {
            server.stop().unwrap();
            is_stopped = true;
        }
        if is_stopped && refused == 20 {
            server.restart().unwrap();
        }
        let name = format!("job-{number}");
        match hosts[number % 2].store.put(once(&name, now + 500)).await {
            Ok(()) => acknowledged.push(name),
            Err(JobStoreError::Unreachable { .. } | JobStoreError::Postgres { .. }) => refused += 1,
            Err(other) => panic!("{other}"),
        }
        number += 1;
    }
    assert!(refused >= 20, "the outage was not noticed");
    let mut counts = HashMap::<String, usize>::new();
    while acknowledged.iter().any(|name| !counts.contains_key(name)) {
        let received = tokio::time::timeout(Duration::from_secs(40), fired.recv()).await;
        let (_host, name, _due) = received
            .expect("a job that was acknowledged did not fire")
            .unwrap();
        *counts.entry(name).or_default() += 1;
    }
    for host in hosts {
        host.stop().await;
    }
    let twice = counts.values().filter(|count| **count > 1).count();
    println!(
        "{} acknowledged, {refused} refused, {} fired, {twice} of them twice",
        acknowledged.len(),
        counts.len()
    );
}

#[tokio::test]
async fn applications_that_share_a_database_do_not_see_each_other() {
    let Some(shared) = Shared::new() else { return };
    let other = PostgresOptions {
        url: shared.url.clone(),
        application: "another".to_owned(),
        ..PostgresOptions::default()
    };
    let other = JobStore::postgres(PostgresConfig::new(other).unwrap());
    shared.host().put(once("job", 1)).await.unwrap();
    assert!(outlook(&other, 10).await.due.is_empty());
    assert!(other.list(None, 10).await.unwrap().is_empty());
    other.put(once("job", 2)).await.unwrap();
    assert_eq!(one(&shared.host(), 10).await.due, 1);
}

#[tokio::test]
async fn a_role_that_may_not_create_tables_can_use_those_that_are_there() {
    let Some(shared) = Shared::new() else { return };
    shared.host().put(once("job", 1)).await.unwrap();
    let role = format!("role_{}", shared.url.rsplit('/').next().unwrap());
    shared.sql(&format!(
        "CREATE ROLE {role} LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO {role};
         GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}"
    ));
    let url = shared.url.replace("postgres@", &format!("{role}@"));
    assert_eq!(one(&host(&url, None), 10).await.due, 1);
}

#[tokio::test]
async fn hosts_go_by_the_clock_of_the_database() {
    let Some(shared) = Shared::new() else { return };
    let store = shared.host();
    store.connect().await.unwrap();
    let shown: u64 = shared
        .sql("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
        .parse()
        .unwrap();
    let now = store.now();
    // The command that asked took some milliseconds to end.
    assert!(now >= shown && now - shown < 2000, "{now} {shown}");
}

#[test]
fn addresses_that_are_none_are_told_without_their_secrets() {
    let error = |url: &str, tls_ca: Option<&str>| {
        let options = PostgresOptions {
            url: url.to_owned(),
            tls_ca: tls_ca.map(Into::into),
            ..PostgresOptions::default()
        };
        PostgresConfig::new(options).unwrap_err().to_string()
    };
    for url in [
        "postgres://user:s3cret@/db?host=",
        "postgres://user:s3cret@host:port/db",
        "s3cret",
        "postgres://user:s3cret@h/db?sslmode=s3cret",
    ] {
        let told = error(url, None);
        assert!(
            told.contains("no address of a Postgres") && !told.contains("s3cret"),
            "{told}"
        );
    }
    assert!(error("postgres://host/db", None).contains("no user"));
    let told = error(
        "postgres://user@host/db?sslmode=verify-full",
        Some("/nowhere/ca.pem"),
    );
    assert!(told.contains("/nowhere/ca.pem"), "{told}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let store = host(&format!("postgres://user:s3cret@{address}/db"), None);
    let told = store.put(once("job", 1)).await.unwrap_err().to_string();
    assert!(
        told.contains(&address.to_string()) && !told.contains("s3cret"),
        "{told}"
    );
}
