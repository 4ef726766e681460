//! A real Postgres: for a guest that may reach it, and under the whole application.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use end_to_end::{Server, ServerOptions, TopicReader, User, eventually};
use reqwest::Method;
use serde_json::json;
use servers::Postgres;

use crate::support::{Application, get, guest};

/// A guest that knows the address, and may reach what is granted.
fn probe(url: &str, granted: &str) -> Application {
    Application::new(&format!(
        r#"
[[trigger.http]]
route = "/..."
component = "probe"

[component.probe]
source = "{}"
sqlite_databases = ["default"]
key_value_stores = ["default"]
allowed_outbound_hosts = ["{granted}"]
variables = {{ database = "{url}" }}
"#,
        guest("probe")
    ))
}

/// A server and a fresh database on it; nothing where the machine has none.
pub(crate) fn database() -> Option<(Arc<Postgres>, String)> {
    let postgres = Postgres::shared().unwrap()?;
    let url = postgres.database().unwrap();
    Some((postgres, url))
}

pub(crate) fn host(postgres: &Postgres) -> String {
    format!("postgres://{}", postgres.address())
}

/// The whole application on a database, without limits, since tests are faster than people.
pub(crate) fn on(postgres: &Postgres, url: &str, further: &[(&str, &str)]) -> ServerOptions {
    let host = host(postgres);
    ServerOptions::without_limits()
        .with([("database_url", url), ("database_host", &host)])
        .with(further.iter().copied())
}

