//! The pool: nothing of one instance reaches the next, and nothing is lost to one that is gone.

use super::*;

#[tokio::test]
async fn a_transaction_stays_on_its_connection_and_is_rolled_back_when_it_is_dropped() {
    let Some(fixture) = Fixture::new(Limits::default()) else {
        return;
    };
    let mut lease = fixture.connect().await;
    execute(&mut lease, "CREATE TABLE note (id int8)").await;
    execute(&mut lease, "BEGIN").await;
    execute(&mut lease, "INSERT INTO note VALUES (1)").await;
    let mut other = fixture.connect().await;
    assert_eq!(number(&value(&mut other, "SELECT count(*) FROM note").await), 0);
    execute(&mut lease, "COMMIT").await;
    assert_eq!(number(&value(&mut other, "SELECT count(*) FROM note").await), 1);

    execute(&mut lease, "BEGIN").await;
    execute(&mut lease, "INSERT INTO note VALUES (2)").await;
    let backend = number(&value(&mut lease, "SELECT pg_backend_pid()").await);
    let pool = lease.pool();
    drop(other);
    drop(lease);
    settled(&pool, 2, 20).await;
    assert_eq!(fixture.sql("SELECT count(*) FROM note"), "1");
    assert_eq!(
        fixture.sql(&format!(
            "SELECT state FROM pg_stat_activity WHERE pid = {backend}"
        )),
        "idle"
    );
}

#[tokio::test]
async fn what_a_session_set_is_gone_for_the_next() {
    let Some(fixture) = Fixture::new(Limits::default()) else {
        return;
    };
    let mut lease = fixture.connect().await;
    let backend = number(&value(&mut lease, "SELECT pg_backend_pid()").await);
    for statement in [
        "CREATE ROLE weak",
        "CREATE TEMP TABLE mine (id int8)",
        "SET search_path = pg_temp",
        "SET statement_timeout = 0",
        "SELECT pg_advisory_lock(7)",
        "LISTEN news",
        "SET ROLE weak",
    ] {
        execute(&mut lease, statement).await;
    }
    let pool = lease.pool();
    drop(lease);
    settled(&pool, 1, 20).await;
    let mut lease = fixture.connect().await;
    assert_eq!(
        number(&value(&mut lease, "SELECT pg_backend_pid()").await),
        backend
    );
    for (question, expected) in [
        ("SELECT current_user::text", "postgres"),
        ("SELECT current_setting('search_path')", "\"$user\", public"),
        ("SELECT current_setting('statement_timeout')", "30s"),
        (
            "SELECT current_setting('idle_in_transaction_session_timeout')",
            "1min",
        ),
        (
            "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            "0",
        ),
        ("SELECT count(*)::text FROM pg_listening_channels()", "0"),
        (
            "SELECT coalesce(to_regclass('pg_temp.mine')::text, 'gone')",
            "gone",
        ),
    ] {
        let told = value(&mut lease, question).await;
        assert!(
            matches!(&told, DbValue::Str(text) if text == expected),
            "{question}: {told:?}"
        );
    }
    // A name that the next one could not take again spoils a connection.
    execute(&mut lease, "PREPARE mine AS SELECT 1").await;
    drop(lease);
    settled(&pool, 0, 20).await;
    execute(&mut fixture.connect().await, "DROP ROLE weak").await;
}

#[tokio::test]
async fn an_instance_that_goes_in_the_middle_of_a_statement_takes_its_connection_along() {
    let Some(fixture) = Fixture::new(Limits::default()) else {
        return;
    };
    let mut lease = fixture.connect().await;
    let pool = lease.pool();
    let backend = number(&value(&mut lease, "SELECT pg_backend_pid()").await);
    abandon(&mut lease, &fixture).await;
    // Even if the guest keeps the connection, it is of no more use.
    assert!(matches!(
        lease.query("SELECT 1", &[]).await,
        Err(PostgresError::Abandoned)
    ));
    drop(lease);
    settled(&pool, 0, 20).await;
    // Cancelled: nobody waits ten minutes for it.
    while fixture.sql(&format!(
        "SELECT count(*) FROM pg_stat_activity WHERE pid = {backend}"
    )) != "0"
    {
        tokio::task::yield_now().await;
    }
    assert_eq!(number(&value(&mut fixture.connect().await, "SELECT 1").await), 1);
}

