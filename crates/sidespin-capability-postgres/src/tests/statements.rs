//! Statements: what they answer, what goes wrong with them, and that the connection outlives it.

use super::*;

#[tokio::test]
async fn rows_are_counted_and_read() {
    let Some(fixture) = Fixture::new(Limits::default()) else {
        return;
    };
    let mut lease = fixture.connect().await;
    assert_eq!(
        execute(&mut lease, "CREATE TABLE note (id int8, text text)").await,
        0
    );
    let inserted = lease
        .execute(
            "INSERT INTO note SELECT number, $1 FROM generate_series(1, $2) AS number",
            &[ParameterValue::Str("hello".into()), ParameterValue::Int32(3)],
        )
        .await;
    assert_eq!(inserted.unwrap(), 3);
    assert_eq!(
        execute(&mut lease, "UPDATE note SET text = 'x' WHERE id > 1").await,
        2
    );
    let told = lease
        .query("SELECT id, text FROM note ORDER BY id", &[])
        .await
        .unwrap();
    let names: Vec<_> = told.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["id", "text"]);
    let ids: Vec<_> = told.rows.iter().map(|row| number(&row[0])).collect();
    assert_eq!(ids, [1, 2, 3]);
    assert_eq!(execute(&mut lease, "SELECT * FROM note").await, 3);
}

#[tokio::test]
async fn a_refused_statement_is_told_with_the_servers_fields() {
    let Some(fixture) = Fixture::new(Limits::default()) else {
        return;
    };
    let mut lease = fixture.connect().await;
    execute(
        &mut lease,
        "CREATE TABLE name (name text CONSTRAINT one_of_each UNIQUE)",
    )
    .await;
    for (statement, code) in [
        ("SELEC 1", "42601"),
        ("SELECT * FROM nowhere", "42P01"),
        ("INSERT INTO name VALUES ('a'), ('a')", "23505"),
        ("SELECT 1 / 0", "22012"),
        ("SELECT 1; SELECT 2", "42601"),
    ] {
        let error = lease.query(statement, &[]).await.unwrap_err();
        let wit::Error::QueryFailed(wit::QueryError::DbError(error)) = error.into() else {
            panic!("{statement}")
        };
        assert_eq!(
            (error.code.as_str(), error.severity.as_str()),
            (code, "ERROR"),
            "{statement}"
        );
        assert_eq!(error.as_text, format!("ERROR {code}: {}", error.message));
        if code == "23505" {
            assert_eq!(error.detail.as_deref(), Some("Key (name)=(a) already exists."));
            assert!(
                error
                    .extras
                    .contains(&("constraint".to_owned(), "one_of_each".to_owned()))
            );
        }
    }
    assert_eq!(number(&value(&mut lease, "SELECT 1").await), 1);
}

#[tokio::test]
async fn a_statement_over_its_time_is_ended_and_the_connection_goes_on() {
    let limits = Limits {
        statement_timeout_seconds: 1,
        ..Limits::default()
    };
    let Some(fixture) = Fixture::new(limits) else {
        return;
    };
    let mut lease = fixture.connect().await;
    let error = lease.query("SELECT pg_sleep(60)", &[]).await.unwrap_err();
    assert_eq!(error.code(), Some("57014"));
    assert_eq!(number(&value(&mut lease, "SELECT 1").await), 1);
}

#[tokio::test]
async fn a_result_over_the_limit_is_refused_and_not_held_in_memory() {
    let Some(fixture) = Fixture::new(Limits::default()) else {
        return;
    };
    let mut lease = fixture.connect().await;
    let error = lease
        .query("SELECT repeat('x', 1000000) FROM generate_series(1, 1000)", &[])
        .await
        .unwrap_err();
    assert!(matches!(error, PostgresError::ResultTooLarge { .. }), "{error}");
    // The rest is still on its way: this connection is not used any more.
    assert!(matches!(
        lease.query("SELECT 1", &[]).await,
        Err(PostgresError::Abandoned)
    ));
    let pool = lease.pool();
    drop(lease);
    settled(&pool, 0, 20).await;
    assert_eq!(number(&value(&mut fixture.connect().await, "SELECT 1").await), 1);
}

#[tokio::test]
async fn a_statement_survives_that_its_table_changes() {
    let Some(fixture) = Fixture::new(Limits::default()) else {
        return;
    };
    let mut lease = fixture.connect().await;
    execute(&mut lease, "CREATE TABLE note (id int8)").await;
    let read = "SELECT * FROM note";
    assert_eq!(lease.query(read, &[]).await.unwrap().columns.len(), 1);
    fixture.sql("ALTER TABLE note ADD COLUMN text text");
    assert_eq!(lease.query(read, &[]).await.unwrap().columns.len(), 2);
    // Inside of a transaction nothing can be done but telling.
    execute(&mut lease, "BEGIN").await;
    fixture.sql("ALTER TABLE note ADD COLUMN more text");
    assert_eq!(lease.query(read, &[]).await.unwrap_err().code(), Some("0A000"));
    execute(&mut lease, "ROLLBACK").await;
    assert_eq!(lease.query(read, &[]).await.unwrap().columns.len(), 3);
}

#[tokio::test]
async fn more_different_statements_than_are_kept_all_work() {
    let Some(fixture) = Fixture::new(Limits::default()) else {
        return;
    };
    let mut lease = fixture.connect().await;
    for expected in 0..300 {
        let statement = format!("SELECT {expected}");
        assert_eq!(number(&value(&mut lease, &statement).await), expected);
    }
    let kept = value(&mut lease, "SELECT count(*) FROM pg_prepared_statements").await;
    assert!(number(&kept) <= 128, "{kept:?}");
}
