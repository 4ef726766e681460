//! Forgetting a user whose account was deleted.

use super::*;

fn deleted(number: i64, user_id: &str) -> Option<Vec<u8>> {
    event(number, user_id, "user.deleted", user_id)
}

/// Everything that is kept, but the notes of what was consumed, which have no user.
fn kept(database: &TestDatabase) -> String {
    let connection = block_on(database.connect()).unwrap();
    let tables = ["audit_entries", "audit_heads", "audit_counts", "audit_settings"];
    let rows = tables.map(|table| {
        let statement = format!("SELECT * FROM {table}");
        block_on(connection.execute(&statement, &[])).unwrap()
    });
    format!("{rows:?}")
}

fn count(database: &TestDatabase, statement: &str) -> i64 {
    let connection = block_on(database.connect()).unwrap();
    block_on(connection.execute(statement, &[])).unwrap()[0]
        .integer(0)
        .unwrap()
}

#[test]
fn a_deleted_account_takes_its_chain_along_and_nobody_elses() {
    let (database, service) = service();
    record(
        &service,
        &[created(1, "ada"), created(2, "bob"), created(3, "ada")],
    );
    let bobs = history(&service, "bob", "verify=true");
    let head = history(&service, "ada", "")["items"][1]["hash"].clone();
    assert_eq!(record(&service, &[deleted(4, "ada")]), [Ok(())]);

    assert!(!kept(&database).contains("ada"), "{}", kept(&database));
    assert_eq!(history(&service, "bob", "verify=true"), bobs);
    assert_eq!(bobs["verified"], true);
    // What is left of the chain does not say that it is whole.
    let page = history(&service, "ada", "verify=true");
    assert_eq!(
        (&page["verified"], &page["entries"], &page["erased_at"]),
        (&json!(false), &json!(0), &json!("2026-01-01T00:00:04.000Z"))
    );
    assert_eq!(event_ids(&page), Vec::<&str>::new());
    let connection = block_on(database.connect()).unwrap();
    let notes =
        block_on(connection.execute("SELECT event_id, entries, hash FROM audit_erasures", &[])).unwrap();
    assert_eq!(notes.len(), 1);
    assert_eq!(
        (notes[0].text(0), notes[0].integer(1), notes[0].text(2)),
        (Ok("event-4"), Ok(2), Ok(head.as_str().unwrap()))
    );
}

#[test]
fn the_event_may_come_twice_and_others_of_the_user_after_it() {
    let (database, service) = service();
    record(&service, &[created(1, "ada"), created(2, "bob")]);
    // In one batch with what is before and behind it, and alone.
    let batch = [
        created(3, "ada"),
        deleted(4, "ada"),
        created(5, "ada"),
        deleted(4, "ada"),
    ];
    for messages in [
        &batch[..],
        &batch,
        &[deleted(4, "ada")],
        &[deleted(6, "ada")],
        &[created(7, "ada")],
    ] {
        assert!(record(&service, messages).iter().all(Result::is_ok));
    }
    // As after a month, when what was consumed is forgotten.
    change(&database, "DELETE FROM audit_processed").unwrap();
    for messages in [&batch[..], &[created(8, "ada")]] {
        assert!(record(&service, messages).iter().all(Result::is_ok));
    }
    assert!(!kept(&database).contains("ada"), "{}", kept(&database));
    assert_eq!(count(&database, "SELECT entries FROM audit_erasures"), 2);
    assert_eq!(count(&database, "SELECT count(*) FROM audit_erasures"), 1);
    assert_eq!(event_ids(&history(&service, "bob", "verify=true")), ["event-2"]);
}

#[test]
fn a_failure_half_way_erases_nothing_and_is_tried_again() {
    let (database, service) = service();
    record(&service, &[created(1, "ada"), created(2, "ada")]);
    let mut statements = 0;
    loop {
        database.fail_after(statements);
        let results = record(&service, &[deleted(3, "ada"), created(4, "ada")]);
        database.recover();
        if results[0].is_ok() {
            break;
        }
        assert!(matches!(
            results.as_slice(),
            [Err(Refusal::Retry(_)), Err(Refusal::Retry(_))]
        ));
        let page = history(&service, "ada", "verify=true");
        assert_eq!((event_ids(&page).len(), &page["verified"]), (2, &json!(true)));
        statements += 1;
    }
    assert!(statements > 5, "{statements} places to fail were tried");
    assert!(!kept(&database).contains("ada"));
}

#[test]
fn nothing_else_opens_the_log_and_no_erasure_is_undone() {
    let (database, service) = service();
    record(
        &service,
        &[
            created(1, "ada"),
            created(2, "bob"),
            deleted(3, "bob"),
            created(4, "eve"),
        ],
    );
    for statement in [
        "UPDATE audit_entries SET data = '{}'",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_entries WHERE user_id = 'ada'",
        "UPDATE audit_erasures SET user_id = 'ada'",
        "DELETE FROM audit_erasures",
    ] {
        let refused = change(&database, statement).unwrap_err();
        assert!(refused.contains("append-only"), "{statement}: {refused}");
    }
    assert_eq!(count(&database, "SELECT count(*) FROM audit_entries"), 2);
}

#[test]
fn a_long_chain_goes_with_a_few_statements() {
    let (database, service) = service();
    let batch: Vec<_> = (0..2_000)
        .map(|number| event(number, "ada", "task.updated", "task-1"))
        .collect();
    assert!(record(&service, &batch).iter().all(Result::is_ok));
    database.fail_after(40);
    assert_eq!(record(&service, &[deleted(5_000, "ada")]), [Ok(())]);
    database.recover();
    assert_eq!(count(&database, "SELECT count(*) FROM audit_entries"), 0);
}

#[test]
fn metrics_count_deleted_accounts_apart_from_entries() {
    let (_, service) = service();
    record(
        &service,
        &[created(1, "ada"), created(2, "bob"), deleted(3, "ada")],
    );
    let request = Request::builder()
        .uri("/internal/metrics")
        .body(Bytes::new())
        .unwrap();
    let answer = block_on(service.answer(&request, now(), LIMIT)).unwrap();
    let text = String::from_utf8(answer.into_body().to_vec()).unwrap();
    for line in [
        "todo_events_total{type=\"user.deleted\"} 1",
        "todo_audit_entries_total 2",
        "todo_users 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
}