#[tokio::test]
async fn connections_are_bounded_and_whoever_waits_gets_the_next() {
    let limits = Limits {
        max_connections: 2,
        connect_timeout_seconds: 1,
        ..Limits::default()
    };
    let Some(fixture) = Fixture::new(limits) else {
        return;
    };
    let (first, second) = (fixture.connect().await, fixture.connect().await);
    let error = fixture.open(&fixture.url).await.unwrap_err();
    assert!(
        matches!(error, PostgresError::Exhausted { connections: 2 }),
        "{error}"
    );
    let (waiting, ()) = tokio::join!(fixture.open(&fixture.url), async {
        tokio::task::yield_now().await;
        drop(first);
    });
    assert_eq!(number(&value(&mut waiting.unwrap(), "SELECT 1").await), 1);
    drop(second);
}

#[tokio::test]
async fn many_instances_share_few_connections() {
    let limits = Limits {
        max_connections: 3,
        ..Limits::default()
    };
    let Some(fixture) = Fixture::new(limits) else {
        return;
    };
    execute(&mut fixture.connect().await, "CREATE TABLE counter (n int8)").await;
    execute(&mut fixture.connect().await, "INSERT INTO counter VALUES (0)").await;
    let fixture = Arc::new(fixture);
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let fixture = Arc::clone(&fixture);
            tokio::spawn(async move {
                let mut lease = fixture.connect().await;
                execute(&mut lease, "BEGIN").await;
                execute(&mut lease, "UPDATE counter SET n = n + 1").await;
                execute(&mut lease, "COMMIT").await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(fixture.sql("SELECT n FROM counter"), "50");
    let mine = format!(
        "SELECT count(*) <= 3 FROM pg_stat_activity WHERE datname = '{}' AND application_name = ''",
        fixture.database()
    );
    assert_eq!(fixture.sql(&mine), "t");
}

#[tokio::test]
async fn a_server_that_was_away_is_found_again() {
    let Some(server) = Postgres::start().unwrap() else {
        return;
    };
    let fixture = Fixture::on(Arc::new(server), Limits::default()).unwrap();
    let mut held = fixture.connect().await;
    drop(fixture.connect().await);
    fixture.server.stop().unwrap();
    let error = held.query("SELECT 1", &[]).await.unwrap_err();
    assert!(matches!(
        wit::Error::from(error),
        wit::Error::ConnectionFailed(_) | wit::Error::QueryFailed(_)
    ));
    drop(held);
    let error = fixture.open(&fixture.url).await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("there is no connection to `postgres://127.0.0.1:"),
        "{error}"
    );
    fixture.server.restart().unwrap();
    assert_eq!(number(&value(&mut fixture.connect().await, "SELECT 1").await), 1);
}

#[tokio::test]
async fn a_component_uses_so_many_databases_and_no_more() {
    let Some(fixture) = Fixture::new(Limits::default()) else {
        return;
    };
    let url = |number: usize| format!("{}?application_name=a{number}", fixture.url);
    let mut held = Vec::new();
    for number in 0..16 {
        held.push(fixture.open(&url(number)).await.unwrap());
    }
    let error = fixture.open(&url(16)).await.unwrap_err();
    assert!(matches!(error, PostgresError::TooManyDatabases), "{error}");
    let pool = held[0].pool();
    drop(held.remove(0));
    settled(&pool, 1, 20).await;
    drop(pool);
    fixture.open(&url(16)).await.unwrap();
}