/// Runs statements in the guest; the answer has a line for each.
async fn run(server: &Server, statements: &str) -> Vec<String> {
    let encoded: String = statements.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let (status, text) = get(server, &format!("/postgres?{encoded}")).await;
    assert_eq!(status, 200, "{text}");
    text.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_guest_writes_and_reads_values_of_many_kinds() {
    let Some((postgres, url)) = database() else { return };
    let server = probe(&url, &host(&postgres)).start(&[]).await;
    let (_status, told) = get(&server, "/postgres-values").await;
    assert!(
        told.starts_with(r#"1 ["b", "i", "f", "t", "x", "d", "u", "j", "n", "a", "s"] Some(["#),
        "{told}"
    );
    for value in [
        "Boolean(true)",
        "Int64(-9223372036854775808)",
        "Floating64(0.1)",
        "Str(\"Grüße, 'quoted'\")",
        "Binary([0, 255])",
        "Date((2024, 2, 29))",
        "Uuid(\"01900000-0000-7000-8000-0000000000aa\")",
        "Jsonb([123, 34, 97, 34, 58, 32, 49, 125])",
        "Decimal(\"-12.50\")",
        "ArrayInt32([Some(1), None])",
        "DbNull",
    ] {
        assert!(told.contains(value), "{value} is not in {told}");
    }
}

#[tokio::test]
async fn a_transaction_that_is_rolled_back_or_left_open_leaves_nothing() {
    let Some((postgres, url)) = database() else { return };
    let server = probe(&url, &host(&postgres)).start(&[]).await;
    let count = "SELECT count(*) FROM note";
    let told = run(
        &server,
        &format!("CREATE TABLE note (n int8);BEGIN;INSERT INTO note VALUES (1);{count};ROLLBACK;{count}"),
    )
    .await;
    assert!(
        told[3].contains("Int64(1)") && told[5].contains("Int64(0)"),
        "{told:?}"
    );
    let told = run(&server, &format!("BEGIN;INSERT INTO note VALUES (1);{count}")).await;
    assert!(told[2].contains("Int64(1)"), "{told:?}");
    // The next one may get the same connection.
    let told = run(&server, &format!("{count};INSERT INTO note VALUES (2)")).await;
    assert!(told[0].contains("Int64(0)"), "{told:?}");
    assert_eq!(run(&server, count).await, ["DbValue::Int64(1)"]);
    let told = run(&server, "SELEC 1;SELECT 7").await;
    assert!(
        told[0].contains("42601") && told[1].contains("Int32(7)"),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_database_that_is_not_granted_is_denied() {
    let Some((postgres, url)) = database() else { return };
    let url = url.replace("postgres@", "postgres:top-secret@");
    let server = probe(&url, "postgres://db.example.com").start(&[]).await;
    let told = run(&server, "SELECT 1").await.join("\n");
    let port = postgres.address().port();
    assert!(told.contains("ConnectionFailed"), "{told}");
    assert!(told.contains(&format!("postgres://127.0.0.1:{port}")), "{told}");
    assert!(!told.contains("top-secret"), "{told}");
}

#[tokio::test]
async fn a_wrong_password_is_told_without_it() {
    let Some((postgres, url)) = database() else { return };
    let file = postgres.sql("postgres", "SHOW hba_file").unwrap();
    let rules = "('host all postgres 127.0.0.1/32 trust'), ('host all all 127.0.0.1/32 scram-sha-256')";
    for statement in [
        &format!("COPY (VALUES {rules}) TO '{file}'"),
        "SELECT pg_reload_conf()",
        "CREATE ROLE lovelace LOGIN PASSWORD 'analytical'",
    ] {
        postgres.sql("postgres", statement).unwrap();
    }
    let wrong = probe(
        &url.replace("postgres@", "lovelace:top-secret@"),
        &host(&postgres),
    );
    let server = wrong.start(&[]).await;
    let told = eventually("the server's new rules", || async {
        let told = run(&server, "SELECT 1").await.join("\n");
        Ok(told.contains("ConnectionFailed").then_some(told))
    })
    .await
    .unwrap();
    assert!(told.contains("password authentication failed for user"), "{told}");
    assert!(
        !told.contains("top-secret") && !told.contains("analytical"),
        "{told}"
    );
    let right = probe(
        &url.replace("postgres@", "lovelace:analytical@"),
        &host(&postgres),
    );
    let server = right.start(&[]).await;
    assert_eq!(run(&server, "SELECT 1").await, ["DbValue::Int32(1)"]);
}

#[tokio::test]
async fn a_guest_finds_a_server_again_that_was_restarted() {
    let Some(postgres) = Postgres::start().unwrap() else {
        return;
    };
    let url = postgres.database().unwrap();
    let server = probe(&url, &host(&postgres)).start(&[]).await;
    run(&server, "CREATE TABLE note (n int8);INSERT INTO note VALUES (1)").await;
    postgres.stop().unwrap();
    let told = run(&server, "SELECT count(*) FROM note").await.join("\n");
    assert!(told.contains("ConnectionFailed"), "{told}");
    postgres.restart().unwrap();
    assert_eq!(
        run(&server, "SELECT count(*) FROM note").await,
        ["DbValue::Int64(1)"]
    );
}

#[tokio::test]
async fn what_is_no_certificate_is_refused() {
    let Some((postgres, url)) = database() else { return };
    let server = probe(&url, &host(&postgres)).start(&[]).await;
    let (_status, told) = get(&server, "/postgres-builder?nothing").await;
    assert!(told.contains("the certificate is not valid"), "{told}");
}

#[tokio::test]
async fn the_whole_application_keeps_its_tables_in_postgres_and_loses_nothing_when_it_is_killed() {
    let Some((postgres, url)) = database() else { return };
    let options = on(&postgres, &url, &[]);
    let mut server = Server::start_with(options).await.unwrap();
    let mut user = User::sign_up(&server).await.unwrap();
    let mut created = BTreeSet::new();
    for number in 0..20 {
        if number == 10 {
            server.kill().await.unwrap();
            server.restart().await.unwrap();
            user = user.at(&server);
        }
        let recurring = json!({
            "title": format!("Task {number}"), "due_date": "2030-05-01", "recurrence_rule": "FREQ=DAILY;COUNT=2",
        });
        let task = user.create(&recurring).await.unwrap();
        let id = task["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/tasks/{id}/complete");
        let answer = user.send(Method::POST, &path, &[], None).await.unwrap();
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        created.insert(id);
    }
    // Of each: created and completed by the user, and the next occurrence created by recurring-task.
    let expected = created.len() * 3;
    let entries = eventually("an audit entry for every event", || async {
        let entries = user.list("/api/v1/audit").await?;
        Ok((entries.len() >= expected).then_some(entries))
    })
    .await
    .unwrap();
    assert_eq!(entries.len(), expected);
    let answer = user
        .send(Method::GET, "/api/v1/audit?verify=true&limit=1", &[], None)
        .await
        .unwrap();
    assert_eq!(answer.body["verified"], true, "{:?}", answer.body);
    assert_eq!(user.list("/api/v1/tasks").await.unwrap().len(), created.len() * 2);

    let database = url.rsplit('/').next().unwrap();
    let count = |table: &str| {
        postgres
            .sql(database, &format!("SELECT count(*) FROM {table}"))
            .unwrap()
    };
    assert_eq!(count("chat_tasks"), (created.len() * 2).to_string());
    assert_eq!(count("audit_entries"), expected.to_string());
    assert_eq!(count("audit_processed"), expected.to_string());
    eventually("an empty outbox", || async {
        Ok((count("chat_outbox") == "0").then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn two_hosts_on_one_database_tell_every_event_once_and_each_tasks_in_order() {
    const TASKS: usize = 10;
    const ROUNDS: usize = 10;
    let Some((postgres, url)) = database() else { return };
    let first = Server::start_with(on(&postgres, &url, &[])).await.unwrap();
    let broker = first.kafka.unwrap().to_string();
    let second = on(&postgres, &url, &[("kafka_bootstrap_servers", &broker)]);
    let second = Server::start_with(second).await.unwrap();
    let user = User::sign_up(&first).await.unwrap();
    let other = user.at(&second);
    let mut paths = Vec::new();
    for number in 0..TASKS {
        let task = user
            .create(&json!({ "title": format!("Task {number}") }))
            .await
            .unwrap();
        paths.push(format!("/api/v1/tasks/{}", task["id"].as_str().unwrap()));
    }
    for round in 0..ROUNDS {
        for index in 0..TASKS {
            // Both hosts at once, each at another task, and in the next round the other way round.
            let (mine, theirs) = (&paths[index], &paths[(index + round) % TASKS]);
            let title = |who: &str| json!({ "title": format!("{who} {round}.{index}") });
            let (mine_title, their_title) = (title("first"), title("second"));
            let (mine, theirs) = tokio::join!(
                user.send(Method::PATCH, mine, &[], Some(&mine_title)),
                other.send(Method::PATCH, theirs, &[], Some(&their_title)),
            );
            assert!(mine.unwrap().status.is_success() && theirs.unwrap().status.is_success());
        }
    }
    let expected = TASKS + 2 * TASKS * ROUNDS;
    let mut topic = TopicReader::open(first.kafka.unwrap(), "task-events")
        .await
        .unwrap();
    let records = topic.until(|records| records.len() >= expected).await.unwrap();
    assert_eq!((records.len(), topic.doubles()), (expected, 0));
    let mut versions: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for record in &records {
        let version = record.event["data"]["version"].as_u64().unwrap();
        versions.entry(record.key.clone()).or_default().push(version);
    }
    for (task, versions) in versions {
        let in_order: Vec<_> = (1..=versions.len() as u64).collect();
        assert_eq!(versions, in_order, "{task}");
    }
}
