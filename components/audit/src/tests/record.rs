//! What is recorded, once and for good.

use todo_service::migrate::{Schema, migrate};

use super::*;
use crate::schema::SCHEMA;

#[test]
fn delivering_everything_three_times_records_it_once() {
    let (_, service) = service();
    let batch = [created(1, "ada"), created(2, "ada"), created(1, "ada")];
    for _ in 0..3 {
        assert_eq!(record(&service, &batch), [Ok(()), Ok(()), Ok(())]);
    }
    let page = history(&service, "ada", "verify=true&count=true");
    assert_eq!(event_ids(&page), ["event-1", "event-2"]);
    assert_eq!(
        (&page["verified"], &page["entries"], &page["total"]),
        (&json!(true), &json!(2), &json!(2))
    );
}

#[test]
fn an_entry_has_the_event_and_its_place_in_the_chain() {
    let (_, service) = service();
    record(&service, &[created(1, "ada"), created(2, "ada")]);
    let page = history(&service, "ada", "");
    let (first, second) = (&page["items"][0], &page["items"][1]);
    assert_eq!(
        (&first["seq"], &first["type"], &first["task_id"]),
        (&json!(1), &json!("task.created"), &json!("task-1"))
    );
    assert_eq!(first["time"], "2026-01-01T00:00:01.000Z");
    assert_eq!(
        first["data"],
        json!({"task_id": "task-1", "title": "Pay \"rent\" 🙂"})
    );
    assert_eq!(second["prev_hash"], first["hash"]);
    assert_eq!(page.get("verified"), None);
    assert_eq!(
        (&page["has_more"], &page["next_cursor"]),
        (&json!(false), &Value::Null)
    );
}

#[test]
fn a_message_that_is_no_event_is_rejected_and_the_rest_recorded() {
    let (_, service) = service();
    let results = record(
        &service,
        &[created(1, "ada"), Some(b"{".to_vec()), None, created(2, "ada")],
    );
    assert!(matches!(
        results.as_slice(),
        [Ok(()), Err(Refusal::Reject(_)), Err(Refusal::Reject(_)), Ok(())]
    ));
    assert_eq!(event_ids(&history(&service, "ada", "")), ["event-1", "event-2"]);
}

#[test]
fn a_failure_of_the_database_is_retried_and_never_marked_done() {
    let (database, service) = service();
    let batch = [created(1, "ada"), created(2, "ada"), Some(b"{".to_vec())];
    // Wherever it fails, from the first statement of the migration to the commit, nothing of the batch is
    // there.
    let mut statements = 0;
    loop {
        database.fail_after(statements);
        let results = record(&service, &batch);
        if results[0].is_ok() {
            break;
        }
        assert!(matches!(
            results.as_slice(),
            [
                Err(Refusal::Retry(_)),
                Err(Refusal::Retry(_)),
                Err(Refusal::Reject(_))
            ]
        ));
        database.recover();
        assert_eq!(event_ids(&history(&service, "ada", "")), Vec::<&str>::new());
        statements += 1;
    }
    database.recover();
    assert!(statements > 10, "{statements} places to fail were tried");
    let page = history(&service, "ada", "verify=true");
    assert_eq!(
        (event_ids(&page), &page["verified"]),
        (vec!["event-1", "event-2"], &json!(true))
    );
}

#[test]
fn history_can_neither_be_changed_nor_deleted() {
    let (database, service) = service();
    record(&service, &[created(1, "ada")]);
    for statement in [
        "UPDATE audit_entries SET data = '{}'",
        "DELETE FROM audit_entries",
    ] {
        assert!(
            change(&database, statement).unwrap_err().contains("append-only"),
            "{statement}"
        );
    }
}

#[test]
fn the_chain_tells_of_every_kind_of_tampering() {
    for statement in [
        "UPDATE audit_entries SET data = '{}' WHERE seq = 2",
        "UPDATE audit_entries SET time = time - 1 WHERE seq = 1",
        "UPDATE audit_entries SET data = 'x' WHERE seq = 1",
        "UPDATE audit_entries SET hash = prev_hash WHERE seq = 3",
        "DELETE FROM audit_entries WHERE seq = 1",
        "DELETE FROM audit_entries WHERE seq = 2",
        "DELETE FROM audit_entries WHERE seq = 3",
        "DELETE FROM audit_entries",
        "UPDATE audit_entries SET user_id = 'eve' WHERE seq = 3",
    ] {
        let (database, service) = service();
        record(
            &service,
            &[
                created(1, "ada"),
                created(2, "ada"),
                created(3, "ada"),
                created(4, "bob"),
            ],
        );
        assert_eq!(history(&service, "ada", "verify=true")["verified"], true);
        change(&database, "DROP TRIGGER audit_entries_keep").unwrap();
        change(&database, "DROP TRIGGER audit_entries_stay").unwrap();
        change(
            &database,
            &format!(
                "{statement}{}",
                if statement.contains("WHERE") {
                    " AND user_id = 'ada'"
                } else {
                    ""
                }
            ),
        )
        .unwrap();
        assert_eq!(
            history(&service, "ada", "verify=true")["verified"],
            false,
            "{statement}"
        );
    }
}

#[test]
fn a_long_chain_is_verified_whole() {
    let (_, service) = service();
    let batch: Vec<_> = (0..1200)
        .map(|number| event(number, "ada", "task.updated", "task-1"))
        .collect();
    assert!(record(&service, &batch).iter().all(Result::is_ok));
    let page = history(&service, "ada", "verify=true&limit=1");
    assert_eq!(
        (&page["verified"], &page["entries"]),
        (&json!(true), &json!(1200))
    );
}

#[test]
fn what_was_recorded_before_there_was_a_memory_of_it_is_not_recorded_again() {
    for is_remembered in [true, false] {
        let (database, service) = service();
        block_on(async {
            let before = Schema {
                migrations: &SCHEMA.migrations[..1],
                ..SCHEMA
            };
            migrate(&database.connect().await.unwrap(), &before)
                .await
                .unwrap();
        });
        change(
            &database,
            "INSERT INTO audit_entries (user_id, seq, event_id, type, task_id, time, data, prev_hash, hash)
                VALUES ('ada', 1, 'event-1', 'task.created', 'a', 1760000000000, '{}', 'x', 'y')",
        )
        .unwrap();
        let moved = "INSERT INTO audit_heads (user_id, seq, hash) VALUES ('ada', 1, 'y')";
        change(&database, moved).unwrap();
        assert_eq!(history(&service, "ada", "")["items"].as_array().unwrap().len(), 1);
        if !is_remembered {
            // As after a month.
            change(&database, "DELETE FROM audit_processed").unwrap();
        }
        let batch = [created(1, "ada"), created(2, "ada")];
        assert_eq!(record(&service, &batch), [Ok(()), Ok(())]);
        let page = history(&service, "ada", "");
        assert_eq!(event_ids(&page), ["event-1", "event-2"]);
        assert_eq!(
            (&page["items"][1]["seq"], &page["items"][1]["prev_hash"]),
            (&json!(2), &json!("y"))
        );
    }
}
